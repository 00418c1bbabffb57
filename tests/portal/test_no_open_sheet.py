"""Whoever walks the roster gets nobody's figures without an open sheet, and those of two people nowhere at once."""

import datetime as dt
import itertools
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from auth.tokens import Scope
from privacy.fields import SHARED_FIELDS
from tests.meetings import meet
from tests.portal.conftest import Office, day_values, working_days

WEEK = "2026-W46"


@pytest.fixture
def team(office: Office) -> Office:
    """Ana's team: Ben has an open sheet; Eva's was cancelled, Fay's is not agreed to, Hal's is later, Ida has none."""
    office.clock.now = dt.datetime(2026, 9, 2, 8, tzinfo=dt.UTC)
    for name in ("fay", "hal", "ida"):
        office.add(name)
        office.system.people.join(office.ids[name], "claims")
    office.clock.now = dt.datetime(2026, 11, 19, 9, 30, tzinfo=dt.UTC)
    with office.system.people.changing(office.ids["ana"]) as changes:
        changes.cancel_meeting(office.ids["eva"], 1, 1)
        changes.propose_meeting(office.ids["fay"], office.ids["ana"], dt.date(2026, 11, 20), office.ids["ana"])
    meet(office.system, office.ids["hal"], office.ids["ana"], dt.date(2026, 12, 10))
    for n, name in enumerate(("eva", "fay", "hal", "ida")):
        days = working_days(dt.date(2026, 10, 5), dt.date(2026, 11, 20))
        office.file_days(name, {day: day_values(21_003.5 + 1000 * n + 60 * m) for m, day in enumerate(days)})
    return office


def figures(office: Office, who: str) -> list[str]:
    """Return how somebody's active time of the week can stand in an answer: whole seconds, and in hours and minutes."""
    mirror = office.client(who).get(f"/api/v1/me/as-seen-by-manager?week={WEEK}").json["payload"]["fields"]
    seconds = mirror["active_time"]["active_seconds"]
    return [f"{seconds:.3f}".rstrip("0").rstrip("."), f"{int(seconds)}"]


def ways(office: Office, who: str, token: str) -> dict[str, Callable[[], Any]]:
    """Return every way by which a manager asks for somebody's week."""
    person = f"/team/claims/people/{office.ids[who]}"
    meetings = office.system.directory.meetings.of(office.ids[who])
    ana, bare = office.client("ana"), office.app.test_client()
    sheets = {f"sheet {n.number}": f"{person}/one-to-ones/{n.number}?week={WEEK}" for n in meetings}
    pages = {"page": f"{person}/weeks/{WEEK}?purpose=one_to_one", **sheets}
    asked: dict[str, Callable[[], Any]] = {
        name: (lambda address=address: ana.get(address)) for name, address in pages.items()
    }
    json_address = f"/api/v1{person}/weeks/{WEEK}?purpose=one_to_one"
    asked["json"] = lambda: ana.get(json_address)
    asked["csv"] = lambda: ana.get(json_address, headers={"Accept": "text/csv"})
    asked["token"] = lambda: bare.get(json_address, headers={"Authorization": f"Bearer {token}"})
    return asked


def test_the_whole_roster_gets_logged_refusals_for_everybody_without_an_open_sheet(team: Office) -> None:
    token = team.system.tokens.issue(team.ids["ana"], "script", {Scope.READ}, 1)
    roster = team.client("ana").get("/api/v1/team").json["teams"][0]["people"]
    assert {each["name"] for each in roster} == {"Ben", "Eva", "Fay", "Hal", "Ida"}

    for each in roster:
        who = each["name"].lower()
        for name, ask in ways(team, who, token).items():
            before = team.system.log.size
            answer = ask()
            added = [each for each in team.entries(who) if each.index >= before and set(each.fields) == SHARED_FIELDS]
            if who == "ben":
                assert answer.status_code == 200, name
            else:
                assert answer.status_code == 403, (who, name)
                assert [(entry.viewer, entry.outcome) for entry in added] == [(team.ids["ana"], "refused")], (who, name)
                assert not any(figure in answer.text for figure in figures(team, who))


def addresses(app: Flask, office: Office) -> list[str]:
    """Return every address of a manager that is read, with each place filled by what there is."""
    found = []
    for rule in app.url_map.iter_rules():
        if "GET" not in rule.methods or not re.match(r"/(api/v1/)?(team|shared)", rule.rule):
            continue
        text = re.sub(r"<(?:int:)?number>", "1", rule.rule)
        text = text.replace("<team>", "claims").replace("<week>", WEEK).replace("<name>", "active_time")
        text = re.sub(r"<(person|subject)>", office.ids["ben"], text)
        if "<" not in text:
            found.append(text)
    return found


def test_no_answer_to_a_manager_holds_the_figures_of_two_people(team: Office) -> None:
    for who in ("eva", "ida"):
        meet(team.system, team.ids[who], team.ids["ana"], dt.date(2026, 11, 23))
    known = {who: figures(team, who) for who in ("ben", "eva", "ida")}
    ana = team.client("ana")

    walked = addresses(team.app, team)
    assert len(walked) >= 8
    shown = 0
    for address, query in itertools.product(walked, ("", "?purpose=one_to_one", f"?week={WEEK}", "?format=csv")):
        text = ana.get(address + query).text
        held = [who for who, each in known.items() if any(figure in text for figure in each)]
        assert len(held) <= 1, (address, query, held)
        shown += len(held)
    assert shown >= 3  # the week, its JSON and the sheet with the week opened are among them
