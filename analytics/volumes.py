"""The state of the work: cases per process and day, without a person in them (pure).

A day that was not delivered is no day without cases: it has no row, and is never counted as 0. Sums say over how many
days they are, and a share is taken over the days on which both of its parts are known.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Final

from privacy.period import Period, week_of

COUNTS: Final = ("received", "completed", "open", "oldest_days", "in_time", "wrong")
"""The figures of a row, in the order of files, tables and answers."""
COLUMNS: Final = ("team", "process", "day", *COUNTS)
WEEKS: Final = 4
KEPT_IN_VIEW: Final = dt.timedelta(weeks=12)
"""For so long before the weeks in view a process that is delivered no more keeps its last state."""

_DAY: Final = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Volume:
    """One process of one team (by its id) on one local day; None for a figure that was not delivered.

    `open` and `oldest_days` are of the day's end: how many cases wait, and how many days the oldest one has. `in_time`
    and `wrong` count the completed ones. `delivered_on` (UTC) is None before the row is stored.
    """

    team: str
    process: str
    day: dt.date
    received: int | None
    completed: int | None
    open: int | None
    oldest_days: int | None
    in_time: int | None
    wrong: int | None
    delivered_on: dt.date | None = None

    @property
    def key(self) -> tuple[str, str, dt.date]:
        """What there is one row of."""
        return self.team, self.process, self.day

    @property
    def figures(self) -> tuple[int | None, ...]:
        """The figures, in the order of `COUNTS`."""
        return _FIGURES(self)

    def delivered(self, day: dt.date) -> "Volume":
        """Return the row as one that was delivered on a day."""
        return replace(self, delivered_on=day)


_FIGURES: Final = attrgetter(*COUNTS)


@dataclass(frozen=True, slots=True)
class Week:
    """The sums of the delivered days of one week or several, of which there are `days`; None where no day has a figure.

    The shares are of the completed cases, 1.0 for all.
    """

    period: Period
    days: int
    received: int | None
    completed: int | None
    in_time: float | None
    wrong: float | None


@dataclass(frozen=True, slots=True)
class Process:
    """One process: the last state that was delivered, each day of the weeks in view, the weeks, newest first, and the
    sums of all of them."""

    name: str
    last: Volume
    days: tuple[tuple[dt.date, Volume | None], ...]
    weeks: tuple[Week, ...]
    whole: Week


def view_until(today: dt.date) -> Period:
    """Return the four ISO weeks in view, the last of them that of `today`, up to and with `today`."""
    return Period(week_of(today).first - dt.timedelta(weeks=WEEKS - 1), today + _DAY)


def processes(rows: Iterable[Volume], period: Period) -> tuple[Process, ...]:
    """Return the processes of one team by name; `rows` are those of `period`, and of `KEPT_IN_VIEW` before it."""
    by_name: dict[str, dict[dt.date, Volume]] = defaultdict(dict)
    for row in rows:
        if row.day < period.end:
            by_name[row.process][row.day] = row
    return tuple(_process(name, by_name[name], period) for name in sorted(by_name, key=str.casefold))


def total(values: Iterable[int | None]) -> int | None:
    """Return the sum of what is known, None where nothing is."""
    known = [each for each in values if each is not None]
    return sum(known) if known else None


def _process(name: str, known: dict[dt.date, Volume], period: Period) -> Process:
    days = tuple((day, known.get(day)) for day in period.days())
    mondays = sorted({week_of(day).first for day, _ in days}, reverse=True)
    weeks = tuple(_week(week_of(monday), days) for monday in mondays)
    return Process(name, known[max(known)], days, weeks, _week(period, days))


def _week(week: Period, days: Sequence[tuple[dt.date, Volume | None]]) -> Week:
    rows = [row for day, row in days if day in week and row is not None]
    return Week(
        period=week,
        days=len(rows),
        received=total(row.received for row in rows),
        completed=total(row.completed for row in rows),
        in_time=_share((row.in_time, row.completed) for row in rows),
        wrong=_share((row.wrong, row.completed) for row in rows),
    )


def _share(parts: Iterable[tuple[int | None, int | None]]) -> float | None:
    known = [(part, whole) for part, whole in parts if part is not None and whole is not None]
    whole = sum(each for _, each in known)
    return sum(part for part, _ in known) / whole if whole else None
