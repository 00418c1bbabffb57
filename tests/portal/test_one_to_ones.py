"""One-to-ones on the pages of both: a day that both said yes to, and a sheet that both see."""

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest

from portal import meetings
from privacy.fields import Field
from privacy.policy import Purpose
from tests.meetings import meet
from tests.portal.conftest import TOMORROW

NOT_FOR = "They are not for discipline, pay or ranking"
Form = Callable[..., Any]


def sheet(office: Any, who: str = "ana", number: int = 1, of: str = "ben") -> str:
    """Return the address of a sheet for the employee or for their manager."""
    return f"/me/one-to-ones/{number}" if who == of else f"/team/claims/people/{office.ids[of]}/one-to-ones/{number}"


def send(office: Any, form: Form, who: str, action: str, number: int = 1, **fields: str) -> Any:
    address = sheet(office, who, number)
    return form(who, address, action=action, **fields)


def write(office: Any, form: Form, who: str, kind: str, text: str, **fields: str) -> Any:
    return send(office, form, who, "write", kind=kind, text=text, **fields)


def propose(office: Any, form: Form, who: str, day: str) -> Any:
    if who == "ben":
        return form("ben", "/me/one-to-ones", manager=office.ids["ana"], day=day)
    person = f"/team/claims/people/{office.ids['ben']}"
    return form("ana", f"{person}/one-to-ones", person, day=day)


@pytest.mark.parametrize(("first", "second"), [("ana", "ben"), ("ben", "ana")])
def test_either_proposes_a_day_and_it_counts_once_the_other_has_said_yes(
    office: Any, form: Form, first: str, second: str
) -> None:
    there = propose(office, form, first, "2026-12-03")

    assert there.status_code == 303
    assert there.location == sheet(office, first, 2)
    assert "Not agreed yet" in office.client(first).get(sheet(office, first, 2)).text
    assert "Say yes to this day" not in office.client(first).get(sheet(office, first, 2)).text
    assert "Say yes to this day" in office.client(second).get(sheet(office, second, 2)).text
    send(office, form, second, "accept", 2, seen="0")
    for who in (first, second):
        text = office.client(who).get(sheet(office, who, 2)).text
        assert "Both have said yes" in text
        assert "Its sheet is open from 30 Nov to 8 Dec." in text


def test_moving_or_cancelling_closes_the_weeks_at_once(office: Any, form: Form) -> None:
    week = f"/team/claims/people/{office.ids['ben']}/weeks/2026-W46?purpose=one_to_one"
    assert office.client("ana").get(week).status_code == 200

    send(office, form, "ben", "move", seen="1", day="2026-11-24")
    moved = office.client("ana").get(week)
    send(office, form, "ana", "accept", seen="2")
    agreed = office.client("ana").get(week)
    send(office, form, "ben", "cancel", seen="3")

    assert (moved.status_code, agreed.status_code, office.client("ana").get(week).status_code) == (403, 200, 403)


@pytest.mark.parametrize("who", ["ana", "ben"])
@pytest.mark.parametrize(
    ("day", "said"),
    [
        pytest.param("2026-11-18", "This day is over", id="yesterday"),
        pytest.param("2026-02-30", "The calendar has no 2026-02-30", id="no such day"),
        pytest.param("", "A day is written like", id="nothing"),
        pytest.param("soon", "A day is written like", id="words"),
        pytest.param("2027-11-21", "more than a year ahead", id="too far"),
        pytest.param("2026-11-20", "on this day already", id="a second one on a day"),
    ],
)
def test_a_day_that_cannot_be_is_refused_beside_its_field_and_stays_typed(
    office: Any, form: Form, who: str, day: str, said: str
) -> None:
    answer = propose(office, form, who, day)

    assert answer.status_code == 400
    wrong = re.search(
        r'<input id="f-day"[^>]*aria-invalid="true"[^>]*>\s*<p class="wrong" id="d-day">([^<]*)', answer.text
    )
    assert wrong is not None
    assert said in wrong[1]
    assert f'value="{day}"' in answer.text
    assert len(office.system.directory.meetings.of(office.ids["ben"])) == 1


def test_of_two_answers_at_once_the_later_one_is_told_and_nothing_is_done_twice(office: Any, form: Form) -> None:
    propose(office, form, "ana", "2026-12-03")
    send(office, form, "ben", "accept", 2, seen="0")

    again = send(office, form, "ben", "accept", 2, seen="0")

    assert again.status_code == 409
    assert "has changed since you opened the page" in again.text
    assert [each.outcome for each in office.entries("ben")].count("meeting-agreed") == 2  # of September, and this one


def test_nobody_proposes_to_whom_they_do_not_manage_and_the_person_sees_the_attempt(office: Any, form: Form) -> None:
    before = len(office.entries("ben"))

    assert (
        form("gus", f"/team/claims/people/{office.ids['ben']}/one-to-ones", "/team/", day="2026-12-03").status_code
        == 404
    )
    assert form("ben", "/me/one-to-ones", manager=office.ids["gus"], day="2026-12-03").status_code == 404
    assert form("ben", "/me/one-to-ones", manager=office.ids["ben"], day="2026-12-03").status_code == 404

    (refused,) = office.entries("ben")[before:]
    assert (refused.viewer, refused.outcome, refused.fields) == (office.ids["gus"], "refused", ("one_to_ones",))


def test_both_sides_draw_the_same_sheet_with_the_same_digest(office: Any, form: Form) -> None:
    write(office, form, "ben", "topic", "The forecast for December")
    write(office, form, "ana", "question", "What would help you most?")
    write(office, form, "ben", "agreement", "Try mail at eleven and four", doer="both", due="2026-12-11")

    pages = {who: office.client(who).get(sheet(office, who)).text for who in ("ana", "ben")}

    for text in pages.values():
        for said in ("The forecast for December", "What would help you most?", "Try mail at eleven and four", NOT_FOR):
            assert said in text
    digests = [set(re.findall(r"sha256:[0-9a-f]{64}", text)) for text in pages.values()]
    assert len(digests[0] & digests[1]) == 1
    shown = [each for each in office.entries("ben") if each.outcome == "shown" and each.fields == ("one_to_ones",)]
    assert {shown[-1].digest} == digests[0] & digests[1]
    assert (shown[-1].viewer, shown[-1].purpose) == (office.ids["ana"], Purpose.ONE_TO_ONE)


def test_what_is_struck_out_stays_readable_with_who_did_it(office: Any, form: Form) -> None:
    write(office, form, "ana", "agreement", "Present the forecast", doer="employee")

    send(office, form, "ben", "strike", item="1")

    text = office.client("ana").get(sheet(office)).text
    assert "<s>Present the forecast</s>" in text
    assert "struck out by Ben on 19 Nov" in text


@pytest.mark.parametrize(("writer", "other", "kind"), [("ben", "ana", "topic"), ("ana", "ben", "question")])
def test_nobody_strikes_out_what_the_other_one_wrote(
    office: Any, form: Form, writer: str, other: str, kind: str
) -> None:
    """The page has no button for it; a form that is sent all the same changes nothing."""
    write(office, form, writer, kind, "The forecast for December")

    refused = send(office, form, other, "strike", item="1")

    assert refused.status_code == 400
    assert "Only who wrote this line can strike it out." in refused.text
    assert "<s>" not in office.client(writer).get(sheet(office, writer)).text


@pytest.mark.parametrize(
    ("who", "kind", "text", "more", "place"),
    [
        pytest.param("ben", "topic", "  ", {}, "text", id="nothing"),
        pytest.param("ben", "topic", "x" * 601, {}, "text", id="too long"),
        pytest.param("ana", "question", "a\u202eb", {}, "text", id="a character that cannot be seen"),
        pytest.param("ana", "agreement", "Do it", {"doer": "council"}, "doer", id="nobody does it"),
        pytest.param("ben", "agreement", "Do it", {"doer": "both", "due": "2026-11-18"}, "due", id="due yesterday"),
        pytest.param("ben", "agreement", "Do it", {"doer": "both", "due": "2026-13-01"}, "due", id="due on no day"),
        pytest.param("ana", "topic", "My topic", {}, "text", id="a topic of the manager's"),
    ],
)
def test_what_cannot_stand_on_a_sheet_is_refused_beside_its_field_and_stays_typed(
    office: Any, form: Form, who: str, kind: str, text: str, more: dict[str, str], place: str
) -> None:
    answer = write(office, form, who, kind, text, **more)

    assert answer.status_code == 400
    if kind != "topic" or who == "ben":
        assert f'<p class="wrong" id="d-{kind if place == "text" else place}">' in answer.text
        assert text.strip() in answer.text
    assert "Nothing yet." in office.client("ben").get(sheet(office, "ben")).text


def test_the_same_line_sent_twice_stands_there_once(office: Any, form: Form) -> None:
    assert write(office, form, "ben", "topic", "Leave in spring").status_code == 303

    assert write(office, form, "ben", "topic", "Leave in spring").status_code == 400

    assert office.client("ben").get(sheet(office, "ben")).text.count("<div>Leave in spring") == 1


def test_a_cancelled_meeting_keeps_its_sheet_and_takes_no_more(office: Any, form: Form) -> None:
    write(office, form, "ben", "topic", "Leave in spring")
    send(office, form, "ben", "cancel", seen="1")

    answer = form("ben", sheet(office, "ben"), action="write", kind="topic", text="More")

    assert answer.status_code == 409
    assert "Leave in spring" in office.client("ana").get(sheet(office)).text


def test_a_week_opens_on_the_sheet_by_a_button_that_says_beforehand_who_sees_it(office: Any) -> None:
    before = office.client("ana").get(sheet(office)).text
    opened = office.client("ana").get(sheet(office) + "?week=2026-W46").text
    same = office.client("ben").get(sheet(office, "ben") + "?week=2026-W46").text

    assert "Ben sees that you looked, when, and at which week, and sees the same figures." in before
    assert 'name="week" value="2026-W46"' in before
    (receipt,) = [each for each in office.entries("ben") if each.outcome == "shown" and "focus" in each.fields]
    assert receipt.digest in opened
    assert receipt.digest in same
    for text in (opened, same):
        assert NOT_FOR in text


def test_on_a_sheet_are_only_the_weeks_since_the_last_one(office: Any, form: Form) -> None:
    office.clock.now = dt.datetime(2026, 11, 20, 9, 0, tzinfo=dt.UTC)
    meet(office.system, office.ids["ben"], office.ids["ana"], dt.date(2026, 12, 2))
    office.clock.now = dt.datetime(2026, 12, 2, 9, 0, tzinfo=dt.UTC)

    text = office.client("ana").get(sheet(office, number=2)).text

    assert re.findall(r'name="week" value="([^"]*)"', text) == ["2026-W48", "2026-W47"]
    refused = office.client("ana").get(f"/team/claims/people/{office.ids['ben']}/weeks/2026-W46?purpose=one_to_one")
    assert refused.status_code == 403
    assert "before the last one-to-one (20 November 2026)" in refused.text


def test_the_mirror_shows_what_stands_on_a_sheet_and_says_when_it_opens(office: Any, form: Form) -> None:
    open_now = office.client("ben").get("/me/as-seen-by-manager?week=2026-W46").text
    send(office, form, "ben", "move", seen="1", day="2026-12-10")
    waiting = office.client("ben").get("/me/as-seen-by-manager?week=2026-W46").text
    send(office, form, "ana", "accept", seen="2")
    ahead = office.client("ben").get("/me/as-seen-by-manager?week=2026-W46").text

    assert "Ana can open it now, on the sheet of a one-to-one." in open_now
    assert "There is none that opens now." in waiting
    assert "the next is on 10 December 2026, and its sheet opens on 7 December 2026." in ahead
    digests = {re.findall(r"sha256:[0-9a-f]{64}", text)[0] for text in (open_now, waiting, ahead)}
    assert len(digests) == 1


def test_a_note_is_shown_as_a_copy_that_the_employee_chose(office: Any, form: Form) -> None:
    note = {"kind": "meeting", "text": "Handover", "from": "2026-11-18T11:00", "to": "2026-11-18T12:00"}
    noted = form("ben", "/me/days/2026-11-18/notes", **note)
    assert noted.status_code == 303, noted.text
    page = office.client("ben").get(sheet(office, "ben") + "?notes=1").text
    (note,) = re.findall(r'name="note" value="([^"]*)"', page)

    assert "Handover" not in office.client("ana").get(sheet(office)).text
    assert send(office, form, "ben", "show").status_code == 400
    send(office, form, "ben", "show", note=note)

    assert "Handover" in office.client("ana").get(sheet(office)).text
    again = send(office, form, "ben", "show", note=note)
    assert again.status_code == 400
    assert '<p class="wrong" id="d-note">That stands on the sheet already.</p>' in again.text
    assert 'name="note"' not in office.client("ana").get(sheet(office) + "?notes=1").text


def test_nobody_but_the_two_gets_a_sheet_and_a_former_manager_gets_none(office: Any, form: Form) -> None:
    write(office, form, "ben", "topic", "Leave in spring")
    meet(office.system, office.ids["ben"], office.ids["ana"], dt.date(2026, 12, 3))
    office.system.people.appoint(office.ids["gus"], "claims")

    assert office.client("gus").get(sheet(office)).status_code == 404
    assert office.client("eva").get("/me/one-to-ones/2").status_code == 404
    office.system.people.dismiss(office.ids["ana"], "claims")
    assert office.client("ana").get(sheet(office)).status_code == 404
    assert "Leave in spring" in office.client("ben").get(sheet(office, "ben")).text


def test_the_calendar_file_has_a_day_and_names_and_no_figure(office: Any) -> None:
    for who, other in (("ana", "Ben"), ("ben", "Ana")):
        answer = office.client(who).get(sheet(office, who) + ".ics")

        assert answer.mimetype == "text/calendar"
        text = answer.text
        assert f"SUMMARY:One-to-one with {other}\r\n" in text
        assert f"DTSTART;VALUE=DATE:{TOMORROW:%Y%m%d}\r\n" in text
        assert "STATUS:CONFIRMED\r\n" in text
        assert office.ids["ben"] not in text.replace("\r\n ", "").split("URL:")[0]


def test_where_the_policy_shares_no_week_the_pages_say_so(office: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from privacy.fields import SHARED_FIELDS
    from privacy.policy import POLICY

    without = tuple(rule for rule in POLICY if rule.fields != SHARED_FIELDS)
    monkeypatch.setattr(office.system.gate, "_rules_since", lambda _moment: without)

    person = office.client("ana").get(f"/team/claims/people/{office.ids['ben']}").text
    manager, employee = (office.client(who).get(sheet(office, who)).text for who in ("ana", "ben"))

    assert "formaction" not in person
    for text in (person, manager, employee, office.client("ben").get("/me/one-to-ones").text):
        assert "lets managers open no figure of a single person" in text
        assert 'name="week"' not in text


def test_the_strict_preset_shares_no_figure_of_a_person_with_managers() -> None:
    from privacy.capture import COACHING, STRICT
    from privacy.fields import SHARED_FIELDS

    assert STRICT.sharing.manager == {Field.AGREED_GOALS, Field.ONE_TO_ONES}
    assert COACHING.sharing.manager >= SHARED_FIELDS


def test_the_next_one_to_ones_of_a_manager_come_soonest_first_and_say_what_is_to_be_done(office: Any) -> None:
    ana, ben, eva = (office.ids[who] for who in ("ana", "ben", "eva"))
    with office.system.people.changing(eva) as changes:
        changes.cancel_meeting(eva, 1, 1)
        changes.propose_meeting(eva, ana, dt.date(2026, 11, 19), eva)
    meet(office.system, ben, ana, dt.date(2026, 12, 10))

    with office.app.test_request_context():
        every = meetings.with_members(ana, office.system.directory.managed(ana))
        found = meetings.first_of_each(every)
        addresses = [each.address for each in found]

    assert [(each.person.name, each.meeting.day.isoformat(), each.state) for each in found] == [
        ("Eva", "2026-11-19", "waiting"),
        ("Ben", "2026-11-20", "agreed"),
    ]
    assert [each.person.name for each in every] == ["Eva", "Ben", "Ben"]
    assert [(each.waits_for_me, each.sheet_open) for each in found] == [(True, False), (False, True)]
    assert addresses == [f"/team/claims/people/{eva}/one-to-ones/2", f"/team/claims/people/{ben}/one-to-ones/1"]


def test_a_new_manager_reads_the_sheet_and_is_told_that_listening_comes_first(office: Any) -> None:
    office.system.people.appoint(office.ids["gus"], "claims")
    meet(office.system, office.ids["ben"], office.ids["gus"], dt.date(2026, 11, 30))
    office.clock.now = dt.datetime(2026, 12, 2, 9, 0, tzinfo=dt.UTC)
    office.clients.clear()

    answer = office.client("gus").get(sheet(office, "gus", 2))

    assert answer.status_code == 200
    assert "Listening comes first" in answer.text
    assert 'name="week"' not in answer.text
