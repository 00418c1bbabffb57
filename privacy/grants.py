"""Grants: a person lets somebody else see chosen figures of chosen days, for a purpose, until a day.

What is granted is a copy, sealed under a key of its own for one viewer (`privacy.granted`). Three things have to agree
before it opens, and each alone is enough to refuse: the stamp over the row, made with a key that the data store does
not hold; the viewer and the last day that the row names; and the seal, which is bound to every column of the row. So a
row that was written, changed or prolonged in the database gives nothing. Ending a grant removes the row and destroys
the key: there is no grant that was ended and could be put back from the data alone.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import Connection, Date, Engine, ForeignKey, Index, Integer, LargeBinary, Row, String, insert, select
from sqlalchemy import delete as delete_from
from sqlalchemy.orm import Mapped

from privacy.base import Base, Sensitivity, column
from privacy.fields import Field
from privacy.granted import NUMBERS, GrantedSeal
from privacy.period import Period
from privacy.policy import GRANTABLE, Purpose
from privacy.seal import aad
from privacy.stamped import Stamps
from privacy.vault_store import lock

OPERATIONAL, SECRET, SEALED = Sensitivity.OPERATIONAL, Sensitivity.SECRET, Sensitivity.SEALED

LONGEST_DAYS: Final = 90
"""How many days a grant lasts at most."""
PURPOSES: Final = (Purpose.ONE_TO_ONE, Purpose.TARGET_SETTING)
"""For what: those purposes of the closed list that mean a talk between two people."""


class Granted(Base):
    """One grant: who may open the sealed copy, of what, for what, and until which day.

    Every column but the stamp is bound into the seal; the stamp is over every column but the sealed bytes.
    """

    __tablename__ = "granted"
    __table_args__ = (Index("ix_granted_viewer_id", "viewer_id"),)

    subject_id: Mapped[str] = column(OPERATIONAL, String(32), ForeignKey("subject.id"), primary_key=True)
    number: Mapped[int] = column(OPERATIONAL, Integer, primary_key=True, autoincrement=False)  # its key's epoch
    viewer_id: Mapped[str] = column(OPERATIONAL, String(32), ForeignKey("subject.id"))
    purpose: Mapped[str] = column(OPERATIONAL, String(32))
    fields: Mapped[str] = column(OPERATIONAL, String(255))  # space-separated, sorted
    first_day: Mapped[dt.date] = column(OPERATIONAL, Date)
    end_day: Mapped[dt.date] = column(OPERATIONAL, Date)  # not included
    given_on: Mapped[dt.date] = column(OPERATIONAL, Date)
    expires_on: Mapped[dt.date] = column(OPERATIONAL, Date)  # the last day, on the person's clock
    digest: Mapped[str] = column(OPERATIONAL, String(80))  # of the payload, which has a salt
    sealed: Mapped[bytes] = column(SEALED, LargeBinary)
    stamp: Mapped[bytes] = column(SECRET, LargeBinary(32))  # auth.stamps


_TABLE: Final = Granted.__table__
_PLAIN: Final = tuple(each.name for each in _TABLE.columns if each.name not in ("sealed", "stamp"))


@dataclass(frozen=True, slots=True)
class Grant:
    """A genuine grant, in force or over. `digest` is that of the payload which the viewer is shown."""

    subject: str
    number: int
    viewer: str
    purpose: Purpose
    fields: frozenset[Field]
    period: Period
    given_on: dt.date
    expires_on: dt.date
    digest: str

    def __post_init__(self) -> None:
        if self.viewer == self.subject:
            raise ValueError("nobody grants anything to themselves")
        if not self.fields or not self.fields <= GRANTABLE:
            raise ValueError(f"not for granting: {', '.join(sorted(self.fields - GRANTABLE)) or 'nothing'}")
        if self.purpose not in PURPOSES:
            raise ValueError(f"nothing is granted for {self.purpose}")
        if not 0 <= (self.expires_on - self.given_on).days <= LONGEST_DAYS:
            raise ValueError(f"a grant lasts at most {LONGEST_DAYS} days and ends after it began")

    def permits(self, viewer: str, today: dt.date) -> bool:
        """Tell whether `viewer` may open it on `today`, the latest day on the person's clocks since `given_on`."""
        return viewer == self.viewer and self.given_on <= today <= self.expires_on


class Grants:
    """Files, finds and ends grants. Opening one is the gate's."""

    def __init__(self, engine: Engine, seal: GrantedSeal, stamps: Stamps) -> None:
        self.engine = engine
        self._seal = seal
        self._stamps = stamps

    def give(self, connection: Connection, grant: Grant, payload: bytes) -> Grant:
        """Seal `payload` for the viewer and file it; return the grant with its number, which the given one lacks (0).

        All of it belongs to the caller's transaction. UnknownSubject for nobody, SubjectErased for whoever was erased.
        """
        for each in sorted((grant.subject, grant.viewer)):
            lock(connection, each)
        numbered = replace(grant, number=self._seal.new(grant.subject))
        values = _columns(numbered)
        sealed = self._seal.seal(grant.subject, numbered.number, payload, _place(values))
        connection.execute(insert(Granted).values(**self._stamps.stamped(Granted, **values), sealed=sealed))
        return numbered

    def find(self, subject: str, number: int) -> Grant | None:
        """Return a genuine grant, None where there is none or only a row that the portal did not write."""
        found = self._row(subject, number)
        return None if found is None else self._genuine(found)

    def of(self, subject: str) -> list[Grant]:
        """Return what somebody granted and has not ended, the newest first."""
        return self._read(_TABLE.c.subject_id == subject)

    def to(self, viewer: str) -> list[Grant]:
        """Return what was granted to somebody and not ended, the newest first."""
        return self._read(_TABLE.c.viewer_id == viewer)

    def everything(self) -> list[Grant]:
        """Return every genuine grant."""
        return self._read()

    def is_locked(self, grant: Grant) -> bool:
        """Tell whether the key of a grant is gone, as after a restore that brought the row back."""
        return self._seal.is_gone(grant.subject, grant.number)

    def strays(self) -> list[tuple[str, int]]:
        """Return whose and which rows the portal did not write so: they give nothing, and their keys need not stay."""
        with self.engine.connect() as connection:
            rows = connection.execute(select(_TABLE)).all()
        return [(row.subject_id, row.number) for row in rows if self._genuine(row) is None]

    def lock_out(self, subject: str, number: int) -> None:
        """Destroy the key of a grant whose row is no grant any more."""
        self._seal.destroy(subject, number)

    def end(self, connection: Connection, grant: Grant) -> bool:
        """Remove a grant and destroy its key; tell whether it was there. The row goes with the caller's transaction.

        The key goes at once, whatever becomes of the transaction: done again, it removes the row that was left.
        """
        lock(connection, grant.subject)
        own = (_TABLE.c.subject_id == grant.subject, _TABLE.c.number == grant.number)
        count = connection.execute(delete_from(Granted).where(*own)).rowcount
        self._seal.destroy(grant.subject, grant.number)
        return bool(count)

    def drop(self, connection: Connection, subject: str) -> None:
        """Remove all that somebody granted and all that was granted to them, genuine or not, and destroy its keys."""
        mine = (_TABLE.c.subject_id == subject) | (_TABLE.c.viewer_id == subject)
        rows = connection.execute(select(_TABLE.c.subject_id, _TABLE.c.number).where(mine)).all()
        connection.execute(delete_from(Granted).where(mine))
        for owner, number in rows:
            self._seal.destroy(owner, number)

    def _open(self, grant: Grant) -> bytes:
        """Return the payload. Only `privacy.granted_gate` calls this, after it was logged.

        SealBroken if the row was changed meanwhile, KeyGone if the grant was ended.
        """
        row = self._row(grant.subject, grant.number)
        sealed = b"" if row is None else row.sealed
        return self._seal.open(grant.subject, grant.number, sealed, _place(_columns(grant)))

    def _row(self, subject: str, number: int) -> Row[Any] | None:
        if number not in NUMBERS:
            return None
        own = (_TABLE.c.subject_id == subject, _TABLE.c.number == number)
        with self.engine.connect() as connection:
            return connection.execute(select(_TABLE).where(*own)).one_or_none()

    def _read(self, *conditions: Any) -> list[Grant]:
        newest = (_TABLE.c.given_on.desc(), _TABLE.c.expires_on.desc(), _TABLE.c.number)
        with self.engine.connect() as connection:
            rows = connection.execute(select(_TABLE).where(*conditions).order_by(*newest)).all()
        return [found for row in rows if (found := self._genuine(row)) is not None]

    def _genuine(self, row: Row[Any]) -> Grant | None:
        try:
            return _grant(row) if self._stamps.holds(Granted, row) else None
        except (TypeError, ValueError):  # whoever wrote this row, it was not the portal
            return None


def _columns(grant: Grant) -> dict[str, Any]:
    return {
        "subject_id": grant.subject,
        "number": grant.number,
        "viewer_id": grant.viewer,
        "purpose": grant.purpose.value,
        "fields": " ".join(sorted(grant.fields)),
        "first_day": grant.period.first,
        "end_day": grant.period.end,
        "given_on": grant.given_on,
        "expires_on": grant.expires_on,
        "digest": grant.digest,
    }


def _grant(row: Row[Any]) -> Grant:
    return Grant(
        subject=row.subject_id,
        number=row.number,
        viewer=row.viewer_id,
        purpose=Purpose(row.purpose),
        fields=frozenset(map(Field, row.fields.split())),
        period=Period(row.first_day, row.end_day),
        given_on=row.given_on,
        expires_on=row.expires_on,
        digest=row.digest,
    )


def _place(values: Mapping[str, Any]) -> bytes:
    return aad(Granted.__tablename__, 1, *(values[name] for name in _PLAIN))
