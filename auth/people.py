"""People: the one way to change who somebody is, what they belong to, and whom they manage.

Every change goes through `changing`: one transaction, in which the concerned persons' log entries are durable before
the change is committed, and everybody concerned is told.
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from sqlalchemy import Engine

from auth import person, standing
from auth.erasing import ErasingChanges
from auth.journal import Journal
from auth.meetings import Agreements
from auth.permissions import Role
from auth.person import Clock, Person
from auth.stamps import Stamps
from auth.standing import Standing
from auth.wishes import Wish
from privacy.stores import writing

__all__ = ["Changes", "People", "Person"]


class Changes(ErasingChanges):
    """All changes of people, in one transaction."""

    def standing(self) -> dict[str, Standing]:
        """Return where everybody stands, by e-mail address."""
        return standing.everybody(self.connection, self.now)


class People:
    """Changes people. `by` is the subject id of who does it, None for an operator at the command line.

    Each method raises ChangeRefused with a sentence that can be shown, and whatever the access log raises if it cannot
    be written: then nothing was changed.
    """

    def __init__(
        self, engine: Engine, journal: Journal, clock: Clock, stamps: Stamps, agreements: Agreements | None = None
    ) -> None:
        self._engine = engine
        self._journal = journal
        self._clock = clock
        self._stamps = stamps
        self._agreements = agreements

    @contextmanager
    def changing(self, by: str | None) -> Iterator[Changes]:
        """Make several changes that are committed together, after their log entries."""
        with writing(self._engine) as connection:
            changes = Changes(connection, self._clock(), self._stamps, self._agreements)
            yield changes
            self._journal.tell(connection, changes.notices, by)

    def find(self, email: str) -> Person | None:
        """Return the person with this address, in any case, or None."""
        with self._engine.connect() as connection:
            return person.by_email(connection, email)

    def get(self, subject: str) -> Person | None:
        """Return the person with this subject id, or None."""
        with self._engine.connect() as connection:
            return person.one(connection, subject)

    def everybody(self) -> list[Person]:
        """Return all persons, by name."""
        with self._engine.connect() as connection:
            return person.read(connection)

    def standing(self) -> tuple[dt.datetime, dict[str, Standing]]:
        """Return the moment, and where everybody stands at it, by e-mail address."""
        now = self._clock()
        with self._engine.connect() as connection:
            return now, standing.everybody(connection, now)

    def create(
        self, email: str, name: str, timezone: str, joined: dt.date | None = None, *, by: str | None = None
    ) -> str:
        """Add a person without credentials, and return their subject id."""
        with self.changing(by) as changes:
            return changes.create(email, name, timezone, joined)

    def create_team(self, name: str) -> str:
        """Return the id of the team with this name; makes it if there is none. It concerns nobody yet."""
        with writing(self._engine) as connection:
            return Changes(connection, self._clock(), self._stamps).team(name)

    def join(self, subject: str, team: str, *, by: str | None = None) -> None:
        """Make somebody a member of a team, from today on."""
        with self.changing(by) as changes:
            changes.join(subject, team)

    def part(self, subject: str, team: str, *, by: str | None = None) -> None:
        """End somebody's membership in a team."""
        with self.changing(by) as changes:
            changes.part(subject, team)

    def appoint(self, subject: str, team: str, *, by: str | None = None) -> None:
        """Make somebody a manager of a team; only weeks that begin later open to them."""
        with self.changing(by) as changes:
            changes.appoint(subject, team)

    def dismiss(self, subject: str, team: str, *, by: str | None = None) -> None:
        """Let somebody manage a team no more."""
        with self.changing(by) as changes:
            changes.dismiss(subject, team)

    def grant(self, subject: str, role: Role, *, by: str | None = None) -> None:
        """Give a role."""
        with self.changing(by) as changes:
            changes.grant(subject, role)

    def revoke(self, subject: str, role: Role, *, by: str | None = None) -> None:
        """Take a role back."""
        with self.changing(by) as changes:
            changes.revoke(subject, role)

    def leave(self, subject: str, last_day: dt.date, *, by: str | None = None) -> None:
        """Note somebody's last day."""
        with self.changing(by) as changes:
            changes.leave(subject, last_day)

    def acknowledge(self, subject: str, policy: int) -> None:
        """Note that somebody has read the notice."""
        with self.changing(subject) as changes:
            changes.acknowledge(subject, policy)

    def wish(self, subject: str, wishes: Iterable[Wish]) -> None:
        """Keep what somebody asked for about their own data."""
        with self.changing(subject) as changes:
            changes.wish(subject, wishes)

    def mailed(self, subject: str, wish: Wish, day: dt.date) -> None:
        """Note the day of the last mail of a kind about somebody's own data."""
        with self.changing(None) as changes:
            changes.mailed(subject, wish, day)

    def speak(self, subject: str, language: str | None) -> None:
        """Keep the language that somebody chose for their own pages; None follows the browser again."""
        with self.changing(subject) as changes:
            changes.speak(subject, language)
