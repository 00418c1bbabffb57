"""Relations: who may read whom, checked against a plain story of what happened."""

import datetime as dt
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Update, create_engine, update
from sqlalchemy.pool import StaticPool

import privacy.vault  # noqa: F401 - fills the metadata
from auth.models import Person as PersonRow
from auth.models import Told
from auth.permissions import Role
from privacy.base import Base
from privacy.decisions import Telling
from privacy.period import Period, iso_week
from privacy.policy import Relation
from privacy.stores import Stores
from privacy.vault import ORGANISATION
from tests.auth.conftest import VIENNA, Office, open_office

THIS_WEEK, NEXT_WEEK = iso_week("2026-W47"), iso_week("2026-W48")


def test_a_job_and_oneself_need_no_rows(office: Office) -> None:
    ben = office.hire("Ben")

    assert office.directory.relations(None, ben, THIS_WEEK).keys() == {Relation.OPERATIONS}
    assert office.directory.relations(ben, ben, THIS_WEEK).keys() == {Relation.SELF}


def test_a_manager_reads_only_weeks_that_begin_after_it_was_told(office: Office, clock) -> None:
    ana, ben = office.hire("Ana", "Claims", manages=True), office.hire("Ben", "Claims")
    clock.advance(days=30)

    assert office.directory.relations(ana, ben, THIS_WEEK).keys() == frozenset()
    assert office.directory.relations(ana, ben, NEXT_WEEK).keys() == {Relation.MANAGER}
    assert office.directory.relations(ben, ana, NEXT_WEEK).keys() == frozenset()


def test_told_when_it_is_monday_somewhere_is_too_late_for_that_week(office: Office, clock) -> None:
    clock.now = dt.datetime(2026, 11, 22, 9, 59, tzinfo=dt.UTC)  # Sunday 23:59 where days begin first
    ana = office.hire("Ana", "Claims", manages=True)
    in_time = office.hire("Ben", "Claims")
    clock.advance(minutes=1)
    late = office.hire("Dan", "Claims")

    clock.advance(days=30)

    assert office.directory.relations(ana, in_time, NEXT_WEEK).keys() == {Relation.MANAGER}
    assert office.directory.relations(ana, late, NEXT_WEEK).keys() == frozenset()


def test_a_change_of_the_time_zone_back_dates_no_appointment_and_no_membership(office: Office, clock) -> None:
    clock.now = dt.datetime(2026, 11, 16, 9, tzinfo=dt.UTC)  # Monday in Vienna, still Sunday in Niue
    ben, dan = office.hire("Ben", "Claims"), office.hire("Dan")

    with office.people.changing(None) as changes:
        for person in (ben, dan):
            changes.update(person, timezone="Pacific/Niue")
        changes.join(dan, "claims")
        changes.appoint(ana := changes.create("ana@example.org", "Ana", "Pacific/Niue"), "claims")
        for person in (ben, dan):
            changes.update(person, timezone=VIENNA)
    clock.advance(days=20)

    for person in (ben, dan):
        assert office.directory.relations(ana, person, THIS_WEEK).keys() == frozenset()
        assert office.directory.relations(ana, person, NEXT_WEEK).keys() == {Relation.MANAGER}


def test_a_change_of_the_time_zone_revives_nothing_that_has_ended(office: Office, clock) -> None:
    clock.now = dt.datetime(2026, 11, 16, 10, 30, tzinfo=dt.UTC)  # already Tuesday in Kiritimati, still Sunday in Niue
    ana = office.hire("Ana", "Claims", manages=True, timezone="Pacific/Kiritimati")
    office.people.grant(ana, Role.REVIEWER)

    office.people.dismiss(ana, "claims")
    office.people.revoke(ana, Role.REVIEWER)
    with office.people.changing(None) as changes:
        changes.update(ana, timezone="Pacific/Niue")

    assert office.directory.roles(ana) == frozenset()
    assert office.directory.managed(ana) == ()
    assert office.directory.reviewer_since(ana) is None


def test_former_zones_count_for_what_began_before_they_were_changed(office: Office, clock) -> None:
    ben = office.hire("Ben")
    clock.advance(days=7)  # Thursday 26 November
    with office.people.changing(None) as changes:  # a detour hides no zone
        for zone in ("Pacific/Niue", "Pacific/Kiritimati"):
            changes.update(ben, timezone=zone)

    vienna, niue, kiritimati = map(ZoneInfo, (VIENNA, "Pacific/Niue", "Pacific/Kiritimati"))
    assert office.directory.zones(ben, dt.date(2026, 11, 23)) == (kiritimati, vienna, niue)
    assert office.directory.zones(ben, dt.date(2026, 11, 26)) == (kiritimati, vienna, niue)
    assert office.directory.zones(ben, dt.date(2026, 11, 27)) == (kiritimati,)
    assert office.directory.zones("f" * 32, dt.date(2026, 11, 23)) == (ZoneInfo("UTC"),)


def test_managers_of_one_team_may_read_each_other_and_nobody_themselves(office: Office, clock) -> None:
    ana, eva = (office.hire(name, "Claims", manages=True) for name in ("Ana", "Eva"))
    clock.advance(days=30)

    assert office.directory.relations(ana, eva, NEXT_WEEK).keys() == {Relation.MANAGER}
    assert office.directory.relations(ana, ana, NEXT_WEEK).keys() == {Relation.SELF}


@pytest.mark.parametrize(
    "change", ["dismissed", "dismissed and appointed again", "left the company", "manages another"]
)
def test_who_does_not_manage_the_team_any_more_reads_no_week_of_before(office: Office, clock, change: str) -> None:
    ana, ben = office.hire("Ana", "Claims", manages=True), office.hire("Ben", "Claims")
    clock.advance(days=20)
    assert office.directory.relations(ana, ben, NEXT_WEEK).keys() == {Relation.MANAGER}

    if change == "left":
        office.people.leave(ana, dt.date(2026, 12, 1))
    else:
        office.people.dismiss(ana, "claims")
    if change == "dismissed and appointed again":
        office.people.appoint(ana, "claims")
    if change == "manages another":
        office.people.appoint(ana, office.people.create_team("Payables"))

    assert office.directory.relations(ana, ben, NEXT_WEEK).keys() == frozenset()


def test_who_comes_back_to_a_team_starts_anew(office: Office, clock) -> None:
    ana, ben = office.hire("Ana", "Claims", manages=True), office.hire("Ben", "Claims")
    clock.now = dt.datetime(2026, 11, 25, 9, tzinfo=dt.UTC)
    office.people.part(ben, "claims")
    office.people.join(ben, "claims")
    clock.advance(days=30)

    assert office.directory.relations(ana, ben, NEXT_WEEK).keys() == frozenset()
    assert office.directory.relations(ana, ben, iso_week("2026-W49")).keys() == {Relation.MANAGER}


def test_a_week_before_a_move_stays_with_the_manager_of_that_time(office: Office, clock) -> None:
    ana, ben = office.hire("Ana", "Claims", manages=True), office.hire("Ben", "Claims")
    clock.now = dt.datetime(2026, 12, 1, 9, tzinfo=dt.UTC)
    office.people.part(ben, "claims")
    clock.advance(days=10)

    assert office.directory.relations(ana, ben, NEXT_WEEK).keys() == {Relation.MANAGER}
    assert office.directory.relations(ana, ben, iso_week("2026-W49")).keys() == frozenset()


def test_only_a_reviewer_who_is_still_here_reviews_the_log(office: Office, clock) -> None:
    cleo, ben = office.hire("Cleo"), office.hire("Ben")
    office.people.grant(cleo, Role.REVIEWER)

    assert office.directory.relations(cleo, ORGANISATION, THIS_WEEK).keys() == {Relation.COMPLIANCE}
    assert office.directory.relations(ben, ORGANISATION, THIS_WEEK).keys() == frozenset()
    assert office.directory.relations(cleo, ben, THIS_WEEK).keys() == frozenset()
    office.people.leave(cleo, dt.date(2026, 11, 19))
    clock.advance(days=1)
    assert office.directory.relations(cleo, ORGANISATION, THIS_WEEK).keys() == frozenset()


def test_a_reviewer_reviews_from_the_day_of_the_present_grant_on(office: Office, clock) -> None:
    clock.now = dt.datetime(2026, 11, 16, 9, tzinfo=dt.UTC)
    cleo, ben = office.hire("Cleo", timezone="Pacific/Niue"), office.hire("Ben")  # where it is Sunday yet
    office.people.grant(cleo, Role.REVIEWER)
    assert office.directory.reviewer_since(cleo) == dt.date(2026, 11, 16)
    assert office.directory.reviewer_since(ben) is None

    clock.advance(days=3)
    office.people.revoke(cleo, Role.REVIEWER)
    office.people.grant(cleo, Role.REVIEWER)

    assert office.directory.reviewer_since(cleo) == dt.date(2026, 11, 19)


def test_strangers_and_unknown_ids_have_no_relation(office: Office) -> None:
    ben = office.hire("Ben")

    assert office.directory.relations("f" * 32, ben, THIS_WEEK).keys() == frozenset()
    assert office.directory.relations(ben, "f" * 32, THIS_WEEK).keys() == frozenset()
    assert not office.directory.acknowledged("f" * 32)
    assert office.directory.roles("f" * 32) == frozenset()


def test_managing_gives_the_role_and_ending_it_takes_it(office: Office) -> None:
    ana = office.hire("Ana", "Claims", manages=True)
    assert office.directory.roles(ana) == {Role.MANAGER}

    office.people.dismiss(ana, "claims")

    assert office.directory.roles(ana) == frozenset()


def test_a_roster_has_the_members_of_today_and_not_the_manager(office: Office, clock) -> None:
    ana, ben = office.hire("Ana", "Claims", manages=True), office.hire("Ben", "Claims")
    dan = office.hire("Dan", "Claims")
    office.people.part(dan, "claims")
    office.people.leave(ben, dt.date(2026, 11, 20))

    assert [each.name for each in office.directory.roster(ana, "claims") or ()] == ["Ben"]
    clock.advance(days=2)
    assert office.directory.roster(ana, "claims") == ()
    assert office.directory.roster(ben, "claims") is None


def test_a_person_sees_who_manages_them_and_since_when_it_was_told(office: Office, clock) -> None:
    ben = office.hire("Ben", "Claims")
    clock.advance(days=3)
    ana = office.hire("Ana", "Claims", manages=True)

    (found,) = office.directory.managers_of(ben)

    assert (found.person.subject, found.team_name, found.announced) == (ana, "Claims", dt.date(2026, 11, 22))


def test_when_it_was_told_is_known_of_who_manages_a_person_now_only(office: Office, clock) -> None:
    ben, dan = office.hire("Ben", "Claims"), office.hire("Dan", "Payables")
    clock.advance(days=3)
    ana = office.hire("Ana", "Claims", manages=True)

    assert office.directory.told(ana, ben) == Telling("Ben", dt.date(2026, 11, 22))
    assert office.directory.told(ana, dan) is None
    assert office.directory.told(dan, ben) is None
    assert office.directory.told(ben, ben) is None

    assert office.directory.managing(ana, [ben, dan, ana, "nobody"]) == {ben}
    assert office.directory.managing(ana, []) == frozenset()

    eva = office.hire("Eva", "Claims")
    office.people.part(ben, "claims")

    assert office.directory.told(ana, ben) is None
    assert office.directory.managing(ana, [ben, eva]) == {eva}

    office.people.dismiss(ana, "claims")

    assert office.directory.told(ana, eva) is None
    assert office.directory.managing(ana, [ben, eva]) == frozenset()


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(update(Told).values(day=dt.date(2026, 1, 1)), id="told earlier"),
        pytest.param(update(PersonRow).values(joined=dt.date(2026, 1, 1)), id="the manager's own row"),
    ],
)
def test_rows_that_the_portal_did_not_write_let_nobody_manage_anybody(office: Office, written: Update) -> None:
    ben, ana = office.hire("Ben", "Claims"), office.hire("Ana", "Claims", manages=True)
    assert office.directory.managing(ana, [ben]) == {ben}

    with office.stores.data.begin() as connection:
        connection.execute(written)

    assert office.directory.managing(ana, [ben]) == frozenset()
    assert office.directory.told(ana, ben) is None


# -- against a plain story ------------------------------------------------------------------------------------------

ZONES = ("Pacific/Kiritimati", VIENNA, "Pacific/Niue")  # UTC+14 to UTC-11
ACTIONS = st.tuples(
    st.integers(0, 60),  # hours that pass before it
    st.sampled_from(["join", "part", "appoint", "dismiss"]),
    st.integers(0, 2),  # who
    st.integers(0, 1),  # which team
)


@dataclass
class Story:
    """What was done, in order: (moment, action, who, team), without what changed nothing."""

    facts: list[tuple[dt.datetime, str, int, int]] = field(default_factory=list)

    def holds(self, kind: tuple[str, str], who: int, team: int) -> bool:
        done = [action for _at, action, *whom in self.facts if action in kind and whom == [who, team]]
        return bool(done) and done[-1] == kind[0]

    def add(self, at: dt.datetime, action: str, who: int, team: int) -> None:
        kind = ("join", "part") if action in ("join", "part") else ("appoint", "dismiss")
        if self.holds(kind, who, team) != (action == kind[0]):
            self.facts.append((at, action, who, team))

    def opens(self, viewer: int, subject: int, period: Period, zone: ZoneInfo) -> bool:
        """Whether the viewer manages a team now, and nothing changed from being told until the period was over."""
        return viewer != subject and any(
            self.holds(("appoint", "dismiss"), viewer, team) and self._undisturbed(viewer, subject, team, period, zone)
            for team in (0, 1)
        )

    def _undisturbed(self, viewer: int, subject: int, team: int, period: Period, zone: ZoneInfo) -> bool:
        appointed = [at for at, *what in self.facts if what == ["appoint", viewer, team]][-1]
        joined = [at for at, *what in self.facts if what == ["join", subject, team]]
        parted = [at for at, *what in self.facts if what == ["part", subject, team]]
        return any(
            max(appointed, join).astimezone(ZoneInfo("Pacific/Kiritimati")).date() < period.first
            and all(day < self._end(join, parted, zone) for day in period.days())
            for join in joined
        )

    def _end(self, join: dt.datetime, parted: list[dt.datetime], zone: ZoneInfo) -> dt.date:
        return min((at.astimezone(zone).date() for at in parted if at > join), default=dt.date.max)


@settings(max_examples=60, deadline=None)
@given(
    actions=st.lists(ACTIONS, max_size=14),
    zone=st.sampled_from(ZONES),
    first=st.integers(0, 25),
    length=st.integers(1, 9),
    later=st.integers(1, 400),
)
def test_relations_are_what_the_story_says(
    actions: list[tuple[int, str, int, int]], zone: str, first: int, length: int, later: int
) -> None:
    engine = create_engine("sqlite://", poolclass=StaticPool)
    Base.metadata.create_all(engine)
    now = [dt.datetime(2026, 11, 1, tzinfo=dt.UTC)]
    office = open_office(Stores(engine, engine, engine), lambda: now[0])
    persons = [office.hire(name, timezone=zone) for name in ("Ana", "Ben", "Dan")]
    teams = [office.people.create_team(name) for name in ("Claims", "Payables")]
    story = Story()

    for hours, action, who, team in actions:
        now[0] += dt.timedelta(hours=hours, microseconds=1)
        story.add(now[0], action, who, team)
        getattr(office.people, action)(persons[who], teams[team])
    now[0] += dt.timedelta(hours=later)

    begin = dt.date(2026, 11, 1) + dt.timedelta(days=first)
    period = Period(begin, begin + dt.timedelta(days=length))
    for viewer in range(3):
        for subject in range(3):
            found = Relation.MANAGER in office.directory.relations(persons[viewer], persons[subject], period)
            assert found == story.opens(viewer, subject, period, ZoneInfo(zone)), (viewer, subject)
    for viewer in persons:
        managed = {each for each in persons if office.directory.told(viewer, each) is not None}
        assert office.directory.managing(viewer, persons) == managed
        assert office.directory.managing(viewer, persons[1:]) == managed - {persons[0]}
    engine.dispose()
