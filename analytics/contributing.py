"""What somebody's days contribute to the figures of their team (pure): the measures of the table, day by day.

A day counts where something was captured of it, as everywhere: what was not captured is missing and never 0. Days off
have no planned time, and so no utilisation; whoever noted work away from the desk has one without a captured minute.
"""

import datetime as dt
from collections.abc import Mapping, Set
from typing import Final

from analytics.days import value_of
from analytics.figures import load_hours
from analytics.formulas import Day, Figures, annotated_seconds
from analytics.measures import measure
from analytics.team_figures import ACTIVE, BANDS, FOCUS, RHYTHM, UTILISATION
from analytics.working import Working
from privacy.disclosure import Disclosed
from privacy.fields import Field
from privacy.policy import TEAM_FIELDS

ALL: Final = ""
"""The one category of a group that has none."""
_PER_DAY: Final = TEAM_FIELDS - {Field.RHYTHM, Field.WORKING_PATTERN}

Minutes = dict[str, float]
Contribution = dict[str, dict[str, float]]
"""By group, for one day: minutes, or per cent, by category."""


def contributions(disclosed: Disclosed, working: Working, core: Set[str]) -> dict[dt.date, Contribution]:
    """Return what each day of a disclosed week contributes, days that contribute nothing left out."""
    found = {day: _day(disclosed, day, working, core) for day in disclosed.period.days()}
    return {day: each for day, each in found.items() if each}


def _day(disclosed: Disclosed, day: dt.date, working: Working, core: Set[str]) -> Contribution:
    figures: Figures = {field: v for field in _PER_DAY if (v := value_of(disclosed, day, field)) is not None}
    of = Day(figures, core, working.planned_minutes(day))
    active, found = measure("active_time").value(of), Contribution()
    used = measure("utilisation").value(of) if active or annotated_seconds(figures) else None
    if used is not None:
        found[UTILISATION] = {ALL: min(used, 100.0)}
    if not active:
        return found
    found[ACTIVE] = _by_category(figures)
    found[FOCUS] = {ALL: measure("focus_time").value(of) or 0.0}
    if (hours := disclosed.values.get((day, Field.RHYTHM))) is not None:
        found[RHYTHM] = _by_band(load_hours(hours).hours)
    return found


def _by_category(figures: Figures) -> Minutes:
    """Return minutes by top-level category; active time in none of them is under no name."""
    sums = figures.get(Field.CATEGORIES, {})
    rest = round(figures[Field.ACTIVE_TIME]["active_seconds"] - sum(sums.values()), 3)  # figures are in milliseconds
    found = {name: seconds / 60 for name, seconds in sums.items()}
    return found | ({ALL: rest / 60} if rest > 0 else {})


def _by_band(hours: Mapping[str, Mapping[str, float]]) -> Minutes:
    """Return minutes by time of day; a band without any is left out."""
    found: Minutes = {}
    for band, within in BANDS.items():
        minutes = sum(sum(sums.values()) for hour, sums in hours.items() if int(hour) in within) / 60
        if minutes:
            found[band] = minutes
    return found
