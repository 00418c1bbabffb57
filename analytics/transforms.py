"""ActivityWatch's transforms over columns: flood, period union and intersection, with the results of aw-core 0.5.18.

Pure functions on arrays of microseconds. Only flooding walks from event to event, because each step depends on what the
step before it has changed; everything else is done for all events at once.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics.events import Int32, Int64

PULSETIME_US: Final = 5_000_000
_TRIM_US: Final = 100_000
"""Events with different data that overlap by less than this are split at the midpoint, as a gap is."""


class Intervals(NamedTuple):
    """Stretches of time in order, none of length zero, none overlapping; `data` says what each holds."""

    start_us: Int64
    end_us: Int64
    data: Int32

    def where(self, wanted: NDArray[np.bool_]) -> "Intervals":
        """Return the intervals that the mask selects."""
        return Intervals(self.start_us[wanted], self.end_us[wanted], self.data[wanted])


NOTHING: Final = Intervals(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.int32))


def flood(start_us: Int64, duration_us: Int64, data: Int32) -> Intervals:
    """Fill gaps of up to 5 s and make overlaps disjoint; events must come ordered by (start, duration, tie).

    Equal neighbours merge, different ones meet at the midpoint; where different events overlap, the later one wins.
    """
    if not start_us.size:
        return NOTHING
    equal = (data[1:] == data[:-1]).tolist()
    starts, ends = _walk(start_us.tolist(), (start_us + duration_us).tolist(), equal)
    start, end = np.array(starts, np.int64), np.array(ends, np.int64)
    return _settle(Intervals(start, end, data).where(end > start))


def _walk(starts: list[int], ends: list[int], equal: list[bool]) -> tuple[list[int], list[int]]:
    """Let each event meet the next one, as aw-core does, and return where they begin and end then.

    `equal` says of each event but the last whether the next one's data is the same.

    aw-core's setter floors every new timestamp to milliseconds, but not the duration computed beside it, so an event
    that gives way to its neighbour may lose up to a millisecond. That is its definition, and so ours.
    """
    least, most = -_TRIM_US, PULSETIME_US
    before, until, at = starts[0], ends[0], 0
    for start, end, same in zip(starts[1:], ends[1:], equal, strict=True):  # this runs for every event of an import
        gap = start - until
        if not same:
            if least < gap <= most:
                until += (gap + (gap >> 1 & 1)) >> 1  # half, rounded to even, as timedelta / 2
                lost = until % 1000
                start = until - lost
                end -= lost
        elif gap < 0:
            before, until = min(before, start), max(until, end)
            start = end = until // 1000 * 1000
        elif 0 < gap <= most:
            if until - before >= end - start:
                until = end
                start = end = end // 1000 * 1000
            else:
                start = until = before
        starts[at], ends[at] = before, until
        before, until, at = start, end, at + 1
    starts[-1], ends[-1] = before, until
    return starts, ends


def _settle(walked: Intervals) -> Intervals:
    """Make what the walk left disjoint: in list order, a later event cuts an earlier one, equal ones merge."""
    start, end, data = walked
    overlapping = end[:-1] > start[1:]
    if not overlapping.any():
        return walked
    swallowed = (data[:-1] == data[1:]) & (end[:-1] > end[1:])
    if not (overlapping & ((start[1:] <= start[:-1]) | swallowed)).any():
        return Intervals(start, np.append(np.where(overlapping, start[1:], end[:-1]), end[-1:]), data)
    return _settle_one_by_one(walked)


def _settle_one_by_one(walked: Intervals) -> Intervals:
    """Settle overlaps that reach beyond a neighbour; the order of steps is aw-core's."""
    starts: list[int] = []
    ends: list[int] = []
    kinds: list[int] = []
    for start, end, data in zip(*(column.tolist() for column in walked), strict=True):
        while ends and ends[-1] > start and kinds[-1] != data:
            ends[-1] = start
            if ends[-1] > starts[-1]:
                break
            del starts[-1], ends[-1], kinds[-1]
        if ends and ends[-1] > start:
            ends[-1] = max(ends[-1], end)
            continue
        starts.append(start)
        ends.append(end)
        kinds.append(data)
    return Intervals(np.array(starts, np.int64), np.array(ends, np.int64), np.array(kinds, np.int32))


def union(periods: list[Intervals]) -> Intervals:
    """Return the time that any of the periods covers, touching ones joined; data is lost (0)."""
    start = np.concatenate([each.start_us for each in periods]) if periods else NOTHING.start_us
    if not start.size:
        return NOTHING
    order = np.argsort(start, kind="stable")
    start = start[order]
    reach = np.maximum.accumulate(np.concatenate([each.end_us for each in periods])[order])
    opens = np.append(True, start[1:] > reach[:-1])
    closes = np.append(opens[1:], True)
    return Intervals(start[opens], reach[closes], np.zeros(np.count_nonzero(opens), np.int32))


def overlaps(events: Intervals, periods: Intervals) -> tuple[Int64, Int64]:
    """Return the pairs (place of event, place of period) that share time, both disjoint and in order."""
    first = np.searchsorted(periods.end_us, events.start_us, side="right")
    count = np.maximum(np.searchsorted(periods.start_us, events.end_us, side="left") - first, 0)
    event = np.repeat(np.arange(count.size), count)
    nth = np.arange(event.size) - np.repeat(np.cumsum(count) - count, count)
    return event, first[event] + nth


def intersect(events: Intervals, periods: Intervals) -> Intervals:
    """Return the parts of disjoint events that lie within disjoint periods."""
    event, period = overlaps(events, periods)
    start = np.maximum(events.start_us[event], periods.start_us[period])
    end = np.minimum(events.end_us[event], periods.end_us[period])
    return Intervals(start, end, events.data[event])


def overlay(layers: list[Intervals]) -> Intervals:
    """Lay one person's hosts over each other: each moment once, and where two overlap, the later start wins.

    Of equal starts the later layer's wins.
    """
    layers = [layer for layer in layers if layer.start_us.size]
    if len(layers) < 2:
        return layers[0] if layers else NOTHING
    start, end, data = (np.concatenate(columns) for columns in zip(*layers, strict=True))
    edges = np.unique(np.concatenate([start, end]))
    first, last = np.searchsorted(edges, start), np.searchsorted(edges, end)
    owner = np.full(edges.size - 1, -1, np.int64)
    for event in np.argsort(start, kind="stable"):
        owner[first[event] : last[event]] = event
    held = owner >= 0
    return Intervals(edges[:-1][held], edges[1:][held], data[owner[held]])
