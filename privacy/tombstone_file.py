"""Tombstones and expiries as a file, for the places beside the key store: each backup and the folder of checkpoints.

Canonical JSON, `{"expiries": [{"before_epoch", "day", "key_class", "stamp"}], "format": 2, "tombstones": [{"day",
"entry", "finished", "rows", "stamp", "subject"}]}`; `rows` are the indices of erased entries of the log, stamps are
hex. It names random numbers, never a person. A key store that comes from a backup learns from such a file what was
erased after it was saved: from the lines whose stamps hold, since anybody who writes to a folder can write the others.

Format 1, of older versions, has neither `format` nor stamps. Nothing tells its lines from forged ones; they count only
where somebody says so (`also_unstamped`).
"""

import datetime as dt
from collections.abc import Iterator
from typing import Annotated, Final, NamedTuple

import msgspec
from msgspec import Meta
from sqlalchemy import Connection

from privacy import tombstones
from privacy.canonical import canonical
from privacy.fields import KeyClass, first_day_of
from privacy.tombstones import Expired, Stone, TombstoneStamps

FORMAT: Final = 2
_PERSON: Final = "^(?!0{32}$)[0-9a-f]{32}$"  # the organisation is nobody who is erased
_Index = Annotated[int, Meta(ge=0, lt=2**53)]
_Stamp = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


class TombstonesBroken(Exception):
    """A file of tombstones cannot be read."""


class _Erased(msgspec.Struct, forbid_unknown_fields=True):
    day: dt.date
    entry: _Index | None
    finished: bool
    rows: list[_Index]
    subject: Annotated[str, Meta(pattern=_PERSON)]
    stamp: _Stamp | None = None


class _Expired(msgspec.Struct, forbid_unknown_fields=True):
    before_epoch: int
    day: dt.date
    key_class: KeyClass
    stamp: _Stamp | None = None


class _File(msgspec.Struct, forbid_unknown_fields=True):
    expiries: list[_Expired]
    tombstones: list[_Erased]
    format: int = 1


class Tombstones(NamedTuple):
    """What was erased, and what has expired, as somebody says; each line has to be asked for its stamp."""

    expiries: list[Expired]
    tombstones: list[Stone]


def dump(connection: Connection, stamps: TombstoneStamps) -> bytes:
    """Return the file of what a key store knows for certain."""
    expiries = [
        {**each._asdict(), "day": each.day.isoformat(), "stamp": (each.stamp or b"").hex()}
        for each in tombstones.expired(connection)
        if stamps.holds(each)
    ]
    stones = [
        {**each._asdict(), "day": each.day.isoformat(), "rows": list(each.rows), "stamp": (each.stamp or b"").hex()}
        for each in tombstones.read(connection)
        if stamps.holds(each)
    ]
    return canonical({"expiries": expiries, "format": FORMAT, "tombstones": stones}) + b"\n"


def load(content: bytes) -> Tombstones:
    """Read such a file; TombstonesBroken if it is none, with the line that is wrong."""
    try:
        file = msgspec.json.decode(content, type=_File)
        if file.format not in (1, FORMAT):
            raise TombstonesBroken(f"of format {file.format}, and this version reads 1 and {FORMAT}")
        return Tombstones(
            [_expired(number, each, file.format) for number, each in enumerate(file.expiries)],
            [
                Stone(each.subject, each.day, each.entry, tuple(each.rows), each.finished, _stamp(each, file.format))
                for each in file.tombstones
            ],
        )
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise TombstonesBroken(f"not a file of tombstones: {error}") from error


def is_known(connection: Connection, stamps: TombstoneStamps, known: Tombstones) -> bool:
    """Tell whether a key store knows for certain all that the genuine lines of a file say."""
    here = _Known(connection, stamps)
    lines: list[Stone | Expired] = [*known.tombstones, *known.expiries]
    return all(here.has(each) for each in lines if stamps.holds(each))


def doubtful(connection: Connection, stamps: TombstoneStamps, known: Tombstones) -> Iterator[str]:
    """Yield the lines that the portal of this installation did not write, each as its place and what it is about.

    A line without a stamp is of an older version; it is doubtful only as long as the key store does not say the same.
    """
    here = _Known(connection, stamps)
    lines: list[tuple[str, Stone | Expired]] = [
        *((f"tombstones[{number}], of person {each.subject},", each) for number, each in enumerate(known.tombstones)),
        *((f"expiries[{number}], of {each.key_class} keys,", each) for number, each in enumerate(known.expiries)),
    ]
    for place, line in lines:
        if not stamps.holds(line) and (line.stamp is not None or not here.has(line)):
            yield place


def unheard_of(connection: Connection, known: Tombstones) -> int:
    """Return how many erasures without a stamp a file knows of that the key store has in no form at all."""
    return sum(each.stamp is None and tombstones.of(connection, each.subject) is None for each in known.tombstones)


def merge(connection: Connection, stamps: TombstoneStamps, known: Tombstones, *, also_unstamped: bool = False) -> int:
    """Enter what a key store does not know, as unfinished so that it is erased again; return how many were new.

    Of lines that hold, and of an older version's if somebody says so; they get their stamps.
    """
    new = 0
    for stone in known.tombstones:
        here = tombstones.of(connection, stone.subject)
        if _counts(stone, stamps, also_unstamped) and (here is None or not stamps.holds(here)):
            tombstones.put(connection, stamps.stone(stone._replace(finished=False)))
            new += here is None
    for expiry in known.expiries:
        if _counts(expiry, stamps, also_unstamped):
            tombstones.expire(connection, stamps, expiry)
    return new


class _Known:
    """What a key store knows for certain."""

    def __init__(self, connection: Connection, stamps: TombstoneStamps) -> None:
        self._erased = {each.subject for each in tombstones.read(connection) if stamps.holds(each)}
        expiries = [each for each in tombstones.expired(connection) if stamps.holds(each)]
        self._reached = {each.key_class: each.before_epoch for each in expiries}

    def has(self, line: Stone | Expired) -> bool:
        if isinstance(line, Stone):
            return line.subject in self._erased
        return self._reached.get(line.key_class, -1) >= line.before_epoch


def _counts(line: Stone | Expired, stamps: TombstoneStamps, also_unstamped: bool) -> bool:
    return stamps.holds(line) or (also_unstamped and line.stamp is None)


def _stamp(line: _Erased | _Expired, file_format: int) -> bytes | None:
    """Return the stamp of a line; one that is missing where there has to be one is one that does not hold."""
    if line.stamp is not None:
        return bytes.fromhex(line.stamp)
    return None if file_format == 1 else b""


def _expired(number: int, line: _Expired, file_format: int) -> Expired:
    try:
        first_day_of(line.key_class, line.before_epoch)
    except ValueError as error:
        raise TombstonesBroken(f"not a file of tombstones: {error} - at `$.expiries[{number}].before_epoch`") from error
    return Expired(line.key_class, line.before_epoch, line.day, _stamp(line, file_format))
