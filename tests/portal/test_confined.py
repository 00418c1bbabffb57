"""A server without the keys of private data: the manager's side works; what is private stays closed and says so."""

import datetime as dt
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from analytics.granted import Terms, payload
from portal import conversations, create_app, granting
from portal.conversations import Audience
from portal.wiring import build
from privacy.fields import SHARED_FIELDS, Field, KeyClass, Tier
from privacy.grants import Grant
from privacy.key_provider import KeyClassWithheld
from privacy.period import Period
from privacy.policy import Purpose
from privacy.threads import Kind, Thread
from tests import made_releases
from tests.portal.conftest import PASSWORD, check_value


@pytest.fixture
def confined(office: Any, tmp_path: Path) -> Iterator[Flask]:
    """A server on whose disk only the keys of the manager's side ever were."""
    given = frozenset({KeyClass.SHARED, KeyClass.GRANTED, KeyClass.AUDIT})
    folder = tmp_path / "confined"
    folder.mkdir(mode=0o700)
    for name in given:
        shutil.copy(office.system.config.kek_dir / f"kek-{name}-1", folder)
    office.give_password("ana")
    system = build(replace(office.system.config, key_dir=folder, key_classes=given), office.clock)
    system.__dict__["hasher"] = office.system.hasher
    yield create_app(system)
    system.close()


def _get(app: Flask, office: Any, who: str, path: str) -> Any:
    client = app.test_client()
    client.set_cookie("sameview", office.system.sessions.start(office.ids[who]))
    app.testing = False
    return client.get(path)


def test_the_manager_s_pages_work_without_private_keys(confined: Flask, office: Any) -> None:
    path = f"/team/claims/people/{office.ids['ben']}/weeks/2026-W46?purpose=one_to_one"

    assert _get(confined, office, "ana", path).status_code == 200
    assert _get(confined, office, "ana", f"/api/v1{path}").json["payload"]["fields"]


@pytest.mark.parametrize("path", ["/trust", "/log/fingerprint"])
def test_the_trust_centre_says_which_keys_the_server_was_not_given(confined: Flask, office: Any, path: str) -> None:
    answer = _get(confined, office, "ana", path)

    assert answer.status_code == 200
    assert ("no key of private and text" in answer.text) == (path == "/trust")


def test_a_manager_signs_in_and_begins_at_their_teams(confined: Flask, office: Any) -> None:
    """Their own first page needs private keys: without a way on, whoever signs in here would stand before a wall."""
    client = confined.test_client()
    confined.testing = False
    value = check_value(client, "/sign-in")
    form = {"csrf_token": value, "email": "ana@example.org", "password": PASSWORD}

    signed_in = client.post("/sign-in", data=form, headers={"Sec-Fetch-Site": "same-origin"})
    landed = client.get("/", follow_redirects=True)

    assert signed_in.status_code == 302, signed_in.text
    assert landed.status_code == 200
    assert landed.request.path == "/team/"
    assert "served where employees sign in" in landed.text


@pytest.mark.parametrize(
    "path",
    [
        "/team/",
        "/team/claims/people/{ben}",
        "/team/claims/people/{ben}/weeks/2026-W46?purpose=one_to_one",
        "/team/claims/people/{ben}/goals",
        "/team/claims/targets",
        "/team/claims/targets/new",
        "/api/v1/team/claims/targets",
        "/team/figures",
        "/team/claims/figures",
        "/team/claims/figures.csv",
        "/team/organisation/figures",
        "/team/measures/utilisation",
        "/me/notices",
        "/api/v1/team/claims/people/{ben}/weeks/2026-W46?purpose=one_to_one",
    ],
)
def test_every_page_of_the_manager_s_side_is_answered(confined: Flask, office: Any, path: str) -> None:
    answer = _get(confined, office, "ana", path.format_map(office.ids))

    assert answer.status_code == 200, answer.text


def test_a_manager_announces_a_target_that_the_team_reads_where_it_signs_in(confined: Flask, office: Any) -> None:
    client = confined.test_client()
    client.set_cookie("sameview", office.system.sessions.start(office.ids["ana"]))
    address = "/team/claims/targets/new"
    said = {"measure": "utilisation", "low": "45", "high": "60", "reason": "Why.", "benefit": "What for."}
    days = {"effective": "2026-11-27", "review": "2027-02-01", "owner": office.ids["ana"]}

    form = {"csrf_token": check_value(client, address), **said, **days, "warned": "unseen/None/None"}
    answer = client.post(address, data=form, headers={"Sec-Fetch-Site": "same-origin"})

    assert answer.status_code == 303, answer.text
    assert "45% to 60%" in office.client("ben").get("/team/claims/targets/1").text
    assert "Targets to look at" in client.get("/team/").text


def test_a_one_to_one_is_proposed_prepared_and_opened_without_private_keys(confined: Flask, office: Any) -> None:
    client, person = confined.test_client(), f"/team/claims/people/{office.ids['ben']}"
    client.set_cookie("sameview", office.system.sessions.start(office.ids["ana"]))

    def send(address: str, page: str, **fields: str) -> Any:
        form = {"csrf_token": check_value(client, page), **fields}
        return client.post(address, data=form, headers={"Sec-Fetch-Site": "same-origin"})

    sheet = send(f"{person}/one-to-ones", person, day="2026-11-23").location
    asked = send(sheet, sheet, action="write", kind="question", text="What would help you most?")
    with office.system.people.changing(office.ids["ben"]) as changes:
        changes.accept_meeting(office.ids["ben"], 2, 0, office.ids["ben"])

    assert asked.status_code == 303, asked.text
    opened = client.get(f"{sheet}?week=2026-W46")
    assert opened.status_code == 200
    assert "Totals of the week" in opened.text
    assert "What would help you most?" in office.client("ben").get("/me/one-to-ones/2").text


def test_released_figures_are_the_same_as_on_any_other_server(confined: Flask, office: Any) -> None:
    people = [f"p{n}" for n in range(9)]
    made_releases.file(office.system, made_releases.Releases().make("claims", dt.date(2026, 11, 9), people))

    here, elsewhere = (
        _get(confined, office, "ana", "/team/claims/figures.csv"),
        office.client("ana").get("/team/claims/figures.csv"),
    )

    assert here.status_code == 200
    assert here.data == elsewhere.data
    assert "utilisation" in here.text


def test_a_manager_proposes_a_goal_that_the_employee_reads_where_they_sign_in(confined: Flask, office: Any) -> None:
    client = confined.test_client()
    client.set_cookie("sameview", office.system.sessions.start(office.ids["ana"]))
    address = f"/team/claims/people/{office.ids['ben']}/goals"
    said = {"text": "Learn the forecast", "reason": "Two people know it", "benefit": "A skill that lasts"}
    days = {"begins": "2026-11-19", "review": "2027-02-01"}

    form = {"csrf_token": check_value(client, address), **said, **days}
    answer = client.post(address, data=form, headers={"Sec-Fetch-Site": "same-origin"})

    assert answer.status_code == 303, answer.text
    assert "Learn the forecast" in office.client("ben").get("/me/agreed-goals").text
    assert "Ana proposed a goal" in office.client("ben").get("/me/notices").text


@pytest.mark.parametrize("purpose", ["team_rhythm", "target_setting", "curiosity"])
def test_a_refusal_is_decided_and_logged_as_on_any_other_server(confined: Flask, office: Any, purpose: str) -> None:
    path = f"/api/v1/team/claims/people/{office.ids['ben']}/weeks/2026-W46?purpose={purpose}"

    here, elsewhere = _get(confined, office, "ana", path), office.client("ana").get(path)

    assert here.status_code == elsewhere.status_code == 403
    assert {**here.json, "entry": 0} == {**elsewhere.json, "entry": 0}


def test_a_week_that_no_night_has_frozen_is_worked_out_from_shared_days(confined: Flask, office: Any) -> None:
    path = f"/team/claims/people/{office.ids['ben']}/weeks/2026-W46?purpose=one_to_one"
    week = Period(dt.date(2026, 11, 9), dt.date(2026, 11, 16))
    with office.system.stores.data.connect() as connection:
        assert not office.system.vault.has(connection, office.ids["ben"], SHARED_FIELDS, Tier.WEEK, week)

    first, second = (_get(confined, office, "ana", path).status_code for _ in range(2))

    assert (first, second) == (200, 200)


def test_no_private_key_is_on_the_disk_of_the_confined_server(confined: Flask) -> None:
    system = confined.extensions["sameview"]

    assert sorted(path.name for path in system.config.kek_dir.iterdir()) == [
        "kek-audit-1",
        "kek-granted-1",
        "kek-shared-1",
    ]
    with pytest.raises(KeyClassWithheld):
        system.provider.unwrap(KeyClass.PRIVATE, 1, bytes(61), b"")


@pytest.mark.parametrize("path", ["/me/trends", "/me/access", "/me/recorded", "/me/days/2026-11-12"])
def test_a_manager_s_own_private_pages_are_closed_and_say_where_they_are(
    confined: Flask, office: Any, path: str
) -> None:
    answer = _get(confined, office, "ana", path)

    assert answer.status_code == 503
    assert "served where employees sign in" in answer.text


@pytest.mark.parametrize("path", ["/", "/me/trends", "/me/access", "/api/v1/me/days/2026-11-12"])
def test_what_is_private_stays_closed_and_says_so(confined: Flask, office: Any, path: str) -> None:
    answer = _get(confined, office, "ben", path)

    assert answer.status_code == 503
    assert "not given the keys" in answer.text


def test_what_somebody_shares_and_asks_is_served_without_private_keys(confined: Flask, office: Any) -> None:
    given, thread = _shared_with_ana(office)

    opened = _get(confined, office, "ana", f"/shared/{office.ids['ben']}-{given.number}")
    asked = _get(confined, office, "ana", f"/team/threads/{office.ids['ben']}/{thread.number}")

    assert (opened.status_code, asked.status_code) == (200, 200)
    assert given.digest in opened.text
    assert "Thursday is wrong." in asked.text
    for path in ("/shared/", "/team/threads"):
        assert _get(confined, office, "ana", path).status_code == 200
    assert [each.outcome for each in office.entries("ben")][-3:] == ["disclosed", "shown", "disclosed"]


def _shared_with_ana(office: Any) -> tuple[Grant, Thread]:
    """Let Ben, on the server where employees sign in, share something with Ana and ask her something."""
    system, ben, ana = office.system, office.ids["ben"], office.ids["ana"]
    until, fields = dt.date(2026, 12, 1), frozenset({Field.APPS})
    terms = Terms(ben, ana, Purpose.ONE_TO_ONE, fields, Period.day(dt.date(2026, 11, 12)), until)
    days = system.gate.disclose(ben, ben, fields, Purpose.OWN_REVIEW, terms.period, session="a session")
    given = granting.give(system, terms, payload(terms, days, (), "Europe/Berlin", "5a" * 16))
    said = conversations.message(system, ben, "Thursday is wrong.", {}, None)
    return given, conversations.begin(system, ben, Kind.FIGURE, Audience(person=ana), said)
