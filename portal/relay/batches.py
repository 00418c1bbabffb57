"""What is sent: the next batch out of the queue, and its body in one of a few sizes.

A batch keeps its number until the portal has answered, over restarts, too. Its size says nothing: packed, it is filled
up to a multiple of `STEP` bytes, an empty one as well.
"""

import secrets
import struct
from dataclasses import dataclass, field
from typing import Final

import msgspec

from analytics import uploads
from analytics.uploads import Dropped, Event, Gap, Upload
from portal.relay.desk import Desk
from portal.relay.doors import PolicyDoor
from portal.relay.entries import BucketInfo, Entry, Waiting
from portal.relay.queue import Statement
from privacy.policy_parts import AWAY

STEP: Final = 4096
MOST_EVENTS: Final = 4_000
_MOST_BYTES: Final = 768 * 1024
_MOST_GAPS: Final = 1_000
_NOTE: Final = "batch"
_SKIPPED: Final = struct.Struct("<II")
_SKIPPABLE: Final = 0x184D2A50


class _Begun(msgspec.Struct, array_like=True):
    """A batch that is being sent: its number and the place of its last entry."""

    id: str
    last: int


@dataclass(slots=True)
class Held:
    """What stays on the desk while the rest is sent: numbers of buckets, and places of single entries."""

    buckets: set[int] = field(default_factory=set)
    places: set[int] = field(default_factory=set)

    def has(self, place: int, entry: Waiting) -> bool:
        return place in self.places or (isinstance(entry, Entry) and entry.bucket in self.buckets)


@dataclass(slots=True)
class Batch:
    """An upload, how many entries it has, and their places: stretches from a first to a last one, in order."""

    upload: Upload
    entries: int = 0
    places: list[tuple[int, int]] = field(default_factory=list)

    @property
    def last(self) -> int:
        return self.places[-1][1] if self.places else 0


def next_batch(
    desk: Desk, door: PolicyDoor, most: int = MOST_EVENTS, held: Held | None = None, *, remember: bool = True
) -> Batch:
    """Return what is sent next, remembered until `settled`; an empty batch if nothing waits but what is held back."""
    held = held or Held()
    begun = _begun(desk) if most == MOST_EVENTS else None
    upload = Upload(begun.id if begun else secrets.token_hex(16), door.version)
    places: dict[int, int] = {}
    for bucket in list(desk.buckets.values()):
        # Without a word of it all time would count as active.
        if bucket.info.type == AWAY and bucket.number not in held.buckets:
            _place(upload, places, bucket.number, bucket.info)
    batch = Batch(upload)
    size, after = 0, 0
    for closed, entry in desk.queue.closed_entries():
        if (begun and closed > begun.last) or (not begun and (batch.entries >= most or size > _MOST_BYTES)):
            break
        if held.has(closed, entry):
            after = 0
            continue
        if isinstance(entry, Entry):
            size += _add(upload, desk, door, entry, places)
        elif len(upload.not_captured) < _MOST_GAPS:
            upload.not_captured.append(Gap(entry.start_us, entry.end_us, entry.reason))
        else:
            break
        batch.entries += 1
        if after:
            batch.places[-1] = (after, closed)
        else:
            batch.places.append((closed, closed))
        after = batch.places[-1][0]
    if begun and not batch.entries:  # what it held was forgotten
        desk.queue.submit([put_anew()]).wait()
        return next_batch(desk, door, most, held, remember=remember)
    if begun is None and batch.entries and remember:
        note = desk.queue.put_note(_NOTE, msgspec.msgpack.encode(_Begun(upload.batch, batch.last)))
        desk.queue.submit([note]).wait()
    return batch


def settled(batch: Batch) -> list[Statement]:
    """Return the statements that take an acknowledged batch out of the queue."""
    gone: list[Statement] = [("DELETE FROM entry WHERE closed BETWEEN ? AND ?", each) for each in batch.places]
    return [*gone, put_anew()]


def put_anew() -> Statement:
    """Return the statement that gives up a batch which is being sent: the next one has another number."""
    return "DELETE FROM note WHERE name = ?", (_NOTE,)


def waits(desk: Desk, held: Held) -> bool:
    """Say whether anything waits that is not held back."""
    return any(not held.has(closed, entry) for closed, entry in desk.queue.closed_entries())


def padded(upload: Upload) -> bytes:
    """Pack an upload so that its size is a multiple of `STEP`: behind it stands a frame that readers skip.

    RFC 8878 §3.1.2: a skippable frame has a magic number, its length, and anything. A filling within the packed text
    would have to be tried again and again, since nobody knows beforehand how small a text packs.
    """
    packed = uploads.pack(uploads.encode(upload))
    filling = -(len(packed) + _SKIPPED.size) % STEP
    return packed + _SKIPPED.pack(_SKIPPABLE, filling) + bytes(filling)


def _place(upload: Upload, places: dict[int, int], number: int, info: BucketInfo) -> int:
    if number not in places:
        places[number] = len(upload.buckets)
        upload.buckets.append(uploads.BucketInfo(info.id, info.type, info.hostname, info.client))
    return places[number]


def _begun(desk: Desk) -> _Begun | None:
    kept = desk.queue.note(_NOTE)
    return None if kept is None else msgspec.msgpack.decode(kept, type=_Begun)


def _add(upload: Upload, desk: Desk, door: PolicyDoor, entry: Entry, places: dict[int, int]) -> int:
    """Add an entry; returns about how many bytes it takes."""
    info = desk.bucket_of(entry.bucket)
    if info is None:
        return 0
    place, entry = _place(upload, places, entry.bucket, info), door.again(info.type, entry)
    if entry.dropped:
        upload.dropped += [Dropped(place, day, entry.dropped, entry.mark) for day in entry.days]
        return 100
    rules = list(entry.rules)
    upload.events += [Event(place, start, length, entry.data, entry.category, rules) for start, length in entry.parts]
    return len(msgspec.json.encode(entry.data)) + 150 * len(entry.parts)
