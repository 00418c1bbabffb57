"""At most one nudge a day, and only if it was earned: the first time without a break that is longer than usual (pure).

It is shown while that time still runs, never during a focus block, never on a day off or when the planned time is
worked, and never before a usual is known. Which time it is follows from the day alone, so there is no second one.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from analytics.baseline import Baseline, baseline
from analytics.measures import measure
from analytics.rings import Own, Payload
from analytics.timeline import BREAK_MS, MINUTE_MS, Segment, focus_blocks
from analytics.trends import day_row

LEAST_MS: Final = 60 * MINUTE_MS
"""Shorter than this, nobody is nudged: one break an hour is recommended."""


@dataclass(frozen=True, slots=True)
class Nudge:
    """The running time without a break: since when, how much of it was active, and what is usual (in minutes)."""

    since_ms: int
    active_seconds: float
    usual: Baseline


def nudge(
    history: Mapping[dt.date, Payload], day: dt.date, own: Own, segments: Sequence[Segment], now_ms: int
) -> Nudge | None:
    """Return the nudge of a day that runs, at a moment in ms since it began; None without one."""
    active = sum(end - start for start, end, _ in segments) / 1000
    if not segments or not 0 < active < own.planned_seconds(day):
        return None
    of = measure("longest_stretch")
    rows = {date: row.value for date, each in history.items() if (row := day_row(each, date, of, own)) is not None}
    usual = baseline({date: value for date, value in rows.items() if date < day}, day, own.working)
    if usual is None:
        return None
    limit = max(LEAST_MS, usual.high * MINUTE_MS)
    first = next((each for each in _stretches(segments) if each[2] > limit), None)
    if first is None or now_ms - first[1] >= BREAK_MS or _in_focus(segments, own, now_ms):
        return None
    return Nudge(first[0], first[2] / 1000, usual)


def _stretches(segments: Sequence[Segment]) -> list[tuple[int, int, int]]:
    """Return times without a break, `(start, end, active)` in ms, in order."""
    found: list[tuple[int, int, int]] = []
    for start, end, _ in sorted(segments):
        if found and start - found[-1][1] < BREAK_MS:
            begun, reached, active = found[-1]
            found[-1] = begun, max(reached, end), active + end - start
        else:
            found.append((start, end, end - start))
    return found


def _in_focus(segments: Sequence[Segment], own: Own, now_ms: int) -> bool:
    blocks = focus_blocks([(start, end) for start, end, name in sorted(segments) if name in own.core_tops])
    return bool(blocks) and now_ms - blocks[-1][1] < BREAK_MS
