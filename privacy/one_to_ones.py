"""Dated one-to-ones: on which days their sheets are open, and which weeks stand on one (pure).

A sheet is open from three working days before its meeting to three after. On it are the closed weeks since the meeting
before, with that meeting's own week: it had not closed when the two met. Whatever lies earlier stood on the sheets of
then, and opens no more. Working days are Mondays to Fridays, public holidays among them. Days are the employee's.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from privacy.period import Period, week_of

WORKING_DAYS: Final = 3
"""How many working days before and after the meeting its sheet is open."""
_DAY: Final = dt.timedelta(days=1)
_SATURDAY: Final = 5


class Met(NamedTuple):
    """A one-to-one that both have said yes to. `stands`: the key store knows of this agreement, so its sheet opens."""

    day: dt.date
    stands: bool


@dataclass(frozen=True, slots=True)
class Sheet:
    """The sheet of a one-to-one: its day, when it is open, and the day of the meeting before (None: there was none)."""

    day: dt.date
    open: Period
    before: dt.date | None

    @property
    def since(self) -> dt.date:
        """The first day of the weeks that stand on it."""
        return dt.date.min if self.before is None else week_of(self.before).first

    def is_open(self, todays: Iterable[dt.date]) -> bool:
        """Tell whether it is open on each of the clocks that the employee has had lately."""
        return all(today in self.open for today in todays)

    def holds(self, week: Period) -> bool:
        """Tell whether a week is not from before the weeks that stand on it."""
        return week.first >= self.since


def working_days_from(day: dt.date, count: int) -> dt.date:
    """Return the working day that is `count` working days after `day`, or before it if `count` is negative."""
    step = _DAY if count > 0 else -_DAY
    left = abs(count)
    while left:
        day += step
        left -= day.weekday() < _SATURDAY
    return day


def opening(day: dt.date) -> Period:
    """Return the days on which the sheet of a meeting on `day` is open."""
    return Period(working_days_from(day, -WORKING_DAYS), working_days_from(day, WORKING_DAYS) + _DAY)


def sheets(met: Sequence[Met]) -> list[Sheet]:
    """Return the sheets of what two people agreed on, by day.

    Each agreed day counts as the meeting before of the next one, whether its key is there or not: what is missing in
    the key store must not open more.
    """
    days = sorted({each.day for each in met})
    before = dict(zip(days[1:], days, strict=False))
    return [Sheet(day, opening(day), before.get(day)) for day in sorted({each.day for each in met if each.stands})]
