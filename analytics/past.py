"""A person's own weeks, months and half-years: what is compared, how a calendar is shaded, when they work best (pure).

Everything is compared with the person's own days alone. A day that still runs is no figure yet, a day off is no day to
judge, and what is missing keeps its mark.
"""

import datetime as dt
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from analytics.baseline import Baseline, baseline, percentiles
from analytics.formulas import MEETING, is_meeting
from analytics.measured import is_corrected
from analytics.measures import Measure, measure
from analytics.palette import Category, categories
from analytics.rings import Own, Payload
from analytics.trends import Row, Trend, day_row
from privacy.period import Period

CAPTURED, MISSING, OFF, AHEAD, BEFORE = "captured", "missing", "off", "ahead", "before"
LEVELS: Final = 4
LEAST_SHADED: Final = 4
"""So many values at least are needed for shades to say anything."""
BEST_HOURS: Final = 2
"""Hours in a row that are looked for."""
LEAST_DAYS: Final = 10
_CATEGORY: Final = measure("category_time")


@dataclass(frozen=True, slots=True)
class Compared:
    """The middle day of some days beside the own usual before them; `stands` is below, within or above it.

    `corrected` says that the person's notes count in a day of them.
    """

    measure: Measure
    value: float | None
    days: int
    usual: Baseline | None
    stands: str | None
    corrected: bool


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """A day of a calendar: its state, its value where it has one, and a shade from 1 to 4; 0 without one."""

    date: dt.date
    state: str
    value: float | None
    level: int


@dataclass(frozen=True, slots=True)
class DayParts:
    """A day of a week as one bar: its categories, each with its offset in percent of the longest day."""

    date: dt.date
    state: str
    seconds: float
    parts: tuple[Category, ...]
    corrected: bool


@dataclass(frozen=True, slots=True)
class Hours:
    """Core work by hour of the clock, in seconds of the mean captured working day; `best` begins the best two."""

    seconds: tuple[tuple[int, float], ...]
    best: int | None
    best_share: float
    days: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """The longest time without a break of one day."""

    date: dt.date
    seconds: float


@dataclass(frozen=True, slots=True)
class Weekday:
    """A weekday (0 is Monday): the middle one of its days, and of how many."""

    number: int
    median: float | None
    days: int


@dataclass(frozen=True, slots=True)
class Meetings:
    """Time in meetings, captured or noted: in all, and as a part of active and noted time."""

    seconds: float
    share: float | None
    days: int


def is_captured(payload: Payload | None) -> bool:
    """Tell whether something of a day was captured, or noted."""
    fields = {} if payload is None else payload["fields"]
    return bool(fields.get("active_time", {}).get("active_seconds") or fields.get("annotations"))


def state_of(date: dt.date, history: Mapping[dt.date, Payload], own: Own, today: dt.date) -> str:
    """Say what a day is: captured, missing, off, still ahead, or before the first one that is known."""
    if is_captured(history.get(date)):
        return CAPTURED
    if date < own.begun:
        return BEFORE
    return AHEAD if date > today else MISSING if own.planned_seconds(date) else OFF


def compared(
    history: Mapping[dt.date, Payload], period: Period, measures: Sequence[Measure], own: Own, today: dt.date
) -> tuple[Compared, ...]:
    """Compare the working days of a period that are over with the 60 days before it, measure by measure."""
    found = []
    for each in measures:
        usual = baseline({date: row.value for date, row in _rows(history, each, own)}, period.first, own.working)
        value, days = middle(history, period, each, own, today)
        stands = usual.place_of(value) if usual is not None and value is not None else None
        corrected = any(is_corrected(each, history.get(date)) for date in period.days())
        found.append(Compared(each, value, days, usual, stands, corrected))
    return tuple(found)


def middle(
    history: Mapping[dt.date, Payload], period: Period, measure: Measure, own: Own, today: dt.date
) -> tuple[float | None, int]:
    """Return the middle one of a period's planned days that are over, and of how many; None without any."""
    found = [
        row.value
        for date, row in _rows(history, measure, own)
        if date in period and date < today and row.value is not None and own.planned_seconds(date)
    ]
    return (statistics.median(found) if found else None), len(found)


def calendar(history: Mapping[dt.date, Payload], shown: Trend, own: Own, today: dt.date) -> tuple[CalendarDay, ...]:
    """Return every day of a trend, shaded by the quarters of its own values; a day that still runs has no shade."""
    values = {row.day: row.value for row in shown.rows}
    known = [value for value in values.values() if value is not None]
    borders = percentiles(known, (0.25, 0.5, 0.75)) if len(known) >= LEAST_SHADED else []
    return tuple(
        CalendarDay(date, state_of(date, history, own, today), values.get(date), _level(values.get(date), borders))
        for date in shown.period.days()
    )


def day_parts(history: Mapping[dt.date, Payload], period: Period, own: Own, today: dt.date) -> tuple[DayParts, ...]:
    """Return each day's categories as a bar; the longest day of the period is the whole width."""
    sums = {date: history[date]["fields"].get("categories", {}) if date in history else {} for date in period.days()}
    longest = max((sum(each.values()) for each in sums.values()), default=0) or 1.0
    found = []
    for date, seconds in sums.items():
        total = sum(seconds.values())
        parts = tuple(
            Category(
                each.name,
                each.seconds,
                round(each.share * total / longest, 2),
                round(each.offset * total / longest, 2),
                each.tone,
            )
            for each in categories(seconds, own.core_tops)
        )
        corrected = is_corrected(_CATEGORY, history.get(date))
        found.append(DayParts(date, state_of(date, history, own, today), total, parts, corrected))
    return tuple(found)


def hours(history: Mapping[dt.date, Payload], period: Period, own: Own, today: dt.date) -> Hours:
    """Return core work by hour, and the two hours in a row with most of it once ten working days are known."""
    over = [d for d in period.days() if d < today and d in history and own.planned_seconds(d)]
    known = (history[date]["fields"].get("rhythm", {}).get("hours") for date in over)
    days = [each for each in known if each]  # a day that was noted alone has none
    sums: dict[int, float] = {}
    for each in days:
        for hour, parts in each.items():
            core = sum(seconds for name, seconds in parts.items() if name in own.core_tops)
            sums[int(hour)] = sums.get(int(hour), 0.0) + core
    means = tuple((hour, total / len(days)) for hour, total in sorted(sums.items())) if days else ()
    by_hour = dict(means)
    windows = {hour: sum(by_hour.get(hour + n, 0.0) for n in range(BEST_HOURS)) for hour in by_hour}
    best = max(windows, key=lambda hour: (windows[hour], -hour), default=None)
    if len(days) < LEAST_DAYS or best is None or not windows[best]:
        return Hours(means, None, 0.0, len(days))
    return Hours(means, best, windows[best] / sum(by_hour.values()), len(days))


def stretches(history: Mapping[dt.date, Payload], period: Period, most: int = 5) -> tuple[Stretch, ...]:
    """Return the days with the longest times without a break, longest first."""
    found = (
        Stretch(date, history[date]["fields"].get("recovery", {}).get("longest_stretch_seconds") or 0.0)
        for date in period.days()
        if date in history
    )
    return tuple(sorted((each for each in found if each.seconds), key=lambda s: (-s.seconds, s.date))[:most])


def weekdays(shown: Trend, own: Own) -> tuple[Weekday, ...]:
    """Return the middle one of each weekday's planned days in a trend; None where fewer than three are known."""
    by_day: dict[int, list[float]] = {number: [] for number in range(7)}
    for row in shown.rows:
        if row.value is not None and own.planned_seconds(row.day):
            by_day[row.day.weekday()].append(row.value)
    return tuple(
        Weekday(number, statistics.median(values) if len(values) >= 3 else None, len(values))
        for number, values in by_day.items()
    )


def meetings(history: Mapping[dt.date, Payload], period: Period) -> Meetings:
    """Return time in categories of meetings, and in meetings away from the desk that the person noted."""
    spent = whole = 0.0
    days = 0
    for date in period.days():
        if not is_captured(history.get(date)):
            continue
        days += 1
        fields = history[date]["fields"]
        noted = fields.get("annotations", {})
        detail = fields.get("category_detail", fields.get("categories", {}))
        spent += sum(seconds for name, seconds in detail.items() if is_meeting(name))
        spent += noted.get("by_kind", {}).get(MEETING, 0.0)
        whole += fields.get("active_time", {}).get("active_seconds", 0.0) + noted.get("annotated_seconds", 0.0)
    return Meetings(spent, spent / whole if whole else None, days)


def totals(history: Mapping[dt.date, Payload], period: Period) -> dict[str, Any]:
    """Return active seconds, focus seconds and blocks of the days that are there, and how many those are."""
    days = [history[date]["fields"] for date in period.days() if is_captured(history.get(date))]
    return {
        "days": len(days),
        "active": sum(each.get("active_time", {}).get("active_seconds", 0.0) for each in days),
        "focus": sum(each.get("focus", {}).get("seconds", 0.0) for each in days),
        "blocks": sum(each.get("focus", {}).get("blocks", 0) for each in days),
    }


def _rows(history: Mapping[dt.date, Payload], measure: Measure, own: Own) -> Iterator[tuple[dt.date, Row]]:
    for date, payload in history.items():
        if (row := day_row(payload, date, measure, own)) is not None:
            yield date, row


def _level(value: float | None, borders: Sequence[float]) -> int:
    if value is None:
        return 0
    return 1 + sum(value > border for border in borders) if borders else LEVELS // 2
