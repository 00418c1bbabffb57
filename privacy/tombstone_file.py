"""Tombstones and expiries as a file, for the places beside the key store: each backup and the folder of checkpoints.

Canonical JSON, `{"expiries": [{"before_epoch", "day", "key_class"}], "tombstones": [{"day", "entry", "finished",
"rows", "subject"}]}`; `rows` are the indices of erased entries of the log. It names random numbers, never a person. A
key store that comes from a backup learns from such a file what was erased after it was saved.
"""

import datetime as dt
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, insert, select, update

from privacy.canonical import canonical
from privacy.tombstones import Expiry, Tombstone

_INDEX_BYTES: Final = 8


class TombstonesBroken(Exception):
    """A file of tombstones cannot be read."""


class _Erased(msgspec.Struct, forbid_unknown_fields=True):
    day: dt.date
    entry: int | None
    finished: bool
    rows: list[int]
    subject: str


class _Expired(msgspec.Struct, forbid_unknown_fields=True):
    before_epoch: int
    day: dt.date
    key_class: str


class Tombstones(msgspec.Struct, forbid_unknown_fields=True):
    """What was erased, and what has expired."""

    expiries: list[_Expired]
    tombstones: list[_Erased]

    @property
    def subjects(self) -> frozenset[str]:
        return frozenset(each.subject for each in self.tombstones)


def dump(connection: Connection) -> bytes:
    """Return the file of what a key store knows."""
    expiries = connection.execute(select(Expiry.__table__)).mappings()
    tombstones = connection.execute(select(Tombstone.__table__)).mappings()
    listed: dict[str, Any] = {
        "expiries": [{**row, "day": row["day"].isoformat()} for row in expiries],
        "tombstones": [
            {
                "day": row["day"].isoformat(),
                "entry": row["entry"],
                "finished": row["finished"],
                "rows": _indices(row["rows"]),
                "subject": row["subject_id"],
            }
            for row in tombstones
        ],
    }
    for each, key in (("expiries", "key_class"), ("tombstones", "subject")):
        listed[each].sort(key=lambda row, by=key: str(row[by]))
    return canonical(listed) + b"\n"


def load(content: bytes) -> Tombstones:
    """Read such a file; TombstonesBroken if it is none."""
    try:
        return msgspec.json.decode(content, type=Tombstones)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise TombstonesBroken(f"not a file of tombstones: {error}") from error


def merge(connection: Connection, known: Tombstones) -> int:
    """Enter what a key store does not know, as unfinished so that it is erased again; return how many were new."""
    there = set(connection.scalars(select(Tombstone.subject_id)))
    new = [each for each in known.tombstones if each.subject not in there]
    for each in new:
        rows = b"".join(index.to_bytes(_INDEX_BYTES, "big") for index in each.rows)
        values = {"subject_id": each.subject, "day": each.day, "entry": each.entry, "rows": rows, "finished": False}
        connection.execute(insert(Tombstone).values(**values))
    for expiry in known.expiries:
        _merge_expiry(connection, expiry)
    return len(new)


def _merge_expiry(connection: Connection, expiry: _Expired) -> None:
    here = Expiry.key_class == expiry.key_class
    before = connection.scalar(select(Expiry.before_epoch).where(here))
    values = {"before_epoch": expiry.before_epoch, "day": expiry.day}
    if before is None:
        connection.execute(insert(Expiry).values(key_class=expiry.key_class, **values))
    elif before < expiry.before_epoch:
        connection.execute(update(Expiry).where(here).values(**values))


def _indices(rows: bytes) -> list[int]:
    return [int.from_bytes(rows[i : i + _INDEX_BYTES], "big") for i in range(0, len(rows), _INDEX_BYTES)]
