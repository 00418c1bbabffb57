"""Times of which the person wants nothing kept: a pause that runs, pauses that ended, and what they told us to forget.

They are remembered, so that an event which a watcher sends late, or an import that is run again, does not bring back
what was private.
"""

from typing import Final

import msgspec

from portal.relay.entries import PAUSED, Missed, Part

_MOST: Final = 2_000


class PrivateTimes(msgspec.Struct, array_like=True, frozen=True):
    """Closed times as (start, end), half-open, oldest first; the running pause by its borders, None without one."""

    past: tuple[tuple[int, int], ...] = ()
    pause_start_us: int | None = None
    pause_end_us: int | None = None

    @classmethod
    def read(cls, encoded: bytes | None) -> "PrivateTimes":
        return cls() if encoded is None else msgspec.msgpack.decode(encoded, type=cls)

    def encoded(self) -> bytes:
        return msgspec.msgpack.encode(self)

    def blind(self) -> list[Part]:
        """Return every private time as (start, end)."""
        if self.pause_start_us is None or self.pause_end_us is None:
            return list(self.past)
        return [*self.past, (self.pause_start_us, self.pause_end_us)]

    def at(self, moment_us: int) -> bool:
        """Say whether a moment is private."""
        return any(start <= moment_us < end for start, end in self.blind())

    def is_over(self, now_us: int) -> bool:
        """Say whether a pause has run out and waits to be noted."""
        return self.pause_end_us is not None and self.pause_end_us <= now_us

    def paused(self, now_us: int, length_us: int) -> "PrivateTimes":
        """Begin a pause, or let the one that runs end so long from now."""
        start = now_us if self.pause_start_us is None else self.pause_start_us
        return msgspec.structs.replace(self, pause_start_us=start, pause_end_us=now_us + length_us)

    def resumed(self, now_us: int) -> tuple[Missed | None, "PrivateTimes"]:
        """End the pause; returns the time in which nothing was captured, None if there was no pause."""
        if self.pause_start_us is None or self.pause_end_us is None:
            return None, self
        start, end = self.pause_start_us, max(self.pause_start_us, min(self.pause_end_us, now_us))
        return Missed(start, end, PAUSED), PrivateTimes((*self.past, (start, end))[-_MOST:])

    def forgotten(self, start_us: int, end_us: int) -> "PrivateTimes":
        return msgspec.structs.replace(self, past=(*self.past, (start_us, end_us))[-_MOST:])
