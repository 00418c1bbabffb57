"""What a reader hands on: the events of each bucket as columns, their data dictionary-encoded."""

import itertools
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, Final, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from analytics.events import duration_us
from analytics.imports.timestamps import microseconds

Progress = Callable[[int, int], None]
"""Told how many bytes of how many have been read."""

_LONGEST_SECONDS: Final = 1e12
"""Durations are clipped here before they become integers; all that long are refused by whoever takes the events."""


class RawEvent(Protocol):
    """An event as a file has it: an ISO 8601 text, seconds, and the JSON text of its data."""

    timestamp: str
    duration: float
    data: msgspec.Raw


class DataNotAnObject(ValueError):
    """An event's data is JSON, but no object."""


@dataclass(frozen=True, slots=True)
class ImportedBucket:
    """One bucket's events in the order of the file.

    `start_us` is in µs since 1970 UTC, floored to a millisecond; `data` are places in `distinct`, which holds each
    different JSON text of an event's data once.
    """

    id: str
    kind: str
    host: str
    start_us: NDArray[np.int64]
    duration_us: NDArray[np.int64]
    data: NDArray[np.int32]
    distinct: list[bytes]


@dataclass(frozen=True, slots=True)
class RefusedBucket:
    """A bucket that was refused as a whole: which, why, and where (event counted from 1, byte of the unpacked file)."""

    bucket: str
    reason: str
    event: int | None = None
    offset: int | None = None

    def __str__(self) -> str:
        place = "" if self.event is None else f", event {self.event}"
        place += "" if self.offset is None else f" (byte {self.offset})"
        return f"bucket {self.bucket!r}{place}: {self.reason}"


@dataclass(frozen=True, slots=True)
class RefusedRows:
    """Rows of a table that were refused for one reason: how many, and on which lines the first of them begin."""

    reason: str
    count: int
    lines: tuple[int, ...]

    def __str__(self) -> str:
        more = ", …" if self.count > len(self.lines) else ""
        where = f"{'line' if self.count == 1 else 'lines'} {', '.join(map(str, self.lines))}{more}"
        return f"{self.count:,} {'row' if self.count == 1 else 'rows'} ({where}): {self.reason}"


@dataclass(frozen=True, slots=True)
class Export:
    """A file that was read to its end. `notes` are sentences about what the reader had to decide."""

    buckets: list[ImportedBucket] = field(default_factory=list)
    refused: list[RefusedBucket] = field(default_factory=list)
    refused_rows: list[RefusedRows] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


_decode_objects: Final = msgspec.json.Decoder(list[dict[str, Any]]).decode
_timestamp, _duration, _data = map(attrgetter, ("timestamp", "duration", "data"))


class Columns:
    """Collects a bucket's events, a block at a time. A block is taken whole or not at all.

    `on_new` is told the data texts that come for the first time.
    """

    on_new: Callable[[list[bytes]], None] | None = None

    def __init__(self) -> None:
        self._blocks: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int32]]] = []
        self._numbers = defaultdict[bytes, int]()
        self.count = 0

    def add(self, events: Sequence[RawEvent]) -> None:
        """Take one block. Raises BadTimestamp, DataNotAnObject, DecodeError."""
        start = microseconds(list(map(_timestamp, events)))
        seconds = np.fromiter(map(_duration, events), dtype=np.float64, count=len(events))
        known = len(self._numbers)
        self._numbers.default_factory = itertools.count(known).__next__
        data = np.fromiter(map(self._numbers.__getitem__, map(bytes, map(_data, events))), np.int32, len(events))
        new = self._checked_after(known)
        self._blocks.append((start, duration_us(seconds.clip(-_LONGEST_SECONDS, _LONGEST_SECONDS)), data))
        self.count += len(events)
        if self.on_new is not None and new:
            self.on_new(new)

    def bucket(self, bucket_id: str, kind: str, host: str) -> ImportedBucket:
        """Return what was collected."""
        empty = (np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.int32))
        start, duration, data = (np.concatenate(parts) for parts in zip(*self._blocks, empty, strict=True))
        return ImportedBucket(bucket_id, kind, host, start, duration, data, list(self._numbers))

    def _checked_after(self, known: int) -> list[bytes]:
        """Return the new data texts. If not all are objects, forget them and raise DataNotAnObject or DecodeError."""
        new = list(itertools.islice(reversed(self._numbers), len(self._numbers) - known))[::-1]
        try:
            _check(new)
        except Exception:
            for each in new:
                del self._numbers[each]
            raise
        return new


def _check(texts: Sequence[bytes]) -> None:
    """Raise DataNotAnObject or DecodeError for data texts that are not all objects."""
    try:
        _decode_objects(b"[" + b",".join(texts) + b"]")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        for each in texts:  # one by one, which finds what is wrong, if anything is
            if not isinstance(msgspec.json.decode(each), dict):
                raise DataNotAnObject from None
