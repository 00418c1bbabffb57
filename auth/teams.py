"""Changes of teams: who is a member, who manages, and who is told that somebody may read them from now on.

`Told` is written here and nowhere else: when a manager is appointed, for every member; when a member joins, for every
manager. Without it there is no relation (`auth.directory`), so a manager who was slipped in unseen can open nothing;
its stamp keeps it from being written by anybody else (`auth.stamps`).
"""

import datetime as dt
import re
import unicodedata
import uuid
from collections.abc import Collection
from typing import Any, Final

from sqlalchemy import Row, insert, select

from auth import person
from auth.change import earliest_day, end_of, latest_day, not_ended
from auth.errors import ChangeRefused
from auth.meeting_changes import MeetingChanges
from auth.models import Management, Membership, Team, Told
from auth.models import Person as PersonRow
from auth.notices import Kind
from auth.person import Person, some
from privacy.messages import N_, Said
from privacy.release_store import PARENT

_SLUG_LENGTH: Final = 48
_RESERVED: Final = frozenset({PARENT})
"""Ids that no team has: that of all teams together."""


class TeamChanges(MeetingChanges):
    """Changes of teams and of who manages whom; what they have ahead ends with it."""

    def team(self, name: str) -> str:
        """Return the id of the team with this name, in any case; make the team if there is none."""
        name = " ".join(name.split())
        if not name or len(name) > 200 or not name.isprintable():
            raise ChangeRefused(N_("A team's name has 1 to 200 printable characters."))
        known: dict[str, str] = {row.id: row.name for row in self.connection.execute(select(Team.id, Team.name))}
        for team, existing in known.items():
            if existing.casefold() == name.casefold():
                return team
        team = _slug(name, {*known, *_RESERVED})
        self.connection.execute(insert(Team).values(id=team, name=name))
        return team

    def join(self, subject: str, team: str, since: dt.date | None = None) -> None:
        """Make a member of `team` from today (or a later day) on, and tell them who can read them from then on."""
        self._lock(team)
        found = self.person(subject)
        if any(row.team_id == team for row in self.current(Membership, found)):
            return
        membership, today = uuid.uuid4().hex, self.today(found)
        first = max(since or today, today)
        values = {"subject_id": subject, "id": membership, "team_id": team, "since": first, "until": end_of(found)}
        self.connection.execute(insert(Membership).values(**values))
        self.tell(subject, Kind.MEMBER_ADDED, team=team, since=first.isoformat())
        open_ones = (Management.team_id == team, not_ended(Management, self.now.date()))
        for management in self.connection.execute(select(Management.__table__).where(*open_ones)).all():
            self._tell_of_manager(found, membership, first, management)

    def part(self, subject: str, team: str) -> None:
        """Let the membership in `team` end with yesterday."""
        self._lock(team)
        found = self.person(subject)
        if self.end(Membership, found, self.today(found), Membership.team_id == team):
            self.tell(subject, Kind.MEMBER_REMOVED, team=team)
            self.end_meetings(subject=subject)

    def appoint(self, subject: str, team: str) -> None:
        """Make somebody a manager of `team`; every member is told, and only weeks that begin later open."""
        self._lock(team)
        found = self.person(subject)
        if any(row.team_id == team for row in self.current(Management, found)):
            return
        if not found.is_here(self.now):
            raise ChangeRefused(Said(N_("%(name)s has left and cannot manage a team."), name=found.name))
        values: dict[str, Any] = {"subject_id": subject, "id": uuid.uuid4().hex, "team_id": team}
        values["since"] = self.today(found)
        stamped = self.stamps.stamped(Management, **values)
        self.connection.execute(insert(Management).values(**stamped, until=end_of(found)))
        self.tell(subject, Kind.APPOINTED, team=team, since=values["since"].isoformat())
        management = next(row for row in self.current(Management, found) if row.team_id == team)
        for member, (membership, since) in self.members(team):
            self._tell_of_manager(member, membership, since, management)

    def dismiss(self, subject: str, team: str) -> None:
        """Let somebody manage `team` no more, at once; every member is told."""
        self._lock(team)
        found = self.person(subject)
        if not self.end(Management, found, earliest_day(self.now), Management.team_id == team):
            return
        self.tell(subject, Kind.DISMISSED, team=team)
        for member, _membership in self.members(team):
            if member.subject != subject:
                self.tell(member.subject, Kind.MANAGER_DISMISSED, manager=subject, team=team)
        self.end_meetings(manager=subject)

    def _tell_of_manager(self, member: Person, membership: str, since: dt.date, management: Row[Any]) -> None:
        if member.subject == management.subject_id:
            return
        day, subject = latest_day(self.now), member.subject
        values = {"membership_id": membership, "management_id": management.id, "manager_id": management.subject_id}
        row = {"subject_id": subject, **values, "day": day}
        stamp = self.stamps.of(Told, row | {"team_id": management.team_id, "since": since})
        self.connection.execute(insert(Told).values(**row, stamp=stamp))
        told = {"manager": management.subject_id, "team": management.team_id, "day": day.isoformat()}
        self.tell(member.subject, Kind.MANAGER_APPOINTED, **told)

    def members(self, team: str) -> list[tuple[Person, tuple[str, dt.date]]]:
        """Return who belongs to `team` now or soon, each with the id of the membership and its first day."""
        open_ones = (Membership.team_id == team, not_ended(Membership, self.now.date()))
        query = select(Membership.subject_id, Membership.id, Membership.since).where(*open_ones)
        memberships = {row.subject_id: (row.id, row.since) for row in self.connection.execute(query)}
        return [
            (found, memberships[found.subject])
            for portion in some(memberships)
            for found in person.read(self.connection, PersonRow.subject_id.in_(portion))
        ]

    def _lock(self, team: str) -> None:
        """Keep others from changing this team until the commit, so that nobody slips in between joining and telling."""
        locked = select(Team.id).where(Team.id == team).with_for_update()
        if self.connection.execute(locked).first() is None:
            raise ChangeRefused(N_("There is no such team."))


def _slug(name: str, taken: Collection[str]) -> str:
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "-", ascii_name).strip("-")[:_SLUG_LENGTH].strip("-") or "team"
    return next(each for each in (stem, *(f"{stem}-{n}" for n in range(2, len(taken) + 3))) if each not in taken)
