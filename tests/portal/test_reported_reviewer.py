"""Whoever is reported, and reviews the log as well, learns nothing of the report from the log."""

import re
from typing import Any

import pytest

from auth.permissions import Role
from tests.portal.conftest import Office
from tests.portal.test_threads import ask, looked_at, place, report

DOINGS = {"thread-asked", "thread-answered", "thread-removed"}


@pytest.fixture
def reported(office: Office, form: Any) -> Office:
    """Ana manages and reviews; Ben reports a look of hers, and Cleo reads and answers it."""
    office.system.people.grant(office.ids["ana"], Role.REVIEWER)
    office.clock.advance(days=1)
    office.clients.clear()
    report(form, looked_at(office))
    form("cleo", place(office, "/compliance/threads"), text="I read it.")
    return office


def of_conversations(office: Office) -> list[int]:
    """Return the entries that tell of the report: of the person's chain, and of the one who was asked."""
    found = [*office.entries("ben"), *office.entries("cleo")]
    return sorted(
        {e.index for e in found if e.outcome in DOINGS or (e.fields == ("thread",) and e.viewer != e.subject)}
    )


def test_the_log_tells_the_reported_reviewer_nothing_on_any_page(reported: Office) -> None:
    ana = reported.client("ana")
    hidden = of_conversations(reported)
    assert len(hidden) >= 3, "asked, read, answered"

    for asked in ("", "?by=all", f"?person={reported.ids['ben']}&by=all", "?relation=addressee&by=all"):
        page = ana.get(f"/compliance/{asked}").text.partition('aria-labelledby="entries"')[2]
        assert not [each for each in hidden if f"#{each}<" in page], asked
    for asked in ("", f"?person={reported.ids['ben']}", "?outcome=thread-asked", "?relation=addressee"):
        found = ana.get(f"/api/v1/log{asked}").json
        assert not {each["index"] for each in found["entries"]} & set(hidden), asked
    for index in hidden:
        assert ana.get(f"/compliance/entries/{index}").status_code == 404
        assert ana.get(f"/api/v1/log/entries/{index}").status_code == 404


def test_whoever_was_asked_sees_what_they_did_themselves(reported: Office) -> None:
    found = reported.client("cleo").get("/api/v1/log").json["entries"]

    shown = {each["index"] for each in found} & set(of_conversations(reported))
    assert shown == set(of_conversations(reported))


def test_another_reviewer_sees_none_of_it_and_a_count_without_persons(office: Office, form: Any) -> None:
    office.add("kim", Role.REVIEWER)
    office.clock.advance(days=1)
    office.clients.clear()
    ask(form, to=office.ids["ana"])
    office.client("ana").get(place(office, "/team/threads"))

    page = office.client("kim").get("/compliance/?by=all").text

    listed = re.sub(r"<footer>.*?</footer>", "", page.partition('aria-labelledby="entries"')[2], flags=re.S)
    assert "asked" not in listed
    assert '/compliance/threads">' in page
    assert re.findall(r'wrong</th><td class="num">(\d+)', office.client("kim").get("/compliance/threads").text) == ["1"]


def test_the_proofs_of_the_person_stay_whole(reported: Office) -> None:
    client = reported.client("ben")
    listed = {e.index for e in reported.entries("ben")} & set(of_conversations(reported))

    for index in sorted(listed):
        bundle = reported.system.gate.own_proofs(reported.ids["ben"], "s", [index])
        assert bundle["inclusion"][0]["payload"] is not None
    assert "answered" in client.get("/me/access").text
