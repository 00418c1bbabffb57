"""The capture ledger of a day adds up, gives every rule's plain reason, and says of which times nothing is there."""

import datetime as dt
from typing import Any

import pytest

from portal.ledgers import OF_DESKS, ledger
from portal.relay import doors
from privacy.capture import COACHING, preset_text
from privacy.capture_policy import read
from privacy.policies import InForce
from tests.policies import never, versioned
from tests.portal.conftest import Office, day_values

NOW = InForce((COACHING,))
MINUTE = 60_000


def counts(**changed: Any) -> dict[str, Any]:
    found = {"received": 110, "kept": 100, "coarsened": {"title-to-category": 80}, "dropped": {"incognito": 10}}
    return found | changed


def test_the_ledger_adds_up_and_does_not_claim_what_it_cannot_know() -> None:
    one = ledger(counts(), NOW)
    several = ledger(counts(coarsened={"title-to-category": 80, "url-to-category": 30}), NOW)

    assert one is not None
    assert several is not None
    assert [(part.name, part.count) for part in one.parts] == [
        ("Kept as it came", 20),
        ("Coarsened", 80),
        ("Dropped", 10),
    ]
    assert sum(part.share for part in one.parts) == pytest.approx(100, abs=0.1)
    assert (one.exact, several.exact, several.coarsened) == (True, False, 80)
    assert {rule.because for rule in several.rules} <= {rule.because for rule in COACHING.rules}


def test_a_rule_of_an_earlier_policy_is_shown_with_its_reason_and_its_version() -> None:
    earlier = read(versioned("coaching") + never("union", apps=["union*"]))
    now = read(preset_text("coaching"), draft=True)

    found = ledger(counts(dropped={"union": 3, "incognito": 1}), InForce((earlier, now)))

    assert found is not None
    said = {each.name: (each.because, each.whose) for each in found.rules}
    assert said["Union"] == ("It is nobody's business.", "a rule of version 1, which held before")
    assert said["Incognito"][1] == ""


@pytest.mark.parametrize("rule", [doors.NO_POLICY, doors.NO_NOTICE, doors.ENDED, doors.OVERSIZE])
def test_a_rule_of_the_desk_itself_has_a_plain_reason(rule: str) -> None:
    found = ledger(counts(dropped={rule: 3}), NOW)

    assert found is not None
    assert found.rules[-1].whose == "your computer’s own rule"
    assert len(found.rules[-1].because) > 20


def test_every_rule_that_a_desk_can_drop_by_without_a_policy_is_explained() -> None:
    assert {*doors.DESK_RULES, doors.OVERSIZE} == set(OF_DESKS)


def test_a_rule_that_nobody_knows_is_said_to_be_unknown() -> None:
    found = ledger(counts(dropped={"made-up": 1}), NOW)

    assert found is not None
    assert found.rules[-1].because.startswith("No policy that is known here")


def test_times_without_capture_are_shown_by_reason_and_what_is_told_twice_counts_once() -> None:
    gaps = [(0, 30 * MINUTE, "queue full"), (20 * MINUTE, 40 * MINUTE, "queue full"), (0, 10 * MINUTE, "paused")]

    found = ledger(counts(not_captured={"queue full": 2400.0}), NOW, gaps)

    assert found is not None
    assert [(each.name, each.seconds) for each in found.missed] == [("Paused", 600.0), ("Queue full", 2400.0)]
    assert [(each.name, each.offset) for each in found.gaps] == [("Paused", 0.0), ("Queue full", 0.0)]
    assert all(each.because for each in found.missed)


def test_a_pause_that_is_not_in_the_ledger_yet_is_shown_and_one_without_its_interval_too() -> None:
    found = ledger(None, NOW, [(0, 10 * MINUTE, "paused")])
    older = ledger(counts(not_captured={"forgotten": 300.0}), NOW)

    assert found is not None
    assert older is not None
    assert (found.received, [each.seconds for each in found.missed]) == (0, [600.0])
    assert [(each.name, each.seconds) for each in older.missed] == [("Forgotten", 300.0)]
    assert ledger(None, NOW) is None


def test_the_page_shows_how_long_nothing_was_captured_and_why(office: Office) -> None:
    values = day_values(20_000)
    missed = values | {
        key: value | {"not_captured": {"queue full": 900.0}}
        for key, value in values.items()
        if key.value == "capture_ledger"
    }
    office.file_days("ben", {dt.date(2026, 11, 18): missed})

    page = office.client("ben").get("/me/recorded?day=2026-11-18").text

    assert "Times of which nothing was captured" in page
    assert "15m" in page
    assert "What waited to be sent had filled the room for it on your computer" in page


def test_the_page_shows_a_pause_that_runs(office: Office, form: Any) -> None:
    form("ben", "/me/pause", "/me/recorded", length="30")
    office.clock.advance(minutes=10)

    page = office.client("ben").get("/me/recorded").text

    assert "You paused. Others see “not captured”, never why." in page
    assert '<td data-label="How long" class="num">10m</td>' in page
