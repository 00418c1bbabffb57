"""Goals that an employee and their manager agree on: proposed by either, in force once both have agreed (pure).

A goal is a list of versions. Each says what is wanted, why, what it brings the employee, from when on, when both look
at it again, and within which band it is good enough. The other side answers a version. What holds goes on until a newer
version is agreed on, or until either side ends it. Nothing is ever changed in place, and there is no figure in it.
Kept as one sealed value per employee, with a random salt: without it nobody can try which text a logged digest is of.
"""

import datetime as dt
import enum
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec

from analytics.goals import AIMS, MOST
from analytics.measures import MINUTES, measure
from analytics.refusals import Refusal
from privacy.fields import SHARED_FIELDS
from privacy.free_text import UNSEEN, unseen
from privacy.messages import N_

MEASURED: Final = tuple(name for name in AIMS if measure(name).fields <= SHARED_FIELDS and name != "active_time")
"""Measures that an agreed goal may have: of what managers may see, and not how long somebody was at the computer."""
IN_WORDS: Final = ""
"""The measure of a goal that is said in words alone."""
LONGEST: Final[dict[str, int]] = {"text": 300, "reason": 600, "benefit": 600}
MOST_GOALS: Final = 40
MOST_VERSIONS: Final = 20
_YEAR: Final = 366
_SALT_BYTES: Final = 16


class Side(enum.StrEnum):
    """Who did something."""

    EMPLOYEE = "employee"
    MANAGER = "manager"

    @property
    def other(self) -> "Side":
        """The one who has to answer."""
        return Side.MANAGER if self is Side.EMPLOYEE else Side.EMPLOYEE


class AgreedError(Refusal):
    """An agreed goal that cannot be; the message says what to change."""


class Outdated(AgreedError):
    """The goal has changed since the page was drawn."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a version says. `low` to `high` is the band, a working day on average, in the measure's unit."""

    text: str
    measure: str
    low: int | None
    high: int | None
    reason: str
    benefit: str
    begins: dt.date
    review: dt.date


@dataclass(frozen=True, slots=True)
class Version:
    """One proposal, and how the other side answered: `agreed` None while it has not, or when a newer one came first."""

    number: int
    by: Side
    day: dt.date
    terms: Terms
    agreed: bool | None = None
    answered: dt.date | None = None


@dataclass(frozen=True, slots=True)
class AgreedGoal:
    """A goal between the employee and one manager."""

    number: int
    manager: str
    versions: tuple[Version, ...]
    ended: dt.date | None = None
    ended_by: Side | None = None

    @property
    def newest(self) -> Version:
        return self.versions[-1]

    @property
    def waiting(self) -> Version | None:
        """The version that has not been answered yet."""
        return self.newest if self.ended is None and self.newest.agreed is None else None

    def holds_on(self, day: dt.date) -> Version | None:
        """Return the version that is in force on a day: the last that both agreed on and that has begun."""
        if self.ended is not None and self.ended <= day:
            return None
        begun = [each for each in self.versions if each.agreed and each.terms.begins <= day]
        return begun[-1] if begun else None

    def state(self, day: dt.date) -> str:
        """Return "ended", "holds", "ahead", "waiting" or "declined"."""
        if self.ended is not None:
            return "ended"
        if self.holds_on(day):
            return "holds"
        if any(each.agreed for each in self.versions):
            return "ahead"
        return "waiting" if self.waiting else "declined"


@dataclass(frozen=True, slots=True)
class Agreed:
    """Everything that one employee has agreed on, or was proposed."""

    goals: tuple[AgreedGoal, ...] = ()
    salt: str = ""

    def of(self, manager: str) -> "Agreed":
        """Return what is between the employee and one manager: what that manager is shown."""
        return replace(self, goals=tuple(each for each in self.goals if each.manager == manager))

    def proposed(
        self, by: Side, manager: str, terms: Terms, today: dt.date, number: int | None = None, seen: int | None = None
    ) -> "Agreed":
        """Return it with a new goal, or with another version of one, of which the proposer has seen `seen` versions."""
        _check(terms, today)
        if number is None:
            if len(self.goals) >= MOST_GOALS:
                raise AgreedError(N_("There are %(most)s goals; end some of them first."), "text", most=MOST_GOALS)
            made = AgreedGoal(max((each.number for each in self.goals), default=0) + 1, manager, ())
            return self._with(replace(made, versions=(Version(1, by, today, terms),)))
        goal = self._open(number, manager)
        _check_seen(goal, seen)
        if len(goal.versions) >= MOST_VERSIONS:
            sentence = N_("This goal was changed %(most)s times. End it, and begin another.")
            raise AgreedError(sentence, "text", most=MOST_VERSIONS)
        return self._with(replace(goal, versions=(*goal.versions, Version(len(goal.versions) + 1, by, today, terms))))

    def answered(self, by: Side, manager: str, number: int, version: int, agreed: bool, today: dt.date) -> "Agreed":
        """Return it with an answer to the newest version; only the side that did not propose it can answer."""
        goal = self._open(number, manager)
        _check_seen(goal, version)
        if goal.waiting is None or goal.newest.by is by:
            raise Outdated(N_("There is nothing to answer: it is answered, or it is your own proposal."))
        answer = replace(goal.newest, agreed=agreed, answered=today)
        return self._with(replace(goal, versions=(*goal.versions[:-1], answer)))

    def finished(self, by: Side, manager: str, number: int, today: dt.date) -> "Agreed":
        """Return it with a goal ended, from this day on; either side can, without the other."""
        return self._with(replace(self._open(number, manager), ended=today, ended_by=by))

    def payload(self, subject: str, manager: str) -> dict[str, Any]:
        """Return what a manager is shown, and what the digest in the log is of: the same for both sides."""
        goals = [msgspec.to_builtins(each) for each in self.of(manager).goals]
        return {"subject": subject, "manager": manager, "goals": goals, "salt": self.salt}

    def dump(self) -> bytes:
        """Return the value to seal, with a new salt."""
        return msgspec.json.encode(replace(self, salt=secrets.token_hex(_SALT_BYTES)))

    def _open(self, number: int, manager: str) -> AgreedGoal:
        found = next((each for each in self.of(manager).goals if each.number == number), None)
        if found is None:
            raise LookupError(f"no goal {number} with this manager")
        if found.ended is not None:
            raise Outdated(N_("This goal has ended."))
        return found

    def _with(self, goal: AgreedGoal) -> "Agreed":
        found = {each.number: each for each in (*self.goals, goal)}
        return replace(self, goals=tuple(found[number] for number in sorted(found)))


def parse(value: bytes | None) -> Agreed:
    """Read a sealed value, or None for somebody who has none. AgreedError says what is wrong with it."""
    if value is None:
        return Agreed()
    try:
        found = msgspec.json.decode(value, type=Agreed)
        if not found.salt or not all(each.versions for each in found.goals):
            raise ValueError("there is no salt, or a goal without a version")
    except ValueError as error:
        raise AgreedError(N_("This is no value of agreed goals: %(error)s"), error=error) from error
    return found


def _check_seen(goal: AgreedGoal, seen: int | None) -> None:
    if seen != len(goal.versions):
        raise Outdated(N_("The goal has changed since you opened this page. Read it again; nothing was kept."))


def _check(terms: Terms, today: dt.date) -> None:
    """Refuse terms that cannot be: every goal says why, and what it brings the person whose goal it is."""
    for place, text in (("text", terms.text), ("reason", terms.reason), ("benefit", terms.benefit)):
        if not text.strip():
            raise AgreedError(_MISSING[place], place)
        if len(text) > LONGEST[place]:
            raise AgreedError(N_("That is longer than %(most)s characters."), place, most=LONGEST[place])
        if (found := unseen(text)) is not None:
            raise AgreedError(UNSEEN, place, **found)
    if terms.begins < today:
        raise AgreedError(N_("It begins today or later; this day is over."), "begins")
    if (terms.begins - today).days > _YEAR:
        raise AgreedError(N_("This is more than a year ahead."), "begins")
    if not 0 < (terms.review - terms.begins).days <= _YEAR:
        raise AgreedError(N_("Both look at it again after it begins, and within a year of that."), "review")
    _check_band(terms)


_MISSING: Final[Mapping[str, str]] = {
    "text": N_("Say what the goal is."),
    "reason": N_("Say why: a goal without a reason cannot be proposed."),
    "benefit": N_("Say what it brings the employee: a goal without that cannot be proposed."),
}


def _check_band(terms: Terms) -> None:
    if terms.measure == IN_WORDS:
        if terms.low is not None or terms.high is not None:
            raise AgreedError(N_("A band needs a measure. Choose one, or leave the band empty."), "measure")
        return
    if terms.measure not in MEASURED:
        raise AgreedError(N_("This measure cannot be agreed on."), "measure")
    if terms.low is None or terms.high is None:
        raise AgreedError(N_("Write from where to where it is good enough."), "low" if terms.low is None else "high")
    unit = measure(terms.measure).unit
    if max(terms.low, terms.high) > MOST[unit]:
        if unit == MINUTES:
            raise AgreedError(N_("A day’s goal has at most %(hours)s hours."), "high", hours=MOST[unit] // 60)
        raise AgreedError(N_("A day’s goal is a whole number from 1 to %(most)s."), "high", most=MOST[unit])
    if not 0 < terms.low < terms.high:
        raise AgreedError(N_("The band ends above where it begins: a goal without tolerance is none."), "high")
