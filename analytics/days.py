"""One day as the portal hands it out: the payload of a disclosed day (shapes: docs/reference.md and the OpenAPI)."""

import datetime as dt
from collections.abc import Iterator
from typing import Any, Final

from analytics.figures import Drawing, load, load_drawing, load_hours
from analytics.own_times import FORGOTTEN, PAUSED
from privacy.disclosure import Disclosed
from privacy.fields import Field

DAY_FIELDS: Final = (
    Field.ACTIVE_TIME,
    Field.AWAY_TIME,
    Field.CATEGORIES,
    Field.CATEGORY_DETAIL,
    Field.FOCUS,
    Field.RHYTHM,
    Field.RECOVERY,
    Field.APPS,
    Field.CAPTURE_LEDGER,
    Field.ANNOTATIONS,
)
"""The fields that a day's summary holds, in the order in which they are shown."""

_SHOWN_OF_RHYTHM: Final = ("hours", "first", "last")
_SHOWN_OF_ANNOTATIONS: Final = ("annotated_seconds", "by_kind", "original")

CORRECTED: Final = "corrected"
"""The mark of a figure that is there, and is not what was captured: its person's notes or corrections are in it."""

MISSING: Final = "missing"
"""The mark of a day of which nothing is stored, and nothing says why."""

_MARKS: Final = {PAUSED: "paused", FORGOTTEN: "private"}
"""The marks of a day of which nothing is left, by what its person did."""

Payload = dict[str, Any]
Spans = list[tuple[int, int, str]]
"""From and until in ms since the day began, and what it was."""


def value_of(disclosed: Disclosed, day: dt.date, field: Field) -> Any | None:
    """Return a field's decoded value on `day`, or None when nothing is stored."""
    stored = disclosed.values.get((day, field))
    return None if stored is None else load(stored)


def day_payload(disclosed: Disclosed, day: dt.date, timezone: str) -> Payload:
    """Return `{"date", "timezone", "fields", "marks"}` of one day: a field without a row has a mark, never 0.

    A figure that its person's notes have changed has the mark `corrected`; what it was stands in `annotations`, which
    is absent, without a mark, where nobody noted anything.
    """
    fields: Payload = {}
    marks: dict[str, str] = {}
    values, absent = disclosed.values, None
    for field in DAY_FIELDS:
        if field not in disclosed.fields:
            continue
        stored = values.get((day, field))
        if stored is not None:
            fields[field.value] = _loaded(field, stored)
        elif field is not Field.ANNOTATIONS:
            absent = absent or _absent(disclosed, day)
            marks[field.value] = absent
    return payload_of(day, timezone, fields, marks)


def payload_of(day: dt.date, timezone: str, fields: Payload, marks: dict[str, str]) -> Payload:
    """Return a day's payload of what is shown of it; `marks` says of the rest why it is not there."""
    if (noted := fields.get("annotations")) is not None:
        marks |= {name: CORRECTED for name in noted["original"] if name in fields}
    return {"date": day.isoformat(), "timezone": timezone, "fields": fields, "marks": marks}


def day_payloads(disclosed: Disclosed, timezone: str) -> Iterator[Payload]:
    """Yield the payload of every day of the disclosed period, oldest first, days without data included."""
    day = disclosed.period.first
    while day < disclosed.period.end:
        yield day_payload(disclosed, day, timezone)
        day += dt.timedelta(days=1)


def drawn(disclosed: Disclosed, day: dt.date) -> tuple[Spans, Spans]:
    """Return the timeline and the times of which nothing was captured, each as below: for the employee's page only."""
    found = _drawing(disclosed, day)
    return found.timeline, found.gaps


def begins_us(disclosed: Disclosed, day: dt.date) -> int | None:
    """Return when the day began from which its drawing counts, in µs since 1970 UTC; None where no summary says it."""
    return _drawing(disclosed, day).begins_us


def _drawing(disclosed: Disclosed, day: dt.date) -> Drawing:
    stored = disclosed.values.get((day, Field.RHYTHM))
    return Drawing() if stored is None else load_drawing(stored)


def timeline(disclosed: Disclosed, day: dt.date) -> Spans:
    """Return the timeline, `(start ms, end ms, category)` from the day's start: for the employee's page only."""
    return drawn(disclosed, day)[0]


def not_captured(disclosed: Disclosed, day: dt.date) -> Spans:
    """Return the times of which nothing was captured, `(start ms, end ms, reason)` from the day's start: as above."""
    return drawn(disclosed, day)[1]


def annotated_spans(disclosed: Disclosed, day: dt.date) -> Spans:
    """Return the times that the person noted, `(start ms, end ms, kind)` from the day's start: as above."""
    noted = value_of(disclosed, day, Field.ANNOTATIONS)
    return [] if noted is None else [(start, end, kind) for start, end, kind in noted["spans"]]


def _absent(disclosed: Disclosed, day: dt.date) -> str:
    """Return why a day has no figures, as far as its own ledger says it."""
    ledger = value_of(disclosed, day, Field.CAPTURE_LEDGER) if Field.CAPTURE_LEDGER in disclosed.fields else None
    reasons = {} if ledger is None else ledger.get("not_captured", {})
    return next((mark for reason, mark in _MARKS.items() if reason in reasons), MISSING)


def _loaded(field: Field, stored: bytes) -> Any:
    if field is Field.RHYTHM:
        found = load_hours(stored)
        return {key: getattr(found, key) for key in _SHOWN_OF_RHYTHM}
    return shown(field, load(stored))


def shown(field: Field, value: Any) -> Any:
    """Return what a day's payload says of a field's value: what is only drawn of it is left out."""
    if field is Field.ANNOTATIONS:
        told = {key: value[key] for key in _SHOWN_OF_ANNOTATIONS}
        original = {name: shown(Field(name), before) for name, before in told["original"].items()}
        return {**told, "original": original}
    return {key: value[key] for key in _SHOWN_OF_RHYTHM} if field is Field.RHYTHM else value
