"""Heartbeats: how a watcher's "still the same" becomes one event. Pure, and free of numpy: it runs for every heartbeat.

The rule is ActivityWatch's own (`aw_transform/heartbeats.py` of aw-core 0.5.18). A heartbeat is merged into the last
event of its bucket iff their data are equal, as the watcher sent them, and it begins neither before that event nor
later than `pulsetime` behind its end, both ends included; an event of negative length takes none. Anything else, a
heartbeat out of order too, is an event of its own, and the last one from then on.
"""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

LONGEST_PULSE_SECONDS: Final = 366 * 86_400.0
"""A pulsetime is cut to this: no event is that long."""


class Beat(NamedTuple):
    """An event: its start in whole milliseconds as µs since 1970 UTC, its length, and what it says.

    `data` is whatever can be compared: the raw object, or a fingerprint of it where the raw data are not kept.
    """

    start_us: int
    duration_us: int
    data: Any


def pulse_us(seconds: float) -> int:
    """Return a pulsetime in microseconds, rounded as `timedelta(seconds=…)` rounds. ValueError for no number."""
    if seconds != seconds:
        raise ValueError("pulsetime is not a number")
    bounded = max(-LONGEST_PULSE_SECONDS, min(LONGEST_PULSE_SECONDS, seconds))
    whole = int(bounded)
    return whole * 1_000_000 + round((bounded - whole) * 1e6)


def merge(last: Beat, heartbeat: Beat, pulsetime_us: int) -> Beat | None:
    """Return the last event with a heartbeat merged into it, None if they stay two."""
    behind = heartbeat.start_us - last.start_us
    if behind < 0 or last.duration_us < 0 or behind > last.duration_us + pulsetime_us or last.data != heartbeat.data:
        return None
    return Beat(last.start_us, max(last.duration_us, behind + heartbeat.duration_us), last.data)


def reduced(heartbeats: Iterable[Beat], pulsetime_us: int) -> list[Beat]:
    """Return the events that heartbeats, taken in their order, come to."""
    found: list[Beat] = []
    for heartbeat in heartbeats:
        merged = merge(found[-1], heartbeat, pulsetime_us) if found else None
        if merged is None:
            found.append(heartbeat)
        else:
            found[-1] = merged
    return found
