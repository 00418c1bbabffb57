"""Charters of measures: who uses a number, when, for which decision, who answers for it."""

import datetime as dt
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Charter:
    """Who uses a measure, when, for which decision; who answers for it, and when that is looked at again."""

    who: str
    when: str
    decision: str
    owner: str
    review: dt.date


_REVIEW: Final = dt.date(2027, 6, 30)
OWN: Final = Charter(
    who="the employee alone",
    when="whenever they like",
    decision="how to arrange their own day",
    owner="the employee",
    review=_REVIEW,
)
ONE_TO_ONE: Final = Charter(
    who="the employee; their manager for closed weeks, on the sheet of a one-to-one that both agreed to",
    when="in a one-to-one, with both looking at the same page",
    decision="how much work there is, how it is spread, and what to take away or add",
    owner="the manager and the employee together",
    review=_REVIEW,
)
BAND: Final = Charter(
    who="the employee for every day; their manager only as the team's mean of a closed week",
    when="once a week, and when bands are agreed",
    decision="whether planned time and the amount of work fit each other",
    owner="management and works council together",
    review=_REVIEW,
)
