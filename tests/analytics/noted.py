"""A Monday in Berlin, and notes on its minutes: input for tests."""

import datetime as dt
from typing import Final

from analytics.annotations import (
    NOTHING_NOTED,
    Annotation,
    Kind,
    Note,
    Notes,
)
from analytics.events import borders_us
from privacy.period import Period
from tests.analytics.intake_office import (
    BERLIN,
)

MINUTE: Final = 60_000_000
DAY: Final = dt.date(2026, 11, 16)
FIRST, END = borders_us(DAY, BERLIN, dt.time(0))
CORE: Final = frozenset({"Work"})
ONE_DAY: Final = Period.day(DAY)


def note(start: int, end: int, kind: Kind = Kind.PHONE, text: str = "") -> Annotation:
    """Return a note on minutes of the Monday."""
    return Annotation(FIRST + start * MINUTE, FIRST + end * MINUTE, kind, text)


def notes(*each: Note) -> Notes:
    found = NOTHING_NOTED
    for one in each:
        found = found.adding(one)
    return found
