"""Which period is released next: weeks in their order, and after the last of an aligned four, these together.

A week is due when it is over, and its grace too, on every clock that anybody who belongs to a team has had since it
began. What the log says was released is never released again, whether its rows are still there or not.
"""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from auth.rosters import Snapshot
from portal.wiring import System
from privacy import release_history
from privacy.contributions import WEEKS
from privacy.period import Period, shared_from_all, week_of
from privacy.release_memory import block_of, first_of
from privacy.release_store import DAYS, FOUR_WEEKS, WEEK

MOST_WEEKS_BACK: Final = 13
"""How far back an installation begins that has released nothing yet: two aligned periods of four weeks fit in."""
_WEEK: Final = dt.timedelta(days=DAYS[WEEK])
_UTC: Final = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True, order=True)
class Due:
    """A period of which figures are released."""

    kind: str
    first_day: dt.date

    @property
    def period(self) -> Period:
        return Period(self.first_day, self.first_day + dt.timedelta(days=DAYS[self.kind]))

    @property
    def weeks(self) -> tuple[Period, ...]:
        """The weeks of the period."""
        count = DAYS[self.kind] // DAYS[WEEK]
        return tuple(week_of(self.first_day + n * _WEEK) for n in range(count))

    @property
    def block(self) -> int:
        """The block of four weeks in which it lies."""
        return block_of(self.first_day)


@dataclass(frozen=True, slots=True)
class Said:
    """That the log commits to the releases of a period."""

    due: Due
    entry: int
    digest: str


def said(system: System) -> list[Said]:
    """Return what the log says of closed periods, oldest entry first."""
    kinds = {days: kind for kind, days in DAYS.items()}
    found = []
    for period, entry, digest in release_history.said(system.log):
        if (kind := kinds.get((period.end - period.first).days)) is not None:
            found.append(Said(Due(kind, period.first), entry, digest))
    return found


def next_due(system: System, snapshot: Snapshot, closed: Collection[Due], there: Collection[Due]) -> Due | None:
    """Return what is released next, None if nothing is due. `closed` was released, and is still `there` or not."""
    weeks = [each.first_day for each in closed if each.kind == WEEK]
    if not weeks:
        first = _first_week(system, snapshot)
    else:
        last = max(weeks)
        four = Due(FOUR_WEEKS, first_of(block_of(last)))
        is_last = last + _WEEK == four.period.end
        if is_last and four not in closed and all(Due(WEEK, week.first) in there for week in four.weeks):
            return four
        first = last + _WEEK
    if first is None or system.clock() < opens(system, snapshot, Period(first, first + _WEEK)):
        return None
    return Due(WEEK, first)


def opens(system: System, snapshot: Snapshot, week: Period) -> dt.datetime:
    """Return when a week may be released: on the last of all clocks."""
    return shared_from_all(week, snapshot.zones(week.first) or {_UTC}, system.config.day_start)


def _first_week(system: System, snapshot: Snapshot) -> dt.date | None:
    """Return the first whole week with members; of long ago, the first of four that is not too far back."""
    begun = snapshot.first_membership
    if begun is None:
        return None
    whole = week_of(begun - dt.timedelta(days=1)).end  # the Monday on or after
    oldest = week_of(system.clock().date()).first - MOST_WEEKS_BACK * _WEEK
    if whole >= oldest:
        return whole
    block = block_of(oldest)
    return oldest if first_of(block) == oldest else first_of(block + 1)


def places_of(due: Due) -> tuple[int, ...]:
    """Return which weeks of its block a period has, from 0."""
    if due.kind == FOUR_WEEKS:
        return tuple(range(WEEKS))
    return ((due.first_day - first_of(due.block)) // _WEEK,)
