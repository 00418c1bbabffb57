"""A new manager listens first: pages and JSON refuse with a plain sentence that is in the person's log."""

import datetime as dt
from typing import Any

import pytest

from tests.meetings import meet

SAID = "Listening comes first"


@pytest.fixture
def listening(office: Any) -> Any:
    """Gus has managed Ben and Eva since Thursday 19 November; it is Wednesday 2 December."""
    with office.system.people.changing(office.ids["oda"]) as changes:
        changes.appoint(office.ids["gus"], "claims")
    office.clock.now = dt.datetime(2026, 12, 2, 9, 0, tzinfo=dt.UTC)
    office.clients.clear()
    return office


def week(office: Any) -> str:
    return f"/team/claims/people/{office.ids['ben']}/weeks/2026-W48?purpose=one_to_one"


def goals(office: Any) -> str:
    return f"/team/claims/people/{office.ids['ben']}/goals"


def test_nothing_of_a_person_opens_to_a_manager_who_is_new_and_the_person_reads_why(listening: Any) -> None:
    for address in (week(listening), "/api/v1" + week(listening), goals(listening)):
        refused = listening.client("gus").get(address)

        assert (refused.status_code, SAID in refused.text) == (409, True)
    refusals = [each.viewer for each in listening.entries("ben") if each.outcome == "refused"]
    assert refusals == [listening.ids["gus"]] * 3
    assert SAID in listening.client("gus").get(f"/team/claims/people/{listening.ids['ben']}").text
    mirror = f"/me/as-seen-by-manager?week=2026-W48&viewer={listening.ids['gus']}"
    assert SAID in listening.client("ben").get(mirror).text


def test_whoever_has_managed_for_longer_reads_on_and_the_new_one_after_the_weeks(listening: Any) -> None:
    for manager in ("ana", "gus"):
        meet(listening.system, listening.ids["ben"], listening.ids[manager], dt.date(2026, 12, 3))
    assert listening.client("gus").get(week(listening)).status_code == 409
    assert listening.client("ana").get(week(listening)).status_code == 200

    listening.clock.advance(days=2)
    listening.clients.clear()

    assert listening.client("gus").get(week(listening)).status_code == 200
    assert listening.client("gus").get(goals(listening)).status_code == 200


def test_people_read_in_the_policy_that_a_new_manager_only_listens(office: Any) -> None:
    text = office.client("ben").get("/me/recorded").text

    assert "For 2 weeks after you were told of a manager, they only listen" in text
