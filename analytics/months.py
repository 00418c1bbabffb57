"""A month of figures in one row for each field, so that a page over many days opens a few rows and not a thousand.

A row holds what the payloads of its days say of the field, no more: what is drawn of a day stands with the day alone.
It is written with the days' own rows, in one transaction (`analytics.taking`). Where that did not happen, as before
there were such rows, the vault says that the month is outgrown, and the days are read instead.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from analytics.days import MISSING, Payload, payload_of
from analytics.figures import dump, load
from privacy.disclosure import Disclosed
from privacy.fields import Field
from privacy.period import Period
from privacy.vault import OUTGROWN

MONTH_FIELDS: Final = (
    Field.ACTIVE_TIME,
    Field.AWAY_TIME,
    Field.CATEGORIES,
    Field.CATEGORY_DETAIL,
    Field.FOCUS,
    Field.RHYTHM,
    Field.RECOVERY,
    Field.ANNOTATIONS,
)
"""Of these fields there are months, in the order of a day's payload."""

Days = dict[dt.date, Any]
"""What the payloads of days say of a field."""


class Outgrown(Exception):
    """Of a month that is asked for there is no row that says what its days say: ask the days."""


def encode(days: Mapping[dt.date, Any]) -> bytes:
    """Return a month's days, one at least, as the bytes to seal."""
    return dump({f"{day.day:02}": value for day, value in days.items()})


def decode(month: dt.date, stored: bytes) -> Days:
    """Return the days of a month's row."""
    return {month.replace(day=int(day)): value for day, value in load(stored).items()}


def month_payloads(disclosed: Disclosed, period: Period, timezone: str) -> Iterator[Payload]:
    """Yield what `day_payloads` yields of the days of a period, out of disclosed months. Raises Outgrown at once."""
    values = disclosed.values
    if OUTGROWN in values.values():
        raise Outgrown
    fields = [field for field in MONTH_FIELDS if field in disclosed.fields]
    known = {
        month: [(field.value, load(values[place])) for field in fields if (place := (month, field)) in values]
        for month in period.months()
    }
    absent = {field.value: MISSING for field in fields if field is not Field.ANNOTATIONS}
    return (_payload(day, known[day.replace(day=1)], absent, timezone) for day in period.days())


def _payload(
    day: dt.date, month: Iterable[tuple[str, Mapping[str, Any]]], absent: Mapping[str, str], timezone: str
) -> Payload:
    name = f"{day.day:02}"
    fields = {field: days[name] for field, days in month if name in days}
    marks = {} if absent.keys() <= fields.keys() else {f: mark for f, mark in absent.items() if f not in fields}
    return payload_of(day, timezone, fields, marks)
