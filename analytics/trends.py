"""A person's own days over weeks and months: one measure, one row per day, for the chart and for its table twin (pure).

Every row that the chart draws is a row of the table, and the other way round. A working day without data is a row with
a mark instead of a value.
"""

import datetime as dt
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from analytics import charts
from analytics.baseline import LEAST_DAYS, WINDOW_DAYS, Baseline, baseline
from analytics.days import CORRECTED
from analytics.formulas import annotated_seconds
from analytics.measured import is_corrected, measured
from analytics.measures import MEASURES, MINUTES, Measure
from analytics.rings import Own, Payload
from privacy.period import Period

MISSING: Final = "not captured"
NO_FIGURE: Final = "no such figure on this day"
SHOWN: Final = tuple(measure for measure in MEASURES if measure.part is None)
"""The measures that can be drawn over time: those that need no choice of a category."""
_NOON: Final = dt.time(12)


@dataclass(frozen=True, slots=True)
class Row:
    """One day; `mark` says in words why there is no value, `corrected` that notes of the person count in it."""

    day: dt.date
    value: float | None
    mark: str | None
    corrected: bool = False


@dataclass(frozen=True, slots=True)
class Trend:
    """One measure over a period."""

    measure: Measure
    period: Period
    rows: tuple[Row, ...]
    median: float | None
    usual: Baseline | None
    learned: int
    before: dt.date
    """The day before which the 60 days lie that say what is usual."""

    @property
    def captured(self) -> int:
        """How many days have a value."""
        return sum(row.value is not None for row in self.rows)

    @property
    def working(self) -> int:
        """How many days there are: captured ones, and planned ones that are missing."""
        return len(self.rows)


def trend(history: Mapping[dt.date, Payload], measure: Measure, period: Period, own: Own, today: dt.date) -> Trend:
    """Return `measure` over the days of `period` up to yesterday: a day that still runs is no figure yet.

    What is usual is that of the 60 days up to the period's end, as far as `history` holds them.
    """
    rows = [row for day in period.days() if day < today and (row := day_row(history.get(day), day, measure, own))]
    values = [row.value for row in rows if row.value is not None]
    before = min(today, period.end)
    known = {day: measured(measure, each, day, own) for day, each in history.items() if day < before}
    usual = baseline(known, before, own.working)
    median = statistics.median(values) if values else None
    return Trend(measure, period, tuple(rows), median, usual, min(len(values), LEAST_DAYS), before)


def needed(period: Period, today: dt.date) -> Period:
    """Return the days whose figures a trend over `period` reads."""
    return Period(min(period.first, min(today, period.end) - dt.timedelta(days=WINDOW_DAYS)), period.end)


def specification(shown: Trend, words: Callable[[float], str]) -> dict[str, Any]:
    """Return the Vega-Lite specification of a trend; `words` writes a value for the tooltip."""
    scale = 60 if shown.measure.unit == MINUTES else 1  # minutes are drawn as hours
    days = [
        {"day": _noon(row.day), "value": round(row.value / scale, 4), "words": words(row.value)}
        for row in shown.rows
        if row.value is not None
    ]
    weeks = [{"day": _noon(day), "value": round(value / scale, 4)} for day, value in weekly(shown.rows)]
    gaps = [_gap(row) for row in shown.rows if row.value is None]
    known = shown.usual
    band = [] if known is None else [{"low": known.low / scale, "high": known.high / scale}]
    return charts.trend(shown.measure.unit, days, weeks, band, gaps)


def as_csv(shown: Trend) -> str:
    """Return the rows of the table as CSV: day, value, unit, and the mark of a day without a value, or corrected."""
    lines = ["day,value,unit,mark"]
    for row in shown.rows:
        value = "" if row.value is None else f"{row.value:.3f}".rstrip("0").rstrip(".")
        lines.append(f"{row.day},{value},{shown.measure.unit},{row.mark or (CORRECTED if row.corrected else '')}")
    return "\r\n".join(lines) + "\r\n"


def weekly(rows: Sequence[Row]) -> list[tuple[dt.date, float]]:
    """Return the median of each week with three days or more, at its Wednesday."""
    by_week: dict[dt.date, list[float]] = {}
    for row in rows:
        if row.value is not None:
            by_week.setdefault(row.day - dt.timedelta(days=row.day.weekday()), []).append(row.value)
    found = sorted(by_week.items())
    return [(monday + dt.timedelta(days=2), statistics.median(each)) for monday, each in found if len(each) >= 3]


def day_row(payload: Payload | None, day: dt.date, measure: Measure, own: Own) -> Row | None:
    """Return a day's row of a measure; None for a day off without data, and for one before the first that is known."""
    planned = own.working.planned_minutes(day)
    fields = {} if payload is None else payload["fields"]
    if fields.get("active_time", {}).get("active_seconds") or annotated_seconds(fields):
        value = measured(measure, payload, day, own)
        if value is None:
            return Row(day, None, NO_FIGURE)
        return Row(day, value, None, is_corrected(measure, payload))
    return Row(day, None, MISSING) if planned and day >= own.begun else None


def _gap(row: Row) -> dict[str, str]:
    end = row.day + dt.timedelta(days=1)
    return {"day": f"{row.day}T00:00", "end": f"{end}T00:00", "words": row.mark or MISSING}


def _noon(day: dt.date) -> str:
    """Return a day as Vega reads it: with a time and without a zone, or it would become midnight in London."""
    return dt.datetime.combine(day, _NOON).isoformat(timespec="minutes")
