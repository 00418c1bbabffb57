"""One goal as its person sees it: the day, the running week, and the weeks before in a row (pure)."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from analytics.goal_weeks import Row, Week, row, so_far, weeks_of
from analytics.goals import Direction, Goal, Pause
from analytics.measured import measured_days
from analytics.rings import Own, Payload
from privacy.period import Period, week_of

SHOWN_WEEKS: Final = 12


@dataclass(frozen=True, slots=True)
class GoalView:
    """A goal on the local day that runs now. `value` is today's figure so far, `wanted` what is wanted of today."""

    goal: Goal
    wanted: int | None
    value: float | None
    reached: bool
    pause: Pause | None
    coming: Pause | None
    met: int
    judged: int
    row: Row
    weeks: tuple[Week, ...]  # the last ones that are over, oldest first


def goal_view(goal: Goal, history: Mapping[dt.date, Payload], own: Own, today: dt.date) -> GoalView:
    """Return the view of a goal from a history that ends with today; its whole weeks are looked at."""
    values, monday = measured_days(goal.of, history, own), week_of(today).first
    first = min(history, default=monday)
    begin = first if first.weekday() == 0 else week_of(first).end
    weeks = weeks_of(goal, values, own.working, Period(begin, monday)) if begin < monday else []
    met, judged = so_far(goal, values, own.working, monday, today)
    wanted = goal.value_on(today) if own.working.planned_minutes(today) else None
    value = values.get(today)
    reached = wanted is not None and value is not None and goal.direction is Direction.AT_LEAST and value >= wanted
    return GoalView(
        goal=goal,
        wanted=wanted,
        value=value,
        reached=reached,
        pause=goal.pause_on(today),
        coming=next((each for each in goal.pauses if each.first > today), None),
        met=met,
        judged=judged,
        row=row(goal, weeks),
        weeks=tuple(weeks[-SHOWN_WEEKS:]),
    )
