"""Releases of units as the close of a week makes them: cells that `Publisher` decides, in the form that is kept."""

import datetime as dt
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from privacy.aggregates import Publisher
from privacy.canonical import canonical
from privacy.period import week_name, week_of

CATEGORIES: Final = ("Work", "Comms", "Media")
PARTS: Final = ("before-09", "09-12", "12-15", "15-18", "after-18")
_MEAN: Final = ("",)
MEASURES: Final[dict[str, tuple[str, float, tuple[str, ...]]]] = {
    "active_time": ("minutes", 480.0, CATEGORIES),
    "utilisation": ("percent", 100.0, _MEAN),
    "focus_time": ("minutes", 240.0, _MEAN),
    "rhythm": ("minutes", 180.0, PARTS),
}
"""By measure: unit, cap, and what a person's day is made of."""
Day = Mapping[str, Mapping[str, float]]
"""By measure what a person's day is made of, in the measure's unit."""
Recorded = Callable[[str, dt.date], Day | None]
"""A person's day, None if nothing is known of it."""


def steady(person: str, day: dt.date) -> Day | None:
    """A day of somebody who works from Monday to Friday, a little different from person to person."""
    if day.weekday() >= 5:
        return None
    more = sum(map(ord, person)) % 7
    parts = dict(zip(PARTS, (20.0 + more, 90.0 + more, 70.0, 80.0, 19.0 + more), strict=True))
    return {
        "active_time": {"Work": 200.0 + 2 * more, "Comms": 60.0 + more, "Media": 55.0 + more},
        "utilisation": {"": 45.0 + more},
        "focus_time": {"": 90.0 + 2 * more},
        "rhythm": parts,
    }


@dataclass
class Releases:
    """Releases in the order in which they are asked for, by publishers with one memory."""

    publishers: dict[str, Publisher] = field(
        default_factory=lambda: {name: Publisher(parts, cap=cap) for name, (_unit, cap, parts) in MEASURES.items()}
    )

    def make(
        self, unit: str, monday: dt.date, people: Collection[str], recorded: Recorded = steady, weeks: int = 1
    ) -> bytes:
        """Return the release of one week or of four, of people who were in the unit on every day."""
        days = [monday + dt.timedelta(days=n) for n in range(7 * weeks)]
        known = {(who, day): found for who in people for day in days if (found := recorded(who, day))}
        roster = {day.toordinal() - 1: frozenset(people) for day in days}
        window = days[0].toordinal() - 1, days[-1].toordinal() - 1

        def cells(measure: str, *kinds: str) -> list[dict[str, Any]]:
            values = {(who, day.toordinal() - 1): dict(of[measure]) for (who, day), of in known.items()}
            publisher = self.publishers[measure]
            return [
                {"key": list(key), "value": value, "low": low, "high": high}
                for kind in kinds
                for key, value, low, high in publisher.aggregate(roster, values, window, kind)
            ]

        mean = cells("active_time", "mean")
        measures = {
            "active_time": _measure("active_time", mean),
            "category_time": _measure("active_time", cells("active_time", "by_cat", "share")),
            "utilisation": _measure("utilisation", cells("utilisation", "mean")),
            "focus_time": _measure("focus_time", cells("focus_time", "mean")),
            "rhythm": _measure("rhythm", cells("rhythm", "by_cat")),
        }
        return canonical(
            {
                "unit": unit,
                "kind": "week" if weeks == 1 else "four_weeks",
                "weeks": [week_name(week_of(monday + dt.timedelta(weeks=n))) for n in range(weeks)],
                "period": [days[0].isoformat(), (days[-1] + dt.timedelta(days=1)).isoformat()],
                "counted": None if mean[0]["low"] is None else len({who for who, _day in known}),
                "measures": measures,
                "policy": 3,
            }
        )


def aligned(day: dt.date) -> dt.date:
    """Return the first day of the four weeks that `day` falls into."""
    return day - dt.timedelta(days=(day.toordinal() - 1) % 28)


def _measure(name: str, cells: list[dict[str, Any]]) -> dict[str, Any]:
    unit, cap, _parts = MEASURES[name]
    return {"unit": unit, "cap": cap, "cells": cells}
