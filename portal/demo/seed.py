"""The synthetic back office in a throw-away system: first who has a link, then everybody else.

Everything goes through the doors that real people and collectors use. The first part runs on a clock that begins
thirteen weeks ago and only moves forward, so that the log reads as if the weeks had happened: people are told who
manages them before the weeks begin, a week's events come in when it is over, and the manager opens closed weeks on the
Thursdays after. The rest of the manager's team follows at the real time, and the other teams in the second part, while
the portal is being served.
"""

import datetime as dt
import io
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from analytics.days import DAY_FIELDS
from analytics.imports import read_export
from auth import import_csv
from auth.invitations import Kind
from portal import closing_weeks
from portal.config import Config
from portal.demo import aims, goals, meetings, notes, organisation, talks, volumes
from portal.demo.activity import export
from portal.demo.agreement import SOON, Parties
from portal.demo.organisation import COUNCIL, EMPLOYEE, JOINER, MANAGER, OPERATOR, REVIEWER, WEEKS, Colleague
from portal.founding import found
from portal.wiring import Clock, System, utc_now
from privacy import rotation
from privacy.access_log import Filter
from privacy.disclosure import NotPermitted
from privacy.fields import Field, Tier
from privacy.period import Period, week_name, week_of
from privacy.policy import POLICY_VERSION, Purpose
from privacy.stores import writing

Step = Callable[[str, float, float], None]

LINKS: Final = (
    ("employee", EMPLOYEE),
    ("manager", MANAGER),
    ("reviewer", REVIEWER),
    ("operator", OPERATOR),
    ("council", COUNCIL),
)
_HOME: Final = ZoneInfo(organisation.VIENNA)
_WEEK: Final = dt.timedelta(days=7)
_REFUSED_IN, _REVIEWED_IN = 7, 10


@dataclass(slots=True)
class SeedClock:
    """A clock that stands where it was put, only ever moves forward, and runs with the real one once `at` is None."""

    at: dt.datetime | None
    real: Clock = utc_now

    def __call__(self) -> dt.datetime:
        return self.at or self.real()

    def move(self, at: dt.datetime) -> None:
        if self.at is None or at < self.at:
            raise ValueError(f"this clock stands at {self.at} and cannot go back to {at}")
        self.at = at


@dataclass(slots=True)
class Seeded:
    """A system that is being seeded."""

    system: System
    clock: SeedClock
    now: dt.datetime
    people: dict[str, Colleague]
    subjects: dict[str, str] = field(default_factory=dict)

    @property
    def today(self) -> dt.date:
        return self.now.astimezone(_HOME).date()

    def links(self) -> Iterator[tuple[str, str]]:
        """Yield `(role, address)`: each address signs in once."""
        for role, name in LINKS:
            token = self.system.invitations.issue(self.subjects[name], Kind.SIGN_IN)
            yield role, f"{self.system.config.base_url}/sign-in-link/{token}"

    def close(self) -> None:
        self.system.close()


def begin(config: Config, step: Step, clock: Clock = utc_now) -> Seeded:
    """Found the system in `config.home` and bring in the team of those with a link; `clock` gives the demo's moment."""
    now = clock()
    today = now.astimezone(_HOME).date()
    first = organisation.first_day(today)
    seeding = SeedClock(_at(first - _WEEK, dt.time(8)), clock)
    step("setting up", 0, WEEKS + 1)
    system = found(config, organisation.NAME, throw_away=True, clock=seeding)
    parties = Parties.new()
    seeding.move(parties.agree(system) + SOON)
    seeded = Seeded(system, seeding, now, {each.name: each for each in organisation.colleagues(today)})
    _hire(seeded, [each for each in seeded.people.values() if each.joined < first])
    for number in range(WEEKS + 1):
        step("weeks of the people with links", number, WEEKS + 1)
        _live(seeded, number, week_of(first + number * _WEEK))
    seeding.at = None
    parties.propose(system, _at(week_of(today).end, dt.time()))
    _bring_in_all(seeded, _team_mates(seeded), step)
    meetings.everybody(system, seeded.subjects, [each.name for each in _team_mates(seeded)], today)
    return seeded


def finish(seeded: Seeded, step: Step) -> None:
    """Bring in the weeks of the other teams, and release the figures of all teams, as the nights would have done."""
    mates = _team_mates(seeded)
    _bring_in_all(seeded, [each for each in seeded.people.values() if each.team and each not in mates], step)
    closing_weeks.run(seeded.system, step, _never)
    step("done", 1, 1)


def _never(problem: str) -> None:
    """Nobody of a synthetic office is damaged."""
    raise LookupError(problem)


def _team_mates(seeded: Seeded) -> list[Colleague]:
    """Return the manager's team: a week opened before its events are in would be frozen without them."""
    team = seeded.people[MANAGER].team
    return [each for each in seeded.people.values() if each.team == team]


def _bring_in_all(seeded: Seeded, people: list[Colleague], step: Step) -> None:
    waiting = [each for each in people if each.name not in (EMPLOYEE, MANAGER)]
    for number, person in enumerate(waiting):
        step(f"weeks of {person.name}", number, len(waiting))
        _bring_in(seeded, person.name)


def _hire(seeded: Seeded, people: list[Colleague]) -> None:
    """Import people from the file that an operator would write; everybody reads the notice and notes their hours."""
    system = seeded.system
    diff = import_csv.plan(system.people, organisation.people_csv(people).encode())
    import_csv.apply(system.people, diff, by=None)
    for person in people:
        there = system.people.find(person.email)
        if there is None:
            raise LookupError(f"{person.email} was imported and is not there")
        seeded.subjects[person.name] = there.subject
        system.people.acknowledge(there.subject, POLICY_VERSION)
    with writing(system.stores.data) as connection:
        for person in people:
            if person.team:
                rows = list(goals.settings(person, seeded.clock().date(), seeded.today))
                system.vault.put(connection, seeded.subjects[person.name], rows)
                filed = [row.field for row in rows]
                system.gate.account(seeded.subjects[person.name], connection, own=True, fields=filed)


def _live(seeded: Seeded, number: int, week: Period) -> None:
    """Let one recorded week happen, up to now: somebody joins on its Wednesday, the week before is opened on Thursday,
    and its events come in on the Monday after.
    """
    joiner = seeded.people[JOINER]
    if joiner.joined in week:
        seeded.clock.move(_at(joiner.joined, dt.time(7, 30)))
        _hire(seeded, [joiner])
    thursday = _at(week.first + dt.timedelta(days=3), dt.time(9, 40))
    if number and thursday < seeded.now:
        seeded.clock.move(thursday)
        goals.happen(seeded.system, seeded.subjects, number, thursday.astimezone(_HOME).date())
        talks.happen(seeded.system, seeded.subjects, number, thursday.astimezone(_HOME).date())
        _talk(seeded, number, week, thursday.astimezone(_HOME).date())
        aims.happen(seeded.system, seeded.subjects, number, thursday.astimezone(_HOME).date())
    seeded.clock.move(min(_at(week.end, dt.time(7)), seeded.now))
    _renew_keys(seeded)
    volumes.happen(seeded.system, seeded.today, week)
    for name in (EMPLOYEE, MANAGER):
        _bring_in(seeded, name, week)
    if seeded.clock() < seeded.now:
        _look_at_own_days(seeded, week)
    if week.end + _WEEK <= week_of(seeded.today).first:
        notes.note(seeded.system, seeded.subjects[EMPLOYEE], week, _HOME)


def _renew_keys(seeded: Seeded) -> None:
    """Replace keys as the nights do; the seeding has one a week, so that what would be due within a week is due."""
    system, today = seeded.system, seeded.clock().date()
    horizon_days = max(system.config.erasure_horizon - _WEEK.days, 1)
    rotation.renew_due(system.keys, system.log, today, horizon_days, lambda _what, _done, _total: None)


def _at(day: dt.date, time: dt.time) -> dt.datetime:
    return dt.datetime.combine(day, time, _HOME).astimezone(dt.UTC)


def _bring_in(seeded: Seeded, name: str, period: Period | None = None) -> None:
    """Import the events of one person's recorded days in `period` (None: of all days) as a file from their desk."""
    person = seeded.people[name]
    days = organisation.recorded_days(person, seeded.today)
    wanted = [day for day in days if period is None or day in period]
    if wanted:
        file = msgspec.json.encode(export(person, wanted, seeded.now))
        seeded.system.intake.take(seeded.subjects[name], read_export(io.BytesIO(file)))


def _look_at_own_days(seeded: Seeded, week: Period) -> None:
    """The employee looks at her week."""
    employee = seeded.subjects[EMPLOYEE]
    session = f"demo:{week_name(week)}"
    seeded.system.gate.disclose(employee, employee, DAY_FIELDS, Purpose.OWN_REVIEW, week, session=session)


def _talk(seeded: Seeded, number: int, week: Period, thursday: dt.date) -> None:
    """The manager opens weeks for a talk, asks once for too much, and the reviewer reads the log once."""
    system, employee, manager = seeded.system, seeded.subjects[EMPLOYEE], seeded.subjects[MANAGER]
    meetings.happen(system, seeded.subjects, number, thursday)
    for opened in meetings.OPENED.get(number, ()):
        name = week_name(week_of(week.first - (number - opened) * _WEEK))
        system.weeks.for_manager(manager, employee, name, Purpose.ONE_TO_ONE)
    meetings.follow(system, seeded.subjects, number, thursday, seeded.today)
    if number == _REFUSED_IN:
        with suppress(NotPermitted):
            before = week_of(week.first - _WEEK)
            system.gate.disclose(manager, employee, {Field.APPS}, Purpose.ONE_TO_ONE, before, tier=Tier.WEEK)
    if number == _REVIEWED_IN:
        system.gate.review(seeded.subjects[REVIEWER], Filter())
