"""Rosters for everybody at once say what the directory says for one."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, delete, update
from sqlalchemy.pool import StaticPool

import privacy.vault  # noqa: F401 - fills the metadata
from auth.models import Membership, Person, Told
from auth.rosters import Snapshot
from privacy.base import Base
from privacy.period import Period, iso_week
from privacy.policy import POLICY_VERSION, Relation
from privacy.stores import Stores, writing
from tests.auth.conftest import STAMPS, Office, open_office
from tests.auth.test_directory import ACTIONS

WEEK = iso_week("2026-W48")
"""Monday, 23 November; the clock stands at the Thursday before."""


def snapshot(office: Office) -> Snapshot:
    return Snapshot(office.stores.data, STAMPS)


def aware(office: Office, name: str, team: str | None = None, **more: bool) -> str:
    subject = office.hire(name, team, **more)
    with office.people.changing(None) as changes:
        changes.acknowledge(subject, POLICY_VERSION)
    return subject


def test_who_was_there_on_every_day_has_read_the_notice_and_is_genuine(office: Office, clock) -> None:
    ben, dan = aware(office, "Ben", "Claims"), aware(office, "Dan", "Claims")
    forged = aware(office, "Eva", "Claims")
    office.hire("Gus", "Claims")  # has not read the notice
    clock.now = dt.datetime(2026, 11, 24, 9, tzinfo=dt.UTC)
    aware(office, "Late", "Claims")
    with writing(office.stores.data) as connection:
        connection.execute(update(Person).where(Person.subject_id == forged).values(timezone="UTC"))

    found = snapshot(office).week(WEEK)

    assert found.members == {"claims": {ben, dan}}


def test_who_leaves_in_mid_week_or_changes_teams_was_in_none(office: Office, clock) -> None:
    ben, dan = aware(office, "Ben", "Claims"), aware(office, "Dan", "Claims")
    office.people.create_team("Payables")
    clock.now = dt.datetime(2026, 11, 25, 9, tzinfo=dt.UTC)
    with office.people.changing(None) as changes:
        changes.part(ben, "claims")
        changes.join(ben, "payables")

    assert snapshot(office).week(WEEK).members == {"claims": {dan}, "payables": frozenset()}


def test_two_memberships_without_a_gap_are_one_and_a_gap_is_a_gap(office: Office, clock) -> None:
    ben, dan = aware(office, "Ben", "Claims"), aware(office, "Dan", "Claims")
    clock.now = dt.datetime(2026, 11, 25, 9, tzinfo=dt.UTC)
    with office.people.changing(None) as changes:
        changes.part(ben, "claims")
        changes.join(ben, "claims")
        changes.part(dan, "claims")
    clock.advance(days=1)
    with office.people.changing(None) as changes:
        changes.join(dan, "claims")

    assert snapshot(office).week(WEEK).members == {"claims": {ben}}


def test_who_managed_on_any_day_is_a_manager_of_that_week(office: Office, clock) -> None:
    ana, ben = aware(office, "Ana", "Claims", manages=True), aware(office, "Ben", "Claims")
    clock.now = dt.datetime(2026, 11, 25, 9, tzinfo=dt.UTC)
    with office.people.changing(None) as changes:
        changes.dismiss(ana, "claims")
        changes.appoint(ben, "claims")

    assert snapshot(office).week(WEEK).managers == {"claims": {ana, ben}}
    assert snapshot(office).week(iso_week("2026-W49")).managers == {"claims": {ben}}


def test_a_team_keeps_its_id_when_nobody_is_in_it(office: Office) -> None:
    office.people.create_team("Claims")

    assert snapshot(office).week(WEEK).members == {"claims": frozenset()}


def test_no_team_is_called_like_all_of_them_together(office: Office) -> None:
    assert office.people.create_team("Organisation") == "organisation-2"


def test_clocks_are_those_of_members_since_the_week_began_and_the_outermost_of_who_is_not_genuine(
    office: Office, clock
) -> None:
    ben = aware(office, "Ben", "Claims")
    office.hire("Dan", timezone="Asia/Tokyo")  # in no team
    clock.now = dt.datetime(2026, 11, 25, 9, tzinfo=dt.UTC)
    with office.people.changing(None) as changes:
        changes.update(ben, timezone="America/New_York")

    assert {str(each) for each in snapshot(office).zones(WEEK.first)} == {"America/New_York", "Europe/Vienna"}
    assert {str(each) for each in snapshot(office).zones(iso_week("2026-W50").first)} == {"America/New_York"}
    with writing(office.stores.data) as connection:
        connection.execute(update(Person).where(Person.subject_id == ben).values(timezone="Europe/Rome"))
    zones = {str(each) for each in snapshot(office).zones(iso_week("2026-W50").first)}
    assert zones == {"Europe/Rome", "Etc/GMT+12", "Etc/GMT-14"}


def test_whom_a_manager_reads_is_what_they_were_told(office: Office, clock) -> None:
    ana, ben = aware(office, "Ana", "Claims", manages=True), aware(office, "Ben", "Claims")
    clock.now = dt.datetime(2026, 11, 25, 9, tzinfo=dt.UTC)
    late = aware(office, "Late", "Claims")
    clock.now = dt.datetime(2026, 12, 10, 9, tzinfo=dt.UTC)

    assert snapshot(office).week(WEEK).readers == {ben: {ana}}
    assert snapshot(office).week(iso_week("2026-W49")).readers == {ben: {ana}, late: {ana}}
    with writing(office.stores.data) as connection:
        connection.execute(update(Told).where(Told.subject_id == late).values(day=dt.date(2026, 11, 1)))
        connection.execute(update(Membership).where(Membership.subject_id == late).values(since=dt.date(2026, 11, 1)))
    assert late not in snapshot(office).week(WEEK).readers, "the stamp over the telling does not hold"


def test_who_manages_no_more_but_could_have_read_the_week_counts_as_its_reader(office: Office, clock) -> None:
    ana, ben = aware(office, "Ana", "Claims", manages=True), aware(office, "Ben", "Claims")
    clock.now = dt.datetime(2026, 12, 10, 9, tzinfo=dt.UTC)
    with office.people.changing(None) as changes:
        changes.dismiss(ana, "claims")

    assert snapshot(office).week(WEEK).readers == {ben: {ana}}
    assert office.directory.relations(ana, ben, WEEK).keys() == frozenset()


def test_who_was_erased_is_in_no_roster(office: Office) -> None:
    ben = aware(office, "Ben", "Claims")
    with writing(office.stores.data) as connection:
        connection.execute(update(Person).where(Person.subject_id == ben).values(email=f"erased-{ben}@invalid"))

    found = snapshot(office).week(WEEK)

    assert found.members == {"claims": frozenset()}


def test_a_forged_appointment_makes_nobody_a_manager(office: Office) -> None:
    ana = aware(office, "Ana", "Claims", manages=True)
    with writing(office.stores.data) as connection:
        connection.execute(delete(Told))
        connection.exec_driver_sql("UPDATE management SET since = '2026-01-01'")

    assert snapshot(office).week(WEEK).managers == {}
    assert snapshot(office).week(WEEK).members == {"claims": {ana}}


@given(actions=st.lists(ACTIONS, max_size=14), later=st.integers(1, 400), number=st.integers(0, 3))
def test_it_agrees_with_the_directory(actions: list[tuple[int, str, int, int]], later: int, number: int) -> None:
    engine = create_engine("sqlite://", poolclass=StaticPool)
    Base.metadata.create_all(engine)
    now = [dt.datetime(2026, 11, 1, tzinfo=dt.UTC)]
    office = open_office(Stores(engine, engine, engine), lambda: now[0])
    persons = [office.hire(name) for name in ("Ana", "Ben", "Dan")]
    teams = [office.people.create_team(name) for name in ("Claims", "Payables")]
    for hours, action, who, team in actions:
        now[0] += dt.timedelta(hours=hours, microseconds=1)
        getattr(office.people, action)(persons[who], teams[team])
    now[0] += dt.timedelta(hours=later)
    first = dt.date(2026, 11, 2) + dt.timedelta(weeks=number)
    week = Period(first, first + dt.timedelta(days=7))

    readers = snapshot(office).week(week).readers

    dismissed = any(action == "dismiss" for _, action, *_ in actions)
    for viewer in persons:
        for subject in persons:
            reads = Relation.MANAGER in office.directory.relations(viewer, subject, week)
            listed = viewer in readers.get(subject, ())
            assert listed >= reads if dismissed else listed == reads
    engine.dispose()


@pytest.mark.parametrize("name", ["members", "managers", "readers"])
def test_a_snapshot_is_of_one_moment(office: Office, clock, name: str) -> None:
    ben = aware(office, "Ben", "Claims")
    before = snapshot(office)
    clock.advance(minutes=1)
    with office.people.changing(None) as changes:
        changes.appoint(ben, "claims")
        changes.part(ben, "claims")

    assert getattr(before.week(WEEK), name) == {"members": {"claims": {ben}}, "managers": {}, "readers": {}}[name]
