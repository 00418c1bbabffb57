"""What somebody grants, as one payload: totals of the chosen fields over the chosen days, and chosen notes (pure).

The person sees this payload before they grant it, and its digest; the viewer gets the same bytes. So it holds all that
either page shows, and a salt, which makes its digest unguessable for whoever may not see the figures.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from analytics.days import value_of
from analytics.totals import TOTALS
from privacy.disclosure import Disclosed
from privacy.fields import Field
from privacy.period import Period
from privacy.policy import Purpose

SALT_HEX: Final = 32
"""Hex digits of a salt."""
_MISSING: Final = "missing"
_CORRECTED: Final = "corrected"


@dataclass(frozen=True, slots=True)
class Terms:
    """Who may see what of whom, for what, and until which day."""

    subject: str
    viewer: str
    purpose: Purpose
    fields: frozenset[Field]
    period: Period
    expires_on: dt.date


@dataclass(frozen=True, slots=True)
class Note:
    """One of the person's notes, as it can be granted: on which day, from when to when on their clock, what, words."""

    id: str
    day: dt.date
    start: str
    end: str
    kind: str
    text: str

    def shown(self) -> dict[str, str]:
        """Return it as the payload has it."""
        day = self.day.isoformat()
        return {"date": day, "from": self.start, "to": self.end, "kind": self.kind, "text": self.text}


def payload(terms: Terms, days: Disclosed, notes: Iterable[Note], timezone: str, salt: str) -> dict[str, Any]:
    """Return `{"subject", "viewer", "purpose", "period", "expires", "timezone", "days", "fields", "marks", "salt"}`.

    `days` are the person's own days at Tier.SUMMARY, opened by themselves. `period` is half-open; `days` in the payload
    counts those with figures. A field without a figure on any day has a mark, never 0; one in which a correction of
    the person counts is `corrected`.
    """
    fields, marks, captured = _totals(terms.fields, days)
    if Field.ANNOTATIONS in terms.fields:
        fields[Field.ANNOTATIONS.value] = [each.shown() for each in notes]
    return {
        "subject": terms.subject,
        "viewer": terms.viewer,
        "purpose": terms.purpose.value,
        "period": [terms.period.first.isoformat(), terms.period.end.isoformat()],
        "expires": terms.expires_on.isoformat(),
        "timezone": timezone,
        "days": captured,
        "fields": fields,
        "marks": marks,
        "salt": salt,
    }


def _totals(wanted: Collection[Field], days: Disclosed) -> tuple[dict[str, Any], dict[str, str], int]:
    fields: dict[str, Any] = {}
    marks: dict[str, str] = {}
    captured: set[dt.date] = set()
    for field in sorted(wanted & TOTALS.keys()):
        found: Mapping[dt.date, Any] = {
            day: value for day in days.period.days() if (value := value_of(days, day, field)) is not None
        }
        captured |= found.keys()
        if found:
            fields[field.value] = TOTALS[field](list(found.values()))
        else:
            marks[field.value] = _MISSING
        if found and any(field.value in _original(days, day) for day in found):
            marks[field.value] = _CORRECTED
    return fields, marks, len(captured)


def _original(days: Disclosed, day: dt.date) -> Mapping[str, Any]:
    """Return the fields of a day that its person corrected, as far as the day's summary says it."""
    noted = value_of(days, day, Field.ANNOTATIONS) if Field.ANNOTATIONS in days.fields else None
    original: Mapping[str, Any] = (noted or {}).get("original", {})
    return original
