"""One's own usual: the median and the normal range of the last 60 days, compared with nobody else's.

Only working days with data count: a day off, a weekend or a missing day says nothing about what is usual. The normal
range is from the 10th to the 90th percentile (linear between values): eight working days of ten lie within it, so one
odd day does not move it. Before ten such days nothing is said.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from analytics.working import Working

WINDOW_DAYS: Final = 60
LEAST_DAYS: Final = 10
_SHARES: Final = (0.1, 0.5, 0.9)


@dataclass(frozen=True, slots=True)
class Baseline:
    """What is usual, in the measure's own unit, and how many working days say so."""

    median: float
    low: float
    high: float
    days: int

    def place_of(self, value: float) -> str:
        """Say where a value lies: "below", "within" or "above" the normal range. A figure, not a verdict."""
        if value < self.low:
            return "below"
        return "above" if value > self.high else "within"


def baseline(values: Mapping[dt.date, float | None], before: dt.date, working: Working) -> Baseline | None:
    """Return what was usual in the 60 days before a day, itself left out; None stands for a day without data."""
    begin = before - dt.timedelta(days=WINDOW_DAYS)
    counted = [
        value
        for day, value in values.items()
        if value is not None and begin <= day < before and working.planned_minutes(day) > 0
    ]
    if len(counted) < LEAST_DAYS:
        return None
    low, median, high = percentiles(counted, _SHARES)
    return Baseline(median, low, high, len(counted))


def percentiles(values: Iterable[float], shares: Iterable[float]) -> list[float]:
    """Return what lies at each share (0 to 1) of some values, linear between them; ValueError for no value at all.

    Bit for bit what `numpy.percentile` answers (Hyndman and Fan, 1996, definition 7), which takes fifty times as long
    for the few dozen days of a page.
    """
    ordered = sorted(map(float, values))
    if not ordered:
        raise ValueError("nothing lies at any share of no values")
    return [_at(ordered, share * (len(ordered) - 1)) for share in shares]


def _at(ordered: Sequence[float], place: float) -> float:
    below = int(place)
    if below >= len(ordered) - 1:
        return ordered[-1]
    low, high, part = ordered[below], ordered[below + 1], place - below
    # From the nearer end, so that nothing lies outside of its neighbours.
    return low + (high - low) * part if part < 0.5 else high - (high - low) * (1 - part)
