"""What stands out of a day, if anything does: a figure above every one of the person's own days (pure).

Computed, never invented: a figure is named only if it is strictly more than on each of the working days of the last 60
on which it is known, and only if these are twenty or more. So it is silent on most days. That something is more than
ever cannot be taken back by the rest of a day, so it is true of one that still runs, too. That something is less is
not said: of half a day that was captured it would be untrue.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from analytics.baseline import WINDOW_DAYS
from analytics.measured import measured
from analytics.measures import Measure, measure
from analytics.rings import Own, Payload

LEAST_DAYS: Final = 20
WATCHED: Final = ("longest_focus", "longest_stretch", "focus_time", "breaks", "active_time")
"""The measures that are looked at; of two that stand out equally far, the first one is named."""


@dataclass(frozen=True, slots=True)
class Notable:
    """A figure above those of all `days` working days before it; `most` is the largest of theirs."""

    measure: Measure
    value: float
    most: float
    days: int

    @property
    def beyond(self) -> float:
        """How far it lies above the others, as a part of itself."""
        return (self.value - self.most) / self.value


def notable(history: Mapping[dt.date, Payload], day: dt.date, own: Own) -> Notable | None:
    """Return what stands out most of `day`, or None. `history` holds payloads by day, `day` among them."""
    if day not in history or not own.planned_seconds(day):
        return None  # a day off is compared with nothing
    since = day - dt.timedelta(days=WINDOW_DAYS)
    before = [date for date in history if since <= date < day and own.planned_seconds(date)]
    found = (
        _highest(of, measured(of, history[day], day, own), (measured(of, history[d], d, own) for d in before))
        for of in map(measure, WATCHED)
    )
    return max((each for each in found if each is not None), key=lambda each: each.beyond, default=None)


def _highest(of: Measure, value: float | None, before: Iterable[float | None]) -> Notable | None:
    if value is None:
        return None
    past = []
    for known in before:
        if known is None:
            continue
        if known >= value:
            return None
        past.append(known)
    return Notable(of, value, max(past), len(past)) if len(past) >= LEAST_DAYS else None
