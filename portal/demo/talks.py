"""What the synthetic employee shares and asks: a figure disputed and answered, a proposal that waits, one grant."""

import datetime as dt
from collections.abc import Mapping
from typing import Final

from analytics.granted import Terms, payload
from portal import conversations, granting
from portal.conversations import Audience
from portal.demo.organisation import EMPLOYEE, MANAGER, WEEKS
from portal.wiring import System
from privacy.fields import Field
from privacy.period import Period, week_of
from privacy.policy import Purpose
from privacy.threads import Kind

_ASKED_IN, _ANSWERED_IN = WEEKS - 2, WEEKS - 1
"""In which recorded week the figure is disputed; in which it is answered, and something is shared."""
_SESSION: Final = "demo:sharing"
_SHARED: Final = frozenset({Field.APPS, Field.CATEGORY_DETAIL, Field.RECOVERY, Field.RHYTHM})
_FOR: Final = dt.timedelta(days=28)
_WEEK: Final = dt.timedelta(days=7)
_SALT: Final = "5a3e" * 8
_DISPUTE: Final = (
    "On Thursday I sat with Rosa over the paper files of the storm claims from nine to noon. The day shows it as time"
    " away. What should I note, so that it counts?"
)
_ANSWER: Final = (
    "Thank you for asking. Add it as paper work on that day, it counts from then on. I have looked at the week with you"
    " in mind: nothing else was missing."
)
_PROPOSAL: Final = (
    "The new address search of the post counts as “Other”. We use it for every letter to a policyholder: could it be"
    " “Work > Letters”?"
)


def happen(system: System, subjects: Mapping[str, str], number: int, today: dt.date) -> None:
    """Let happen what does in the recorded week of this number, on its Thursday `today`."""
    employee, manager = subjects[EMPLOYEE], subjects[MANAGER]
    if number == _ASKED_IN:
        about = {"measure": "active_time", "day": (today - _WEEK).isoformat()}
        said = conversations.message(system, employee, _DISPUTE, about, None)
        conversations.begin(system, employee, Kind.FIGURE, Audience(person=manager), said)
    if number == _ANSWERED_IN:
        _answer(system, employee, manager)
        _propose(system, employee)
        _share(system, employee, manager, week_of(today - _WEEK), today + _FOR)


def _answer(system: System, employee: str, manager: str) -> None:
    (thread,) = (each for each in system.gate.addressed(manager) if each.kind is Kind.FIGURE)
    system.gate.open_thread(manager, employee, thread.number)
    conversations.answer(system, thread, manager, conversations.message(system, manager, _ANSWER, {}, None))


def _propose(system: System, employee: str) -> None:
    said = conversations.message(system, employee, _PROPOSAL, {"app": "postal-search.example.test"}, None)
    conversations.begin(system, employee, Kind.RULE, Audience(frozenset({"reviewer"})), said)


def _share(system: System, employee: str, manager: str, week: Period, until: dt.date) -> None:
    terms = Terms(employee, manager, Purpose.ONE_TO_ONE, _SHARED, week, until)
    days = system.gate.disclose(employee, employee, _SHARED, Purpose.OWN_REVIEW, week, session=_SESSION)
    zone = str(system.directory.zone(employee))
    grant = granting.give(system, terms, payload(terms, days, (), zone, _SALT))
    system.gate.open_grant(manager, employee, grant.number)
