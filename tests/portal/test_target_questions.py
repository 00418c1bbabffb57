"""What people ask about a target or a measure is answered by whoever owns it, in five days, and names nobody."""

import datetime as dt
import html
from typing import Any

from privacy.threads import Kind, State
from tests.portal.target_forms import BASE, announce, text


def ask(form: Any, who: str, said: str = "Why 45, when letters take so long?") -> Any:
    page = "/me/threads/new?about=question&target=claims/1"
    return form(who, "/me/threads/new", page, about="question", target="claims/1", text=said)


def test_a_comment_goes_to_the_owner_who_answers_and_both_see_when_it_is_overdue(office: Any, form: Any) -> None:
    announce(form, office)
    assert ask(form, "ben").status_code == 303

    (thread,) = office.system.gate.addressed(office.ids["ana"])
    assert (thread.kind, thread.to_person, thread.due_on) == (Kind.QUESTION, office.ids["ana"], dt.date(2026, 11, 26))
    assert "Open the target" in text(office, "ana", f"/team/threads/{office.ids['ben']}/{thread.number}")
    office.clock.now = dt.datetime(2026, 11, 27, 9, tzinfo=dt.UTC)
    office.clients.clear()
    assert "overdue" in text(office, "ana", "/team/threads")
    assert "overdue" in text(office, "ben", "/me/threads")


def test_comments_are_counted_by_people_from_three_on_and_never_with_one_or_two_left(office: Any, form: Any) -> None:
    for name in ("fay", "hal", "ida"):
        office.system.people.join(office.add(name), "claims")
    announce(form, office)
    few = "is shown once at least three have, and at least three have not"
    assert few in text(office, "eva", f"{BASE}/1")
    for who in ("ben", "ben", "eva"):
        ask(form, who)
    assert few in text(office, "eva", f"{BASE}/1")

    ask(form, "fay")
    assert few in text(office, "eva", f"{BASE}/1"), "two are left who did not ask: each of them knows of the other"
    office.system.people.join(office.add("jon"), "claims")
    assert "3 people asked, 0 were answered." in text(office, "eva", f"{BASE}/1")

    for thread in office.system.gate.addressed(office.ids["ana"])[:2]:
        page = f"/team/threads/{thread.subject}/{thread.number}"
        form("ana", page, text="Letters count as work.")
    assert "3 people asked. Some of them were answered" in text(office, "eva", f"{BASE}/1")
    assert all(each.topic not in ("", "claims/1") for each in office.system.rooms.threads.everything())


def test_whoever_is_not_in_the_team_cannot_ask_about_its_target(office: Any, form: Any) -> None:
    announce(form, office)

    refused = ask(form, "dan")

    assert refused.status_code == 422
    assert "Begin it at a target or a figure" in refused.text


def test_a_question_about_a_measure_goes_to_the_manager_who_was_chosen(office: Any, form: Any) -> None:
    page = "/me/threads/new?about=question&measure=focus_time"
    sent = form(
        "ben", "/me/threads/new", page, about="question", measure="focus_time", to=office.ids["ana"], text="Why 25?"
    )

    assert sent.status_code == 303
    assert "/me/threads/new?about=question&measure=focus_time" in text(office, "ben", "/me/measures/focus_time")
    (thread,) = office.system.gate.addressed(office.ids["ana"])
    assert (thread.kind, thread.state) == (Kind.QUESTION, State.OPEN)


def test_what_came_of_comments_stands_on_the_page_for_everybody_without_names(office: Any, form: Any) -> None:
    announce(form, office)
    said = {"said": "Letters are left out of the figure.", "did": "They count as core work from Monday on."}

    named = form("ana", f"{BASE}/1/said", f"{BASE}/1", seen="1", said="ben@example.org asked.", did="Nothing.")
    written = form("ana", f"{BASE}/1/said", f"{BASE}/1", seen="1", **said)

    assert (named.status_code, written.status_code) == (422, 303)
    assert "This names somebody." in named.text
    for who in ("ben", "eva", "ana"):
        page = text(office, who, f"{BASE}/1")
        assert said["said"] in page
        assert said["did"] in page
    assert "wrote what came of the comments on a target of the team Claims" in text(office, "ben", "/me/notices")
    assert form("ben", f"{BASE}/1/said", f"{BASE}/1", seen="2", **said).status_code == 404


def test_another_manager_answers_for_a_target_only_once_its_owner_manages_no_more(office: Any, form: Any) -> None:
    office.system.people.appoint(office.ids["gus"], "claims")
    announce(form, office)
    said = {"said": "Letters are left out.", "did": "They count from Monday on."}

    assert "Write what came of the comments" not in text(office, "gus", f"{BASE}/1")
    assert form("gus", f"{BASE}/1/said", f"{BASE}/1", seen="1", **said).status_code == 404

    office.system.people.dismiss(office.ids["ana"], "claims")
    office.clients.clear()

    assert "Write what came of the comments" in text(office, "gus", f"{BASE}/1")
    assert form("gus", f"{BASE}/1/said", f"{BASE}/1", seen="1", **said).status_code == 303
    ask(form, "ben")
    assert [each.to_person for each in office.system.gate.addressed(office.ids["gus"])] == [office.ids["gus"]]


def test_whoever_is_in_two_teams_asks_a_manager_of_the_team_whose_target_it_is(office: Any, form: Any) -> None:
    """Gus manages another team of Ben's: he is not asked about Claims, even when nobody there is left to ask."""
    announce(form, office)
    with office.system.people.changing(office.ids["oda"]) as changes:
        team = changes.team("Letters")
        changes.appoint(office.ids["gus"], team)
        changes.join(office.ids["ben"], team)
    office.system.people.dismiss(office.ids["ana"], "claims")
    office.clients.clear()

    refused = ask(form, "ben")

    assert refused.status_code == 422
    assert "Nobody is there who could answer" in html.unescape(refused.text)
    assert "when letters take so long?" in refused.text
    assert office.system.gate.addressed(office.ids["gus"]) == office.system.gate.addressed(office.ids["ana"]) == []


def test_a_question_about_a_target_that_is_sent_twice_stands_once_until_it_is_answered(office: Any, form: Any) -> None:
    announce(form, office)
    assert ask(form, "ben").status_code == 303

    again = ask(form, "ben", "Why 45, once more?")

    assert again.status_code == 422
    assert "waits for an answer already" in html.unescape(again.text)
    assert "Why 45, once more?" in again.text
    (thread,) = office.system.gate.addressed(office.ids["ana"])
    form("ana", f"/team/threads/{thread.subject}/{thread.number}", text="Letters count as work.")
    assert ask(form, "ben").status_code == 303
    assert ask(form, "eva").status_code == 303
