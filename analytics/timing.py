"""When events were, after policy: cut to the working time and moved to the grid, many at once.

What most events need costs a few passes over arrays; only those that a border cuts are looked at one by one
(`privacy.working_time`, which a desk uses for each event).
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics.events import Int64
from privacy.working_time import Windows, kept_parts

AS_IT_WAS: Final = 0
CUT: Final = 1
MOVED: Final = 2
GONE: Final = 4

_SECOND: Final = 1_000_000


class Timed(NamedTuple):
    """Parts of events in time, each of the event at a place; `flags` say what was done. What is gone keeps its time."""

    event: Int64
    start_us: Int64
    duration_us: Int64
    flags: Int64


def timed(start: Int64, duration: Int64, windows: Windows, grid_seconds: int) -> Timed:
    """Return what working time and grid leave of the times of events."""
    every = Timed(np.arange(len(start)), start, duration, np.zeros(len(start), dtype=np.int64))
    return timed_again(every, windows, grid_seconds)


def timed_again(found: Timed, windows: Windows, grid_seconds: int) -> Timed:
    """Return what is left of parts under another working time and grid."""
    return _on_grid(found if windows.always else _cut(found, windows), grid_seconds)


def _cut(found: Timed, windows: Windows) -> Timed:
    if not len(found.event):
        return found
    here = (found.flags & GONE) == 0
    inside, outside = _placed(found.start_us, found.duration_us, windows)
    flags = found.flags | np.where(here & outside, GONE, 0)
    odd = np.flatnonzero(here & ~inside & ~outside)
    found = found._replace(flags=flags)
    if not len(odd):
        return found
    whole = np.ones(len(found.event), dtype=bool)
    whole[odd] = False
    rows = []
    for place in odd.tolist():
        event, start, duration, flag = (int(column[place]) for column in found)
        rows += [(event, *part, flag | CUT) for part in kept_parts(start, duration, windows)]
    added = np.array(rows, dtype=np.int64)
    joined = [np.concatenate([column[whole], added[:, n]]) for n, column in enumerate(found)]
    order = np.lexsort((joined[1], joined[0]))
    return Timed(*(column[order] for column in joined))


def _placed(start: Int64, duration: Int64, windows: Windows) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Tell which events lie in one span of the working time, and which touch none; a border cuts all others."""
    low, high = np.minimum(start, start + duration), np.maximum(start, start + duration)
    spans = np.array(list(windows.between(int(low.min()), int(high.max()))), dtype=np.int64).reshape(-1, 2)
    if not len(spans):
        return np.zeros(len(start), dtype=bool), np.ones(len(start), dtype=bool)
    before = np.searchsorted(spans[:, 0], low, side="right") - 1  # the last span that has begun
    after = np.searchsorted(spans[:, 1], low, side="right")  # the first span that has not ended
    inside = (before >= 0) & (high <= spans[before, 1])
    begins = np.append(spans[:, 0], np.iinfo(np.int64).max)[after]
    return inside, ~inside & ((duration <= 0) | (begins >= high))


def _on_grid(found: Timed, grid_seconds: int) -> Timed:
    if not grid_seconds:
        return found
    grid = grid_seconds * _SECOND
    first, last = ((each + grid // 2) // grid * grid for each in (found.start_us, found.start_us + found.duration_us))
    here = (found.flags & GONE) == 0
    moved = here & ((first != found.start_us) | (last - first != found.duration_us))
    return Timed(
        found.event,
        np.where(here, first, found.start_us),
        np.where(here, last - first, found.duration_us),
        found.flags | np.where(moved, MOVED, 0),
    )
