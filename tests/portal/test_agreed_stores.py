"""What two people change at once is one change after the other, on SQLite and on PostgreSQL."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from flask import Flask

from portal import create_app
from portal.wiring import System, build
from tests.installation import NOW, Copies, subject_of
from tests.portal.conftest import check_value

EACH = 3


def _proposals(app: Flask, system: System, who: str, address: str, **more: str) -> list[int]:
    client = app.test_client()
    client.set_cookie("sameview", system.sessions.start(subject_of(system, who)))
    said = {"reason": "why", "benefit": "what for", "begins": "2026-11-19", "review": "2027-02-01", **more}
    found = []
    for number in range(EACH):
        form = {"csrf_token": check_value(client, address), "text": f"{who} {number}", **said}
        found.append(client.post(address, data=form, headers={"Sec-Fetch-Site": "same-origin"}).status_code)
    return found


def _lines(app: Flask, system: System, who: str, address: str) -> list[int]:
    client = app.test_client()
    client.set_cookie("sameview", system.sessions.start(subject_of(system, who)))
    found = []
    for number in range(EACH):
        said = {"action": "write", "kind": "question", "text": f"{who} asks {number}"}
        form = {"csrf_token": check_value(client, address), **said}
        found.append(client.post(address, data=form, headers={"Sec-Fetch-Site": "same-origin"}).status_code)
    return found


def test_nothing_is_lost_when_both_sides_write_on_a_sheet_at_once(copies: Copies) -> None:
    system = build(copies(), lambda: NOW)
    app: Any = create_app(system)
    ana, ben = (subject_of(system, who) for who in ("ana", "ben"))
    team = next(iter(system.directory.managed(ana))).id
    hers, his = f"/team/{team}/people/{ben}/one-to-ones/1", "/me/one-to-ones/1"
    try:
        with ThreadPoolExecutor(2) as both:
            sent = [both.submit(_lines, app, system, *each) for each in (("ana", hers), ("ben", his))]
            assert [status for each in sent for status in each.result()] == [303] * (2 * EACH)
        client = app.test_client()
        client.set_cookie("sameview", system.sessions.start(ben))
        page = client.get(his).text
        assert all(f"<div>{who} asks {number}" in page for who in ("ana", "ben") for number in range(EACH))
        assert system.log.verify().problems == []
    finally:
        system.close()


def test_of_two_who_say_yes_at_once_one_is_told_that_it_is_done(copies: Copies) -> None:
    system = build(copies(), lambda: NOW)
    app: Any = create_app(system)
    ana, ben = (subject_of(system, who) for who in ("ana", "ben"))
    with system.people.changing(ana) as changes:
        number = changes.propose_meeting(ben, ana, NOW.date() + dt.timedelta(days=14), ana)

    def yes(_: int) -> int:
        client = app.test_client()
        client.set_cookie("sameview", system.sessions.start(ben))
        address = f"/me/one-to-ones/{number}"
        form = {"csrf_token": check_value(client, "/me/one-to-ones"), "action": "accept", "seen": "0"}
        return int(client.post(address, data=form, headers={"Sec-Fetch-Site": "same-origin"}).status_code)

    try:
        with ThreadPoolExecutor(2) as both:
            assert sorted(both.map(yes, range(2))) == [303, 409]
        entries = [each.outcome for each in system.log.of_subject(ben)]
        assert entries.count("meeting-agreed") == 2  # that of yesterday's populating, and this one
    finally:
        system.close()


def test_nothing_is_lost_when_both_sides_propose_at_once(copies: Copies) -> None:
    system = build(copies(), lambda: NOW)
    app: Any = create_app(system)
    ana, ben = (subject_of(system, who) for who in ("ana", "ben"))
    team = next(iter(system.directory.managed(ana))).id
    try:
        with ThreadPoolExecutor(2) as both:
            hers = both.submit(_proposals, app, system, "ana", f"/team/{team}/people/{ben}/goals")
            his = both.submit(_proposals, app, system, "ben", "/me/agreed-goals", manager=ana)
            assert hers.result() + his.result() == [303] * (2 * EACH)
        client = app.test_client()
        client.set_cookie("sameview", system.sessions.start(ben))
        page = client.get("/me/agreed-goals").text
        assert all(f"{who} {number}</h3>" in page for who in ("ana", "ben") for number in range(EACH))
        assert system.log.verify().problems == []
    finally:
        system.close()
