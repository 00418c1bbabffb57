"""A person's own goals, and what they try out: nobody else sees them, and nobody is told whether they are reached.

A goal is a value for each weekday of one measure, from a day on. Days that are over are judged by the goal of then: a
change begins today at the earliest. A pause takes the goal away for a while. Kept as one sealed value (`dump`); that of
earlier versions, `{"focus_minutes": 240}`, is read as a goal of always.
"""

import datetime as dt
import enum
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from analytics.experiments import Experiment
from analytics.measures import COUNT, MINUTES, PERCENT, Measure, measure
from analytics.refusals import Refusal
from privacy.messages import N_

Values = tuple[int | None, ...]
"""Seven values in the measure's unit, Monday first; None for a weekday without a goal."""

LONGEST_PAUSE: Final = 90
"""Days of one pause, its first and its last among them."""
FURTHEST: Final = 366
"""So many days ahead a change or a pause may begin."""
MOST: Final[dict[str, int]] = {MINUTES: 16 * 60, COUNT: 50, PERCENT: 100}
"""The largest value by unit: nobody needs a day of more."""
_ALWAYS: Final = dt.date(1970, 1, 1)
_FOCUS: Final = "focus_time"


class Direction(enum.StrEnum):
    """Which side of its value a goal wants."""

    AT_LEAST = "at_least"
    AT_MOST = "at_most"


AIMS: Final[dict[str, Direction]] = {
    _FOCUS: Direction.AT_LEAST,
    "focus_blocks": Direction.AT_LEAST,
    "longest_focus": Direction.AT_LEAST,
    "breaks": Direction.AT_LEAST,
    "break_time": Direction.AT_LEAST,
    "recovery": Direction.AT_LEAST,
    "longest_stretch": Direction.AT_MOST,
    "active_time": Direction.AT_MOST,
}
"""The measures that can be a goal, and which way. Utilisation and the on-task share lie in a band: more of them is not
better. Time away and in a category say nothing about how somebody works."""


class GoalError(Refusal):
    """A goal that cannot be; the message says what to change."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Days without a goal, both ends included."""

    first: dt.date
    last: dt.date

    def __contains__(self, day: dt.date) -> bool:
        return self.first <= day <= self.last


@dataclass(frozen=True, slots=True)
class Goal:
    """What somebody wants of one measure: values by weekday, each set from a day on, and pauses."""

    measure: str
    terms: tuple[tuple[dt.date, Values], ...]  # by date
    pauses: tuple[Pause, ...] = ()  # by date, none touches another

    @property
    def direction(self) -> Direction:
        """At least, or at most."""
        return AIMS[self.measure]

    @property
    def of(self) -> Measure:
        """The measure's row of the table."""
        return measure(self.measure)

    @property
    def begins(self) -> dt.date:
        """The first day that can be judged."""
        return self.terms[0][0]

    def planned_on(self, day: dt.date) -> int | None:
        """Return the value of a day as if nothing were paused; None for a weekday without one, and before it began."""
        begun = [values for begin, values in self.terms if begin <= day]
        return begun[-1][day.weekday()] if begun else None

    def value_on(self, day: dt.date) -> int | None:
        """Return the value that holds on a day, None on a paused one."""
        return None if self.pause_on(day) else self.planned_on(day)

    def pause_on(self, day: dt.date) -> Pause | None:
        """Return the pause that a day lies in."""
        return next((each for each in self.pauses if day in each), None)

    def reached(self, day: dt.date, value: float) -> bool | None:
        """Tell whether a day's value is on the wanted side; None where no goal holds."""
        wanted = self.value_on(day)
        if wanted is None:
            return None
        return value >= wanted if self.direction is Direction.AT_LEAST else value <= wanted

    def changed(self, begin: dt.date, values: Sequence[int | None], today: dt.date) -> "Goal":
        """Return it with other values from a day on; what was to begin on that day or later is replaced."""
        _check_begin(begin, today)
        kept = [each for each in self.terms if each[0] < begin]
        return replace(self, terms=(*kept, (begin, checked(self.measure, values))))

    def paused(self, first: dt.date, last: dt.date, today: dt.date) -> "Goal":
        """Return it with a pause of at most 90 days."""
        _check_begin(first, today)
        if last < first:
            raise GoalError(N_("The last day of a pause comes after its first."), "last")
        if (last - first).days >= LONGEST_PAUSE:
            raise GoalError(N_("A pause has at most %(days)s days."), "last", days=LONGEST_PAUSE)
        if any(each.first <= last and first <= each.last for each in self.pauses):
            raise GoalError(N_("There is a pause in this time already; end it first."), "first")
        found = (*self.pauses, Pause(first, last))
        return replace(self, pauses=tuple(sorted(found, key=lambda each: each.first)))

    def resumed(self, today: dt.date) -> "Goal":
        """Return it with the goal holding from today on: a running pause ends, and one to come is taken back."""
        yesterday = today - dt.timedelta(days=1)
        over = (replace(each, last=min(each.last, yesterday)) for each in self.pauses if each.first < today)
        return replace(self, pauses=tuple(over))


@dataclass(frozen=True, slots=True)
class Goals:
    """Somebody's goals, at most one of each measure, and what they try out."""

    goals: tuple[Goal, ...] = ()
    experiments: tuple[Experiment, ...] = ()

    def of(self, name: str) -> Goal | None:
        """Return the goal of a measure, if there is one."""
        return next((each for each in self.goals if each.measure == name), None)

    def focus_seconds(self, day: dt.date) -> float:
        """Return how much focus is wanted on a day, in seconds; 0 where no goal holds."""
        goal = self.of(_FOCUS)
        return 60.0 * ((goal.value_on(day) if goal is not None else None) or 0)

    def setting(self, name: str, begin: dt.date, values: Sequence[int | None], today: dt.date) -> "Goals":
        """Return them with a goal of a measure, new or changed, from a day on."""
        if name not in AIMS:
            raise GoalError(N_("This measure cannot be a goal."), "measure")
        known = self.of(name)
        if known is not None:
            return self.with_goal(known.changed(begin, values, today))
        _check_begin(begin, today)
        return self.with_goal(Goal(name, ((begin, checked(name, values)),)))

    def with_goal(self, goal: Goal) -> "Goals":
        """Return them with this goal in the place of that of the same measure, in the order of the table."""
        found = {each.measure: each for each in (*self.goals, goal)}
        return replace(self, goals=tuple(found[name] for name in AIMS if name in found))

    def without(self, name: str) -> "Goals":
        """Return them without the goal of a measure, its history and its pauses."""
        return replace(self, goals=tuple(each for each in self.goals if each.measure != name))

    def dump(self) -> bytes:
        """Return the value to seal."""
        tries = [each.as_json() for each in self.experiments]
        content = {"goals": [_dumped(each) for each in self.goals], "tries": tries}
        return json.dumps(content, separators=(",", ":")).encode()


def focus_goal(minutes: int, begin: dt.date = _ALWAYS) -> Goals:
    """Return one goal: as many minutes of focus on every weekday, or none for 0."""
    return Goals((Goal(_FOCUS, ((begin, checked(_FOCUS, [minutes] * 7)),)),) if minutes else ())


def checked(name: str, values: Iterable[int | None]) -> Values:
    """Return seven values of a measure; GoalError for none at all, and for one that no day can have."""
    found, unit = tuple(values), measure(name).unit
    if len(found) != 7:
        raise GoalError(N_("A goal has a value or nothing for each of seven weekdays."), "values")
    if not any(found):
        raise GoalError(N_("Write a value for at least one weekday."), "values")
    if any(each is not None and not 0 < each <= MOST[unit] for each in found):
        if unit == MINUTES:
            raise GoalError(N_("A day’s goal has at most %(hours)s hours."), "values", hours=MOST[unit] // 60)
        if unit == PERCENT:
            raise GoalError(N_("A day’s goal is from 1 to 100 per cent."), "values")
        raise GoalError(N_("A day’s goal is a whole number from 1 to %(most)s."), "values", most=MOST[unit])
    return found


def parse(value: bytes | None) -> Goals:
    """Read a sealed value, or None for somebody who has none. GoalError says what is wrong with it."""
    if value is None:
        return Goals()
    try:
        content = json.loads(value)
        if "focus_minutes" in content:
            return focus_goal(int(content["focus_minutes"]))
        tries = tuple(Experiment.from_json(each) for each in content.get("tries", ()))
        return Goals(tuple(_goal(each) for each in content["goals"] if each["measure"] in AIMS), tries)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise GoalError(N_("This is no value of goals: %(error)s"), "values", error=error) from error


def _check_begin(begin: dt.date, today: dt.date) -> None:
    if begin < today:
        raise GoalError(N_("This day is over. Days that are over keep the goal of then."), "first")
    if (begin - today).days > FURTHEST:
        raise GoalError(N_("This is more than a year ahead."), "first")


def _dumped(goal: Goal) -> dict[str, Any]:
    return {
        "measure": goal.measure,
        "terms": [{"from": begin.isoformat(), "values": list(values)} for begin, values in goal.terms],
        "pauses": [[each.first.isoformat(), each.last.isoformat()] for each in goal.pauses],
    }


def _goal(content: dict[str, Any]) -> Goal:
    day, name = dt.date.fromisoformat, content["measure"]
    terms = tuple((day(each["from"]), checked(name, each["values"])) for each in content["terms"])
    if not terms or list(terms) != sorted(terms, key=lambda each: each[0]):
        raise ValueError("its values are not in the order of their days")
    return Goal(name, terms, tuple(Pause(day(first), day(last)) for first, last in content["pauses"]))
