"""Whoever moves to another time zone loses nothing and reopens nothing: grants, settings, weeks and days stay right."""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from conftest import Clock

from analytics.granted import Terms, payload
from portal import granted_upkeep, granting
from portal.wiring import System, build
from privacy.disclosure import NotPermitted
from privacy.fields import Field
from privacy.grants import Grant
from privacy.period import iso_week
from privacy.policy import Purpose
from tests.installation import NOW, Copies, subject_of
from tests.portal.conftest import Office
from tests.portal.test_close_week import main
from tests.portal.test_controls import MONDAY, bring
from tests.portal.test_notes import DAY, NOTES, office_day


@pytest.fixture
def system(copies: Copies, clock: Clock) -> Iterator[System]:
    found = build(copies(), clock)
    yield found
    found.close()


def move(system: System, subject: str, zone: str) -> None:
    with system.people.changing(None) as changes:
        changes.update(subject, timezone=zone)


def give(system: System, until: dt.date) -> Grant:
    ben, ana, fields = subject_of(system, "ben"), subject_of(system, "ana"), frozenset({Field.APPS})
    terms = Terms(ben, ana, Purpose.ONE_TO_ONE, fields, iso_week("2026-W46"), until)
    own = system.gate.disclose(ben, ben, fields, Purpose.OWN_REVIEW, terms.period, session="a session")
    return granting.give(system, terms, payload(terms, own, (), "Europe/Berlin", "5a" * 16))


def opens(system: System, grant: Grant) -> bool:
    try:
        system.gate.open_grant(grant.viewer, grant.subject, grant.number)
    except NotPermitted:
        return False
    return True


def test_a_grant_that_is_over_stays_over_wherever_its_person_moves(system: System, clock: Clock) -> None:
    grant = give(system, until=NOW.date())
    clock.now = dt.datetime(2026, 11, 19, 22, 59, tzinfo=dt.UTC)
    assert opens(system, grant), "it is the last minute of its last day in Berlin"
    clock.now += dt.timedelta(minutes=1)
    assert not opens(system, grant)

    move(system, grant.subject, "America/New_York")

    assert not opens(system, grant)
    assert granted_upkeep.run(system, pytest.fail) == 1
    assert system.rooms.grants.everything() == []


def test_a_grant_that_was_just_given_is_open_in_a_zone_where_its_first_day_is_still_to_come(
    system: System, clock: Clock
) -> None:
    clock.now = dt.datetime(2026, 11, 19, 23, 30, tzinfo=dt.UTC)  # Friday in Berlin
    grant = give(system, until=dt.date(2026, 11, 23))

    move(system, grant.subject, "America/New_York")

    assert opens(system, grant)
    clock.now = dt.datetime(2026, 11, 23, 23, 0, tzinfo=dt.UTC)  # over in Berlin, where it was given
    assert not opens(system, grant)


def test_a_week_is_its_persons_own_until_it_is_open_on_every_clock_they_had(
    office: Office, form: Callable[..., Any], clock: Any
) -> None:
    eva = office.ids["eva"]
    move(office.system, eva, "America/New_York")
    for day in range(3):
        bring(office, "eva", office_day(MONDAY + dt.timedelta(days=day, hours=6)))
    clock.now = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
    move(office.system, eva, "Europe/Berlin")
    clock.now = dt.datetime(2026, 11, 25, 0, 30, tzinfo=dt.UTC)  # the grace is over in Berlin, not in New York
    office.clients.clear()

    closing = main(office.client("eva").get("/me/close-week?week=2026-W47").text)
    controls = main(office.client("eva").get("/me/forget").text)
    corrected = form("eva", f"{NOTES}/category", NOTES, app="ms-teams.exe", category="Work > ERP")

    assert "Your manager can from Wednesday 25 November, 06:00." in closing
    assert "You can change every day from 16 Nov 2026 on" in controls
    assert corrected.status_code == 303
    clock.now = dt.datetime(2026, 11, 25, 6, tzinfo=dt.UTC)
    theirs = f"/api/v1/team/claims/people/{eva}/weeks/2026-W47?purpose=one_to_one"
    assert office.client("ana").get(theirs).json["payload"]["marks"]["categories"] == "corrected"


def test_a_gap_of_a_day_before_a_move_is_the_same_time_on_all_pages_and_answered_with_one_tap(
    office: Office, form: Callable[..., Any], clock: Any
) -> None:
    eva, day = office.client("eva"), f"/me/days/{DAY}"
    bring(office, "eva", office_day())  # away from 9 to 10 UTC
    form("eva", "/me/forget", **{"from": f"{DAY}T10:20", "to": f"{DAY}T10:40"})
    minutes = [dt.datetime(2026, 11, 16, 9, tzinfo=dt.UTC) + dt.timedelta(minutes=n) for n in (0, 20, 40, 60)]
    a, b, c, d = (int(each.timestamp()) * 1_000_000 for each in minutes)
    asked = {NOTES: 'name="span" value="{}-{}"', "/me/close-week?week=2026-W47": 'name="gap-{}-{}"'}
    for zone in ("Europe/Berlin", "America/New_York"):
        move(office.system, office.ids["eva"], zone)
        for page, button in asked.items():
            shown = eva.get(page).text
            assert all(button.format(*gap) in shown for gap in ((a, b), (c, d))), f"{zone}: {page}"
    for page in (day, f"/me/measures/active_time?day={DAY}"):
        assert "03:00" in main(eva.get(page).text), f"{page}: it began at 8 UTC"

    assert form("eva", NOTES, NOTES, span=f"{a}-{b}", kind="phone").status_code == 303

    found = eva.get(f"/api/v1{day}").json["payload"]["fields"]["annotations"]
    assert found["by_kind"] == {"phone": 1200}
    assert asked[NOTES].format(a, b) not in eva.get(NOTES).text


def test_a_time_that_the_clock_leaves_out_is_refused_by_name_and_one_that_comes_twice_is_as_long_as_typed(
    office: Office, form: Callable[..., Any], clock: Any
) -> None:
    clock.now = dt.datetime(2026, 10, 26, 9, tzinfo=dt.UTC)
    page, day = "/me/days/2026-10-25/notes", "2026-10-25T"
    once = form("eva", page, page, **{"from": f"{day}02:15", "to": f"{day}02:45", "kind": "phone"})
    again = {"from-pass": "second", "to-pass": "second"}
    then = form("eva", page, page, **{"from": f"{day}02:15", "to": f"{day}02:45", "kind": "care", **again})
    asked = office.client("eva").get("/me/forget", query_string={"from": f"{day}02:15", "to": f"{day}02:45", **again})
    missing = office.client("eva").get("/me/forget?from=2026-03-29T02:10&to=2026-03-29T03:10")

    noted = office.client("eva").get("/api/v1/me/annotations?from=2026-10-25&to=2026-10-26").json["days"][0]
    assert (once.status_code, then.status_code) == (303, 303)
    assert [each["start"][11:16] + each["end"][11:16] for each in noted["annotations"]] == ["00:1500:45", "01:1501:45"]
    assert asked.text.count('name="from-pass" value="second"') == 1
    assert "02:10 does not exist" in missing.text
    assert 'name="from-pass"' in office.client("eva").get(page).text
    assert 'name="from-pass"' not in office.client("eva").get("/me/days/2026-10-24/notes").text
