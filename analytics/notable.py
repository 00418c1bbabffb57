"""What stands out of a day, if anything does: a figure above every one of the person's own days (pure).

Computed, never invented: a figure is named only if it is strictly more than on each of the working days of the last 60
on which it is known, and only if these are twenty or more. So it is silent on most days. That something is more than
ever cannot be taken back by the rest of a day, so it is true of one that still runs, too. That something is less is
not said: of half a day that was captured it would be untrue.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from analytics.baseline import WINDOW_DAYS
from analytics.formulas import Day
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
    shown = _captured(history[day], day, own)
    if shown is None:
        return None
    within = (date for date in history if since <= date < day and own.planned_seconds(date))
    before = [each for date in within if (each := _captured(history[date], date, own)) is not None]
    found = (_highest(measure(name), shown, before) for name in WATCHED)
    return max((each for each in found if each is not None), key=lambda each: each.beyond, default=None)


def _highest(of: Measure, shown: Day, before: Sequence[Day]) -> Notable | None:
    value = of.value(shown)
    if value is None:
        return None
    past = []
    for each in before:
        if (known := of.value(each)) is None:
            continue
        if known >= value:
            return None
        past.append(known)
    return Notable(of, value, max(past), len(past)) if len(past) >= LEAST_DAYS else None


def _captured(payload: Payload, day: dt.date, own: Own) -> Day | None:
    """Return what measures read of a captured day; one without activity has no value, whatever its figures say."""
    fields = payload["fields"]
    if not fields.get("active_time", {}).get("active_seconds"):
        return None
    return Day(fields, own.core, own.working.planned_minutes(day))
