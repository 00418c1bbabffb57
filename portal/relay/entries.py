"""What waits in the queue: events after policy, counts of dropped ones, and times in which nothing was captured."""

from typing import Any, Final

import msgspec

Part = tuple[int, int]
"""A stretch of time: start and length, in microseconds."""

QUEUE_FULL: Final = "queue full"
PAUSED: Final = "paused"
FORGOTTEN: Final = "forgotten"


class Entry(msgspec.Struct, array_like=True, frozen=True, tag="event"):
    """One event of a watcher, after policy; `policy` is the version that it passed.

    Of an event that is dropped only the rule, the local days and a keyed mark are left, no data and no times.
    `beat` holds raw times and the fingerprint of the raw data for as long as a heartbeat may still join the event;
    `outside` says of a dropped one that only its times forbid it, so that it may yet grow into what is kept.
    """

    bucket: int
    policy: int
    parts: list[Part] = []
    data: dict[str, Any] = {}
    category: str = ""
    rules: tuple[str, ...] = ()
    dropped: str = ""
    days: tuple[str, ...] = ()
    mark: int = 0
    beat: tuple[int, int, bytes] | None = None
    outside: bool = False

    def closed(self) -> "Entry":
        """Return the event as it is once no heartbeat may join it; of a dropped one nothing but what is counted."""
        if self.dropped:
            return Entry(self.bucket, self.policy, dropped=self.dropped, days=self.days, mark=self.mark)
        return msgspec.structs.replace(self, beat=None)


class Missed(msgspec.Struct, array_like=True, frozen=True, tag="missed"):
    """A time in which nothing was captured, and why."""

    start_us: int
    end_us: int
    reason: str


class BucketInfo(msgspec.Struct, array_like=True, frozen=True):
    """A bucket as its watcher made it."""

    id: str
    type: str
    hostname: str
    client: str
    created: str


Waiting = Entry | Missed

encode: Final = msgspec.msgpack.Encoder().encode
decode: Final = msgspec.msgpack.Decoder(Waiting).decode
decode_bucket: Final = msgspec.msgpack.Decoder(BucketInfo).decode


def without(parts: list[Part], blind: list[Part]) -> list[Part]:
    """Return the parts with some times cut out of them; blind times are (start, end), half-open.

    A part of no length stays unless it lies in a blind time; one of negative length goes with its start.
    """
    for first, end in blind:
        left: list[Part] = []
        for start, duration in parts:
            until = start + duration
            if start < first:
                left.append((start, min(until, first) - start if until > first else duration))
            if max(start, end) < until and until > end:
                left.append((max(start, end), until - max(start, end)))
            elif duration <= 0 and start >= end:
                left.append((start, duration))
        parts = left
    return parts
