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
from typing import Any, Final

from analytics import uploads
from analytics.heartbeats import Beat, merge
from analytics.own_times import OwnTimes
from portal.relay import rewriting
from portal.relay.buckets import Bucket, Buckets, Open
from portal.relay.device_key import DeviceKey
from portal.relay.doors import DESK_RULES
from portal.relay.entries import FORGOTTEN, BucketInfo, Missed, without
from portal.relay.judging import Door, Judging
from portal.relay.private_times import PrivateTimes
from portal.relay.queue import Change, Queue, Statement
from portal.relay.reserve import Reserve
from portal.relay.storing import Storing

PATIENCE_SECONDS: Final = 2.0
SILENCE_SECONDS: Final = 3600.0
MOST_BUCKETS: Final = uploads.MOST_BUCKETS


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
        self._clock = clock
        self._ticks = ticks
        self._lock = threading.RLock()
        self._judging = Judging(key, door, PrivateTimes.read(queue.note("private")))
        self._storing = Storing(queue, reserve, self._judging)
        self._buckets = Buckets(queue.buckets())
        self._buckets.reopen(queue.open_entries(), ticks())

    @property
    def buckets(self) -> Mapping[str, Bucket]:
        """The buckets by their names."""
        return self._buckets.by_id

    @property
    def door(self) -> Door:
        """What decides about events at the moment."""
        return self._judging.door

    @property
    def private(self) -> PrivateTimes:
        """What its person paused or forgot at this desk."""
        return self._judging.private

    @property
    def is_full(self) -> bool:
        """Whether the newest is being dropped, because the queue or the disk is full."""
        return self._storing.is_full

    def now_us(self) -> int:
        return int(self._clock() * 1_000_000)

    def bucket_of(self, number: int) -> BucketInfo | None:
        """Return what the bucket of an entry is, None if it was deleted."""
        return self._buckets.info_of(number)

    # What watchers say

    def create(self, info: BucketInfo) -> bool:
        """Make a bucket; False if it is there. Beyond `MOST_BUCKETS` none is kept, and its watcher is not told."""
        with self._lock:
            if info.id in self.buckets:
                return False
            if len(self.buckets) >= MOST_BUCKETS:
                return True
            bucket = self._buckets.make(info)
            change = self.queue.submit([self.queue.put_bucket(bucket.number, info)])
        change.wait(PATIENCE_SECONDS)
        return True

    def heartbeat(self, bucket_id: str, heartbeat: Beat, pulse_us: int) -> tuple[int, Beat]:
        """Merge a heartbeat and keep what the policy leaves; returns the event's number and raw times."""
        data: Mapping[str, Any] = heartbeat.data
        beat = self._judging.fingerprinted(heartbeat)
        with self._lock:
            bucket = self._buckets.named(bucket_id)
            self._storing.cut_off(bucket)
            last, statements = bucket.open, list[Statement]()
            merged = merge(last.beat, beat, pulse_us) if last else None
            if last is not None and merged is not None:
                last.heard = self._ticks()
                if merged == last.beat:
                    return last.number, merged
                number, known, entry = last.number, last.entry.parts, self._judging.longer(last.entry, merged)
            else:
                merged = beat
                statements += self._storing.close(bucket)
                number, known, entry = self._storing.next_number(), [], self._judging.judged(bucket, beat, data)
            change = None
            if entry is not None:
                bucket.open = Open(number, merged, entry, self._ticks())
                bucket.reaches(entry.parts)
                statements.append(self.queue.put(number, None, entry))
                new = without(entry.parts, [(start, start + length) for start, length in known])
                change = self._storing.submit(statements, new, number)
            elif statements:  # the new event is private: as if nobody had said anything
                change = self._storing.submit(statements, ())
        if change is not None:
            change.wait(PATIENCE_SECONDS)
        return number, merged

    def insert(self, bucket_id: str, events: Sequence[Beat]) -> int:
        """Keep whole events; returns how many could be stored, dropped ones among them."""
        with self._lock:
            bucket, storing = self._buckets.named(bucket_id), self._storing
            entries, statements = [], []
            for each in events:
                entry = self._judging.judged(bucket, self._judging.fingerprinted(each), each.data)
                if entry is not None:
                    entries.append(entry)
                    statements.append(self.queue.put(storing.next_number(), storing.next_closed(), entry.closed()))
            parts = [part for entry in entries for part in entry.parts]
            bucket.reaches(parts)
            change = storing.submit(statements, parts) if entries else None
        return len(events) if change is None or change.wait(30) else 0

    def delete(self, bucket_id: str) -> None:
        """Forget a bucket and everything of it that waits."""
        with self._lock:
            bucket = self._buckets.remove(bucket_id)
            self.queue.submit([("DELETE FROM bucket WHERE number = ?", (bucket.number,))])
        rewriting.drop_bucket(self.queue, bucket.number)

    def close_silent(self) -> None:
        """Close the last event of every bucket that has said nothing for long."""
        before = self._ticks() - SILENCE_SECONDS
        with self._lock:
            self._close_where(lambda last: last.heard < before)

    def _close_where(self, chosen: Callable[[Open], bool]) -> Change | None:
        found = [each for each in self.buckets.values() if each.open is not None and chosen(each.open)]
        statements = [statement for each in found for statement in self._storing.close(each)]
        return self._storing.submit(statements, ()) if statements or self.is_full else None

    # What the person and the portal decide

    def begin(self, door: Door) -> None:
        """Judge by the policy of before the relay was restarted: heartbeats may join what was open then."""
        with self._lock:
            self._judging.door = door  # first, for it says which times of a gap from before may be noted
            self._close_where(lambda last: last.entry.policy != door.version or last.entry.dropped in DESK_RULES)

    def use(self, door: Door) -> None:
        """Judge by another policy from now on."""
        with self._lock:
            change = self._close_where(lambda _: True)
            self._judging.door = door
        if change is not None:
            change.wait(PATIENCE_SECONDS)

    def pause(self, seconds: float) -> int:
        """Capture nothing for so long; returns until when, in microseconds."""
        with self._lock:
            self._close_where(lambda _: True)
            self._judging.private = self.private.paused(self.now_us(), int(seconds * 1_000_000))
            change, until = self._remember(()), self.private.pause_end_us or 0
        change.wait(PATIENCE_SECONDS)
        return until

    def resume(self) -> bool:
        """End a pause; False if there is none. A pause that has run out is noted here, too."""
        with self._lock:
            ended, self._judging.private = self.private.resumed(self.now_us())
            if ended is None:
                return False
            change = self._remember(self._storing.noted(ended))
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
            self._judging.private = self.private.forgotten(start_us, end_us)
            change = self._remember(self._storing.noted(Missed(start_us, end_us, FORGOTTEN)))
        change.wait()
        changed = rewriting.cut(self.queue, start_us, end_us)
        self.queue.shrink()
        return changed

    def keep_private(self, told: OwnTimes) -> None:
        """Keep nothing of what is private at the portal, waiting or coming. No gap is noted: it knows."""
        with self._lock:
            if told == self._judging.told:
                return
            known, self._judging.told = self._judging.told.blind(), told
            change = self._close_where(lambda _: True)
        if change is not None:
            change.wait(PATIENCE_SECONDS)
        for start_us, end_us in (span for span in told.blind() if span not in known):
            rewriting.cut(self.queue, start_us, end_us)

    def _remember(self, statements: Sequence[Statement]) -> Change:
        return self._storing.submit([self.queue.put_note("private", self.private.encoded()), *statements], ())
