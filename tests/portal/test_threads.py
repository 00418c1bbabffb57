"""What somebody asks has to be answered, by whom they asked; a report of misuse never reaches whom it reports."""

import datetime as dt
import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from auth.notices import Kind as Told
from auth.permissions import Role
from portal import conversations, erasing, granted_upkeep, nightly
from portal.conversations import DUE_DAYS, MOST_OPEN, due_on, parse
from privacy.bundle import check_bundle
from privacy.log_entries import Chain
from privacy.threads import Kind, State, ThreadMessage
from tests.portal.conftest import Office, check_value

TEXT = "On Thursday I was in a workshop, and the day says 40 minutes."


def ask(form: Any, **changed: str) -> Any:
    fields = {"about": "figure", "measure": "active_time", "day": "2026-11-12", "to": "reviewers", "text": TEXT}
    return form("ben", "/me/threads/new", **fields | changed)


def report(form: Any, entry: int, text: str = "She was on leave that week.") -> Any:
    page = f"/me/threads/new?about=misuse&entry={entry}"
    return form("ben", "/me/threads/new", page=page, about="misuse", entry=str(entry), text=text)


def the_thread(office: Office) -> Any:
    (found,) = office.system.rooms.threads.of(office.ids["ben"])
    return found


def place(office: Office, base: str) -> str:
    return f"{base}/{office.ids['ben']}/{the_thread(office).number}"


def told(office: Office, who: str) -> list[Told]:
    found = office.system.announcements.of(office.ids[who])
    return [each.kind for each in found if each.kind in (Told.THREAD_ASKED, Told.THREAD_ANSWERED)]


def looked_at(office: Office) -> int:
    """Let Ana open a week of Ben's, and return the entry."""
    where = f"/team/claims/people/{office.ids['ben']}/weeks/2026-W46?purpose=one_to_one"
    assert office.client("ana").get(where).status_code == 200
    return [each.index for each in office.entries("ben") if each.outcome == "disclosed"][-1]


def test_a_disputed_figure_is_answered_by_compliance_and_both_read_all_of_it(office: Office, form: Any) -> None:
    asked = ask(form)
    assert asked.status_code == 303
    assert told(office, "cleo") == [Told.THREAD_ASKED]
    assert told(office, "ana") == []

    where = place(office, "/compliance/threads")
    page = office.client("cleo").get(where)
    assert TEXT in page.text
    assert "Active time" in page.text
    assert office.entries("ben")[-1].relation == "addressee"
    answered = form("cleo", where, text="You are right, it was put straight.")

    assert answered.status_code == 303
    assert told(office, "ben") == [Told.THREAD_ANSWERED]
    mine = office.client("ben").get(f"/me/threads/{the_thread(office).number}").text
    assert "You are right, it was put straight." in mine
    assert the_thread(office).state is State.ANSWERED
    assert "opened your <b>conversation</b>" in office.client("ben").get("/me/access").text


def test_a_figure_can_be_disputed_with_ones_manager(office: Office, form: Any) -> None:
    assert ask(form, to=office.ids["ana"]).status_code == 303

    assert told(office, "ana") == [Told.THREAD_ASKED]
    assert place(office, "/team/threads") in office.client("ana").get("/team/threads").text
    assert TEXT in office.client("ana").get(place(office, "/team/threads")).text
    assert office.client("gus").get(place(office, "/team/threads")).status_code == 403
    assert office.client("cleo").get(place(office, "/compliance/threads")).status_code == 403
    assert form("ana", place(office, "/team/threads"), text="Let us look together.").status_code == 303
    assert the_thread(office).state is State.ANSWERED


def test_an_answer_that_is_late_is_seen_by_both_sides_and_counted_without_persons(office: Office, form: Any) -> None:
    ask(form)
    assert the_thread(office).due_on == dt.date(2026, 12, 3), "ten working days after a Thursday"
    office.clock.now = dt.datetime(2026, 12, 4, 9, tzinfo=dt.UTC)
    office.clients.clear()

    assert "overdue" in office.client("ben").get("/me/threads").text
    page = office.client("cleo").get("/compliance/threads").text
    assert "overdue" in page
    row = re.search(r'<th scope="row">A figure is wrong</th><td class="num">(\d+)</td><td class="num">(\d+)</td>', page)
    assert row is not None
    assert row.groups() == ("1", "1")


def test_writing_again_waits_for_an_answer_again_and_closing_ends_it(office: Office, form: Any) -> None:
    ask(form)
    form("cleo", place(office, "/compliance/threads"), text="Which Thursday?")
    office.clock.advance(days=1)
    office.clients.clear()
    number = the_thread(office).number

    form("ben", f"/me/threads/{number}", text="The last one.")
    again = the_thread(office)
    assert (again.state, again.messages, again.due_on) == (State.OPEN, 3, due_on(dt.date(2026, 11, 20), 10))
    assert told(office, "cleo") == [Told.THREAD_ASKED] * 2
    form("ben", f"/me/threads/{number}/close", page=f"/me/threads/{number}")

    assert the_thread(office).state is State.CLOSED
    late = form("cleo", place(office, "/compliance/threads"), page="/compliance/threads", text="And?")
    assert late.status_code == 422
    assert "closed" in late.text


def test_a_report_of_misuse_carries_its_proof_to_compliance_and_council(office: Office, form: Any) -> None:
    office.add("kim", Role.COUNCIL)
    entry = looked_at(office)
    listed = office.client("ben").get("/me/access").text
    assert f"/me/threads/new?about=misuse&amp;entry={entry + 1}" in listed, "the receipt's line can be reported"

    assert report(form, entry).status_code == 303

    assert (told(office, "cleo"), told(office, "kim"), told(office, "ana")) == ([Told.THREAD_ASKED],) * 2 + ([],)
    assert the_thread(office).due_on == due_on(dt.date(2026, 11, 19), 5) == dt.date(2026, 11, 26)
    for who in ("cleo", "kim"):
        opened = office.client(who).get(place(office, "/compliance/threads"))
        assert opened.status_code == 200
        assert "sameview-proof" in opened.text
    stored = office.system.gate.open_thread(office.ids["ben"], office.ids["ben"], the_thread(office).number)
    proof = parse(stored.messages[0]).proof
    assert proof is not None
    assert check_bundle(proof, office.system.log.signer.verifier).size > entry
    assert [each["index"] for each in proof["inclusion"]] == [entry]
    assert proof["inclusion"][0]["payload"] is not None


def test_whoever_is_reported_never_reads_it_whatever_roles_they_have(office: Office, form: Any) -> None:
    """Cleo reviews, and looked into the log; Ana manages, and is made a reviewer and a member of the council."""
    office.add("kim", Role.COUNCIL)
    entry = looked_at(office)
    for role in (Role.REVIEWER, Role.COUNCIL):
        office.system.people.grant(office.ids["ana"], role)

    assert report(form, entry).status_code == 303

    where = place(office, "/compliance/threads")
    assert told(office, "ana") == []
    page = office.client("ana").get("/compliance/threads").text
    assert where not in page
    assert re.findall(r'misuse</th><td class="num">(\d+)', page) == ["0"], "nor does a count tell her"
    assert office.client("ana").get(where).status_code == 403
    assert form("ana", where, page="/compliance/threads", text="No.").status_code == 404
    assert form("ben", f"/me/threads/{the_thread(office).number}", text="And again today.").status_code == 303
    assert told(office, "ana") == []
    assert told(office, "kim") == [Told.THREAD_ASKED] * 2


def test_a_report_that_nobody_else_could_read_is_not_sent_to_whom_it_reports(office: Office, form: Any) -> None:
    office.client("cleo").get(f"/compliance/?person={office.ids['ben']}")
    entry = next(each.index for each in reversed(office.entries("ben")) if each.viewer == office.ids["cleo"])

    found = report(form, entry)

    assert found.status_code == 422
    assert "Nobody is there who could answer" in found.text
    assert "She was on leave that week." in found.text, "nothing typed is lost"
    assert office.system.rooms.threads.everything() == []


def test_the_council_reads_reports_and_nothing_else(office: Office, form: Any) -> None:
    office.add("kim", Role.COUNCIL)
    ask(form)

    page = office.client("kim").get("/compliance/threads")

    assert "Ben" not in page.text.partition("<main")[2]
    assert re.findall(r'wrong</th><td class="num">(\d+)', page.text) == ["1"]
    assert office.client("kim").get(place(office, "/compliance/threads")).status_code == 403


WRONG = [
    ({"text": "  "}, "text", "Write what it is about"),
    ({"text": "x" * 4001}, "text", "At most 4000 characters; these are 4001"),
    ({"day": ""}, "day", "Say of which day"),
    ({"day": "2026-02-30"}, "day", "The calendar has no 2026-02-30."),
    ({"day": "2026-11-20"}, "day", "has not begun"),
    ({"to": "f" * 32}, "to", "Choose compliance or a manager"),
    ({"measure": "keystrokes"}, "measure", "no such measure"),
]


def test_what_cannot_be_sent_says_so_beside_the_field_and_keeps_the_text(office: Office, form: Any) -> None:
    for changed, place, words in WRONG:
        found = ask(form, **changed)

        assert found.status_code in (400, 422), changed
        assert re.search(rf'<p class="wrong" id="d-{place}">[^<]*{re.escape(words)}', found.text), (changed, found.text)
        assert "text" in changed or TEXT in found.text
    assert office.system.rooms.threads.everything() == []


def test_only_an_entry_of_ones_own_log_by_somebody_else_can_be_reported(office: Office, form: Any) -> None:
    own = next(each.index for each in office.entries("ben"))
    foreign = next(each.index for each in office.entries("ana"))
    office.client("ben").get("/")
    mine = next(each.index for each in office.entries("ben") if each.chain is Chain.SELF)

    for entry in (foreign, mine, 10**9):
        assert report(form, entry).status_code == 422
    assert own != foreign


def test_no_text_is_in_the_database_in_plain_and_a_year_later_it_is_gone(office: Office, form: Any) -> None:
    ask(form)
    form("cleo", place(office, "/compliance/threads"), text="You are right.")
    with office.system.stores.data.connect() as connection:
        sealed = [row.sealed for row in connection.execute(select(ThreadMessage.__table__))]
    assert not any(b"Thursday" in each or b"right" in each for each in sealed)
    thread = the_thread(office)

    assert not granted_upkeep.is_over(thread, thread.moved_on + dt.timedelta(days=365))
    office.clock.advance(days=366)
    granted_upkeep.run(office.system, lambda _: None)

    assert office.system.rooms.threads.of(office.ids["ben"]) == []
    assert office.entries("ben")[-1].outcome == "thread-removed"


def test_one_that_waits_is_kept_for_as_long_as_it_waits(office: Office, form: Any) -> None:
    ask(form)
    office.clock.advance(days=800)

    granted_upkeep.run(office.system, lambda _: None)

    assert the_thread(office).state is State.OPEN


def test_an_erased_author_leaves_nothing_and_the_night_finds_nothing_wrong(office: Office, form: Any) -> None:
    ask(form)
    erasing.erase(office.system, office.ids["ben"], by=None)

    assert office.system.rooms.threads.everything() == []
    with office.system.stores.data.connect() as connection:
        assert connection.execute(select(ThreadMessage.__table__)).all() == []
    office.clock.now = dt.datetime(2026, 11, 22, 2, tzinfo=dt.UTC)  # on Sundays every payload is verified
    assert nightly.run(office.system, lambda *_: None).problems == ()


def test_a_page_that_speaks_of_a_figure_leads_to_the_form_about_it(office: Office) -> None:
    page = office.client("ben").get("/me/threads/new?about=figure&measure=focus_time&week=2026-W46").text

    assert '<option value="focus_time" selected>' in page
    assert 'value="2026-W46"' in page
    assert office.client("ben").get("/me/threads/new?about=weather").status_code == 400


@given(st.dates(dt.date(2020, 1, 1), dt.date(2040, 1, 1)), st.sampled_from(sorted(DUE_DAYS.values())))
def test_an_answer_is_due_after_so_many_working_days(today: dt.date, days: int) -> None:
    due = due_on(today, days)

    between = [today + dt.timedelta(days=n) for n in range(1, (due - today).days + 1)]
    assert sum(each.weekday() < 5 for each in between) == days
    assert due.weekday() < 5


def test_the_days_are_those_that_the_pages_say() -> None:
    assert DUE_DAYS == {Kind.FIGURE: 10, Kind.RULE: 20, Kind.MISUSE: 5, Kind.QUESTION: 5}


def test_closing_while_an_answer_arrives_says_so_and_closes_nothing(
    office: Office, form: Any, monkeypatch: Any
) -> None:
    ask(form)
    stale = the_thread(office)
    client, where = office.client("ben"), f"/me/threads/{stale.number}"
    sent = {"csrf_token": check_value(client, where)}
    form("cleo", place(office, "/compliance/threads"), text="It is 40 minutes too little.")
    rooms = type(office.system.rooms.threads)
    monkeypatch.setattr(rooms, "find", lambda *_: (monkeypatch.undo(), stale)[1])

    found = client.post(f"{where}/close", data=sent, headers={"Sec-Fetch-Site": "same-origin"})

    assert found.status_code == 409
    assert "Read it first" in found.text
    assert "40 minutes too little" in found.text
    assert the_thread(office).state is State.ANSWERED


def test_so_many_conversations_wait_at_once_and_no_more(office: Office, form: Any) -> None:
    for number in range(MOST_OPEN):
        assert ask(form, text=f"Day {number} is wrong.").status_code == 303

    found = ask(form)

    assert found.status_code == 422
    assert f"You have {MOST_OPEN} conversations that wait" in found.text
    assert TEXT in found.text
    first = min(each.number for each in office.system.rooms.threads.of(office.ids["ben"]))
    form("ben", f"/me/threads/{first}/close", page=f"/me/threads/{first}")
    assert ask(form).status_code == 303, "a closed one makes room"


def test_an_answered_one_waits_again_only_if_there_is_room(office: Office, form: Any) -> None:
    assert ask(form).status_code == 303
    first = the_thread(office)
    said = conversations.message(office.system, office.ids["cleo"], "It is right.", {}, None)
    conversations.answer(office.system, first, office.ids["cleo"], said)
    for number in range(MOST_OPEN):
        assert ask(form, text=f"Day {number} is wrong.").status_code == 303
    address = f"/me/threads/{first.number}"

    refused = form("ben", address, page=address, text="But look again, please.")
    assert f"You have {MOST_OPEN} conversations that wait" in refused.text
    assert "But look again, please." in refused.text
    assert office.system.rooms.threads.find(office.ids["ben"], first.number).state is State.ANSWERED

    every = office.system.rooms.threads.of(office.ids["ben"])
    other = next(each.number for each in every if each.state is State.OPEN)
    form("ben", f"/me/threads/{other}/close", page=f"/me/threads/{other}")
    assert form("ben", address, page=address, text="But look again, please.").status_code == 303


def test_what_cannot_be_seen_is_not_sent(office: Office, form: Any) -> None:
    found = ask(form, text="It is \u202egnp.exe")

    assert found.status_code == 422
    assert "U+202E, the one at place 7" in found.text
    assert ask(form, about="rule", app="a\x07").status_code == 422
    assert office.system.rooms.threads.everything() == []


def test_a_conversation_whose_key_is_gone_is_not_found_whoever_writes(office: Office, form: Any) -> None:
    """As after a restore that brought its rows back."""
    ask(form)
    mine, theirs = f"/me/threads/{the_thread(office).number}", place(office, "/compliance/threads")
    office.system.rooms.threads._seal.destroy(office.ids["ben"], the_thread(office).number)

    for who, where in (("ben", mine), ("cleo", theirs)):
        assert office.client(who).get(where).status_code == 404
        assert form(who, where, page="/me/settings", text="Are you there?").status_code == 404
    assert the_thread(office).messages == 1
