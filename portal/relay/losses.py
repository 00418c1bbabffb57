"""What the queue could not take: the time that is then not captured, and the events that must not be gone on with.

Told by the queue's own thread, read by the desk; the gap is also taken down in the reserve, so that it outlives a kill.
"""

import threading
from collections.abc import Sequence

from portal.relay.entries import QUEUE_FULL, Missed, Part
from portal.relay.reserve import Reserve


class Losses:
    """One gap that grows until it can be stored, and the numbers of events whose last change did not fit."""

    def __init__(self, reserve: Reserve) -> None:
        self._reserve = reserve
        self._lock = threading.Lock()
        self._gap = reserve.gap()
        self._cut_off = set[int]()
        self._unclosed = set[int]()

    @property
    def is_any(self) -> bool:
        """Whether there is a gap that waits to be stored."""
        return self._gap is not None

    def take(self) -> tuple[Missed | None, list[int]]:
        """Return the gap and the events that are to be closed, for the next change to bring along."""
        with self._lock:
            gap, self._gap = self._gap, None
            unclosed, self._unclosed = sorted(self._unclosed), set()
            return gap, unclosed

    def stored(self, gap: Missed | None) -> None:
        """What `take` gave is stored."""
        if gap is not None:
            with self._lock:
                if self._gap is None:
                    self._reserve.clear()

    def lost(self, gap: Missed | None, parts: Sequence[Part], growing: Sequence[int], closing: Sequence[int]) -> None:
        """A change did not fit: its times, the events that it let grow, those that it closed, and what it brought."""
        with self._lock:
            self._cut_off.update(growing)
            self._unclosed.update(growing, closing)
            spans = [(start, start + max(length, 0)) for start, length in parts]
            spans += [(each.start_us, each.end_us) for each in (gap, self._gap) if each is not None]
            if spans:
                self._gap = Missed(min(s for s, _ in spans), max(e for _, e in spans), QUEUE_FULL)
                self._reserve.keep(self._gap)

    def is_cut_off(self, number: int) -> bool:
        """Say, once, whether an event must not grow any more: what was stored of it before stays as it is."""
        if number not in self._cut_off:
            return False
        self._cut_off.discard(number)
        return True
