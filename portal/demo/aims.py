"""Targets of the synthetic manager's team: one that was commented on, changed and answered, and one to comment on."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from analytics.target_checks import warnings
from analytics.targets import Terms
from portal import conversations, target_figures, target_questions, targets
from portal.conversations import Audience
from portal.demo.organisation import EMPLOYEE, MANAGER, WEEKS
from portal.wiring import System
from privacy.threads import Kind

_ANNOUNCED_IN, _CHANGED_IN, _ASKED_IN, _ANSWERED_IN, _SECOND_IN = 3, 6, 4, 5, WEEKS - 1
"""In which recorded weeks it happens; in the first ones the manager listens."""
_ASKERS: Final = (EMPLOYEE, "Jonas Muster", "Lena Exempel")
_TAKES: Final = dt.timedelta(days=11)
_LONGER: Final = dt.timedelta(days=19)
_REVIEW: Final = dt.timedelta(weeks=13)

_REASON: Final = (
    "We plan four hours and a half a day for claims, and the rest for the telephone, training and each other. The band"
    " shows us early when planned time and the amount of work do not fit."
)
_BENEFIT: Final = (
    "Nobody has to work late because the plan was too tight, and whoever trains a newcomer has the time for it."
)
_COMMENTS: Final = (
    "On days with many calls I am far below this. Is that a problem?",
    "Letters that I write by hand are not in the figure. Will they count?",
    "Fifty sounds right to me for a normal week, but not for the one after a storm.",
)
_ANSWERS: Final = (
    "No. The band is for the team over weeks, never for a day of yours. Calls are why it does not begin higher.",
    "Note them as paper work: they count from then on. Tell me if that takes too long.",
    "I agree. After a storm we look at the backlog together, and the band has no say that week.",
)
_SAID: Final = "Days full of calls lie below the band, and letters on paper are missing in the figure."
_DID: Final = (
    "The band begins lower from the next version on, paper work counts once it is noted, and after a storm we look at"
    " the backlog instead."
)
_CHANGE: Final = (
    "You told us that days with many calls lie below fifty. They are part of the work, so the band begins lower."
)
_SECOND_REASON: Final = (
    "Policyholders wait for a letter in four of ten late cases. We want to find out which step holds the cases up, and"
    " change that step."
)
_QUESTION: Final = "Does a case count as late while we wait for the policyholder’s answer?"
_SECOND_BENEFIT: Final = "Fewer calls about where a case stands, and fewer cases that come back angry."


def happen(system: System, subjects: Mapping[str, str], number: int, today: dt.date) -> None:
    """Let happen what does in the recorded week of this number, on its Thursday `today`."""
    manager = subjects[MANAGER]
    team = next(iter(system.directory.teams_managed(manager)))
    if number == _ANNOUNCED_IN:
        _announce(
            system, team, Terms("utilisation", "", 50, 60, _REASON, _BENEFIT, manager, *_days(today, _TAKES)), today
        )
    if number == _ASKED_IN:
        for name, text in zip(_ASKERS, _COMMENTS, strict=True):
            _ask(system, subjects[name], manager, team, 1, text)
    if number == _ANSWERED_IN:
        for name, text in zip(_ASKERS, _ANSWERS, strict=True):
            _answer(system, subjects[name], manager, text)
        targets.say(system, team, manager, 1, _SAID, _DID, _acts(system, team))
    if number == _CHANGED_IN:
        days = _days(today, _TAKES)
        changed = Terms("utilisation", "", 45, 60, _REASON, _BENEFIT, manager, *days, change=_CHANGE)
        _announce(system, team, changed, today, 1, _acts(system, team))
    if number == _SECOND_IN:
        days = _days(today, _LONGER)
        words = (_SECOND_REASON, _SECOND_BENEFIT)
        _announce(system, team, Terms("in_time", "Household claims", 84, 94, *words, manager, *days), today)
        _ask(system, subjects[_ASKERS[1]], manager, team, 2, _QUESTION)


def _days(today: dt.date, until: dt.timedelta) -> tuple[dt.date, dt.date]:
    """Return the days of taking effect and of review."""
    return today + until, today + until + _REVIEW


def _announce(
    system: System, team: str, terms: Terms, today: dt.date, number: int | None = None, seen: int | None = None
) -> None:
    lay = target_figures.seen(system, team, *terms.what, today)
    known = replace(terms, warned=warnings(terms, lay))
    targets.announce(system, team, terms.owner, known, number, seen)


def _ask(system: System, author: str, manager: str, team: str, number: int, text: str) -> None:
    topic = target_questions.topic(team, number)
    said = conversations.message(system, author, text, {"target": topic}, None)
    conversations.begin(system, author, Kind.QUESTION, Audience(person=manager), said, topic)


def _answer(system: System, author: str, manager: str, text: str) -> None:
    (thread,) = (each for each in system.gate.addressed(manager) if each.subject == author)
    system.gate.open_thread(manager, author, thread.number)
    conversations.answer(system, thread, manager, conversations.message(system, manager, text, {}, None))


def _acts(system: System, team: str) -> int:
    target = targets.board(system, team).find(1)
    return 0 if target is None else target.acts
