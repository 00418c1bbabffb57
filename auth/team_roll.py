"""Who manages a team now and since when, and who is in it: for what is told to all of a team, and answered for by some.

A row that the portal did not write makes nobody a manager (`auth.stamps`), and whoever is no manager any more, or has
left, is none.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Row, select

from auth import genuine, person
from auth.models import Management, Membership
from auth.person import Clock, Person
from auth.stamps import Stamps


@dataclass(frozen=True, slots=True)
class Head:
    """Somebody who manages a team, and the first day of it."""

    person: Person
    since: dt.date


class TeamRoll:
    """Answers from the stored rows, at the moment of the clock."""

    def __init__(self, engine: Engine, clock: Clock, stamps: Stamps) -> None:
        self._engine = engine
        self._clock = clock
        self._stamps = stamps

    def heads(self, team: str) -> list[Head]:
        """Return who manages a team now, by name."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(Management.__table__).where(Management.team_id == team)).all()
            found = _persons(connection, {row.subject_id for row in rows if self._stamps.holds(Management, row)})
        heads = [
            Head(found[row.subject_id], row.since)
            for row in rows
            if row.subject_id in found and self._acts(found[row.subject_id]) and self._holds(row, found[row.subject_id])
        ]
        return sorted(heads, key=lambda each: (each.person.name, each.person.subject))

    def members(self, team: str) -> list[Person]:
        """Return who is in a team today, its managers among them where they are members, by name."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(Membership.__table__).where(Membership.team_id == team)).all()
            found = _persons(connection, {row.subject_id for row in rows})
        here = {row.subject_id for row in rows if row.subject_id in found and self._holds(row, found[row.subject_id])}
        return sorted((found[each] for each in here), key=lambda each: (each.name, each.subject))

    def _acts(self, whose: Person) -> bool:
        return genuine.holds(self._stamps, whose) and whose.is_here(self._clock())

    def _holds(self, row: Row[Any], whose: Person) -> bool:
        today = self._clock().astimezone(whose.zone).date()
        return bool(row.since <= today and (row.until is None or today < row.until))


def _persons(connection: Connection, ids: set[str]) -> dict[str, Person]:
    return {each.subject: each for each in person.several(connection, ids) if not each.is_erased}
