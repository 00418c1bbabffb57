"""A manager's start page: two minutes, no figure of anybody, and first what concerns the manager themselves."""

import datetime as dt
import html
import io
import re
from typing import Any

import pytest
from sqlalchemy import event

from analytics.targets import Terms
from auth.permissions import Role
from portal import conversations, targets, volumes
from portal.conversations import Audience
from privacy.statement import Question
from privacy.threads import Kind
from tests.meetings import meet


def page(office: Any, who: str = "ana") -> str:
    return html.unescape(office.client(who).get("/team/").text)


def asked(office: Any, who: str = "ben") -> None:
    said = conversations.message(office.system, office.ids[who], "Why?", {"measure": "focus_time"}, None)
    conversations.begin(office.system, office.ids[who], Kind.QUESTION, Audience(person=office.ids["ana"]), said)


def announce(office: Any) -> None:
    days = (dt.date(2026, 11, 27), dt.date(2027, 1, 15))
    targets.announce(
        office.system,
        "claims",
        office.ids["ana"],
        Terms("utilisation", "", 45, 60, "Why.", "What for.", office.ids["ana"], *days),
    )


def at(office: Any, day: dt.date) -> None:
    office.clock.now = dt.datetime.combine(day, dt.time(9), dt.UTC)
    office.clients.clear()


def test_whoever_has_not_looked_at_their_own_figures_is_led_there_first(office: Any) -> None:
    before = page(office)
    place = before.index("Your own figures come first")
    assert place < before.index("Claims") < before.index("Waits for your answer")

    office.client("ana").get("/")

    assert "Your own figures come first" not in page(office)
    assert "Who looked at you" in page(office)


def test_what_waits_for_an_answer_stands_there_overdue_first(office: Any) -> None:
    assert "Nobody waits for an answer of yours." in page(office)
    asked(office, "ben")
    at(office, dt.date(2026, 11, 26))
    asked(office, "eva")
    at(office, dt.date(2026, 11, 27))

    text = page(office)

    assert "1 overdue" in text
    assert text.index("was due 26 Nov") < text.index("by 3 Dec")


def test_what_compliance_was_asked_is_not_among_it(office: Any) -> None:
    office.system.people.grant(office.ids["ana"], Role.REVIEWER)
    at(office, dt.date(2026, 11, 20))
    said = conversations.message(office.system, office.ids["ben"], "Why?", {"app": "Post"}, None)
    roles = Audience(frozenset({Role.REVIEWER.value}))
    conversations.begin(office.system, office.ids["ben"], Kind.RULE, roles, said)

    assert office.system.gate.addressed(office.ids["ana"])
    assert "Nobody waits for an answer of yours." in page(office)


def test_targets_that_wait_for_comments_or_a_review_stand_there(office: Any) -> None:
    assert "None is due for review, and none waits for comments." in page(office)
    announce(office)
    assert "comments until 26 Nov" in page(office)

    for day, said in ((dt.date(2026, 12, 31), "None is due"), (dt.date(2027, 1, 1), "review 15 Jan")):
        at(office, day)
        assert said in page(office)


def test_the_work_of_each_team_is_there_before_its_people(office: Any) -> None:
    assert "nothing of its work was delivered yet" in page(office)
    file = (
        "team,process,day,received,completed,open,oldest_days,in_time,wrong\nClaims,Motor,2026-11-18,40,20,114,9,19,\n"
    )
    volumes.deliver(office.system, lambda reader: reader.csv(io.BytesIO(file.encode())), None)

    text = page(office)

    assert re.search(r'data-label="Open" class="num">114<', text)
    assert re.search(r'data-label="In time, this week" class="num">95%<', text)
    assert re.search(r'data-label="In time, last week" class="num withheld">not known<', text)
    assert text.index("Motor") < text.index("The people of Claims")
    assert "Payroll" not in text


@pytest.mark.parametrize(
    ("day", "current"),
    [
        (dt.date(2026, 11, 19), "Day 0"),
        (dt.date(2026, 11, 20), "Days 1 to 7"),
        (dt.date(2026, 11, 25), "Days 1 to 7"),
        (dt.date(2026, 11, 26), "From day 7 on"),
        (dt.date(2026, 12, 2), "From day 7 on"),
        (dt.date(2026, 12, 3), None),
    ],
)
def test_a_new_manager_is_told_what_to_do_while_they_only_listen(
    office: Any, day: dt.date, current: str | None
) -> None:
    with office.system.people.changing(office.ids["oda"]) as changes:
        changes.appoint(office.ids["gus"], "claims")
    at(office, day)

    text = page(office, "gus")
    steps = re.findall(r'<li aria-current="step"><small>([^<]*)', text)

    assert steps == ([] if current is None else [current])
    assert ("You listen first" in text) == (current is not None)
    assert "You listen first" not in page(office, "ana")


def test_opening_the_page_opens_nothing_of_anybody(office: Any) -> None:
    asked(office)
    before = {who: len(office.entries(who)) for who in ("ben", "eva", "ana")}

    page(office)

    assert {who: len(office.entries(who)) for who in before} == before


def standing(text: str) -> dict[str, str]:
    """Return what stands under each name."""
    return dict(re.findall(r"<b>([^<]+)</b><small>([^<]*)</small>", text))


def test_under_each_name_stands_how_the_next_one_to_one_is(office: Any) -> None:
    ana, ben, eva = (office.ids[who] for who in ("ana", "ben", "eva"))
    assert standing(page(office)) == {"Ben": "Sheet open until 25 Nov", "Eva": "Sheet open until 25 Nov"}
    meet(office.system, ben, ana, dt.date(2026, 12, 10))
    with office.system.people.changing(eva) as changes:
        number = changes.propose_meeting(eva, ana, dt.date(2026, 12, 3), eva)
    at(office, dt.date(2026, 11, 25))
    assert standing(page(office))["Ben"] == "Sheet open until 25 Nov", "it is open for three working days after its day"

    at(office, dt.date(2026, 11, 26))
    assert standing(page(office)) == {"Ben": "One-to-one on 10 Dec", "Eva": "3 Dec: waits for your answer"}

    with office.system.people.changing(eva) as changes:
        changes.move_meeting(eva, number, 0, dt.date(2026, 12, 4), ana)
    assert standing(page(office))["Eva"] == "4 Dec: not agreed yet"
    with office.system.people.changing(eva) as changes:
        changes.cancel_meeting(eva, number, 1)
    assert standing(page(office))["Eva"] == "No one-to-one is planned"


def test_a_day_that_waits_for_the_managers_yes_stands_before_those_that_are_agreed(office: Any) -> None:
    eva = office.ids["eva"]
    with office.system.people.changing(eva) as changes:
        changes.propose_meeting(eva, office.ids["ana"], dt.date(2026, 12, 3), eva)

    card = page(office).partition("Next one-to-ones")[2].partition("</section>")[0]

    found = re.findall(r'>(Ben|Eva)</a></b><p class="mut">([^<]*)</p></div>\s*<span[^>]*>([^<]*)', card)
    assert found == [
        ("Eva", "Thu, 3 Dec 2026", "waits for you"),
        ("Ben", "Fri, 20 Nov 2026", "sheet is open"),
        ("Eva", "Fri, 20 Nov 2026", "sheet is open"),
    ]


def test_the_page_asks_as_often_for_many_people_as_for_few(office: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked of the data and of the key store by team, and never by person."""
    found: list[str] = []
    ask = Question.ask

    def noted(question: Question, *source: Any, **parameters: Any) -> Any:
        found.append(str(parameters))
        return ask(question, *source, **parameters)

    monkeypatch.setattr(Question, "ask", noted)

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        found.append(statement)

    def count() -> int:
        office.client("ana").get("/team/")
        found.clear()
        office.client("ana").get("/team/")
        return len(found)

    stores = (office.system.stores.data, office.system.stores.keys)
    for store in stores:
        event.listen(store, "before_cursor_execute", note)
    asked(office)
    few = count()
    for number in range(8):
        with office.system.people.changing(None) as changes:
            who = changes.create(f"{number}@example.org", f"Person {number}", "Europe/Vienna")
        office.system.people.join(who, "claims")
        meet(office.system, who, office.ids["ana"], dt.date(2026, 12, 1 + number % 3))
        office.ids[f"more {number}"] = who
        asked(office, f"more {number}")
    many = count()
    for store in stores:
        event.remove(store, "before_cursor_execute", note)

    assert few == many, "\n".join(found)
