"""What the notes of a day explain: work away from the desk, time away, and which gaps were breaks (pure).

Notes say nothing against what was captured. Work that somebody notes counts as far as no core work was captured at the
same time; a break and everything else, as far as nobody was active.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np

from analytics.annotations import WORK, Annotation, Kind
from analytics.events import Int64
from analytics.own_times import Span
from analytics.stretches import AWAY_US, BREAK_US
from analytics.transforms import NOTHING, Intervals, intersect

_UNEXPLAINED: Final = None


def intervals(spans: Iterable[Span]) -> Intervals:
    """Return times that do not overlap, in order, as intervals."""
    found = sorted(span for span in spans if span[0] < span[1])
    if not found:
        return NOTHING
    start, end = np.array(found, np.int64).T
    return Intervals(start, end, np.zeros(len(found), np.int32))


def within(annotations: Iterable[Annotation], first_us: int, end_us: int) -> list[Annotation]:
    """Return what lies within a day: notes were cut at the days of the zone of then."""
    cut = [Annotation(max(a.start_us, first_us), min(a.end_us, end_us), a.kind, a.text) for a in annotations]
    return [each for each in cut if each.start_us < each.end_us]


def by_kind(annotations: Sequence[Annotation], active: Intervals, core: Intervals) -> dict[Kind, int]:
    """Return the microseconds that count of each kind: of work, what is no core work; of others, what is not active.

    `active` and `core` are unions: in order, and touching ones joined.
    """
    found = {}
    for kind in sorted({each.kind for each in annotations}):
        noted = intervals((each.start_us, each.end_us) for each in annotations if each.kind is kind)
        captured = intersect(noted, core if kind in WORK else active)
        if counted := _length(noted) - _length(captured):
            found[kind] = counted
    return found


def unexplained(away: Intervals, active: Intervals, annotations: Sequence[Annotation]) -> int:
    """Return the microseconds away, without activity, of which no note says what they were."""
    noted = intervals((each.start_us, each.end_us) for each in annotations)
    explained = intersect(away, noted)
    return _length(away) - _length(intersect(away, active)) - _length(explained) + _length(intersect(explained, active))


class Paused(NamedTuple):
    """The breaks of a day, and before which active times a stretch without a break begins anew."""

    rests: list[Span]
    ends: list[int]


def breaks(active: Intervals, unknown: Sequence[Span], annotations: Sequence[Annotation]) -> tuple[Int64, int]:
    """Return what `stretches.breaks` does, with the gaps as they are explained."""
    found = paused(active, unknown, annotations)
    worked_us = active.end_us - active.start_us
    longest = int(np.add.reduceat(worked_us, [0, *found.ends]).max()) if worked_us.size else 0
    return np.array([end - start for start, end in found.rests], np.int64), longest


def paused(active: Intervals, unknown: Sequence[Span], annotations: Sequence[Annotation]) -> Paused:
    """Return the breaks between active times, and where stretches end.

    A break is a time between active times that somebody says was one, or of which nobody says anything if it is no
    longer than 15 minutes; the two together where they meet, and 5 minutes or more. Work, care and other time away is
    none. A gap ends a stretch unless so much of it was work that less than 5 minutes are left.
    """
    found, ends = list[Span](), list[int]()
    for at in np.flatnonzero(active.start_us[1:] - active.end_us[:-1] >= BREAK_US).tolist():
        gap = int(active.end_us[at]), int(active.start_us[at + 1])
        pieces = list(_pieces(gap, annotations))
        worked = sum(end - start for start, end, kind in pieces if kind in WORK)
        if gap[1] - gap[0] - worked >= BREAK_US:
            ends.append(at + 1)
        begun = gap[0]
        for start, end, kind in [*pieces, (gap[1], gap[1], Kind.NOT_WORK)]:
            if kind is Kind.BREAK or (kind is _UNEXPLAINED and _is_short(start, end, unknown)):
                continue
            if start - begun >= BREAK_US:
                found.append((begun, start))
            begun = end
    return Paused(found, ends)


def _is_short(start: int, end: int, unknown: Sequence[Span]) -> bool:
    return end - start <= AWAY_US and not any(first < end and start < last for first, last in unknown)


def _pieces(gap: Span, annotations: Sequence[Annotation]) -> Iterator[tuple[int, int, Kind | None]]:
    """Yield the parts of a gap in order, with what they were as far as that is known."""
    reached, until = gap
    for each in annotations:
        start, end = max(each.start_us, reached), min(each.end_us, until)
        if start >= end:
            continue
        if start > reached:
            yield reached, start, _UNEXPLAINED
        yield start, end, each.kind
        reached = end
    if reached < until:
        yield reached, until, _UNEXPLAINED


def _length(found: Intervals) -> int:
    return int((found.end_us - found.start_us).sum())
