"""A measure of one of somebody's own days, the same wherever it is shown, drawn or compared (pure)."""

import datetime as dt
from collections.abc import Mapping

from analytics.days import CORRECTED
from analytics.formulas import MEETING, Day, annotated_seconds
from analytics.measures import Measure
from analytics.rings import Own, Payload
from privacy.fields import Field


def measured(of: Measure, payload: Payload | None, day: dt.date, own: Own, part: str | None = None) -> float | None:
    """Return a day's value in the measure's unit, None where it has none; `part` is what one is of.

    A day without activity has no value, whatever its figures say: what was not captured is missing and never 0. A
    measure in which notes count has one if work is noted of the day.
    """
    fields = {} if payload is None else payload["fields"]
    is_noted = Field.ANNOTATIONS in of.fields and annotated_seconds(fields) > 0
    if not (fields.get("active_time", {}).get("active_seconds") or is_noted):
        return None
    return of.value(Day(fields, own.core, own.working.planned_minutes(day), part))


def measured_days(of: Measure, history: Mapping[dt.date, Payload], own: Own) -> dict[dt.date, float]:
    """Return the values of the days that have one."""
    found = ((day, measured(of, payload, day, own)) for day, payload in history.items())
    return {day: value for day, value in found if value is not None}


def is_corrected(of: Measure, payload: Payload | None) -> bool:
    """Tell whether a measure of a day is not what was captured: what its person noted or corrected counts in it."""
    if payload is None:
        return False
    return _is_noted(of, payload) or any(payload["marks"].get(field.value) == CORRECTED for field in of.fields)


def as_captured(payload: Payload) -> Payload:
    """Return a day as it was before its person noted or corrected anything."""
    fields = payload["fields"]
    noted = fields.get("annotations")
    if noted is None:
        return payload
    before = {name: value for name, value in {**fields, **noted["original"]}.items() if name != "annotations"}
    return {**payload, "fields": before}


def _is_noted(of: Measure, payload: Payload) -> bool:
    """Tell whether what the person noted of a day is a part of a measure's value itself."""
    noted = payload["fields"].get("annotations")
    if noted is None or Field.ANNOTATIONS not in of.fields:
        return False
    if of.name == "meeting_time":
        return MEETING in noted["by_kind"]
    return bool(noted["by_kind"] if of.name == "noted_time" else noted["annotated_seconds"])
