"""Questions and comments on a target: conversations with whoever answers for it, counted so that nobody is singled out.

Texts stay between the two who write them. How many people asked, and how many were answered, is shown to the team from
three people on: of fewer, somebody who knows that a colleague asked would learn whether another did. Nor is it shown
where fewer than three of the team are left who did not: whoever knows of themselves would know of nearly everybody. How
many were answered is shown where neither these nor the others are one or two.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from analytics.targets import Target
from portal import targets
from privacy.threads import State

if TYPE_CHECKING:
    from portal.wiring import System

FEWEST: Final = 3


@dataclass(frozen=True, slots=True)
class Counts:
    """How many people asked, and how many of them wait for no answer; None where that is not shown."""

    asked: int | None
    answered: int | None


def topic(team: str, number: int) -> str:
    """Return how a conversation names a target, and is counted by."""
    return f"{team}/{number}"


def parsed(text: str) -> tuple[str, int] | None:
    """Return team and number of a target as a form names it, None for anything else."""
    team, _slash, number = text.partition("/")
    return (team, int(number)) if team and number.isascii() and number.isdigit() and len(number) < 6 else None


def counts(system: "System", target: Target) -> Counts:
    """Return how many people asked about a target, and how many were answered."""
    threads = system.rooms.threads.about(topic(target.team, target.number))
    people = {each.subject for each in threads}
    waiting = {each.subject for each in threads if each.state is State.OPEN}
    silent = {each.subject for each in targets.roll(system).members(target.team)} - people
    return shown(len(people), len(people - waiting), len(silent))


def shown(asked: int, answered: int, silent: int) -> Counts:
    """Return what of two counts may be shown; `silent` are the members who did not ask."""
    if min(asked, silent) < FEWEST:
        return Counts(None, None)
    parts = (answered, asked - answered)
    return Counts(asked, answered if all(each == 0 or each >= FEWEST for each in parts) else None)
