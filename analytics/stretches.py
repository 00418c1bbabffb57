"""Focus blocks and breaks: what the order of active and inactive time says.

Pure functions on disjoint, ordered intervals that do not touch (`transforms.union` gives such).
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from analytics.events import Int64
from analytics.transforms import Intervals

_MINUTE_US: Final = 60_000_000
FOCUS_US: Final = 25 * _MINUTE_US
INTERRUPTIONS_US: Final = 2 * _MINUTE_US
BREAK_US: Final = 5 * _MINUTE_US
AWAY_US: Final = 15 * _MINUTE_US


def focus_blocks(core: Intervals) -> Int64:
    """Return the core time of each focus block, in microseconds, interruptions not counted."""
    worked = core.end_us - core.start_us
    return np.array([worked[first:after].sum() for first, after in focus_places(core)], np.int64)


def focus_places(core: Intervals) -> list[tuple[int, int]]:
    """Return which of the core times make up each focus block: the first one, and the one after the last.

    A block is at least 25 minutes of active time in core categories with interruptions of at most 2 minutes in total,
    whatever they were. Blocks are found from the left, each as long as it can be, and share no time.
    """
    worked = np.concatenate([[0], np.cumsum(core.end_us - core.start_us)])
    paused = np.concatenate([[0], np.cumsum(core.start_us[1:] - core.end_us[:-1])])[: core.start_us.size]
    after = np.searchsorted(paused, paused + INTERRUPTIONS_US, side="right")  # the stretch behind the longest run
    lengths = worked[after] - worked[:-1]
    found, begin = list[tuple[int, int]](), 0
    for stretch in np.flatnonzero(lengths >= FOCUS_US).tolist():
        if stretch >= begin:
            begin = int(after[stretch])
            found.append((stretch, begin))
    return found


def breaks(active: Intervals, unknown: Sequence[tuple[int, int]] = ()) -> tuple[Int64, int]:
    """Return the lengths of the breaks and the active time of the longest stretch without one, in microseconds.

    A break is 5 to 15 minutes between active intervals. A longer gap that nobody has explained is time away: it is no
    break, but it ends a stretch as one does, because nobody was at the desk. Neither is a gap with a time in it of
    which nothing was captured (`unknown`, half-open): what it was is not known.
    """
    gaps = active.start_us[1:] - active.end_us[:-1]
    known = np.ones(gaps.size, dtype=bool)
    for start, end in unknown:
        known &= (active.end_us[:-1] >= end) | (active.start_us[1:] <= start)
    pauses = gaps[(gaps >= BREAK_US) & (gaps <= AWAY_US) & known]
    worked = active.end_us - active.start_us
    if not worked.size:
        return pauses, 0
    begins = np.concatenate([[0], np.flatnonzero(gaps >= BREAK_US) + 1])
    return pauses, int(np.add.reduceat(worked, begins).max())
