"""Tombstones and expiries as a file, for the places beside the key store: each backup and the folder of checkpoints.

Canonical JSON, `{"expiries": [{"before_epoch", "day", "key_class"}], "tombstones": [{"day", "entry", "finished",
"rows", "subject"}]}`; `rows` are the indices of erased entries of the log. It names random numbers, never a person. A
key store that comes from a backup learns from such a file what was erased after it was saved.
"""

import datetime as dt
from collections.abc import Iterable
from typing import Annotated, Final

import msgspec
from sqlalchemy import Connection

from privacy import tombstones
from privacy.canonical import canonical
from privacy.fields import KeyClass
from privacy.tombstones import Expired, Stone

_PERSON: Final = "^(?!0{32}$)[0-9a-f]{32}$"  # the organisation is nobody who is erased


class TombstonesBroken(Exception):
    """A file of tombstones cannot be read."""


class _Erased(msgspec.Struct, forbid_unknown_fields=True):
    day: dt.date
    entry: int | None
    finished: bool
    rows: list[int]
    subject: Annotated[str, msgspec.Meta(pattern=_PERSON)]


class _Expired(msgspec.Struct, forbid_unknown_fields=True):
    before_epoch: int
    day: dt.date
    key_class: KeyClass


class Tombstones(msgspec.Struct, forbid_unknown_fields=True):
    """What was erased, and what has expired."""

    expiries: list[_Expired]
    tombstones: list[_Erased]


def dump(connection: Connection) -> bytes:
    """Return the file of what a key store knows."""
    expiries = [
        {"before_epoch": each.before_epoch, "day": each.day.isoformat(), "key_class": each.key_class.value}
        for each in tombstones.expired(connection)
    ]
    stones = [
        {**each._asdict(), "day": each.day.isoformat(), "rows": list(each.rows)} for each in tombstones.read(connection)
    ]
    return canonical({"expiries": expiries, "tombstones": stones}) + b"\n"


def load(content: bytes) -> Tombstones:
    """Read such a file; TombstonesBroken if it is none."""
    try:
        return msgspec.json.decode(content, type=Tombstones)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise TombstonesBroken(f"not a file of tombstones: {error}") from error


def of_stones(stones: Iterable[Stone]) -> Tombstones:
    """Return tombstones that are known otherwise in the form of such a file."""
    return Tombstones([], [_Erased(s.day, s.entry, s.finished, list(s.rows), s.subject) for s in stones])


def is_known(connection: Connection, known: Tombstones) -> bool:
    """Tell whether a key store knows all that a file does."""
    subjects = {each.subject for each in tombstones.read(connection)}
    reached = {each.key_class: each.before_epoch for each in tombstones.expired(connection)}
    return all(each.subject in subjects for each in known.tombstones) and all(
        reached.get(each.key_class, -1) >= each.before_epoch for each in known.expiries
    )


def merge(connection: Connection, known: Tombstones) -> int:
    """Enter what a key store does not know, as unfinished so that it is erased again; return how many were new."""
    new = [each for each in known.tombstones if tombstones.of(connection, each.subject) is None]
    for each in new:
        tombstones.add(connection, Stone(each.subject, each.day, each.entry, tuple(each.rows), finished=False))
    for expiry in known.expiries:
        tombstones.expire(connection, Expired(expiry.key_class, expiry.before_epoch, expiry.day))
    return len(new)
