"""What a person's hot rows hold, as bytes: the head with the open events, and batches of closed ones as columns.

All of it is after policy. Of what an event said before, only a keyed mark is left (`privacy.hot.Marker`): by it the
next heartbeat is compared, and an event that comes twice is known again. Texts go beside the private part, into a row
of their own, since their keys are destroyed sooner.
"""

import datetime as dt
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from analytics.captured import Key
from analytics.column_bytes import SegmentBroken, freeze, pack, pack_us, pack_values, thaw, unpack, unpack_us
from analytics.column_bytes import unpack_values as unpacked
from analytics.events import DAY_US, Data, Int64
from analytics.own_times import OwnTimes
from analytics.repeated import Repeated

_VERSION: Final = 1
T = TypeVar("T")
_EPOCH: Final = dt.date(1970, 1, 1)

Texts = tuple[str | None, str | None, bytes]
"""Title, address and the rest of an event."""


class Bucket(msgspec.Struct, array_like=True):
    """A bucket as its watcher made it. `data` is kept only where the policy keeps texts."""

    id: str
    kind: str
    host: str
    client: str
    created_us: int
    data: dict[str, Any] = {}

    @property
    def key(self) -> Key:
        """The name of its stream."""
        return self.host, self.kind, self.id


class Held(msgspec.Struct, array_like=True):
    """One event after policy, but for its texts. `dropped` is the rule that dropped it, empty if it was kept."""

    bucket: int
    start_us: int
    duration_us: int
    mark: int
    dropped: str
    rules: tuple[str, ...]
    app: str | None
    audible: bool | None
    status: str | None
    category: str


class DroppedMark(NamedTuple):
    """What is left of a part of an event that a rule dropped: its stream, local day (`toordinal`), rule and mark."""

    key: Key
    day: int
    rule: str
    mark: bytes


class GapMark(NamedTuple):
    """An interval of which nothing was captured, and why."""

    start_us: int
    end_us: int
    reason: str


class Head(msgspec.Struct):
    """A person's head. `open` and `closed` have their texts beside them, in the same order, where any are kept.

    `filed` counts the appended rows of each day (`toordinal`); `oldest` is the day of the oldest event that is not yet
    in the figures, 0 if there is none; `doors` names the policies under which it came. `settings` are what the person's
    own ActivityWatch pages keep here. `own` is a copy of what they keep private, so that the door can know it without
    an entry in the log; the row that counts is in the vault, and is applied again whenever days are joined.
    """

    version: int = _VERSION
    buckets: list[Bucket | None] = []
    open: dict[int, Held] = {}
    closed: list[Held] = []
    dropped: list[DroppedMark] = []
    filed: dict[int, int] = {}
    oldest: int = 0
    doors: list[str] = []
    settings: dict[str, Any] = {}
    own: OwnTimes = OwnTimes()


class HeadTexts(msgspec.Struct):
    """The texts of a head's events."""

    open: dict[int, Texts] = {}
    closed: list[Texts | None] = []


@dataclass(frozen=True, slots=True)
class Batch:
    """Closed events as columns. `key` and `raw` are places in `keys` and in the columns after them.

    `raw` numbers what the events said before policy: its data after policy, the rules that took something away, and its
    mark. Equal events of one batch are numbered from 0 in `copy`.
    """

    keys: Sequence[Key]
    key: Int64
    start_us: Int64
    duration_us: Int64
    copy: Int64
    raw: Int64
    data: Sequence[Data]
    rules: Sequence[tuple[str, ...]]
    mark: NDArray[np.uint64]
    dropped: Sequence[DroppedMark] = ()
    gaps: Sequence[GapMark] = ()
    doors: Sequence[str] = ()

    def __len__(self) -> int:
        return len(self.start_us)


NOTHING: Final = np.empty(0, np.int64)


def utc_day(start_us: int) -> int:
    """Return the day (UTC, `toordinal`) on which an event began; hot rows are filed by it."""
    return _EPOCH.toordinal() + start_us // DAY_US


def utc_days(start_us: Int64) -> Int64:
    """Return the same of many events."""
    return start_us // DAY_US + _EPOCH.toordinal()


_encode_head: Final = msgspec.msgpack.Encoder().encode
_decode_head: Final = msgspec.msgpack.Decoder(Head).decode
_decode_texts: Final = msgspec.msgpack.Decoder(HeadTexts).decode


def encode_head(head: Head, texts: HeadTexts) -> tuple[bytes, bytes | None]:
    """Return a head's private part and its texts, None if there are none."""
    said = any(texts.open.values()) or any(texts.closed)
    return _encode_head(head), _encode_head(texts) if said else None


def decode_head(private: bytes, texts: bytes | None) -> tuple[Head, HeadTexts]:
    """Return what `encode_head` was given. Raises SegmentBroken."""
    try:
        head = _decode_head(private)
        return head, HeadTexts(closed=[None] * len(head.closed)) if texts is None else _decode_texts(texts)
    except msgspec.MsgspecError as error:
        raise SegmentBroken(f"the head of the hot rows: {error}") from None


def encode_batch(batch: Batch, *, with_texts: bool = False) -> tuple[bytes, bytes | None]:
    """Return a batch's private part and its texts, None if there are none, unless they are to be there anyway."""
    different, row = _by_identity(batch.data)
    app, title, url, audible, status, category, rest = zip(*different, strict=True) if different else [()] * 7
    texts = {"title": pack_values(title, row), "url": pack_values(url, row), "rest": pack_values(rest, row)}
    sets, of_set = _by_identity(batch.rules)
    rules = list(dict.fromkeys(sets))
    number = {each: place for place, each in enumerate(rules)}
    private = freeze(
        {
            "version": _VERSION,
            "keys": list(batch.keys),
            "key": pack(batch.key),
            "start": pack_us(np.diff(batch.start_us, prepend=0)),
            "duration": pack_us(batch.duration_us),
            "copy": pack(batch.copy),
            "raw": pack(batch.raw),
            "app": pack_values(app, row),
            "audible": pack(np.array([-1 if each is None else int(each) for each in audible], np.int64)[row]),
            "status": pack_values(status, row),
            "category": pack_values(category, row),
            "rules": rules,
            "rule": pack(np.array([number[each] for each in sets], np.int64)[of_set]),
            "mark": batch.mark.astype("<u8").tobytes(),
            "dropped": list(batch.dropped),
            "gaps": list(batch.gaps),
            "doors": list(batch.doors),
        },
        fast=True,
    )
    return private, freeze(texts, fast=True) if with_texts or any(distinct for distinct, _ in texts.values()) else None


def _by_identity(objects: Sequence[T]) -> tuple[list[T], Int64]:
    """Return the objects once each, in their order, and the place of each among them: few stand for many events."""
    if isinstance(objects, Repeated):
        return objects.different, objects.place
    names = list(map(id, objects))
    once = dict(zip(names, objects, strict=True))
    place = dict(zip(once, itertools.count(), strict=False))
    return list(once.values()), np.fromiter(map(place.__getitem__, names), np.int64, len(names))


def decode_batch(private: bytes, texts: bytes | None) -> Batch:
    """Return what `encode_batch` was given. Raises SegmentBroken."""
    found = thaw(private)
    if found.get("version") != _VERSION:
        raise SegmentBroken("a hot row of another version")
    said = {} if texts is None else thaw(texts)
    mark = np.frombuffer(found["mark"], "<u8").astype(np.uint64)
    size = len(mark)

    def text(name: str, nothing: Any = None) -> list[Any]:
        return unpacked(said[name], nothing) if name in said else [nothing] * size

    columns = (
        unpacked(found["app"]),
        text("title"),
        text("url"),
        [None if each < 0 else bool(each) for each in unpack(found["audible"]).tolist()],
        unpacked(found["status"]),
        unpacked(found["category"], ""),
        text("rest", b""),
    )
    if any(len(each) != size for each in columns):
        raise SegmentBroken("parts of different hot rows")
    rules = [tuple(each) for each in found["rules"]]
    return Batch(
        [(host, kind, name) for host, kind, name in found["keys"]],
        unpack(found["key"]),
        np.cumsum(unpack_us(found["start"])),
        unpack_us(found["duration"]),
        unpack(found["copy"]),
        unpack(found["raw"]),
        [Data(*values) for values in zip(*columns, strict=True)],
        [rules[place] for place in unpack(found["rule"]).tolist()],
        mark,
        [DroppedMark(tuple(key), day, rule, mark) for key, day, rule, mark in found["dropped"]],
        [GapMark(*each) for each in found["gaps"]],
        found["doors"],
    )


def held_batch(
    buckets: Sequence[Bucket | None],
    events: Iterable[tuple[Held, Texts | None]],
    dropped: Sequence[DroppedMark] = (),
    doors: Sequence[str] = (),
) -> Batch:
    """Return events of a head as a batch; those that were dropped are left out, and so is a bucket that is gone."""
    kept = [each for each in events if not each[0].dropped]
    keys: dict[Key, int] = {}
    places, data, rules = [], [], []
    for held, texts in kept:
        bucket = buckets[held.bucket]
        if bucket is None:
            raise SegmentBroken("an event of a bucket that is gone")
        places.append(keys.setdefault(bucket.key, len(keys)))
        title, url, rest = texts or (None, None, b"")
        data.append(Data(held.app, title, url, held.audible, held.status, held.category, rest))
        rules.append(held.rules)
    held_only = [held for held, _ in kept]
    return Batch(
        list(keys),
        np.array(places, np.int64),
        np.array([each.start_us for each in held_only], np.int64),
        np.array([each.duration_us for each in held_only], np.int64),
        np.zeros(len(kept), np.int64),
        np.arange(len(kept)),
        data,
        rules,
        np.array([each.mark for each in held_only], np.uint64),
        dropped,
        (),
        doors,
    )
