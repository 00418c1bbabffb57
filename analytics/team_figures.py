"""The figures of a team: what is published of a period, each with its own cap, and in which shape (pure).

One row for each thing that is decided about together (`privacy.aggregates`): active time with its categories,
utilisation, focus, and the times of day in coarse bands. Nothing else is published of a group: no days, no minimum,
maximum, spread or ranking, and no single score.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from privacy.aggregates import Cell
from privacy.period import Period, week_name

ACTIVE, UTILISATION, FOCUS, RHYTHM = "active_time", "utilisation", "focus_time", "rhythm"
CATEGORIES: Final = "category_time"

BANDS: Final[Mapping[str, range]] = {
    "before-09": range(9),
    "09-12": range(9, 12),
    "12-15": range(12, 15),
    "15-18": range(15, 18),
    "after-18": range(18, 24),
}
"""Times of day, by the hours that begin in them, on each person's own clock."""


@dataclass(frozen=True, slots=True)
class Group:
    """What is decided about together: `cap` is the most that one person can have a day, in `unit`.

    `width` is the part of one person's largest possible share by which a figure is rounded. Parts whose sum is another
    measure with a larger cap need a wider grid: or else their sum tells that measure finer than itself.
    """

    name: str
    unit: str
    cap: float
    width: float = 0.5


GROUPS: Final = (
    Group(ACTIVE, "minutes", 480.0),
    Group(UTILISATION, "percent", 100.0),
    Group(FOCUS, "minutes", 240.0),
    Group(RHYTHM, "minutes", 180.0, width=1.0),
)
"""What a figure is rounded by grows with its cap: half of it, divided by the number of people."""

Decided = Mapping[tuple[str, str], Sequence[Cell]]
"""By group and measure (`mean`, `by_cat`, `share`): the cells of a unit and period."""


def categories_of(group: str, top_levels: Sequence[str]) -> tuple[str, ...]:
    """Return the fixed categories of a group: of active time the policy's top levels in their order."""
    return {ACTIVE: tuple(top_levels), RHYTHM: tuple(BANDS)}.get(group, ())


def asked(group: str) -> tuple[str, ...]:
    """Return what is asked of a group, in a fixed order."""
    return {ACTIVE: ("mean", "by_cat", "share"), RHYTHM: ("by_cat",)}.get(group, ("mean",))


def payload(
    unit: str, kind: str, weeks: Sequence[Period], decided: Decided, counted: int | None, policy: int
) -> dict[str, Any]:
    """Return the figures of a unit and period as they are released; what is withheld keeps its place.

    `counted` is how many people are in the mean of active time, and is said only where that is published.
    """
    shows_active = not is_withheld(decided[ACTIVE, "mean"])
    by_part = decided[RHYTHM, "by_cat"]
    measures = {
        ACTIVE: _measure(ACTIVE, decided[ACTIVE, "mean"]),
        CATEGORIES: _measure(ACTIVE, [*decided[ACTIVE, "by_cat"], *decided[ACTIVE, "share"]]),
        UTILISATION: _measure(UTILISATION, decided[UTILISATION, "mean"]),
        FOCUS: _measure(FOCUS, decided[FOCUS, "mean"]),
        RHYTHM: _measure(RHYTHM, by_part if shows_active else [(key, None, None, None) for key, *_ in by_part]),
    }
    return {
        "unit": unit,
        "kind": kind,
        "weeks": [week_name(week) for week in weeks],
        "period": [weeks[0].first.isoformat(), weeks[-1].end.isoformat()],
        "counted": counted if shows_active else None,
        "measures": measures,
        "policy": policy,
    }


def is_withheld(cells: Sequence[Cell]) -> bool:
    """Tell whether nothing is said of any cell."""
    return all(low is None for _, _, low, _ in cells)


def shown_groups(figures: Mapping[str, Any]) -> frozenset[str]:
    """Return the names of the measures of a payload of which anything is said."""
    measures = figures["measures"].items()
    return frozenset(name for name, each in measures if any(cell["low"] is not None for cell in each["cells"]))


def day_number(day: dt.date) -> int:
    """Return a day as the disclosure control counts them: 0 was a Monday."""
    return day.toordinal() - 1


def _measure(group: str, cells: Sequence[Cell]) -> dict[str, Any]:
    of = next(each for each in GROUPS if each.name == group)
    listed = [{"key": list(key), "value": _exact(v), "low": _exact(lo), "high": _exact(hi)} for key, v, lo, hi in cells]
    return {"unit": of.unit, "cap": of.cap, "cells": listed}


def _exact(value: float | None) -> float | None:
    """Return a bound with at most six decimals: finer than any grid, and the same text on every machine."""
    return None if value is None else round(value, 6)
