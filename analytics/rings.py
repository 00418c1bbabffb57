"""The three rings of a day and what is usual for them (pure).

*Focus* fills towards an own goal. *On task* is utilisation: a place in a band, never something to fill. *Recovery*
compares breaks with the recommended number. Each figure stands beside the person's own usual range, about which nothing
is said before ten working days. What is not there keeps its mark and is never 0.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple

from analytics.baseline import LEAST_DAYS, Baseline, baseline
from analytics.categories import top_level
from analytics.drawing import Spark, spark
from analytics.formulas import annotated_seconds, recommended_breaks, worked_seconds
from analytics.goals import Goals
from analytics.working import Working

Payload = Mapping[str, Any]

_SPARK_DAYS: Final = 8


@dataclass(frozen=True, slots=True)
class Own:
    """What the person set for themselves, and the full paths of core categories.

    `begun` is the first day of which anything is kept: what was before is not missing.
    """

    working: Working
    goals: Goals
    core: frozenset[str]
    begun: dt.date = dt.date.min
    core_tops: frozenset[str] = field(init=False, compare=False, repr=False)
    """The top-level categories that hold core work."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "core_tops", frozenset(top_level(path) for path in self.core))

    def planned_seconds(self, day: dt.date) -> float:
        """Return the time planned for a day, 0 on a day off."""
        return self.working.planned_minutes(day) * 60

    def focus_goal_seconds(self, day: dt.date) -> float:
        """Return the time in focus blocks that is wanted of a day; 0 where no goal holds, as in a pause."""
        return self.goals.focus_seconds(day)


class Figures(NamedTuple):
    """A captured day's three figures; None where the day has no such figure."""

    focus: float | None = None  # seconds in focus blocks
    on_task: float | None = None  # (core seconds + noted work) / planned seconds: utilisation
    recovery: float | None = None  # breaks / recommended breaks, at most 1
    breaks: int | None = None
    recommended: int | None = None


_NO_FIGURES: Final = Figures()


@dataclass(frozen=True, slots=True)
class Ring:
    """One ring and its line of words. `share` is the part of the circle, in percent."""

    share: float | None
    value: float | None
    target: float | None
    usual: Baseline | None
    learned: int  # working days known so far
    stands: str | None  # below, within or above the usual range; None while the day runs or nothing is known
    spark: Spark | None
    mark: str | None


def figures(payload: Payload, day: dt.date, own: Own) -> Figures:
    """Return the three figures of one day's payload."""
    if not (fields := payload["fields"]):
        return _NO_FIGURES
    active = fields.get("active_time", {}).get("active_seconds")
    worked, planned = worked_seconds(fields, own.core), own.planned_seconds(day)
    on_task = worked / planned if planned and worked is not None else None
    if not active:
        return Figures(on_task=on_task if annotated_seconds(fields) else None)
    breaks, recommended = fields.get("recovery", {}).get("breaks"), recommended_breaks(active)
    return Figures(
        focus=fields.get("focus", {}).get("seconds"),
        on_task=on_task,
        recovery=None if breaks is None else min(1.0, breaks / recommended) if recommended else 1.0,
        breaks=breaks,
        recommended=None if breaks is None else recommended,
    )


def rings(
    known: Mapping[dt.date, Figures], day: dt.date, own: Own, running: bool, marks: Mapping[str, str]
) -> dict[str, Ring]:
    """Return the rings of `day` by name, each with what was usual before it."""
    shown = known.get(day, _NO_FIGURES)
    past = {date: f for date, f in known.items() if date < day and f is not _NO_FIGURES}
    on_task = None if shown.on_task is None else min(100.0, shown.on_task * 100)
    recovery = None if shown.recovery is None else shown.recovery * 100

    def ring(share: float | None, target: float | None, key: str, mark: str) -> Ring:
        values = {date: getattr(f, key) for date, f in past.items()}
        return _ring(share, getattr(shown, key), target, values, day, own, running, marks.get(mark))

    focus = ring(None, own.focus_goal_seconds(day) or None, "focus", "focus")
    fill = None if shown.focus is None else filled(shown.focus, focus.target or median_of(focus.usual))
    return {
        "focus": replace(focus, share=fill),
        "on_task": ring(on_task, None, "on_task", "categories"),
        "recovery": ring(recovery, shown.recommended, "breaks", "recovery"),
    }


def _ring(
    share: float | None,
    value: float | None,
    target: float | None,
    past: Mapping[dt.date, float | None],
    day: dt.date,
    own: Own,
    running: bool,
    mark: str | None,
) -> Ring:
    usual = baseline(past, day, own.working)
    stands = usual.place_of(value) if usual is not None and value is not None and not running else None
    values = [each for date, each in past.items() if each is not None and own.planned_seconds(date)]
    recent = values[-_SPARK_DAYS:] + ([] if value is None or running else [value])
    line = spark(recent, None if usual is None else (usual.low, usual.high))
    return Ring(
        share, value, target, usual, min(len(values), LEAST_DAYS), stands, line, mark if value is None else None
    )


def median_of(usual: Baseline | None) -> float | None:
    """Return the middle of what is usual, None before it is known."""
    return None if usual is None else usual.median


def filled(seconds: float, whole: float | None) -> float:
    """Return the part of the circle in percent, at most 100; 0 while nothing says what is whole."""
    return min(100.0, seconds / whole * 100) if whole else 0.0
