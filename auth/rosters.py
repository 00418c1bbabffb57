"""Who belonged to which team over a week, who managed it, and whom managers may read: for everybody at once.

The release job asks for ten thousand people, where `auth.directory` answers for one. Both read the same rows by the
same rules; tests hold that they agree. A snapshot is read in one transaction, so that teams, people and appointments
are of one moment.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, Row, select

from auth import genuine, person
from auth.genuine import Former
from auth.models import FormerZone, Management, Membership, Team, Told
from auth.models import Person as PersonRow
from auth.stamps import Stamps
from auth.tellings import TOLD
from privacy.period import Period
from privacy.vault_store import snapshot

_TOLD: Final = TOLD.add_columns(Membership.until, Management.until.label("ended"))


@dataclass(frozen=True, slots=True)
class Rosters:
    """The teams over one week. `members` were in the team on every day of it, have read the notice, and their own rows
    are the portal's; `managers` managed it on any day. `readers` are by person who could read that week of theirs, if
    the policy lets managers read at all: now, or at any time since it was over.
    """

    week: Period
    members: Mapping[str, frozenset[str]]
    managers: Mapping[str, frozenset[str]]
    readers: Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class _Somebody:
    zones: tuple[tuple[str, dt.date | None], ...]  # each with the last day on which it held, None for now
    counts: bool
    is_genuine: bool
    joined: dt.date
    left: dt.date | None

    def zones_since(self, day: dt.date) -> Iterable[str]:
        known = {zone for zone, until in self.zones if until is None or until >= day}
        return known if self.is_genuine else known | genuine.OUTERMOST


class Snapshot:
    """All teams, memberships and appointments at one moment."""

    def __init__(self, engine: Engine, stamps: Stamps) -> None:
        with snapshot(engine) as connection:
            self.teams = {row.id: row.name for row in connection.execute(select(Team.id, Team.name).order_by(Team.id))}
            former: dict[str, list[Former]] = defaultdict(list)
            zones = select(FormerZone.subject_id, FormerZone.id, FormerZone.timezone, FormerZone.until)
            for subject, number, zone, until in connection.execute(zones):
                former[subject].append(Former(number, zone, until))
            rows = connection.execute(select(PersonRow.__table__).where(person.NOT_ERASED))
            self._people = {row.subject_id: _somebody(row, former.get(row.subject_id, ()), stamps) for row in rows}
            self._memberships = connection.execute(select(Membership.__table__)).all()
            appointed = connection.execute(select(Management.__table__)).all()
            self._managements = [row for row in appointed if stamps.holds(Management, row)]
            self._told = [row for row in connection.execute(_TOLD) if stamps.holds(Told, row)]

    @property
    def first_membership(self) -> dt.date | None:
        """The first day on which anybody belonged to a team."""
        return min((row.since for row in self._memberships), default=None)

    def zone(self, subject: str) -> ZoneInfo:
        """Return the time zone that a member has now."""
        return ZoneInfo(next(zone for zone, until in self._people[subject].zones if until is None))

    def zones(self, since: dt.date) -> set[ZoneInfo]:
        """Return every clock that anybody who belongs to a team has had since a day."""
        here = {row.subject_id for row in self._memberships if row.until is None or row.until > since}
        people = (self._people[subject] for subject in here if subject in self._people)
        return {ZoneInfo(zone) for each in people for zone in each.zones_since(since)}

    def week(self, week: Period) -> Rosters:
        """Return who was in which team over a week, who managed it, and who may read whom."""
        managers: dict[str, set[str]] = defaultdict(set)
        for row in self._managements:
            if row.since < week.end and (row.until is None or row.until > week.first):
                managers[row.team_id].add(row.subject_id)
        return Rosters(
            week, self._members(week), {team: frozenset(who) for team, who in managers.items()}, self._readers(week)
        )

    def _members(self, week: Period) -> dict[str, frozenset[str]]:
        """Return who was in each team on every day of a week, in one membership or in several without a gap."""
        days: dict[tuple[str, str], set[dt.date]] = defaultdict(set)
        for row in self._memberships:
            first, end = max(row.since, week.first), min(row.until or week.end, week.end)
            if first < end and self._counts(row.subject_id, week):
                days[row.team_id, row.subject_id].update(Period(first, end).days())
        found: dict[str, set[str]] = {team: set() for team in self.teams}
        for (team, subject), there in days.items():
            if len(there) == (week.end - week.first).days and team in found:
                found[team].add(subject)
        return {team: frozenset(who) for team, who in found.items()}

    def _counts(self, subject: str, week: Period) -> bool:
        found = self._people.get(subject)
        if found is None or not found.counts:
            return False
        return found.joined <= week.first and (found.left is None or found.left >= week.last)

    def _readers(self, week: Period) -> dict[str, frozenset[str]]:
        found: dict[str, set[str]] = defaultdict(set)
        for row in self._told:
            told = row.day < week.first and row.since <= week.first and (row.until is None or row.until >= week.end)
            manager = self._people.get(row.manager_id)
            stayed = (row.ended is None or row.ended > week.end) and manager is not None and manager.is_genuine
            if told and stayed and manager is not None and (manager.left is None or manager.left >= week.end):
                found[row.subject_id].add(row.manager_id)
        return {subject: frozenset(who) for subject, who in found.items()}


def _somebody(row: Row[Any], former: Iterable[Former], stamps: Stamps) -> _Somebody:
    earlier = list(former)
    is_genuine = stamps.holds(PersonRow, row) and genuine.digest(earlier) == row.former_zones
    zones = ((row.timezone, None), *((each.timezone, each.until) for each in earlier))
    counts = is_genuine and row.acknowledged_policy is not None
    return _Somebody(zones, counts, is_genuine, row.joined, row.left)
