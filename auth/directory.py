"""What somebody is to somebody: the relations on which the gate decides, and the names that pages show.

A manager's relation to a person needs four things at once, and each is checked against stored rows: the viewer manages
the team now; the person was told of this appointment before the period began; the person was a member on every day of
the period, in the membership in which they were told; and they are not the same person. Whoever leaves a team and comes
back, or is appointed again, starts anew: the change gives rights only over what begins after it was told. Rows without
the portal's stamp (`auth.stamps`) give no right: somebody wrote them into the database. Whoever's own row was changed
so (`auth.genuine`) manages and reviews nothing, and is read on the strictest clocks there are.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, Date, Engine, Row, String, and_, bindparam, or_, select

from auth import genuine, person
from auth.change import not_ended
from auth.meetings import Agreements, Meetings
from auth.models import Management, Membership, RoleGrant, Team, Told
from auth.models import Person as PersonRow
from auth.permissions import Role
from auth.person import Clock, Person
from auth.stamps import COLUMNS, Stamps, read_for
from auth.tellings import TOLD
from privacy.decisions import Clocks, Telling
from privacy.one_to_ones import Met
from privacy.period import Period
from privacy.policy import Relation
from privacy.statement import Question
from privacy.vault import ORGANISATION

_UTC = ZoneInfo("UTC")

# Built once: every request asks for both.
_SUBJECT: Final = bindparam("subject", type_=String)
_TODAY: Final = bindparam("today", type_=Date)
_GRANTS: Final = (
    select(RoleGrant.__table__)
    .where(RoleGrant.subject_id == _SUBJECT, not_ended(RoleGrant, _TODAY))
    .order_by(RoleGrant.since)
)
_TEAMS_MANAGED: Final = (
    select(Management.__table__, Team.name.label("team_name"))
    .join(Team, Management.team_id == Team.id)
    .where(Management.subject_id == _SUBJECT, not_ended(Management, _TODAY))
    .order_by(Team.name)
)
_TOLD: Final = (
    TOLD.add_columns(Management.until, Team.name.label("team_name"))
    .join(Team, Team.id == Membership.team_id)
    .where(Told.subject_id == _SUBJECT)
)
_TOLD_BY: Final = TOLD.add_columns(Management.until, Membership.until.label("member_until")).where(
    Told.manager_id == bindparam("viewer", type_=String), Told.subject_id.in_(bindparam("subjects", expanding=True))
)
_PERIOD: Final = (bindparam("first", type_=Date), bindparam("end", type_=Date))
_OF_STAMP: Final = (*(_TOLD.selected_columns[name] for name in COLUMNS[Told]), Told.stamp)
_OF_PERSON: Final = read_for(PersonRow)
_MANAGES: Final = Question(
    _TOLD.join(PersonRow, PersonRow.subject_id == Told.manager_id)
    .with_only_columns(*_OF_STAMP, *(PersonRow.__table__.c[name] for name in _OF_PERSON), Management.until)
    .where(Told.manager_id == bindparam("viewer"), Told.day < _PERIOD[0], Membership.since <= _PERIOD[0])
    .where(or_(Membership.until.is_(None), Membership.until >= _PERIOD[1]))
)
_OF_ONESELF: Final = frozenset({Role.EMPLOYEE, Role.MANAGER})
"""What opens one's own pages."""


@dataclass(frozen=True, slots=True)
class ManagedTeam:
    """A team as its manager sees it: the members of today, without the manager."""

    id: str
    name: str
    members: tuple[Person, ...]


@dataclass(frozen=True, slots=True)
class Manager:
    """Somebody who manages a person now; weeks that begin after `announced` can be open to them."""

    person: Person
    team_id: str
    team_name: str
    announced: dt.date


class Directory:
    """Answers from the stored rows, at the moment of the clock."""

    def __init__(self, engine: Engine, clock: Clock, stamps: Stamps, agreements: Agreements | None = None) -> None:
        self._engine = engine
        self._clock = clock
        self._stamps = stamps
        self.meetings = Meetings(engine, stamps, agreements)

    # What the gate asks (privacy.disclosure.Directory).

    def relations(self, viewer: str | None, subject: str, period: Period | None) -> Mapping[Relation, dt.date | None]:
        """Return what `viewer` (None: a job of the system) is to `subject` over all of `period`.

        To a manager's belongs the day on which the person was told of it.
        """
        if viewer is None:
            return {Relation.OPERATIONS: None}
        if viewer == subject:
            return {Relation.SELF: None}
        if subject == ORGANISATION:
            return {Relation.COMPLIANCE: None} if self.is_reviewer(viewer) else {}
        told = None if period is None else min(self._tellings(viewer, subject, period), default=None)
        return {} if told is None else {Relation.MANAGER: told}

    def told(self, viewer: str, subject: str) -> Telling | None:
        """Return when the subject was first told that `viewer` manages them, if so now."""
        found = self.person(subject)
        of_viewer = [each for each in self.managers_of(subject) if each.person.subject == viewer]
        days = [each.announced for each in of_viewer if genuine.holds(self._stamps, each.person)]
        return Telling(found.name, min(days)) if found is not None and days else None

    def managing(self, viewer: str, subjects: Collection[str]) -> frozenset[str]:
        """Return those of `subjects` whom `viewer` manages now, and who were told so."""
        if not subjects:
            return frozenset()
        with self._engine.connect() as connection:
            manager = person.one(connection, viewer)
            if manager is None or not genuine.holds(self._stamps, manager):
                return frozenset()
            found, today = self._persons(connection, subjects), self._today(manager)
            own = ({"viewer": viewer, "subjects": portion} for portion in person.some(found))
            told = self._genuine(row for each in own for row in connection.execute(_TOLD_BY, each))
            still = (row for row in told if row.until is None or row.until > today)
            return frozenset(
                row.subject_id
                for row in still
                if row.member_until is None or row.member_until > self._today(found[row.subject_id])
            )

    def one_to_ones(self, viewer: str, subject: str) -> Sequence[Met] | None:
        """Return the one-to-ones that both have agreed to, None where rows were changed outside of the portal."""
        return self.meetings.met(viewer, subject)

    def zone(self, subject: str) -> ZoneInfo:
        """Return the person's time zone; UTC for whoever is none."""
        found = self.person(subject)
        return _UTC if found is None else found.zone

    def clocks(self, subject: str, since: dt.date) -> Clocks:
        """Return the zones that the person has had from the day `since` on, the present one first.

        Where these are not what the portal wrote, the outermost on earth are among them.
        """
        found = genuine.clocks(self._engine, self._stamps, subject)
        if found is None:
            return Clocks((_UTC,), are_genuine=False)
        now = ZoneInfo(found.now)
        earlier = {ZoneInfo(each.timezone) for each in found.former if each.until >= since}
        outermost = () if found.genuine else genuine.OUTERMOST
        return Clocks((now, *sorted({*earlier, *map(ZoneInfo, outermost)} - {now}, key=str)), found.genuine)

    def zones(self, subject: str, since: dt.date) -> tuple[ZoneInfo, ...]:
        """Return the zones of `clocks`."""
        return self.clocks(subject, since).zones

    def is_genuine(self, subject: str) -> bool:
        """Return whether a person's row and former zones are what the portal wrote."""
        found = genuine.clocks(self._engine, self._stamps, subject)
        return found is not None and found.genuine

    def acknowledged(self, subject: str) -> bool:
        """Return whether the person has read the notice on what is recorded."""
        return (found := self.person(subject)) is not None and found.acknowledged_policy is not None

    def is_reviewer(self, viewer: str) -> bool:
        """Return whether somebody may review the access log."""
        return self.reviewer_since(viewer) is not None

    def holds(self, viewer: str, role: str) -> bool:
        """Return whether somebody has a role now, by its name."""
        return role in self.roles(viewer)

    def held_since(self, viewer: str, role: str) -> dt.date | None:
        """Return the day from which on somebody has a role that was granted, None if they do not have it now."""
        found = self.person(viewer)
        if found is None or not self.holds(viewer, role):
            return None
        with self._engine.connect() as connection:
            grants = self._grants(connection, found)
        return next((row.since for row in grants if row.role == role), None)

    def reviewer_since(self, viewer: str) -> dt.date | None:
        """Return the day (UTC) from which on somebody may review the access log, None if they may not."""
        found = self.person(viewer)
        if found is None or not self._acts(found):
            return None
        with self._engine.connect() as connection:
            grants = self._grants(connection, found)
        return next((row.since for row in grants if row.role == Role.REVIEWER), None)

    # What the pages ask.

    def person(self, subject: str) -> Person | None:
        """Return the person with this subject id, or None; whoever was erased is nobody."""
        found = person.one(self._engine, subject)
        return None if found is None or found.is_erased else found

    def roles(self, subject: str) -> frozenset[Role]:
        """Return the roles granted, and MANAGER for whoever manages a team now; nothing for whoever has left.

        `Role.ANYONE` is not among them: it belongs to everybody. Whose row the portal did not write keeps their own
        pages, and no more.
        """
        found = self.person(subject)
        if found is None or not found.is_here(self._clock()):
            return frozenset()
        with self._engine.connect() as connection:
            granted = {Role(row.role) for row in self._grants(connection, found)}
            held = frozenset(granted | ({Role.MANAGER} if self._teams_managed(connection, found) else set()))
        return held if genuine.holds(self._stamps, found) else held & _OF_ONESELF

    def managed(self, viewer: str) -> tuple[ManagedTeam, ...]:
        """Return the teams that somebody manages now, each with its members of today."""
        with self._engine.connect() as connection:
            manager = person.one(connection, viewer)
            if manager is None or not self._acts(manager):
                return ()
            teams = self._teams_managed(connection, manager)
            return tuple(
                ManagedTeam(team, name, self._members(connection, team, without=viewer)) for team, name in teams.items()
            )

    def roster(self, viewer: str, team: str) -> tuple[Person, ...] | None:
        """Return the members of a team that `viewer` manages now, or None for every other team."""
        return next((each.members for each in self.managed(viewer) if each.id == team), None)

    def managers_of(self, subject: str) -> tuple[Manager, ...]:
        """Return who manages a person now, with the day on which the person was told."""
        with self._engine.connect() as connection:
            member = person.one(connection, subject)
            if member is None:
                return ()
            current = _TOLD.where(not_ended(Membership, self._today(member)))
            rows = self._genuine(connection.execute(current, {"subject": subject}))
            found = self._persons(connection, {row.manager_id for row in rows})
            return tuple(
                Manager(found[row.manager_id], row.team_id, row.team_name, row.day)
                for row in rows
                if row.until is None or row.until > self._today(found[row.manager_id])
            )

    def persons(self, ids: Collection[str]) -> dict[str, Person]:
        """Return those of these ids that are persons."""
        with self._engine.connect() as connection:
            return self._persons(connection, ids)

    def names(self, ids: Collection[str]) -> dict[str, str]:
        """Return the names of those ids that are persons."""
        return {subject: each.name for subject, each in self.persons(ids).items()}

    def teams_of(self, subject: str) -> dict[str, str]:
        """Return the teams that a person belongs to today: id → name."""
        with self._engine.connect() as connection:
            found = person.one(connection, subject)
            if found is None:
                return {}
            query = select(Team.id, Team.name).join(Membership, Membership.team_id == Team.id).order_by(Team.name)
            own = query.where(Membership.subject_id == subject, _holds_on(self._today(found)))
            return {row.id: row.name for row in connection.execute(own)}

    def teams_managed(self, viewer: str) -> dict[str, str]:
        """Return the teams that somebody manages now: id → name."""
        with self._engine.connect() as connection:
            manager = person.one(connection, viewer)
            acts = manager is not None and self._acts(manager)
            return self._teams_managed(connection, manager) if manager is not None and acts else {}

    def teams(self) -> dict[str, str]:
        """Return every team: id → name, by name."""
        with self._engine.connect() as connection:
            return {row.id: row.name for row in connection.execute(select(Team.id, Team.name).order_by(Team.name))}

    # Parts.

    def _tellings(self, viewer: str, subject: str, period: Period) -> Iterator[dt.date]:
        """Yield the days on which a person was told of what makes somebody their manager over a period."""
        rows = _MANAGES.ask(self._engine, subject=subject, viewer=viewer, first=period.first, end=period.end)
        width = len(_OF_STAMP)
        for *stamped, until in rows:
            manager = dict(zip(_OF_PERSON, stamped[width:], strict=True))
            if not self._stamps.holds(PersonRow, manager):
                continue
            today = self._clock().astimezone(ZoneInfo(manager["timezone"])).date()
            now = (manager["left"] is None or manager["left"] >= today) and (until is None or until > today)
            told = dict(zip((*COLUMNS[Told], "stamp"), stamped[:width], strict=True))
            if now and self._stamps.holds(Told, told):
                yield told["day"]

    def _acts(self, whose: Person) -> bool:
        """Tell whether somebody is here, by a row that the portal wrote."""
        return genuine.holds(self._stamps, whose) and whose.is_here(self._clock())

    def _teams_managed(self, connection: Connection, manager: Person) -> dict[str, str]:
        own = {"subject": manager.subject, "today": self._today(manager)}
        rows = connection.execute(_TEAMS_MANAGED, own)
        return {row.team_id: row.team_name for row in rows if self._stamps.holds(Management, row)}

    def _grants(self, connection: Connection, whose: Person) -> list[Row[Any]]:
        rows = connection.execute(_GRANTS, {"subject": whose.subject, "today": self._today(whose)})
        return [row for row in rows if self._stamps.holds(RoleGrant, row)]

    def _genuine(self, told: Iterable[Row[Any]]) -> list[Row[Any]]:
        return [row for row in told if self._stamps.holds(Told, row)]

    def _members(self, connection: Connection, team: str, without: str) -> tuple[Person, ...]:
        rows = connection.execute(select(Membership.__table__).where(Membership.team_id == team)).all()
        found = self._persons(connection, {row.subject_id for row in rows} - {without})
        known = [(row, found[row.subject_id]) for row in rows if row.subject_id in found]
        here = {whose.subject for row, whose in known if _covers(row, self._today(whose))}
        return tuple(sorted((found[s] for s in here), key=lambda each: (each.name, each.subject)))

    def _persons(self, connection: Connection, ids: Collection[str]) -> dict[str, Person]:
        return {each.subject: each for each in person.several(connection, ids)}

    def _today(self, whose: Person) -> dt.date:
        return self._clock().astimezone(whose.zone).date()


def _covers(row: Any, day: dt.date) -> bool:
    return bool(row.since <= day and (row.until is None or day < row.until))


def _holds_on(day: dt.date) -> ColumnElement[bool]:
    return and_(Membership.since <= day, not_ended(Membership, day))
