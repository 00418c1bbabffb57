"""What a target of a team can be about: measures of released team figures, and of the state of the work (pure).

Never of a person. A released figure is a mean over the team; the state of the work is counted per process. Each has a
charter, as every measure does, and a range in which a band makes sense.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from analytics.charters import Charter
from analytics.measures import COUNT, PERCENT, measure
from analytics.team_measures import team_measure
from analytics.volumes import Volume, Week, processes
from privacy.messages import N_
from privacy.period import Period


@dataclass(frozen=True, slots=True)
class Aim:
    """A measure of a team, or, with `of_process`, of one process of its work; no band ends above `most`."""

    name: str
    title: str
    unit: str
    most: int
    of_process: bool
    definition: str
    charter: Charter
    not_for: str


_REVIEW: Final = dt.date(2027, 6, 30)
_WORK: Final = Charter(
    who=N_("everybody in the team, its managers and planners"),
    when=N_("once a week, when the state of the work is looked at together"),
    decision=N_("how much work there is, and where help or a better way is needed"),
    owner=N_("the managers of the team"),
    review=_REVIEW,
)
_NOT_FOR_WORK: Final = N_("discipline, pay or ranking; cases differ, and a process is the work of many")


def _released(name: str, most: int) -> Aim:
    of = team_measure(name)
    return Aim(name, of.title, measure(name).unit, most, False, of.definition, of.charter, of.not_for)


def _of_work(name: str, title: str, unit: str, most: int, definition: str) -> Aim:
    return Aim(name, title, unit, most, True, definition, _WORK, _NOT_FOR_WORK)


AIMS: Final[dict[str, Aim]] = {
    each.name: each
    for each in (
        _released("utilisation", 100),
        _released("focus_time", 240),
        _released("active_time", 480),
        _of_work(
            "in_time",
            N_("Completed in time"),
            PERCENT,
            100,
            N_("Completed cases that were in time, of all completed."),
        ),
        _of_work(
            "wrong",
            N_("Turned out wrong"),
            PERCENT,
            100,
            N_("Completed cases that turned out wrong, of all completed."),
        ),
        _of_work(
            "oldest_days",
            N_("Days of the oldest case"),
            COUNT,
            365,
            N_("How many days the oldest open case has waited."),
        ),
    )
}
"""By name. The first three are means over the team for a working day, at most the caps of their release."""
RELEASED: Final = frozenset(name for name, aim in AIMS.items() if not aim.of_process)


@dataclass(frozen=True, slots=True)
class Seen:
    """Between which values a figure lay over some weeks, as it was released or delivered."""

    low: float
    high: float


def seen_of_work(rows: Sequence[Volume], period: Period, name: str, process: str) -> Seen | None:
    """Return what the weeks of a period came to in a process, None where nothing was delivered of it."""
    found = next((each for each in processes(rows, period) if each.name == process), None)
    if found is None:
        return None
    if name == "oldest_days":
        values = [float(row.oldest_days) for _, row in found.days if row is not None and row.oldest_days is not None]
    else:
        values = [value for week in found.weeks if (value := _share(week, name)) is not None]
    return Seen(min(values), max(values)) if values else None


def hull(intervals: Sequence[Seen]) -> Seen | None:
    """Return the smallest interval that holds all of these, None of none."""
    if not intervals:
        return None
    return Seen(min(each.low for each in intervals), max(each.high for each in intervals))


def _share(week: Week, name: str) -> float | None:
    share = week.in_time if name == "in_time" else week.wrong
    return None if share is None else share * 100
