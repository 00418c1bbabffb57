"""What one person changes in two tabs at once is one change after the other, on SQLite and on PostgreSQL."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from flask import Flask

from auth.permissions import Role
from portal import create_app
from portal.conversations import MOST_OPEN
from portal.wiring import System, build
from tests.installation import NOW, Copies, subject_of
from tests.portal.conftest import check_value

GOALS = ("focus_time", "breaks", "active_time")
STARTS = ("2026-11-19", "2026-12-10", "2027-01-07")
DAYS_OFF = ("2026-11-23", "2026-11-30", "2026-12-07")
HOURS = ("6", "5", "4")


def _tab(app: Flask, cookie: str, address: str, forms: list[tuple[str, dict[str, str]]]) -> list[int]:
    client = app.test_client()
    client.set_cookie("sameview", cookie)
    token, found = check_value(client, address), []
    for to, form in forms:
        sent = {"csrf_token": token, **form}
        found.append(client.post(to, data=sent, headers={"Sec-Fetch-Site": "same-origin"}).status_code)
    return found


def _tabs() -> dict[str, list[tuple[str, dict[str, str]]]]:
    """Return what is sent from which page: two tabs change the goals' value, and two the planned week."""
    weeks = {name: {f"value-{n}": "1" if name == "breaks" else "1:00" for n in range(7)} for name in GOALS}
    return {
        "/me/goals": [(f"/me/goals/{name}", {"first": "2026-11-19", **weeks[name]}) for name in GOALS],
        "/me/experiments": [
            ("/me/experiments", {"text": f"Walk {n}", "measure": "focus_time", "start": start})
            for n, start in enumerate(STARTS)
        ],
        "/me/pattern#off": [("/me/pattern/days-off", {"first": day}) for day in DAYS_OFF],
        "/me/pattern#hours": [
            ("/me/pattern", {"valid": "2026-11-19", **{f"hours-{n}": hours for n in range(5)}}) for hours in HOURS
        ],
    }


def test_nothing_that_was_kept_is_lost_when_several_tabs_keep_at_once(copies: Copies) -> None:
    system: System = build(copies(), lambda: NOW)
    app: Any = create_app(system)
    cookie = system.sessions.start(subject_of(system, "ben"))
    try:
        with ThreadPoolExecutor(4) as tabs:
            sent = [tabs.submit(_tab, app, cookie, page.partition("#")[0], forms) for page, forms in _tabs().items()]
            assert {status for each in sent for status in each.result()} <= {302, 303}
        client = app.test_client()
        client.set_cookie("sameview", cookie)
        goals, tried, week = (client.get(f"/me/{page}").text for page in ("goals", "experiments", "pattern"))
        assert all(f'id="g-{name}"' in goals for name in GOALS)
        assert all(f"Walk {n}" in tried for n in range(len(STARTS)))
        assert all(f'name="remove" value="{day}"' in week for day in DAYS_OFF)
        assert re.findall(r'name="hours-\d"[^>]*value="([^"]*)"', week)[:5] == [HOURS[-1]] * 5
        assert system.log.verify().problems == []
    finally:
        system.close()


def test_of_two_tabs_that_ask_at_once_only_as_many_conversations_wait_as_may(
    copies: Copies, monkeypatch: pytest.MonkeyPatch
) -> None:
    system: System = build(copies(), lambda: NOW)
    app: Any = create_app(system)
    ben, page = subject_of(system, "ben"), "/me/threads/new"
    system.people.grant(subject_of(system, "ana"), Role.REVIEWER)
    cookie = system.sessions.start(ben)
    asked = {"about": "figure", "measure": "active_time", "day": "2026-11-12"}
    forms = [(page, {**asked, "text": f"Day {n} is wrong."}) for n in range(MOST_OPEN)]
    both, file = threading.Barrier(2), system.rooms.threads.start

    def file_after_both_were_counted(*given: Any) -> Any:
        with suppress(threading.BrokenBarrierError):  # as it should be: the other one waits to be counted
            both.wait(1)
        return file(*given)

    try:
        assert _tab(app, cookie, page, forms[1:]) == [303] * (MOST_OPEN - 1)
        monkeypatch.setattr(system.rooms.threads, "start", file_after_both_were_counted)
        with ThreadPoolExecutor(2) as tabs:
            sent = [tabs.submit(_tab, app, cookie, page, forms[:1]) for _ in range(2)]
            assert sorted(status for each in sent for status in each.result()) == [303, 422]
        assert len(system.rooms.threads.of(ben)) == MOST_OPEN
        assert system.log.verify().problems == []
    finally:
        system.close()
