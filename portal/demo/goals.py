"""Goals in the synthetic back office: own ones, one that was agreed on and changed, one to answer, two experiments."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from analytics.agreed import IN_WORDS, Agreed, Side, Terms
from analytics.experiments import begun
from analytics.goals import Goals, focus_goal
from analytics.public_holidays import Region, country_of
from analytics.working import Working
from auth.notices import Kind
from portal import agreeing
from portal.agreeing import Author
from portal.demo import organisation
from portal.demo.organisation import EMPLOYEE, MANAGER, Colleague
from privacy.fields import Field, Tier
from privacy.stores import writing
from privacy.vault import Row

if TYPE_CHECKING:
    from portal.wiring import System

_FOCUS_MINUTES: Final = 150
_STRETCH_MINUTES: Final = 120
_WEEK: Final = dt.timedelta(weeks=1)


def settings(person: Colleague, today: dt.date, now: dt.date) -> Iterator[Row]:
    """Yield the planned hours that somebody noted, and the goals of those with a link.

    Public holidays on which somebody's desk recorded something are ones on which they work.
    """
    hours = [round(each * 60) for each in person.hours]
    planned = Working().changed(today, hours).with_days_off(person.days_off)
    for duty in sorted(person.duties):
        on_duty = [*hours[: duty.weekday()], round(person.hours_on(duty) * 60), *hours[duty.weekday() + 1 :]]
        planned = planned.changed(duty, on_duty).changed(duty + dt.timedelta(days=1), hours)
    country = country_of(person.timezone)
    planned = planned.in_region(today, None if country is None else Region(country))
    worked = [day for day in organisation.recorded_days(person, now) if planned.is_holiday(day)]
    yield Row(Field.WORKING_PATTERN, Tier.SUMMARY, today, 0, planned.working_on(worked, worked).dump())
    if person.name in (EMPLOYEE, MANAGER):
        yield Row(Field.GOALS, Tier.SUMMARY, today, 0, _own(today).dump())


def happen(system: "System", subjects: Mapping[str, str], number: int, thursday: dt.date) -> None:
    """Let happen what happens about goals on the Thursday of a recorded week."""
    if number in _TALKS:
        by, kind, change = _TALKS[number]
        employee, manager = subjects[EMPLOYEE], subjects[MANAGER]
        ids = (employee, manager, f"demo:{thursday}") if by is Side.EMPLOYEE else (manager, employee, None)
        author = Author(ids[0], employee, ids[1], ids[2])
        agreeing.file(system, author, kind, lambda found, today: change(found, manager, today))
    tried = [each for each in _TRIED if each[0] <= number]
    if tried and tried[-1][0] == number:
        _try(system, subjects[EMPLOYEE], tried, thursday - number * _WEEK, thursday)


def _own(today: dt.date) -> Goals:
    stretch = [_STRETCH_MINUTES] * 5 + [None] * 2
    return focus_goal(_FOCUS_MINUTES, today).setting("longest_stretch", today, stretch, today)


def _try(system: "System", employee: str, tried: list[tuple[int, str, str]], first: dt.date, thursday: dt.date) -> None:
    """File the goals anew, with the experiments up to now: each begins on the Monday after its Thursday."""
    goals = _own(first - dt.timedelta(days=10))  # the Monday of a week before the first one, when people came
    for number, text, name in tried:
        day = first + number * _WEEK
        start = day + dt.timedelta(days=7 - day.weekday())
        goals = replace(goals, experiments=begun(goals.experiments, text, name, start, day))
    with writing(system.stores.data) as connection:
        system.vault.put(connection, employee, [Row(Field.GOALS, Tier.SUMMARY, thursday, 0, goals.dump())])
        system.gate.account(employee, connection, own=True, fields=[Field.GOALS])


def _terms(today: dt.date, low: int, high: int) -> Terms:
    return Terms(
        text="Two quiet hours for reserve cases",
        measure="focus_time",
        low=low,
        high=high,
        reason="Reserve cases wait longest, and they are the ones that interruptions cost most.",
        benefit="Calls and questions go to the duty desk in that time; less is left for the evening.",
        begins=today,
        review=today + 13 * _WEEK,
    )


def _propose(found: Agreed, manager: str, today: dt.date) -> Agreed:
    return found.proposed(Side.MANAGER, manager, _terms(today, 120, 210), today)


def _agree(found: Agreed, manager: str, today: dt.date) -> Agreed:
    return found.answered(Side.EMPLOYEE, manager, 1, 1, True, today)


def _change(found: Agreed, manager: str, today: dt.date) -> Agreed:
    return found.proposed(Side.EMPLOYEE, manager, _terms(today, 90, 180), today, number=1, seen=1)


def _agree_to_change(found: Agreed, manager: str, today: dt.date) -> Agreed:
    return found.answered(Side.MANAGER, manager, 1, 2, True, today)


def _propose_another(found: Agreed, manager: str, today: dt.date) -> Agreed:
    terms = Terms(
        text="Take over the monthly forecast, step by step",
        measure=IN_WORDS,
        low=None,
        high=None,
        reason="Only two people know how it is made.",
        benefit="Time is planned for it, and you present it to the other teams.",
        begins=today + 3 * _WEEK,
        review=today + 26 * _WEEK,
    )
    return found.proposed(Side.MANAGER, manager, terms, today)


_TALKS: Final[dict[int, tuple[Side, Kind, Callable[[Agreed, str, dt.date], Agreed]]]] = {
    2: (Side.MANAGER, Kind.GOAL_PROPOSED, _propose),
    3: (Side.EMPLOYEE, Kind.GOAL_AGREED, _agree),
    8: (Side.EMPLOYEE, Kind.GOAL_PROPOSED, _change),
    9: (Side.MANAGER, Kind.GOAL_AGREED, _agree_to_change),
    11: (Side.MANAGER, Kind.GOAL_PROPOSED, _propose_another),
}
"""Which talk is on the Thursday of which week: who changes what."""

_TRIED: Final = (
    (6, "Mail at eleven and at four only", "focus_time"),
    (10, "A walk after each case file", "longest_stretch"),
)
"""After the Thursday of which week what is tried, and which measure is watched."""
