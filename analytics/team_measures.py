"""What is released of a unit, in one table: what each figure is, and its charter.

A team's figure is of the same measure as a person's (`analytics.measures`); who uses it, when and for which decision is
another matter, so a team's figures have charters of their own. The order is that of pages and files.

The texts are marked for translation by `docs.translations`, as those of the measures are.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Final

from analytics.charters import Charter
from analytics.measures import measure

RHYTHM: Final = "rhythm"
_REVIEW: Final = dt.date(2027, 6, 30)
_EVERYBODY: Final = "everybody in the unit, its managers and planners, who all see the same"


@dataclass(frozen=True, slots=True)
class TeamMeasure:
    """One row: `decision` of the charter is what the figure may serve for, `not_for` what it may not."""

    name: str
    title: str
    definition: str
    charter: Charter
    not_for: str


def _of(name: str, decision: str, owner: str, not_for: str) -> TeamMeasure:
    of = measure(name)
    return TeamMeasure(name, of.title, of.definition, _charter(decision, owner), not_for)


def _charter(decision: str, owner: str) -> Charter:
    return Charter(
        who=_EVERYBODY,
        when="every four weeks, once they are released; a single week says little",
        decision=decision,
        owner=owner,
        review=_REVIEW,
    )


_TOGETHER: Final = "management and works council together"
_TEAM: Final = "the team and its manager together"

TEAM_MEASURES: Final[tuple[TeamMeasure, ...]] = (
    _of(
        "utilisation",
        "whether planned time and the amount of work fit each other",
        _TOGETHER,
        "discipline, pay or ranking of people or teams; more is not better, and it says nothing about one person",
    ),
    _of(
        "focus_time",
        "which times to keep free of meetings and messages",
        _TEAM,
        "discipline, pay or ranking of people or teams; it does not show effort or quality",
    ),
    _of(
        "active_time",
        "how much work there is, and whether it has grown beyond the day",
        _TEAM,
        "discipline, pay or ranking of people or teams; meetings, paper and the telephone are work too",
    ),
    TeamMeasure(
        "category_time",
        "Time by category",
        "Active time in each category, as the category rules name it.",
        _charter("which kinds of work to take away, to add or to make easier", _TEAM),
        "discipline, pay or ranking of people or teams; a category says what a window was, not what the work was worth",
    ),
    TeamMeasure(
        RHYTHM,
        "Rhythm of the day",
        "Active time in five parts of the day, in the time zone of each person.",
        _charter("when to put meetings and shifts, and whether evenings stay free", _TEAM),
        "discipline, pay or ranking of people or teams; who begins and ends when is nobody's business",
    ),
)


def team_measure(name: str) -> TeamMeasure:
    """Return the measure of a name; KeyError if nothing of it is released."""
    return _BY_NAME[name]


_BY_NAME: Final = {each.name: each for each in TEAM_MEASURES}
