"""Nobody becomes a reader of an older conversation by an office, and none stays without somebody who has to answer."""

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import delete

from auth.notices import Kind as Told
from auth.permissions import Role
from portal import erasing, granted_upkeep, verifying
from privacy.threads import State, ThreadMessage, ThreadRow
from tests.portal.conftest import Office
from tests.portal.test_threads import TEXT, ask, looked_at, place, report, the_thread


def told(office: Office, who: str) -> list[Told]:
    found = office.system.announcements.of(office.ids[who])
    return [each.kind for each in found if each.kind.value.startswith("thread-")]


def night(office: Office) -> list[str]:
    wrong: list[str] = []
    granted_upkeep.run(office.system, wrong.append)
    office.clients.clear()
    return wrong


def dismiss(office: Office) -> None:
    with office.system.people.changing(None) as change:
        change.dismiss(office.ids["ana"], change.team("Claims"))


def leave(office: Office) -> None:
    office.system.people.leave(office.ids["ana"], dt.date(2026, 11, 19))


def erase(office: Office) -> None:
    erasing.erase(office.system, office.ids["ana"], by=None)


def test_whoever_becomes_a_reviewer_later_reads_no_older_conversation(office: Office, form: Any) -> None:
    report(form, looked_at(office))
    office.clock.advance(days=3)
    office.add("kim", Role.REVIEWER)
    office.system.people.grant(office.ids["gus"], Role.COUNCIL)
    office.clients.clear()

    for who in ("kim", "gus"):
        assert office.client(who).get(place(office, "/compliance/threads")).status_code == 403
        assert place(office, "/compliance/threads") not in office.client(who).get("/compliance/threads").text
    form("ben", f"/me/threads/{the_thread(office).number}", text="And again today.")
    assert (told(office, "kim"), told(office, "gus")) == ([], [])
    assert office.client("cleo").get(place(office, "/compliance/threads")).status_code == 200


def test_when_no_reviewer_of_then_is_left_the_person_decides_whom_to_ask(office: Office, form: Any) -> None:
    report(form, looked_at(office))
    number = the_thread(office).number
    page = office.client("ben").get(f"/me/threads/{number}").text
    assert "Nobody is left to answer" not in page
    office.clock.advance(days=1)
    office.add("kim", Role.REVIEWER)
    with office.system.people.changing(None) as change:
        change.revoke(office.ids["cleo"], Role.REVIEWER)
    office.system.people.grant(office.ids["ana"], Role.REVIEWER)
    night(office)

    assert office.client("kim").get(place(office, "/compliance/threads")).status_code == 403, "the night asks nobody"
    assert "Nobody is left to answer" in office.client("ben").get(f"/me/threads/{number}").text
    sent = form("ben", f"/me/threads/{number}/ask-again", page=f"/me/threads/{number}")

    assert sent.status_code == 303
    assert told(office, "kim") == [Told.THREAD_ASKED]
    assert office.client("kim").get(place(office, "/compliance/threads")).status_code == 200
    assert the_thread(office).due_on == dt.date(2026, 11, 27), "five working days from then on"
    assert told(office, "ana") == []
    assert office.client("ana").get(place(office, "/compliance/threads")).status_code == 403, "still reported"
    assert verifying.verify(office.system).problems == []


@pytest.mark.parametrize("go", [dismiss, leave, erase])
def test_a_manager_who_can_answer_no_more_is_followed_by_compliance(office: Office, form: Any, go: Any) -> None:
    ask(form, to=office.ids["ana"])
    go(office)
    office.clock.advance(days=1)

    assert night(office) == []

    assert told(office, "ben") == [Told.THREAD_MOVED]
    assert told(office, "cleo") == [Told.THREAD_ASKED]
    assert TEXT in office.client("cleo").get(place(office, "/compliance/threads")).text
    assert "Compliance was asked instead" in office.client("ben").get("/me/notices").text
    assert form("cleo", place(office, "/compliance/threads"), text="It was wrong.").status_code == 303
    assert the_thread(office).state is State.ANSWERED
    assert verifying.verify(office.system).problems == []


def test_both_sides_hear_once_that_an_answer_is_due(office: Office, form: Any) -> None:
    ask(form)
    office.clock.now = dt.datetime(2026, 12, 2, 9, tzinfo=dt.UTC)
    night(office)
    assert told(office, "ben") == []

    for _ in range(2):
        office.clock.advance(days=1)
        assert night(office) == []

    assert told(office, "ben") == [Told.THREAD_DUE]
    assert told(office, "cleo") == [Told.THREAD_DUE_FROM, Told.THREAD_ASKED]
    assert "due by 3 December 2026" in office.client("ben").get("/me/notices").text
    assert told(office, "ana") == []


def test_a_conversation_that_is_deleted_in_the_tables_is_missed_by_person_and_verification(
    office: Office, form: Any
) -> None:
    report(form, looked_at(office))
    number = the_thread(office).number
    with office.system.stores.data.begin() as connection:
        connection.execute(delete(ThreadMessage))
        connection.execute(delete(ThreadRow))

    problems = verifying.verify(office.system).problems

    (found,) = problems
    assert found.startswith(f"conversation {number} of {office.ids['ben']}: is not there")
    assert "1 conversation of yours was taken away" in office.client("ben").get("/me/threads").text
    assert "taken away" not in office.client("eva").get("/me/threads").text


def test_one_that_was_removed_when_its_time_was_over_is_not_missed(office: Office, form: Any) -> None:
    ask(form)
    form("cleo", place(office, "/compliance/threads"), text="It was wrong.")
    office.clock.advance(days=366)
    assert night(office) == []

    assert office.system.rooms.threads.everything() == []
    assert verifying.verify(office.system).problems == []
    assert "taken away" not in office.client("ben").get("/me/threads").text
