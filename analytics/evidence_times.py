"""The numbers of a sum and the times that make them: what `evidence` is written in (pure)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from analytics.transforms import NOTHING, Intervals, intersect

_EVER: Final = 1 << 62


class Time(NamedTuple):
    """From and until, and what of it counts: less than all where short interruptions are left out; microseconds."""

    start_us: int
    end_us: int
    counted_us: int


@dataclass(frozen=True, slots=True)
class Term:
    """One number of a sum: what it is, how long or how many, and the times that make it, where times do.

    `of` is the category that it is of, which is somebody's own word.
    """

    name: str
    seconds: float | None = None
    count: int | None = None
    times: tuple[Time, ...] | None = None
    of: str | None = None


def runs(found: Intervals, places: Sequence[tuple[int, int]]) -> tuple[Time, ...]:
    """Return runs of neighbouring intervals as one time each, the gaps between them left out of what counts."""
    lengths = found.end_us - found.start_us
    return tuple(
        Time(int(found.start_us[first]), int(found.end_us[after - 1]), int(lengths[first:after].sum()))
        for first, after in places
    )


def times(found: Intervals) -> tuple[Time, ...]:
    """Return intervals as times, of which everything counts."""
    return runs(found, [(n, n + 1) for n in range(found.start_us.size)])


def without(found: Intervals, taken: Intervals) -> Intervals:
    """Return what is left of times when others are taken away."""
    if not found.start_us.size or not taken.start_us.size:
        return found if found.start_us.size else NOTHING
    start, end = np.append(-_EVER, taken.end_us), np.append(taken.start_us, _EVER)
    around = Intervals(start, end, np.zeros(start.size, np.int32))
    return intersect(found, around.where(end > start))


def timed(name: str, found: tuple[Time, ...], of: str | None = None) -> Term:
    """Return the number that is the length of all times."""
    return Term(name, seconds=sum(each.counted_us for each in found) / 1e6, times=found, of=of)


def counted(name: str, found: tuple[Time, ...]) -> Term:
    """Return the number that says how many times there are."""
    return Term(name, count=len(found), times=found)


def longest(name: str, found: tuple[Time, ...]) -> Term:
    """Return the number that is the length of the longest time."""
    most = max(found, key=lambda each: each.counted_us, default=None)
    return timed(name, () if most is None else (most,))
