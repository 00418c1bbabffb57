"""A measure over several days: the days themselves, and every number that a page makes of them (pure).

So a week's total, what is usual, the middle one of a weekday and the mean hour of half a year lead to the days that
make them, and each of these to its times. What counts is what the pages count: `past`, `trends`, `baseline`.
"""

import datetime as dt
import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from analytics.baseline import Baseline, baseline
from analytics.formulas import Day, Formula, annotated_seconds, core_hours
from analytics.measured import as_captured, is_corrected, measured
from analytics.measures import PERCENT, Measure
from analytics.rings import Own, Payload
from privacy.fields import Field
from privacy.messages import N_
from privacy.period import Period

_LONGEST: Final = frozenset({"longest_focus", "longest_stretch"})
"""Of several days the longest is shown, and never a sum."""

_ALL_HOURS: Final = "0-24"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of some days: which days, of what part, on one weekday alone, as captured, or what was usual."""

    period: Period
    part: str | None = None
    weekday: int | None = None
    before_notes: bool = False
    usual: bool = False


@dataclass(frozen=True, slots=True)
class OneDay:
    """A day with its value, None where it has none; `working` is a planned day that is over."""

    date: dt.date
    value: float | None
    working: bool
    corrected: bool


@dataclass(frozen=True, slots=True)
class Middle:
    """The middle one of some days, the lowest and the highest, and of how many."""

    median: float
    low: float
    high: float
    days: int


@dataclass(frozen=True, slots=True)
class Together:
    """Days and what they make together. What does not fit the measure, or has no day, is None.

    `mean` is that of the working days; `part` is the share of `whole`, which says in words of what.
    """

    days: tuple[OneDay, ...]
    total: float | None
    longest: float | None
    working: Middle | None
    every: Middle | None
    mean: float | None
    share: float | None
    whole: str
    usual: Baseline | None


def together(of: Measure, history: Mapping[dt.date, Payload], asked: Asked, own: Own, today: dt.date) -> Together:
    """Return the days that are asked for, oldest first, and what they make."""
    payloads = {date: as_captured(each) if asked.before_notes else each for date, each in history.items()}
    wanted = [date for date in asked.period.days() if asked.weekday in (None, date.weekday()) and date <= today]
    days = tuple(
        OneDay(
            date,
            measured(of, payloads.get(date), date, own, asked.part),
            date < today and own.planned_seconds(date) > 0,
            not asked.before_notes and is_corrected(of, history.get(date)),
        )
        for date in wanted
    )
    values = [each.value for each in days if each.value is not None]
    working = [each.value for each in days if each.value is not None and each.working]
    over = [each.value for each in days if each.value is not None and each.date < today]
    is_sum = of.unit != PERCENT and of.name not in _LONGEST
    share, whole = _share(of, payloads, days, own)
    known = {each.date: each.value for each in days}
    return Together(
        days=days,
        total=sum(values) if values and is_sum else None,
        longest=max(values) if values and of.name in _LONGEST else None,
        working=_middle(working),
        every=_middle(over),
        mean=statistics.fmean(working) if working and of.name == "core_hours" else None,
        share=share,
        whole=whole,
        usual=baseline(known, asked.period.end, own.working) if asked.usual else None,
    )


def _middle(values: list[float]) -> Middle | None:
    return Middle(statistics.median(values), min(values), max(values), len(values)) if values else None


def _share(
    of: Measure, payloads: Mapping[dt.date, Payload], days: tuple[OneDay, ...], own: Own
) -> tuple[float | None, str]:
    """Return the days' part of something larger, and the words for it; of the hours, working days alone count."""
    if of.name not in _WHOLES:
        return None, ""
    words, formula = _WHOLES[of.name]
    counted = [each for each in days if each.value is not None and (each.working or of.name != "core_hours")]
    whole = sum(formula(Day(payloads[each.date]["fields"], own.core, 0, _ALL_HOURS)) or 0.0 for each in counted)
    return (sum(each.value or 0.0 for each in counted) / whole if whole else None), words


def _active_and_noted(day: Day) -> float:
    active: float = day.figures.get(Field.ACTIVE_TIME, {}).get("active_seconds", 0.0)
    return (active + annotated_seconds(day.figures)) / 60


def _all_categories(day: Day) -> float:
    return sum(day.figures.get(Field.CATEGORIES, {}).values()) / 60


_WHOLES: Final[Mapping[str, tuple[str, Formula]]] = {
    "category_time": (N_("of the time in all categories"), _all_categories),
    "meeting_time": (N_("of active and noted time"), _active_and_noted),
    "core_hours": (N_("of core work at all hours"), core_hours),
}
"""What a measure is shown as a part of: in words, and how it is reckoned of a day in the same unit."""
