"""A measure of one of somebody's own days, the same wherever it is shown, drawn or compared (pure)."""

import datetime as dt
from collections.abc import Mapping

from analytics.formulas import Day, annotated_seconds
from analytics.measures import Measure
from analytics.rings import Own, Payload
from privacy.fields import Field


def measured(of: Measure, payload: Payload | None, day: dt.date, own: Own, category: str | None = None) -> float | None:
    """Return a day's value in the measure's unit, None where it has none; `category` is that of `category_time`.

    A day without activity has no value, whatever its figures say: what was not captured is missing and never 0. A
    measure in which notes count has one if work is noted of the day.
    """
    fields = {} if payload is None else payload["fields"]
    is_noted = Field.ANNOTATIONS in of.fields and annotated_seconds(fields) > 0
    if not (fields.get("active_time", {}).get("active_seconds") or is_noted):
        return None
    return of.value(Day(fields, own.core, own.working.planned_minutes(day), category))


def measured_days(of: Measure, history: Mapping[dt.date, Payload], own: Own) -> dict[dt.date, float]:
    """Return the values of the days that have one."""
    found = ((day, measured(of, payload, day, own)) for day, payload in history.items())
    return {day: value for day, value in found if value is not None}
