"""Handing changes of a desk to its queue, and what is left to do of those that found no room there.

An event is *open* while its row has no place among the closed ones. What cannot be stored is lost, but not its time: it
is noted as not captured with the next change that fits, and an event whose last change did not fit ends where it was.
"""

from collections.abc import Sequence

from portal.relay.buckets import Bucket
from portal.relay.entries import Missed, Part
from portal.relay.judging import Judging
from portal.relay.losses import Losses
from portal.relay.queue import Change, Queue, Statement
from portal.relay.reserve import Reserve


class Storing:
    """Gives entries their numbers and their places, and takes care of losses. The desk's lock is held around it."""

    def __init__(self, queue: Queue, reserve: Reserve, judging: Judging) -> None:
        self._queue = queue
        self._judging = judging
        self._losses = Losses(reserve)
        self._closing: list[int] = []  # numbers of events that the next change closes

    @property
    def is_full(self) -> bool:
        """Whether the newest is being dropped, because the queue or the disk is full."""
        return self._losses.is_any

    def next_number(self) -> int:
        self._queue.next_number += 1
        return self._queue.next_number - 1

    def next_closed(self) -> int:
        self._queue.next_closed += 1
        return self._queue.next_closed - 1

    def cut_off(self, bucket: Bucket) -> None:
        """Let a bucket's last event not grow any more if its last change found no room."""
        if bucket.open is not None and self._losses.is_cut_off(bucket.open.number):
            bucket.open = None

    def close(self, bucket: Bucket) -> list[Statement]:
        """Let no heartbeat join the bucket's last event any more."""
        last, bucket.open = bucket.open, None
        if last is None:
            return []
        if self._losses.is_cut_off(last.number):
            return []
        self._closing.append(last.number)
        return [self._queue.put(last.number, self.next_closed(), last.entry.closed())]

    def submit(self, statements: Sequence[Statement], parts: Sequence[Part], *growing: int) -> Change:
        """Hand over statements with what an earlier loss left to do; if they do not fit, take down what is lost.

        `parts` are the times that they bring, `growing` the numbers of events that they let grow.
        """
        gap, unclosed = self._losses.take()
        closing, self._closing = [*self._closing, *unclosed], []
        repeated = [
            ("UPDATE entry SET closed = ? WHERE number = ? AND closed IS NULL", (self.next_closed(), number))
            for number in unclosed
        ]
        noted = self.noted(gap) if gap is not None else []

        def ended(stored: bool) -> None:  # in the queue's own thread, which must not wait for this desk
            if stored:
                self._losses.stored(gap)
            else:
                self._losses.lost(gap, parts, growing, closing)

        return self._queue.submit([*repeated, *noted, *statements], ended)

    def noted(self, gap: Missed) -> list[Statement]:
        """Return the statements that note a gap, where the policy keeps times at all."""
        parts, _ = self._judging.door.parts(gap.start_us, gap.end_us - gap.start_us)
        return [
            self._queue.put(self.next_number(), self.next_closed(), Missed(start, start + length, gap.reason))
            for start, length in parts
        ]
