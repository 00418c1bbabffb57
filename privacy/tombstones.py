"""Tombstones: who and what was erased, kept in the key store so that no restored backup brings them back.

A tombstone is written before anything is erased and finished after all of it is: an interrupted erasure is taken up
again from here. They name random numbers and epochs, never a person. From the moment that a tombstone is there no key
is made for its subject any more (`key_store.file_new`).
"""

import datetime as dt
from collections.abc import Collection, Iterable
from typing import Final, NamedTuple

from sqlalchemy import BigInteger, Boolean, Connection, Date, Integer, LargeBinary, String, insert, select, update
from sqlalchemy.orm import Mapped

from privacy.base import KeyBase, Sensitivity, column
from privacy.fields import KeyClass
from privacy.key_provider import KeyGone

_Number: Final = BigInteger().with_variant(Integer, "sqlite")
_INDEX_BYTES: Final = 8


class SubjectErased(KeyGone):
    """The person was erased: there is no key of theirs, and there will be none."""


class Tombstone(KeyBase):
    """That a person was erased on a day; `entry` of the access log records it, null until it is written.

    `rows` are the indices of the log's erased entries (u64, big-endian): without the person's keys they could not be
    found again in an older log.
    """

    __tablename__ = "tombstone"

    subject_id: Mapped[str] = column(Sensitivity.OPERATIONAL, String(32), primary_key=True)
    day: Mapped[dt.date] = column(Sensitivity.OPERATIONAL, Date)
    entry: Mapped[int | None] = column(Sensitivity.OPERATIONAL, _Number)
    rows: Mapped[bytes] = column(Sensitivity.OPERATIONAL, LargeBinary)
    finished: Mapped[bool] = column(Sensitivity.OPERATIONAL, Boolean)


class Expiry(KeyBase):
    """That everybody's keys of a class were destroyed up to, not including, an epoch: what retention has let go."""

    __tablename__ = "expiry"

    key_class: Mapped[str] = column(Sensitivity.OPERATIONAL, String(16), primary_key=True)
    before_epoch: Mapped[int] = column(Sensitivity.OPERATIONAL, Integer)
    day: Mapped[dt.date] = column(Sensitivity.OPERATIONAL, Date)


class Stone(NamedTuple):
    """A tombstone as it is read; `rows` are indices of the log."""

    subject: str
    day: dt.date
    entry: int | None
    rows: tuple[int, ...]
    finished: bool


class Expired(NamedTuple):
    """An expiry as it is read."""

    key_class: KeyClass
    before_epoch: int
    day: dt.date


_STONES: Final = Tombstone.__table__
_EXPIRIES: Final = Expiry.__table__


def begin(connection: Connection, subject: str, day: dt.date) -> None:
    """Write a person's tombstone; one that is there stays. The caller holds `key_store.lock_for_moving`."""
    if of(connection, subject) is None:
        add(connection, Stone(subject, day, None, (), False))


def add(connection: Connection, stone: Stone) -> None:
    """Write a tombstone as it was kept elsewhere."""
    values = {"subject_id": stone.subject, "day": stone.day, "entry": stone.entry, "rows": _packed(stone.rows)}
    connection.execute(insert(Tombstone).values(**values, finished=stone.finished))


def note(connection: Connection, subject: str, entry: int, rows: Iterable[int]) -> None:
    """Keep the entry of the log that records an erasure, and the indices of the rows that it erased."""
    _set(connection, subject, entry=entry, rows=_packed(rows))


def finish(connection: Connection, subject: str) -> None:
    """Note that everything of a person is erased."""
    _set(connection, subject, finished=True)


def read(connection: Connection, *, unfinished_only: bool = False) -> list[Stone]:
    """Return all tombstones, or those of erasures that were interrupted, oldest first."""
    wanted = select(_STONES).order_by(_STONES.c.day, _STONES.c.subject_id)
    rows = connection.execute(wanted.where(~_STONES.c.finished) if unfinished_only else wanted)
    return [Stone(row.subject_id, row.day, row.entry, _unpacked(row.rows), row.finished) for row in rows]


def of(connection: Connection, subject: str) -> Stone | None:
    """Return the tombstone of a subject, None if they were never erased."""
    row = connection.execute(select(_STONES).where(_STONES.c.subject_id == subject)).one_or_none()
    return None if row is None else Stone(subject, row.day, row.entry, _unpacked(row.rows), row.finished)


def refuse_erased(connection: Connection, subjects: Collection[str]) -> None:
    """Raise SubjectErased if one of `subjects` has a tombstone."""
    found = connection.scalar(select(_STONES.c.subject_id).where(_STONES.c.subject_id.in_(subjects)).limit(1))
    if found is not None:
        raise SubjectErased(f"subject {found} was erased: no key is made for them any more")


def expired(connection: Connection) -> list[Expired]:
    """Return what retention has let go, by class."""
    rows = connection.execute(select(_EXPIRIES).order_by(_EXPIRIES.c.key_class))
    return [Expired(KeyClass(row.key_class), row.before_epoch, row.day) for row in rows]


def expire(connection: Connection, expiry: Expired) -> None:
    """Note an expiry; one that reached further stays."""
    here = _EXPIRIES.c.key_class == expiry.key_class
    before = connection.scalar(select(_EXPIRIES.c.before_epoch).where(here))
    values = {"before_epoch": expiry.before_epoch, "day": expiry.day}
    if before is None:
        connection.execute(insert(Expiry).values(key_class=expiry.key_class, **values))
    elif before < expiry.before_epoch:
        connection.execute(update(Expiry).where(here).values(**values))


def _set(connection: Connection, subject: str, **values: object) -> None:
    connection.execute(update(Tombstone).where(_STONES.c.subject_id == subject).values(**values))


def _packed(rows: Iterable[int]) -> bytes:
    return b"".join(index.to_bytes(_INDEX_BYTES, "big") for index in sorted(set(rows)))


def _unpacked(packed: bytes) -> tuple[int, ...]:
    starts = range(0, len(packed), _INDEX_BYTES)
    return tuple(int.from_bytes(packed[start : start + _INDEX_BYTES], "big") for start in starts)
