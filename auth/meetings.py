"""Reading dated one-to-ones: what each says, and which of them both have agreed to.

A row counts only with the portal's stamp, and an agreement only while the key store has its key: moving or cancelling
destroys it, so an older state of the row that is put back opens nothing. What the gate asks about two people is refused
as a whole where a row of the person's is not the portal's, or a number of them is missing: fewer meetings held would
open more weeks.
"""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from sqlalchemy import ColumnElement, Connection, Engine, Row, and_, bindparam, select

from auth.models import Meeting
from auth.stamps import Stamps
from privacy.one_to_ones import Met, opening
from privacy.period import Period
from privacy.statement import Question


class Agreements(Protocol):
    """Knows in the key store which agreements stand; `privacy.granted` implements it."""

    def new(self, subject: str) -> int:
        """Make a key of `subject`, and return its number."""

    def there(self, subject: str, numbers: Collection[int]) -> frozenset[int]:
        """Return those of `numbers` of which there is a key."""

    def there_of_all(self, wanted: Collection[tuple[str, int]]) -> frozenset[tuple[str, int]]:
        """Return those of (subject, number) of which there is a key."""

    def destroy(self, subject: str, *numbers: int) -> None:
        """Destroy the keys of these numbers."""


@dataclass(frozen=True, slots=True)
class OneToOne:
    """A genuine one-to-one. `stands`: both have said yes to its day, and nobody has moved or cancelled it since."""

    subject: str
    number: int
    manager: str
    day: dt.date
    changes: int
    proposed_by: str
    proposed_on: dt.date
    agreed_on: dt.date | None
    ended_on: dt.date | None
    stands: bool

    @property
    def open(self) -> Period:
        """The days on which its sheet is open, once both have agreed."""
        return opening(self.day)

    @property
    def is_cancelled(self) -> bool:
        return self.ended_on is not None

    def waits_for(self, today: dt.date) -> str | None:
        """Return who has yet to say yes, None where nobody has: it is agreed, cancelled or over."""
        if self.is_cancelled or self.stands or self.day < today:
            return None
        return self.manager if self.proposed_by == self.subject else self.subject

    def state(self, today: dt.date) -> str:
        """Return "cancelled", "held", "agreed", "waiting", or "lapsed" for a day to which nobody said yes in time."""
        if self.is_cancelled:
            return "cancelled"
        if self.stands:
            return "held" if self.day < today else "agreed"
        return "lapsed" if self.day < today else "waiting"


_TABLE: Final = Meeting.__table__
_COLUMNS: Final = tuple(each.name for each in _TABLE.columns)
_ROWS: Final = Question(select(_TABLE).where(_TABLE.c.subject_id == bindparam("subject")))  # every decision asks


class Meetings:
    """Reads one-to-ones. Without `agreements` no agreement stands."""

    def __init__(self, engine: Engine, stamps: Stamps, agreements: Agreements | None = None) -> None:
        self._engine = engine
        self._stamps = stamps
        self._agreements = agreements

    def of(self, subject: str, connection: Connection | None = None) -> list[OneToOne]:
        """Return the one-to-ones of an employee with all their managers, the latest day first."""
        return self._read(_TABLE.c.subject_id == subject, connection)

    def of_manager(
        self, manager: str, connection: Connection | None = None, *, since: dt.date = dt.date.min
    ) -> list[OneToOne]:
        """Return the one-to-ones that somebody has as a manager from the day `since` on, the latest day first."""
        return self._read(and_(_TABLE.c.manager_id == manager, _TABLE.c.day >= since), connection)

    def between(self, subject: str, manager: str) -> list[OneToOne]:
        """Return the one-to-ones of two people, the latest day first."""
        return [each for each in self.of(subject) if each.manager == manager]

    def find(self, subject: str, number: int, connection: Connection | None = None) -> OneToOne | None:
        """Return a genuine one-to-one, None where there is none."""
        return next((each for each in self.of(subject, connection) if each.number == number), None)

    def with_one_before(self, day: dt.date) -> list[str]:
        """Return the employees who have had a one-to-one on a day before `day`."""
        query = select(_TABLE.c.subject_id).where(_TABLE.c.day < day).distinct().order_by(_TABLE.c.subject_id)
        with self._engine.connect() as connection:
            return list(connection.scalars(query))

    def met(self, viewer: str, subject: str) -> Sequence[Met] | None:
        """Return what the gate asks: see `privacy.decisions.Directory.one_to_ones`."""
        rows = [dict(zip(_COLUMNS, row, strict=True)) for row in _ROWS.ask(self._engine, subject=subject)]
        if {row["number"] for row in rows} != set(range(1, len(rows) + 1)):
            return None
        if not all(self._stamps.holds(Meeting, row) for row in rows):  # one of theirs could say that it is another's
            return None
        agreed = [
            row
            for row in rows
            if row["manager_id"] == viewer and row["agreed_on"] is not None and row["ended_on"] is None
        ]
        known = [row["agreement"] for row in agreed if row["agreement"] is not None]
        there = frozenset() if self._agreements is None else self._agreements.there(subject, known)
        return [Met(row["day"], row["agreement"] in there) for row in agreed]

    def _read(self, condition: ColumnElement[bool], connection: Connection | None) -> list[OneToOne]:
        query = select(_TABLE).where(condition).order_by(_TABLE.c.day.desc(), _TABLE.c.number.desc())
        if connection is not None:
            rows = connection.execute(query).all()
        else:
            with self._engine.connect() as own:
                rows = own.execute(query).all()
        genuine = [row for row in rows if self._stamps.holds(Meeting, row)]
        agreed = {(row.subject_id, row.agreement) for row in genuine if row.agreement is not None}
        standing = frozenset() if self._agreements is None else self._agreements.there_of_all(agreed)
        return [_of_row(row, (row.subject_id, row.agreement) in standing) for row in genuine]


def _of_row(row: Row[Any], there: bool) -> OneToOne:
    return OneToOne(
        subject=row.subject_id,
        number=row.number,
        manager=row.manager_id,
        day=row.day,
        changes=row.changes,
        proposed_by=row.proposed_by,
        proposed_on=row.proposed_on,
        agreed_on=row.agreed_on,
        ended_on=row.ended_on,
        stands=there and row.agreed_on is not None and row.ended_on is None,
    )
