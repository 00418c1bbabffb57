"""The desk: buckets and what watchers say, merged, judged and handed to the queue. Raw data go no further than this.

A watcher is never refused and hardly waits: its call is answered when the queue has committed, or after
`PATIENCE_SECONDS` if the disk is that slow. What cannot be stored is dropped and its time noted as not captured.

An event is *open* while a heartbeat may still join it, and only closed ones are uploaded, so that the portal gets each
event once and whole. It is closed by the next event of its bucket, by a pause or a new policy, or when its bucket has
been silent for `SILENCE_SECONDS` while the relay was there to hear it.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Protocol

from msgspec.structs import replace

from analytics import uploads
from analytics.heartbeats import Beat, merge
from analytics.own_times import NOTHING_PRIVATE, PRIVATE_APP, OwnTimes
from portal.relay.device_key import DeviceKey
from portal.relay.doors import DESK_RULES
from portal.relay.entries import FORGOTTEN, BucketInfo, Entry, Missed, Part, Waiting, without
from portal.relay.losses import Losses
from portal.relay.private_times import PrivateTimes
from portal.relay.queue import Change, Queue, Statement
from portal.relay.reserve import Reserve
from privacy.capture import Captured

PATIENCE_SECONDS: Final = 2.0
SILENCE_SECONDS: Final = 3600.0
_BLOCK: Final = 512
MOST_BUCKETS: Final = uploads.MOST_BUCKETS


class NoBucket(Exception):
    """No watcher has made a bucket of this name."""


class Door(Protocol):
    """What decides about events: the policy in force, or nothing yet."""

    @property
    def version(self) -> int: ...

    def judge(self, kind: str, data: Mapping[str, Any]) -> Captured:
        """Return what is left of an event of a type of bucket."""
        ...

    def parts(self, start_us: int, duration_us: int) -> tuple[list[Part], tuple[str, ...]]:
        """Return the times that are kept of an event, and the rules that took something away."""
        ...

    def days(self, start_us: int, duration_us: int) -> tuple[str, ...]:
        """Return the local days under which an event is counted if it is dropped."""
        ...


@dataclass(slots=True)
class _Open:
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
    open: _Open | None = None
    newest_us: int | None = None

    def reaches(self, parts: Sequence[Part]) -> None:
        """Take note of where the newest kept time ends."""
        for start, length in parts:
            self.newest_us = max(self.newest_us or start, start + length)


class Desk:
    """Everything that a relay knows, safe to use from several threads."""

    def __init__(
        self,
        queue: Queue,
        reserve: Reserve,
        key: DeviceKey,
        door: Door,
        clock: Callable[[], float] = time.time,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self.queue = queue
        self._key = key
        self.door = door
        self._clock = clock
        self._ticks = ticks
        self._lock = threading.RLock()
        self._losses = Losses(reserve)
        self._closing: list[int] = []  # numbers of events that the next change closes
        self.private = PrivateTimes.read(queue.note("private"))
        self.told = NOTHING_PRIVATE
        self.buckets = {info.id: Bucket(number, info) for number, info in queue.buckets().items()}
        self._by_number = {each.number: each for each in self.buckets.values()}
        self._next_bucket = 1 + max(self._by_number, default=0)
        for number, entry in queue.open_entries():
            self._reopen(number, entry)

    def _reopen(self, number: int, entry: Waiting) -> None:
        if isinstance(entry, Entry) and entry.beat is not None and entry.bucket in self._by_number:
            self._by_number[entry.bucket].open = _Open(number, Beat(*entry.beat), entry, self._ticks())

    def now_us(self) -> int:
        return int(self._clock() * 1_000_000)

    # What watchers say

    def create(self, info: BucketInfo) -> bool:
        """Make a bucket; False if it is there. Beyond `MOST_BUCKETS` none is kept, and its watcher is not told."""
        with self._lock:
            if info.id in self.buckets:
                return False
            if len(self.buckets) >= MOST_BUCKETS:
                return True
            bucket = Bucket(self._next_bucket, info)
            self._next_bucket += 1
            self.buckets[info.id] = self._by_number[bucket.number] = bucket
            change = self.queue.submit([self.queue.put_bucket(bucket.number, info)])
        change.wait(PATIENCE_SECONDS)
        return True

    def heartbeat(self, bucket_id: str, heartbeat: Beat, pulse_us: int) -> tuple[int, Beat]:
        """Merge a heartbeat and keep what the policy leaves; returns the event's number and raw times."""
        data: Mapping[str, Any] = heartbeat.data
        beat = heartbeat._replace(data=self._key.fingerprint(data))
        with self._lock:
            bucket = self._bucket(bucket_id)
            if bucket.open is not None and self._losses.is_cut_off(bucket.open.number):
                bucket.open = None
            last, statements = bucket.open, list[Statement]()
            merged = merge(last.beat, beat, pulse_us) if last else None
            if last is not None and merged is not None:
                last.heard = self._ticks()
                if merged == last.beat:
                    return last.number, merged
                number, known, entry = last.number, last.entry.parts, self._longer(last.entry, merged)
            else:
                merged = beat
                statements += self._close(bucket)
                number, known, entry = self._next_number(), [], self._judged(bucket, beat, data)
            change = None
            if entry is not None:
                bucket.open = _Open(number, merged, entry, self._ticks())
                bucket.reaches(entry.parts)
                statements.append(self.queue.put(number, None, entry))
                new = without(entry.parts, [(start, start + length) for start, length in known])
                change = self._submit(statements, new, number)
            elif statements:  # the new event is private: as if nobody had said anything
                change = self._submit(statements, ())
        if change is not None:
            change.wait(PATIENCE_SECONDS)
        return number, merged

    def insert(self, bucket_id: str, events: Sequence[Beat]) -> int:
        """Keep whole events; returns how many could be stored, dropped ones among them."""
        with self._lock:
            bucket = self._bucket(bucket_id)
            entries, statements = [], []
            for each in events:
                entry = self._judged(bucket, each._replace(data=self._key.fingerprint(each.data)), each.data)
                if entry is not None:
                    entries.append(entry)
                    statements.append(self.queue.put(self._next_number(), self._next_closed(), entry.closed()))
            parts = [part for entry in entries for part in entry.parts]
            bucket.reaches(parts)
            change = self._submit(statements, parts) if entries else None
        return len(events) if change is None or change.wait(30) else 0

    def _bucket(self, bucket_id: str) -> Bucket:
        found = self.buckets.get(bucket_id)
        if found is None:
            raise NoBucket(bucket_id)
        return found

    def _judged(self, bucket: Bucket, beat: Beat, data: Mapping[str, Any]) -> Entry | None:
        """Return an event as the policy leaves it, None if it lies in private time."""
        found = self.door.judge(bucket.info.type, data)
        rule = found.rules[0] if found.data is None else self._private_app(bucket, data)
        if found.data is None or rule is not None:
            blind = self.private.at(beat.start_us) or self.told.is_private(beat.start_us)
            return None if blind else self._dropped(bucket, beat, rule or PRIVATE_APP)
        entry = Entry(
            bucket.number,
            self.door.version,
            data=found.data,
            category=found.category,
            rules=found.rules,
            mark=self._key.mark(bucket.info.id, beat.start_us, beat.data),
            beat=tuple(beat),
        )
        return self._timed(entry, beat)

    def _private_app(self, bucket: Bucket, data: Mapping[str, Any]) -> str | None:
        """Return the rule by which an event goes if its person keeps the application private."""
        app = data.get("app")
        named = app if isinstance(app, str) else None
        return PRIVATE_APP if self.told.is_of_private_app(bucket.info.type, bucket.info.id, named) else None

    def _longer(self, entry: Entry, beat: Beat) -> Entry | None:
        """Return an entry whose event has grown; what was decided about its data stays."""
        if entry.dropped and not entry.outside:
            return replace(entry, days=self.door.days(beat.start_us, beat.duration_us), beat=tuple(beat))
        return self._timed(replace(entry, dropped="", outside=False, beat=tuple(beat)), beat)

    def _timed(self, entry: Entry, beat: Beat) -> Entry | None:
        parts, rules = self.door.parts(beat.start_us, beat.duration_us)
        if not parts:
            days = self.door.days(beat.start_us, beat.duration_us)
            return replace(entry, parts=[], dropped=rules[0], days=days, outside=True)
        seen = without(parts, [*self.private.blind(), *self.told.blind()])
        return replace(entry, parts=seen, rules=tuple(sorted({*entry.rules, *rules}))) if seen else None

    def _dropped(self, bucket: Bucket, beat: Beat, rule: str) -> Entry:
        days = self.door.days(beat.start_us, beat.duration_us)
        mark = self._key.mark(bucket.info.id, beat.start_us, beat.data)
        return Entry(bucket.number, self.door.version, dropped=rule, days=days, mark=mark, beat=tuple(beat))

    def _close(self, bucket: Bucket) -> list[Statement]:
        """Let no heartbeat join the bucket's last event any more."""
        last, bucket.open = bucket.open, None
        if last is None:
            return []
        if self._losses.is_cut_off(last.number):
            return []
        self._closing.append(last.number)
        return [self.queue.put(last.number, self._next_closed(), last.entry.closed())]

    def close_silent(self) -> None:
        """Close the last event of every bucket that has said nothing for long."""
        before = self._ticks() - SILENCE_SECONDS
        with self._lock:
            self._close_where(lambda last: last.heard < before)

    def _close_where(self, chosen: Callable[[_Open], bool]) -> Change | None:
        found = [each for each in self.buckets.values() if each.open is not None and chosen(each.open)]
        statements = [statement for each in found for statement in self._close(each)]
        return self._submit(statements, ()) if statements or self.is_full else None

    def _next_number(self) -> int:
        self.queue.next_number += 1
        return self.queue.next_number - 1

    def _next_closed(self) -> int:
        self.queue.next_closed += 1
        return self.queue.next_closed - 1

    # What cannot be stored

    def _submit(self, statements: Sequence[Statement], parts: Sequence[Part], *growing: int) -> Change:
        """Hand over statements with what an earlier loss left to do; if they do not fit, take down what is lost."""
        gap, unclosed = self._losses.take()
        closing, self._closing = [*self._closing, *unclosed], []
        repeated = [
            ("UPDATE entry SET closed = ? WHERE number = ? AND closed IS NULL", (self._next_closed(), number))
            for number in unclosed
        ]
        noted = self._gap(gap) if gap is not None else []

        def ended(stored: bool) -> None:  # in the queue's own thread, which must not wait for this desk
            if stored:
                self._losses.stored(gap)
            else:
                self._losses.lost(gap, parts, growing, closing)

        return self.queue.submit([*repeated, *noted, *statements], ended)

    def _gap(self, gap: Missed) -> list[Statement]:
        """Return the statements that note a gap, where the policy keeps times at all."""
        parts, _ = self.door.parts(gap.start_us, gap.end_us - gap.start_us)
        return [
            self.queue.put(self._next_number(), self._next_closed(), Missed(start, start + length, gap.reason))
            for start, length in parts
        ]

    @property
    def is_full(self) -> bool:
        """Whether the newest is being dropped, because the queue or the disk is full."""
        return self._losses.is_any

    # What the person and the portal decide

    def begin(self, door: Door) -> None:
        """Judge by the policy of before the relay was restarted: heartbeats may join what was open then."""
        with self._lock:
            self.door = door  # first, for it says which times of a gap from before may be noted
            self._close_where(lambda last: last.entry.policy != door.version or last.entry.dropped in DESK_RULES)

    def use(self, door: Door) -> None:
        """Judge by another policy from now on."""
        with self._lock:
            change = self._close_where(lambda _: True)
            self.door = door
        if change is not None:
            change.wait(PATIENCE_SECONDS)

    def pause(self, seconds: float) -> int:
        """Capture nothing for so long; returns until when, in microseconds."""
        with self._lock:
            self._close_where(lambda _: True)
            self.private = self.private.paused(self.now_us(), int(seconds * 1_000_000))
            change, until = self._remember(()), self.private.pause_end_us or 0
        change.wait(PATIENCE_SECONDS)
        return until

    def resume(self) -> bool:
        """End a pause; False if there is none. A pause that has run out is noted here, too."""
        with self._lock:
            ended, self.private = self.private.resumed(self.now_us())
            if ended is None:
                return False
            change = self._remember(self._gap(ended))
        change.wait(PATIENCE_SECONDS)
        return True

    def end_pause_if_over(self) -> None:
        with self._lock:
            if self.private.is_over(self.now_us()):
                self.resume()

    def forget(self, start_us: int, end_us: int) -> int:
        """Take a time out of everything that waits, and out of what may still come; returns how many entries lost."""
        with self._lock:
            self._close_where(lambda _: True)
            self.private = self.private.forgotten(start_us, end_us)
            change = self._remember(self._gap(Missed(start_us, end_us, FORGOTTEN)))
        change.wait()
        changed = self._rewrite(lambda number, entry: self._cut(number, entry, start_us, end_us))
        self.queue.shrink()
        return changed

    def keep_private(self, told: OwnTimes) -> None:
        """Keep nothing of what is private at the portal, waiting or coming. No gap is noted: it knows."""
        with self._lock:
            if told == self.told:
                return
            known, self.told = self.told.blind(), told
            change = self._close_where(lambda _: True)
        if change is not None:
            change.wait(PATIENCE_SECONDS)
        for start_us, end_us in (span for span in told.blind() if span not in known):
            self._rewrite(partial(self._cut, start_us=start_us, end_us=end_us))

    def _cut(self, number: int, entry: Waiting, start_us: int, end_us: int) -> Statement | None:
        if not isinstance(entry, Entry) or not entry.parts:
            return None
        left = without(entry.parts, [(start_us, end_us)])
        if left == entry.parts:
            return None
        return self.queue.change(number, replace(entry, parts=left)) if left else self.queue.drop(number)

    def _rewrite(self, change_of: Callable[[int, Waiting], Statement | None]) -> int:
        """Change what waits, entry by entry, while watchers go on; returns how many entries were changed.

        A batch that is being sent is no longer what it was, so it is put together anew.
        """
        statements = [
            statement
            for number, _, entry in self.queue.entries()
            if (statement := change_of(number, entry)) is not None
        ]
        for first in range(0, len(statements), _BLOCK):
            self.queue.submit(statements[first : first + _BLOCK]).wait()
        self.queue.submit([("DELETE FROM note WHERE name = 'batch'", ())]).wait()
        return len(statements)

    def _remember(self, statements: Sequence[Statement]) -> Change:
        return self._submit([self.queue.put_note("private", self.private.encoded()), *statements], ())

    def delete(self, bucket_id: str) -> None:
        """Forget a bucket and everything of it that waits."""
        with self._lock:
            bucket = self._bucket(bucket_id)
            del self.buckets[bucket_id], self._by_number[bucket.number]
            self.queue.submit([("DELETE FROM bucket WHERE number = ?", (bucket.number,))])
        self._rewrite(lambda number, entry: self.queue.drop(number) if _is_of(entry, bucket) else None)

    def bucket_of(self, number: int) -> BucketInfo | None:
        found = self._by_number.get(number)
        return found.info if found else None


def _is_of(entry: Waiting, bucket: Bucket) -> bool:
    return isinstance(entry, Entry) and entry.bucket == bucket.number
