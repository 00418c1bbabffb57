"""What everybody contributes to team figures of a week: opened through the gate, one disclosure for each person.

The system itself opens them, after an entry in each person's log; entries are committed a hundred at a time. Damage
stops nobody else: whoever's figures do not open is not counted, and is named.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import Final

from analytics.contributing import Contribution, contributions
from analytics.team_figures import day_number
from auth.person import Person
from portal import own_settings
from portal.retention import DAMAGE
from portal.wiring import System
from privacy.disclosure import LogUnavailable, Opening
from privacy.period import Period, week_name
from privacy.policy import TEAM_FIELDS, Purpose

Step = Callable[[str, float, float], None]
Tell = Callable[[str], object]
Values = dict[tuple[Hashable, int], Mapping[str, float]]
"""By person and day number: minutes, or per cent, by category."""

TOGETHER: Final = 100
"""Entries in a commit."""
DEFECTS: Final = (ArithmeticError, LookupError, TypeError, ValueError)
"""What somebody's data may bring to light; the text of such an error may hold some of them."""


def gather(system: System, people: Sequence[Person], week: Period, step: Step, tell: Tell) -> dict[str, Values]:
    """Return by group of measures what people contribute to a week. LogUnavailable: then nothing is released."""
    found: dict[str, Values] = defaultdict(dict)
    core = system.categorisers(system.policies.now()).rules.core
    for first in range(0, len(people), TOGETHER):
        portion = people[first : first + TOGETHER]
        known = {person.subject: person for person in portion if _is_folded(system, person, week, tell)}
        for opening in _begin(system, list(known), week, tell):
            person = known[opening.request.subject]
            for day, of_day in _contributed(system, person, opening, core, tell).items():
                for group, minutes in of_day.items():
                    found[group][person.subject, day_number(day)] = minutes
        system.keys.evict()  # each person's are used here alone: ten thousand people's would not fit beside one another
        step(f"team figures of {week_name(week)}", first + len(portion), len(people))
    return found


def _is_folded(system: System, person: Person, week: Period, tell: Tell) -> bool:
    """Put what collectors sent into days; tell whether that could be done, or else they would lack it for good."""
    try:
        system.intake.fold(person.subject)
    except DAMAGE as error:
        tell(_not_counted(person.subject, week, str(error)))
        return False
    return True


def _begin(system: System, subjects: list[str], week: Period, tell: Tell) -> Iterator[Opening]:
    """Log that the figures of some people are opened, together; if that fails, each for themselves."""
    try:
        yield from system.gate.begin_all(subjects, TEAM_FIELDS, Purpose.TEAM_RHYTHM, week)
        return
    except LogUnavailable:
        broken = system.log.broken(subjects)
        if not broken:
            raise
    for subject, reason in sorted(broken.items()):
        tell(_not_counted(subject, week, reason))
    sound = [each for each in subjects if each not in broken]
    yield from system.gate.begin_all(sound, TEAM_FIELDS, Purpose.TEAM_RHYTHM, week)


def _contributed(
    system: System, person: Person, opening: Opening, core: frozenset[str], tell: Tell
) -> dict[dt.date, Contribution]:
    week = opening.request.period
    try:
        disclosed = opening.part(week)
        working, _goals = own_settings.settings_of(system, person, disclosed.values)
        return contributions(disclosed, working, core)
    except DAMAGE as error:
        tell(_not_counted(person.subject, week, str(error)))
    except DEFECTS as error:
        reason = f"{type(error).__name__}, which is a defect of Sameview; please report it"
        tell(_not_counted(person.subject, week, reason))
    return {}


def _not_counted(subject: str, week: Period, reason: str) -> str:
    return f"person {subject}: is not counted in the team figures of {week_name(week)}: {reason}"
