"""Periods of local days, ISO weeks, and when a week has closed."""

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

GRACE: Final = dt.timedelta(hours=48)
"""What an employee has after a week's end to explain gaps, to correct and to forget."""
READABLE_WEEKS: Final = 8
"""How many closed weeks back a manager may read."""

_WEEK: Final = dt.timedelta(days=7)
_A_MONTH: Final = dt.timedelta(days=31)
"""From the first day of a month into the next one."""
_MIDNIGHT: Final = dt.time(0)
_WEEK_NAME: Final = re.compile(r"([0-9]{4})-W([0-9]{2})")


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """The local days from `first` to the day before `end`; never empty."""

    first: dt.date
    end: dt.date

    def __post_init__(self) -> None:
        if self.first >= self.end:
            raise ValueError(f"a period ends after it begins: {self.first} to {self.end}")

    def __contains__(self, day: dt.date) -> bool:
        return self.first <= day < self.end

    @classmethod
    def day(cls, day: dt.date) -> "Period":
        """Return the period of one day."""
        return cls(day, day + dt.timedelta(days=1))

    @property
    def last(self) -> dt.date:
        """The last day inside."""
        return self.end - dt.timedelta(days=1)

    def whole_months(self) -> "Period":
        """Return the months that any of the days are in, from the first day of the first to the end of the last."""
        return Period(self.first.replace(day=1), (self.last.replace(day=1) + _A_MONTH).replace(day=1))

    def months(self) -> Iterator[dt.date]:
        """Yield the first day of each month that any of the days are in."""
        month = self.first.replace(day=1)
        while month < self.end:
            yield month
            month = (month + _A_MONTH).replace(day=1)

    def days(self) -> Iterator[dt.date]:
        """Yield each day."""
        return (self.first + dt.timedelta(days=n) for n in range((self.end - self.first).days))


def span_of(days: Sequence[dt.date]) -> Period:
    """Return the period from the first to the last of some days in order."""
    return Period(days[0], days[-1] + dt.timedelta(days=1))


def iso_week(name: str) -> Period:
    """Return the week that "2026-W46" names; ValueError for any other form or a week that the year does not have."""
    found = _WEEK_NAME.fullmatch(name)
    if found is None:
        raise ValueError(f"not an ISO week such as 2026-W46: {name!r}")
    monday = dt.date.fromisocalendar(int(found[1]), int(found[2]), 1)
    return Period(monday, monday + _WEEK)


def week_of(day: dt.date) -> Period:
    """Return the ISO week that `day` falls into."""
    monday = day - dt.timedelta(days=day.weekday())
    return Period(monday, monday + _WEEK)


def is_week(period: Period) -> bool:
    """Tell whether `period` is exactly one ISO week."""
    return period == week_of(period.first)


def week_name(period: Period) -> str:
    """Return "2026-W46" for exactly that ISO week; ValueError for any other period."""
    if not is_week(period):
        raise ValueError(f"not an ISO week: {period.first} to {period.end}")
    year, week, _ = period.first.isocalendar()
    return f"{year:04}-W{week:02}"


def starts_at(day: dt.date, zone: ZoneInfo, day_start: dt.time = _MIDNIGHT) -> dt.datetime:
    """Return the moment (UTC) at which a local day begins in `zone`, on days of 23 and 25 hours too."""
    return dt.datetime.combine(day, day_start, tzinfo=zone).astimezone(dt.UTC)


def local_day(at: dt.datetime, zone: ZoneInfo, day_start: dt.time = _MIDNIGHT) -> dt.date:
    """Return the local day that the moment `at` belongs to."""
    local = at.astimezone(zone)
    return local.date() if local.time() >= day_start else local.date() - dt.timedelta(days=1)


def is_shown_once(local: dt.datetime) -> bool:
    """Tell whether the clock of its zone shows a time once: not when it goes back, and not left out when it goes on."""
    return local.replace(fold=0).utcoffset() == local.replace(fold=1).utcoffset()


def shared_from(week: Period, zone: ZoneInfo, day_start: dt.time = _MIDNIGHT) -> dt.datetime:
    """Return the moment (UTC) from which a week may be shared: its end in the person's zone plus the grace."""
    return starts_at(week.end, zone, day_start) + GRACE


def shared_from_all(week: Period, zones: Iterable[ZoneInfo], day_start: dt.time = _MIDNIGHT) -> dt.datetime:
    """Return the moment from which a week may be shared on each clock that its person has had since it began."""
    return max(shared_from(week, zone, day_start) for zone in zones)


def oldest_readable(today: dt.date) -> Period:
    """Return the oldest week that a manager may read on the subject's local day `today`: eight closed weeks back."""
    monday = week_of(today).first - READABLE_WEEKS * _WEEK
    return Period(monday, monday + _WEEK)
