"""An employee opens exactly what was shown: the same bytes, or the plain reason why not, or an alarm."""

import datetime as dt
from typing import Any

import msgspec
import pytest
from sqlalchemy import delete

from portal import retention, shapes
from privacy.disclosure import Gate, LogUnavailable
from privacy.fields import SHARED_FIELDS, Field, KeyClass, Tier
from privacy.log_entries import Draft, Entry
from privacy.period import iso_week
from privacy.stores import writing
from privacy.vault import Row
from privacy.vault_store import Manifest, SealedField

WEEK = "2026-W46"
MONDAY = iso_week(WEEK).first


def read(office: Any, who: str = "ana", purpose: str = "one_to_one", week: str = WEEK) -> Any:
    """A manager reads Ben's week."""
    path = f"/api/v1/team/claims/people/{office.ids['ben']}/weeks/{week}?purpose={purpose}"
    return office.client(who).get(path)


def last(office: Any, outcome: str) -> Entry:
    return [each for each in office.entries("ben") if each.outcome == outcome][-1]


def again(office: Any, number: int, who: str = "ben") -> Any:
    found = office.client(who).get(f"/api/v1/me/access/shown/{number}")
    if found.status_code == 200:
        msgspec.convert(found.json, shapes.ShownAgain)  # whatever came of it
    return found


def page(office: Any, number: int) -> str:
    found = office.client("ben").get(f"/me/access/shown/{number}")
    assert found.status_code == 200
    return str(found.text)


def test_the_employee_opens_the_same_bytes_that_the_manager_got(office: Any) -> None:
    shown = read(office).json
    receipt, opened = last(office, "shown"), last(office, "disclosed")

    for number in (receipt.index, opened.index):
        found = again(office, number).json

        assert found["state"] == "same"
        assert (found["again"]["payload"], found["again"]["digest"]) == (shown["payload"], shown["digest"])
        assert (found["read"]["index"], found["receipt"]["index"]) == (shown["entry"], receipt.index)
        assert found["receipt"]["payload"]["digest"] == shown["digest"]


def test_the_page_says_who_saw_it_when_and_that_the_digests_are_the_same(office: Any) -> None:
    digest = read(office).json["digest"]

    text = page(office, last(office, "shown").index)

    assert "This is what Ana saw on 19 Nov 2026, 10:30." in text
    assert text.count(digest) >= 3, "in the log, of these bytes, and on the week itself"
    assert "the same</span>" in text
    assert "The same bytes for both" in text


def test_the_list_of_looks_leads_to_what_was_shown(office: Any) -> None:
    read(office)

    text = office.client("ben").get("/me/access").text

    assert f'href="/me/access/shown/{last(office, "shown").index}"' in text


def test_looking_at_it_again_is_an_own_read_and_nothing_more(office: Any) -> None:
    read(office)
    before = len(office.entries("ben"))

    page(office, last(office, "shown").index)

    new = office.entries("ben")[before:]
    assert {(each.viewer, each.chain.value) for each in new} == {(office.ids["ben"], "self")}
    assert {each.fields for each in new} == {("access_log",), tuple(sorted(SHARED_FIELDS))}


def test_late_data_does_not_change_what_was_shown(office: Any) -> None:
    shown = read(office).json

    office.file_days("ben", {dt.date(2026, 11, 14): {Field.ACTIVE_TIME: {"active_seconds": 3600}}})
    found = again(office, last(office, "shown").index).json

    assert (found["state"], found["again"]["payload"]) == ("same", shown["payload"])


def test_it_opens_when_the_manager_is_none_any_more_and_the_week_is_old(office: Any) -> None:
    read(office)
    office.clock.advance(days=70)
    with office.system.people.changing(None) as changes:
        changes.dismiss(office.ids["ana"], "claims")

    assert read(office).status_code != 200
    assert again(office, last(office, "shown").index).json["state"] == "same"


def test_two_reads_at_one_moment_have_each_their_receipt(office: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Gate.receipt
    interleaved: list[Any] = []

    def receipt(gate: Gate, disclosed: Any, digest: str) -> int:
        if not interleaved:
            interleaved.append(disclosed)
            read(office)  # a second read begins and ends between the first one's read and receipt
        return real(gate, disclosed, digest)

    monkeypatch.setattr(Gate, "receipt", receipt)
    read(office)

    receipts = [each.index for each in office.entries("ben") if each.outcome == "shown"]
    found = [again(office, number).json for number in receipts]
    assert [each["state"] for each in found] == ["same", "same"]
    assert len({each["read"]["index"] for each in found}) == 2
    assert len({each["receipt"]["payload"]["digest"] for each in found}) == 1


def test_nothing_is_sent_when_its_receipt_cannot_be_written(office: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    read(office)
    salt = read(office).json["payload"]["salt"]
    gate, real = office.system.gate, office.system.log.append

    def full(draft: Any) -> Any:
        if draft.outcome == "shown":
            raise LogUnavailable("database or disk is full")
        return real(draft)

    monkeypatch.setattr(gate._log, "append", full)
    answers = [
        read(office),
        office.client("ana").get(f"/team/claims/people/{office.ids['ben']}/weeks/{WEEK}?purpose=one_to_one"),
    ]

    assert [each.status_code for each in answers] == [503, 503]
    assert not any(salt in each.text or "active_seconds" in each.text for each in answers)
    monkeypatch.undo()
    number = last(office, "disclosed").index
    found = again(office, number).json
    assert (found["state"], found["receipt"], found["again"]) == ("unsent", None, None)
    assert "Nothing was sent to Ana" in page(office, number)


def test_a_refused_read_showed_nothing(office: Any) -> None:
    read(office, week="2026-W47")
    number = last(office, "refused").index

    found = again(office, number).json

    assert (found["state"], found["again"]) == ("refused", None)
    assert "Ana saw nothing" in page(office, number)


def replace_week(office: Any, seconds: float) -> None:
    """Put other figures into Ben's frozen week, sealed with the real keys, as somebody with all of them could."""
    value = {"value": {"active_seconds": seconds}, "mark": None, "timezone": "Europe/Berlin"}
    with writing(office.system.stores.data) as connection:
        row = Row(Field.ACTIVE_TIME, Tier.WEEK, MONDAY, 0, msgspec.json.encode(value))
        office.system.vault.put(connection, office.ids["ben"], [row])


def test_other_figures_than_those_shown_are_an_alarm_that_says_what_to_do(office: Any) -> None:
    read(office)
    number = last(office, "shown").index

    replace_week(office, 1.0)

    found = again(office, number).json
    assert found["state"] == "differs"
    assert found["again"]["digest"] != found["receipt"]["payload"]["digest"]
    text = page(office, number)
    assert "Not what Ana saw" in text
    assert "tell your works council" in text
    assert 'role="alert"' in text
    assert "not the same</span>" in text
    assert "The same bytes for both" not in text


def drop_week(office: Any, *, manifests: bool) -> None:
    with writing(office.system.stores.data) as connection:
        about = SealedField.subject_id == office.ids["ben"]
        connection.execute(delete(SealedField).where(about, SealedField.tier == Tier.WEEK))
        if manifests:
            connection.execute(delete(SealedField).where(about))
            connection.execute(delete(Manifest).where(Manifest.subject_id == office.ids["ben"]))


def test_a_week_whose_rows_were_removed_is_an_alarm(office: Any) -> None:
    read(office)

    drop_week(office, manifests=False)

    assert again(office, last(office, "shown").index).json["state"] == "broken"
    assert "does not open" in page(office, last(office, "shown").index)


def test_a_week_that_is_missing_before_its_time_is_an_alarm(office: Any) -> None:
    read(office)

    drop_week(office, manifests=True)

    assert again(office, last(office, "shown").index).json["state"] == "lost"


def expired(office: Any, *fields: Field) -> None:
    """Write the entry of a night in which fields of Ben's went."""
    office.system.gate.record(Draft(None, office.ids["ben"], "operations", fields, "operations", None, "expired"))


def test_only_a_later_entry_about_the_same_fields_says_that_a_week_was_taken_away(office: Any) -> None:
    expired(office, *SHARED_FIELDS)
    read(office)
    drop_week(office, manifests=True)
    number = last(office, "shown").index

    before = again(office, number).json["state"]
    expired(office, Field.TITLES)
    of_others = again(office, number).json["state"]
    expired(office, *SHARED_FIELDS)

    assert (before, of_others, again(office, number).json["state"]) == ("lost", "lost", "gone")


def test_a_week_that_is_no_longer_kept_is_said_to_be_gone(office: Any) -> None:
    read(office)
    drop_week(office, manifests=True)

    office.clock.advance(days=31 * (office.system.config.retain_months + 1))

    found = again(office, last(office, "shown").index).json
    assert (found["state"], found["again"]) == ("gone", None)
    assert "no longer kept" in page(office, last(office, "shown").index)


def test_a_missing_week_is_an_alarm_until_the_night_may_take_it_away(office: Any) -> None:
    read(office)
    drop_week(office, manifests=True)
    number = last(office, "shown").index
    states = []

    for moment in ("2027-12-31T23:30", "2028-01-02T12:00"):  # already January for Ben, but not for everybody
        office.clock.now = dt.datetime.fromisoformat(f"{moment}+00:00")
        office.clients.clear()  # the session of then is over
        kept_from = next(each.first for each in retention.bounds(office.system) if each.key_class is KeyClass.SHARED)
        states.append((again(office, number).json["state"], kept_from > MONDAY))

    assert states == [("lost", False), ("gone", True)]


@pytest.mark.parametrize("who", ["ana", "dan", "cleo", "oda"])
def test_what_was_shown_of_somebody_is_opened_by_nobody_else(office: Any, who: str) -> None:
    read(office)

    assert again(office, last(office, "shown").index, who).status_code == 404


def test_an_entry_that_showed_nobody_anything_is_not_found(office: Any) -> None:
    office.client("ben").get("/")
    own = [each.index for each in office.entries("ben") if each.chain.value == "self" or each.viewer is None]

    assert own != []
    assert {again(office, number).status_code for number in (*own, 10**9)} == {404}
