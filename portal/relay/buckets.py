"""The buckets of a desk, and the last event of each for as long as a heartbeat may join it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from analytics.heartbeats import Beat
from portal.relay.entries import BucketInfo, Entry, Part, Waiting


class NoBucket(Exception):
    """No watcher has made a bucket of this name."""


@dataclass(slots=True)
class Open:
    """The last event of a bucket, its judgement, and when it was last heard of."""

    number: int
    beat: Beat
    entry: Entry
    heard: float


@dataclass(slots=True)
class Bucket:
    """A bucket of this desk."""

    number: int
    info: BucketInfo
    open: Open | None = None
    newest_us: int | None = None

    def reaches(self, parts: Sequence[Part]) -> None:
        """Take note of where the newest kept time ends."""
        for start, length in parts:
            self.newest_us = max(self.newest_us or start, start + length)


class Buckets:
    """All buckets of a desk, by the name that watchers use and by the number that entries hold."""

    def __init__(self, known: dict[int, BucketInfo]) -> None:
        self.by_id = {info.id: Bucket(number, info) for number, info in known.items()}
        self._by_number = {each.number: each for each in self.by_id.values()}
        self._next = 1 + max(self._by_number, default=0)

    def reopen(self, entries: Iterable[tuple[int, Waiting]], now: float) -> None:
        """Take up the events that heartbeats could join when the relay ended; `now` is in seconds of its ticks."""
        for number, entry in entries:
            if isinstance(entry, Entry) and entry.beat is not None and entry.bucket in self._by_number:
                self._by_number[entry.bucket].open = Open(number, Beat(*entry.beat), entry, now)

    def make(self, info: BucketInfo) -> Bucket:
        bucket = Bucket(self._next, info)
        self._next += 1
        self.by_id[info.id] = self._by_number[bucket.number] = bucket
        return bucket

    def remove(self, name: str) -> Bucket:
        """Take a bucket off the list; raises NoBucket."""
        bucket = self.named(name)
        del self.by_id[name], self._by_number[bucket.number]
        return bucket

    def named(self, name: str) -> Bucket:
        """Return a bucket by its name; raises NoBucket."""
        found = self.by_id.get(name)
        if found is None:
            raise NoBucket(name)
        return found

    def info_of(self, number: int) -> BucketInfo | None:
        """Return what the bucket of an entry is, None if it was deleted."""
        found = self._by_number.get(number)
        return found.info if found else None
