"""A week that is over, and a month beside the one before it: what is looked back on (pure).

Figures of the person's own, beside the person's own; nothing is judged before ten working days are known.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analytics import past
from analytics.measures import Measure
from analytics.past import Compared, Meetings, Stretch
from analytics.rings import Own, Payload
from privacy.period import Period


@dataclass(frozen=True, slots=True)
class Best:
    """The longest focus block of a week, and its day."""

    date: dt.date
    seconds: float


@dataclass(frozen=True, slots=True)
class Recap:
    """A week in short: sums, what stands outside the own usual, and the longest of its focus blocks and stretches."""

    period: Period
    days: int
    active_seconds: float
    focus_seconds: float
    compared: tuple[Compared, ...]
    meetings: Meetings
    best: Best | None
    stretch: Stretch | None

    @property
    def outside(self) -> tuple[Compared, ...]:
        """What was below or above the own usual range."""
        return tuple(each for each in self.compared if each.stands in ("below", "above"))

    @property
    def corrected(self) -> bool:
        """Whether the person's notes count in a day of the week."""
        return any(each.corrected for each in self.compared)

    @property
    def is_known(self) -> bool:
        """Whether there is a usual to compare with."""
        return any(each.usual is not None for each in self.compared)


@dataclass(frozen=True, slots=True)
class Months:
    """A measure's middle day in one month and in the month before, and of how many days each is."""

    measure: Measure
    value: float | None
    days: int
    before: float | None
    days_before: int


def recap(
    history: Mapping[dt.date, Payload], period: Period, measures: Sequence[Measure], own: Own, today: dt.date
) -> Recap:
    """Return a week in short; `history` holds it and the 60 days before it."""
    sums = past.totals(history, period)
    blocks = [
        Best(date, history[date]["fields"].get("focus", {}).get("longest_seconds", 0.0))
        for date in period.days()
        if date in history
    ]
    best = max((each for each in blocks if each.seconds), key=lambda each: each.seconds, default=None)
    longest = past.stretches(history, period, 1)
    return Recap(
        period,
        sums["days"],
        sums["active"],
        sums["focus"],
        past.compared(history, period, measures, own, today),
        past.meetings(history, period),
        best,
        longest[0] if longest else None,
    )


def months(
    history: Mapping[dt.date, Payload],
    month: Period,
    before: Period,
    measures: Sequence[Measure],
    own: Own,
    today: dt.date,
) -> tuple[Months, ...]:
    """Return each measure's middle day of two months side by side."""
    return tuple(
        Months(each, *past.middle(history, month, each, own, today), *past.middle(history, before, each, own, today))
        for each in measures
    )
