"""Weeks in which a goal was met, and how many of them follow one another (pure).

A day is judged if the goal has a value for it that nothing pauses, the weekday has planned time, and there is a figure.
A week counts if the goal was missed on at most one of its planned and recorded days and met on two or more; one is
enough where the goal has but one day a week. A week that does not count is *held*, and neither adds nor breaks, if a
day of it is off or a public holiday, if the goal was paused on a day or began after Monday, or if fewer than three of
its days were recorded (fewer than all, where it has less). A day off on which the goal was met counts for its week, and
one on which it was not is left out: so another day off or holiday never makes fewer weeks in a row.
"""

import datetime as dt
import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from analytics.goals import Direction, Goal
from analytics.working import Working
from privacy.period import Period, week_of

MOST_MISSED: Final = 1
LEAST_MET: Final = 2
LEAST_RECORDED: Final = 3
_WEEK: Final = dt.timedelta(days=7)


class State(enum.StrEnum):
    """What a week did for its row."""

    COUNTS = "counts"
    HELD = "held"
    OTHER = "other"  # neither: the next week begins a new row


@dataclass(frozen=True, slots=True)
class Week:
    """One week of a goal: days on which it was met, of those that were judged, and why it was held, if it was."""

    monday: dt.date
    state: State
    met: int
    judged: int
    because: str | None = None  # "off", "paused", "begun" or "few"


@dataclass(frozen=True, slots=True)
class Row:
    """How many weeks that count follow one another, held ones left out, and the most there ever were.

    `reaches_back` says that the row may be longer: it begins with the first week that is known, and the goal before.
    """

    weeks: int
    most: int
    reaches_back: bool


def weeks_of(goal: Goal, values: Mapping[dt.date, float], working: Working, period: Period) -> list[Week]:
    """Return the weeks of a period from the one in which the goal began, oldest first; `period` holds whole weeks."""
    monday, found = max(period.first, week_of(goal.begins).first), []
    while monday + _WEEK <= period.end:
        found.append(week(goal, values, working, monday))
        monday += _WEEK
    return found


def week(goal: Goal, values: Mapping[dt.date, float], working: Working, monday: dt.date) -> Week:
    """Judge one week that is over."""
    days = [day for day in week_of(monday).days() if working.pattern_minutes(day) and goal.planned_on(day) is not None]
    judged = [day for day in days if day in values and goal.value_on(day) is not None]
    met = sum(bool(goal.reached(day, values[day])) for day in judged)
    planned = [day for day in judged if working.planned_minutes(day)]
    missed = sum(not goal.reached(day, values[day]) for day in planned)
    if missed <= MOST_MISSED and met >= max(1, min(LEAST_MET, len(days))):
        return Week(monday, State.COUNTS, met, met + missed)
    because = _held(goal, working, monday, days, len(planned))
    return Week(monday, State.OTHER if because is None else State.HELD, met, met + missed, because)


def so_far(
    goal: Goal, values: Mapping[dt.date, float], working: Working, monday: dt.date, today: dt.date
) -> tuple[int, int]:
    """Return on how many days of a running week the goal was met, and how many can be judged.

    Today is one of them once "at least" is reached; of "at most" only a day that is over can tell.
    """
    met = judged = 0
    for day in week_of(monday).days():
        if day > today or day not in values or not working.planned_minutes(day) or goal.value_on(day) is None:
            continue
        reached = bool(goal.reached(day, values[day]))
        if day < today or (reached and goal.direction is Direction.AT_LEAST):
            met, judged = met + reached, judged + 1
    return met, judged


def row(goal: Goal, weeks: Sequence[Week]) -> Row:
    """Return the row that the last week belongs to, and the longest one."""
    run = most = 0
    unbroken = True
    for each in weeks:
        if each.state is State.COUNTS:
            run += 1
        elif each.state is State.OTHER:
            run, unbroken = 0, False
        most = max(most, run)
    earlier = bool(weeks) and weeks[0].monday > week_of(goal.begins).first
    return Row(run, most, earlier and unbroken and run > 0)


def _held(goal: Goal, working: Working, monday: dt.date, days: Sequence[dt.date], recorded: int) -> str | None:
    """Return why a week that does not count is left out, None if it is not."""
    if any(goal.pause_on(day) for day in week_of(monday).days()):
        return "paused"
    if goal.begins > monday:
        return "begun"
    if any(working.is_off(day) for day in days):
        return "off"
    return "few" if recorded < max(1, min(LEAST_RECORDED, len(days))) else None
