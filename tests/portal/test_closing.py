"""Each person gets the proof of how a day's closing counted them, through the gate, and nobody else's."""

import datetime as dt
from typing import Any

import msgspec
import pytest
from sqlalchemy import update

from portal import checkpoints, shapes
from portal.api_access import NO_DAY_CLOSED
from portal.own_check import FOLDER
from privacy.bundle import check_bundle
from privacy.log_tables import EntryRow
from privacy.policy import Purpose
from privacy.stores import writing

NIGHT = dt.date(2026, 11, 18)
CLOSING = "/api/v1/me/access/closing"


@pytest.fixture
def closed(office: Any) -> Any:
    """The office after Ana looked at Ben's week and the day was closed."""
    office.system.weeks.for_manager(office.ids["ana"], office.ids["ben"], "2026-W45", Purpose.ONE_TO_ONE)
    office.system.log.close_day(NIGHT)
    return office


def test_the_proof_has_the_promised_shape(closed: Any) -> None:
    answer = closed.client("ben").get(CLOSING)

    found = msgspec.json.decode(answer.data, type=shapes.Closing)
    assert found.day == "2026-11-18"
    assert [each.chain for each in found.chains] == ["others"]
    assert found.chains[0].length == len([e for e in closed.entries("ben") if e.chain == "others"])


def test_the_proof_is_of_the_log_that_the_proofs_are_of(closed: Any) -> None:
    bundle = closed.client("ben").get("/api/v1/me/access/proofs").json
    closed.client("eva").get("/api/v1/me/access")

    proof = closed.client("ben").get(f"{CLOSING}?old={bundle['checkpoint'].splitlines()[1]}").json["proof"]

    assert proof["old"] == bundle["checkpoint"]
    assert check_bundle(proof, closed.system.log.signer.verifier).size > int(bundle["checkpoint"].splitlines()[1])


def test_reading_the_proof_is_an_own_read(closed: Any) -> None:
    before = len(closed.entries("ben"))

    closed.client("ben").get(CLOSING)

    (read,) = closed.entries("ben")[before:]
    assert (read.chain, read.fields, read.viewer) == ("self", ("access_log",), closed.ids["ben"])


def test_two_people_get_leaves_of_their_own(closed: Any) -> None:
    ben, eva = (closed.client(name).get(CLOSING).json for name in ("ben", "eva"))

    assert ben["proof"]["inclusion"][0]["index"] == eva["proof"]["inclusion"][0]["index"]
    assert {each["tag"] for each in ben["chains"]}.isdisjoint(each["tag"] for each in eva["chains"])


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ("?day=2026-11-01", 404, "that day was not closed"),
        ("?day=yesterday", 400, "A day is written like"),
        ("?old=99999999", 400, "never had a checkpoint"),
        ("?old=many", 400, "digits only"),
    ],
)
def test_what_cannot_be_proved_is_refused_with_the_reason(closed: Any, query: str, status: int, said: str) -> None:
    answer = closed.client("ben").get(CLOSING + query)

    assert (answer.status_code, said in answer.json["detail"]) == (status, True), answer.json


def test_before_the_first_night_there_is_no_proof(office: Any) -> None:
    answer = office.client("ben").get(CLOSING)

    assert (answer.status_code, answer.json["detail"]) == (404, "There is no such proof: no day was closed yet.")
    assert answer.json["type"] == NO_DAY_CLOSED
    assert f'"{NO_DAY_CLOSED}"' in (FOLDER / "verify.js").read_text(encoding="utf-8")


def test_only_that_no_day_was_ever_closed_is_a_refusal_to_go_on_without(closed: Any) -> None:
    types = {closed.client("ben").get(CLOSING + query).json["type"] for query in ("?day=2026-11-01", "?old=99999999")}

    assert types == {"about:blank"}


def test_an_entry_emptied_since_it_was_counted_is_no_missing_proof_but_an_alarm(closed: Any) -> None:
    counted = max(each.index for each in closed.entries("ben") if each.chain == "others")
    emptied = {"sealed": None, "subject_tag": None, "viewer_tag": None, "day": None, "erased_by": counted}
    with writing(closed.system.stores.log) as connection:
        connection.execute(update(EntryRow).where(EntryRow.index == counted).values(**emptied))

    answer = closed.client("ben").get(CLOSING)

    assert (answer.status_code, answer.json["title"]) == (409, "The log does not verify")
    assert "does not count the chain “others” as its entries stand" in answer.json["detail"]
    assert answer.json["type"] == "about:blank"


def test_proofs_come_under_the_published_checkpoint_when_it_was_asked_for(closed: Any) -> None:
    checkpoints.publish(closed.system)
    published = checkpoints.latest(closed.system)
    closed.system.weeks.for_manager(closed.ids["ana"], closed.ids["ben"], "2026-W45", Purpose.ONE_TO_ONE)

    bundle = closed.client("ben").get("/api/v1/me/access/proofs?cosigned=yes").json

    assert bundle["checkpoint"] == published.note
    assert check_bundle(bundle, closed.system.log.signer.verifier).size == published.checkpoint.size
    assert {each["index"] for each in bundle["inclusion"]} == {
        each.index for each in closed.entries("ben") if each.index < published.checkpoint.size
    }
