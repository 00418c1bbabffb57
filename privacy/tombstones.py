"""Tombstones: who and what was erased, kept in the key store so that no restored backup brings them back.

A tombstone is written before anything is erased and finished after all of it is: an interrupted erasure is taken up
again from here. They name random numbers and epochs, never a person. From the moment that a tombstone is there no key
is made for its subject any more (`key_store.file_new`).

What a tombstone orders cannot be taken back, so each carries a stamp, and one whose stamp does not hold orders nothing:
else a line of SQL, or of a file, would make the portal itself erase somebody, and call it a request.
"""

import datetime as dt
import hashlib
import hmac
from collections.abc import Collection, Iterable
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    BigInteger,
    Boolean,
    Connection,
    Date,
    Integer,
    LargeBinary,
    Row,
    String,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.orm import Mapped

from privacy.base import KeyBase, Sensitivity, column
from privacy.key_provider import KeyGone
from privacy.log_problems import raw
from privacy.seal import aad

_Number: Final = BigInteger().with_variant(Integer, "sqlite")
_INDEX_BYTES: Final = 8
_VERSION: Final = 1


class SubjectErased(KeyGone):
    """The person was erased: there is no key of theirs, and there will be none."""


class Tombstone(KeyBase):
    """That a person was erased on a day; `entry` of the access log records it, null until it is written.

    `rows` are the indices of the log's erased entries (u64, big-endian): without the person's keys they could not be
    found again in an older log. `stamp` is over all of these; null only where an older version wrote the row.
    """

    __tablename__ = "tombstone"

    subject_id: Mapped[str] = column(Sensitivity.OPERATIONAL, String(32), primary_key=True)
    day: Mapped[dt.date] = column(Sensitivity.OPERATIONAL, Date)
    entry: Mapped[int | None] = column(Sensitivity.OPERATIONAL, _Number)
    rows: Mapped[bytes] = column(Sensitivity.OPERATIONAL, LargeBinary)
    finished: Mapped[bool] = column(Sensitivity.OPERATIONAL, Boolean)
    stamp: Mapped[bytes | None] = column(Sensitivity.OPERATIONAL, LargeBinary)


class Expiry(KeyBase):
    """That everybody's keys of a class were destroyed up to, not including, an epoch: what retention has let go."""

    __tablename__ = "expiry"

    key_class: Mapped[str] = column(Sensitivity.OPERATIONAL, String(16), primary_key=True)
    before_epoch: Mapped[int] = column(Sensitivity.OPERATIONAL, Integer)
    day: Mapped[dt.date] = column(Sensitivity.OPERATIONAL, Date)
    stamp: Mapped[bytes | None] = column(Sensitivity.OPERATIONAL, LargeBinary)


class Stone(NamedTuple):
    """A tombstone as it is read; `rows` are indices of the log. Ask `TombstoneStamps.holds` before it is obeyed."""

    subject: str
    day: dt.date
    entry: int | None
    rows: tuple[int, ...]
    finished: bool
    stamp: bytes | None = None


class Expired(NamedTuple):
    """An expiry as it is read. Ask `TombstoneStamps.holds` before it is obeyed, or its class taken for one."""

    key_class: str
    before_epoch: int
    day: dt.date
    stamp: bytes | None = None


class TombstoneStamps:
    """Makes and checks stamps, under a key that the tables do not hold (`privacy.stamp_key`).

    A stamp is over all that a row orders. Whether an erasure is finished is outside of it: to say so of one that is not
    leaves something behind, which `portal.remains` names, and to say the opposite erases once more what is gone.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def stone(self, stone: Stone) -> Stone:
        """Return a tombstone with its stamp."""
        return stone._replace(stamp=self._of(stone))

    def expiry(self, expiry: Expired) -> Expired:
        """Return an expiry with its stamp."""
        return expiry._replace(stamp=self._of(expiry))

    def holds(self, found: Stone | Expired) -> bool:
        """Tell whether the portal of this installation wrote it."""
        return found.stamp is not None and hmac.compare_digest(found.stamp, self._of(found))

    def _of(self, found: Stone | Expired) -> bytes:
        if isinstance(found, Expired):
            stated = aad(Expiry.__tablename__, _VERSION, found.key_class, found.before_epoch, found.day)
        else:
            entry = b"" if found.entry is None else found.entry
            rows = hashlib.sha256(_packed(found.rows)).digest()
            stated = aad(Tombstone.__tablename__, _VERSION, found.subject, found.day, entry, rows)
        return hmac.digest(self._key, stated, "sha256")


_STONES: Final = Tombstone.__table__
_EXPIRIES: Final = Expiry.__table__


def begin(connection: Connection, stamps: TombstoneStamps, subject: str, day: dt.date) -> None:
    """Write a person's tombstone; a genuine one that is there stays. The caller holds `key_store.lock_for_moving`."""
    here = of(connection, subject)
    if here is None or not stamps.holds(here):
        put(connection, stamps.stone(Stone(subject, day, None, (), False)))


def put(connection: Connection, stone: Stone) -> None:
    """Write a tombstone that has its stamp, in the place of whatever is there."""
    connection.execute(delete(Tombstone).where(_STONES.c.subject_id == stone.subject))
    values = {"subject_id": stone.subject, "day": stone.day, "entry": stone.entry, "rows": _packed(stone.rows)}
    connection.execute(insert(Tombstone).values(**values, finished=stone.finished, stamp=stone.stamp))


def note(connection: Connection, stamps: TombstoneStamps, subject: str, entry: int, rows: Iterable[int]) -> None:
    """Keep the entry of the log that records an erasure, and the indices of the rows that it erased."""
    here = of(connection, subject)
    if here is not None and stamps.holds(here):
        put(connection, stamps.stone(here._replace(entry=entry, rows=tuple(rows))))


def finish(connection: Connection, subject: str) -> None:
    """Note that everything of a person is erased."""
    connection.execute(update(Tombstone).where(_STONES.c.subject_id == subject).values(finished=True))


def read(connection: Connection) -> list[Stone]:
    """Return all tombstones, oldest first, whether their stamps hold or not."""
    rows = connection.execute(select(*raw(*_STONES.c)).order_by(_STONES.c.day, _STONES.c.subject_id))
    return [_stone(row) for row in rows]


def of(connection: Connection, subject: str) -> Stone | None:
    """Return the tombstone of a subject, whether its stamp holds or not; None if there is none."""
    row = connection.execute(select(*raw(*_STONES.c)).where(_STONES.c.subject_id == subject)).one_or_none()
    return None if row is None else _stone(row)


def refuse_erased(connection: Connection, subjects: Collection[str]) -> None:
    """Raise SubjectErased if one of `subjects` has a tombstone, whether its stamp holds or not.

    No key is needed to ask, and a refusal loses nothing: it ends when a row that nobody confirms is taken away.
    """
    found = connection.scalar(select(_STONES.c.subject_id).where(_STONES.c.subject_id.in_(subjects)).limit(1))
    if found is not None:
        raise SubjectErased(f"subject {found} was erased: no key is made for them any more")


def expired(connection: Connection) -> list[Expired]:
    """Return what retention has let go, by class, whether the stamps hold or not."""
    rows = connection.execute(select(*raw(*_EXPIRIES.c)).order_by(_EXPIRIES.c.key_class))
    return [_expired(row) for row in rows]


def expire(connection: Connection, stamps: TombstoneStamps, expiry: Expired) -> None:
    """Note an expiry; a genuine one that reached further stays."""
    here = next((each for each in expired(connection) if each.key_class == expiry.key_class), None)
    if here is not None and stamps.holds(here) and here.before_epoch >= expiry.before_epoch:
        return
    connection.execute(delete(Expiry).where(_EXPIRIES.c.key_class == expiry.key_class))
    connection.execute(insert(Expiry).values(**stamps.expiry(expiry)._asdict()))


# Rows are read as the driver gives them: SQLite holds whatever somebody writes. What no portal writes has no stamp.


def _stone(row: Row[Any]) -> Stone:
    try:
        if not (row.entry is None or isinstance(row.entry, int)):
            raise TypeError("an entry is a number")
        return Stone(
            row.subject_id, _day(row.day), row.entry, _unpacked(row.rows), bool(row.finished), _bytes(row.stamp)
        )
    except (TypeError, ValueError):
        return Stone(str(row.subject_id), dt.date.min, None, (), False)


def _expired(row: Row[Any]) -> Expired:
    try:
        if not isinstance(row.before_epoch, int):
            raise TypeError("an epoch is a number")
        return Expired(row.key_class, row.before_epoch, _day(row.day), _bytes(row.stamp))
    except (TypeError, ValueError):
        return Expired(str(row.key_class), 0, dt.date.min)


def _day(value: Any) -> dt.date:
    return value if isinstance(value, dt.date) else dt.date.fromisoformat(value)


def _bytes(value: Any) -> bytes | None:
    if not (value is None or isinstance(value, bytes)):
        raise TypeError("a stamp is bytes")
    return value


def _packed(rows: Iterable[int]) -> bytes:
    return b"".join(index.to_bytes(_INDEX_BYTES, "big") for index in sorted(set(rows)))


def _unpacked(packed: Any) -> tuple[int, ...]:
    if not isinstance(packed, bytes):
        raise TypeError("rows are bytes")
    starts = range(0, len(packed), _INDEX_BYTES)
    return tuple(int.from_bytes(packed[start : start + _INDEX_BYTES], "big") for start in starts)
