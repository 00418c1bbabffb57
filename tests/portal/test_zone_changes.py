"""Whoever moves to another time zone loses nothing and reopens nothing: grants, settings, weeks and days stay right."""

import datetime as dt
from collections.abc import Iterator

import pytest

from analytics.granted import Terms, payload
from portal import granted_upkeep, granting
from portal.wiring import System, build
from privacy.disclosure import NotPermitted
from privacy.fields import Field
from privacy.grants import Grant
from privacy.period import iso_week
from privacy.policy import Purpose
from tests.installation import NOW, Copies, subject_of


class Moving:
    """A clock that stands where it was put."""

    now = NOW

    def __call__(self) -> dt.datetime:
        return self.now


@pytest.fixture
def moving() -> Moving:
    return Moving()


@pytest.fixture
def system(copies: Copies, moving: Moving) -> Iterator[System]:
    found = build(copies(), moving)
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


def test_a_grant_that_is_over_stays_over_wherever_its_person_moves(system: System, moving: Moving) -> None:
    grant = give(system, until=NOW.date())
    moving.now = dt.datetime(2026, 11, 19, 22, 59, tzinfo=dt.UTC)
    assert opens(system, grant), "it is the last minute of its last day in Berlin"
    moving.now += dt.timedelta(minutes=1)
    assert not opens(system, grant)

    move(system, grant.subject, "America/New_York")

    assert not opens(system, grant)
    assert granted_upkeep.run(system, pytest.fail) == 1
    assert system.rooms.grants.everything() == []


def test_a_grant_that_was_just_given_is_open_in_a_zone_where_its_first_day_is_still_to_come(
    system: System, moving: Moving
) -> None:
    moving.now = dt.datetime(2026, 11, 19, 23, 30, tzinfo=dt.UTC)  # Friday in Berlin
    grant = give(system, until=dt.date(2026, 11, 23))

    move(system, grant.subject, "America/New_York")

    assert opens(system, grant)
    moving.now = dt.datetime(2026, 11, 23, 23, 0, tzinfo=dt.UTC)  # over in Berlin, where it was given
    assert not opens(system, grant)
