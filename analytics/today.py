"""One day as the employee sees it: everything that the Today page draws, computed from disclosed payloads (pure).

Three rings with three meanings. *Focus* fills towards an own goal. *On task* is utilisation: a place in a band, never
something to fill. *Recovery* compares breaks with the recommended number. Each figure stands beside the person's own
usual range, about which nothing is said before ten working days. What is not there keeps its mark and is never 0.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from analytics import baseline_chart, timeline
from analytics.baseline import LEAST_DAYS, Baseline, baseline
from analytics.categories import top_level
from analytics.drawing import Spark, spark
from analytics.formulas import core_seconds, recommended_breaks
from analytics.palette import Category, categories, largest, tones_of
from analytics.working import Working

Payload = Mapping[str, Any]

_SPARK_DAYS: Final = 8
_WEEK: Final = dt.timedelta(days=7)
_NOTHING: Final[Payload] = {"fields": {}, "marks": {}}


@dataclass(frozen=True, slots=True)
class Own:
    """What the person set for themselves, and the full paths of core categories."""

    working: Working
    focus_goal_seconds: float  # a day's time in focus blocks; 0 for no goal
    core: frozenset[str]

    def planned_seconds(self, day: dt.date) -> float:
        """Return the time planned for a day, 0 on a day off."""
        return self.working.planned_minutes(day) * 60

    @property
    def core_tops(self) -> frozenset[str]:
        """The top-level categories that hold core work."""
        return frozenset(top_level(path) for path in self.core)


@dataclass(frozen=True, slots=True)
class Figures:
    """A captured day's three figures; None where the day has no such figure."""

    focus: float | None = None  # seconds in focus blocks
    on_task: float | None = None  # core seconds / planned seconds: utilisation
    recovery: float | None = None  # breaks / recommended breaks, at most 1
    breaks: int | None = None
    recommended: int | None = None


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


@dataclass(frozen=True, slots=True)
class WeekDay:
    """One day of the week strip: captured, missing, off or ahead."""

    date: dt.date
    state: str
    shares: tuple[float, float, float]
    current: bool


@dataclass(frozen=True, slots=True)
class Today:
    """Everything on the page."""

    date: dt.date
    running: bool
    captured: bool
    off: bool
    now: dt.datetime
    fields: Mapping[str, Any]
    marks: Mapping[str, str]
    focus: Ring
    on_task: Ring
    recovery: Ring
    categories: tuple[Category, ...]
    apps: tuple[tuple[str, float, float], ...]
    week: tuple[WeekDay, ...]
    earlier: dt.date  # a day of the week before
    later: dt.date | None  # a day of the next week, None when that is in the future
    day: timeline.Day | None
    plots: tuple[timeline.Drawing, ...]
    trends: tuple[baseline_chart.Chart, ...]


def figures(payload: Payload, day: dt.date, own: Own) -> Figures:
    """Return the three figures of one day's payload."""
    fields = payload["fields"]
    active = fields.get("active_time", {}).get("active_seconds")
    if not active:
        return Figures()
    core, planned = core_seconds(fields, own.core), own.planned_seconds(day)
    breaks, recommended = fields.get("recovery", {}).get("breaks"), recommended_breaks(active)
    return Figures(
        focus=fields.get("focus", {}).get("seconds"),
        on_task=core / planned if planned and core is not None else None,
        recovery=None if breaks is None else min(1.0, breaks / recommended) if recommended else 1.0,
        breaks=breaks,
        recommended=None if breaks is None else recommended,
    )


def today(
    history: Mapping[dt.date, Payload],
    day: dt.date,
    own: Own,
    *,
    now: dt.datetime,
    current: dt.date,
    begins: dt.datetime,
    segments: Sequence[timeline.Segment] = (),
) -> Today:
    """Return the view of `day` from `history`, which holds the days of its week and up to 60 days before it.

    `now` and the day's first moment `begins` are in the person's zone; `current` is the local day that runs now.
    """
    payload, running = history.get(day, _NOTHING), day == current
    known = {date: figures(each, date, own) for date, each in sorted(history.items())}
    read = timeline.read(segments, own.core_tops) if segments else None
    return Today(
        date=day,
        running=running,
        captured=bool(payload["fields"].get("active_time", {}).get("active_seconds")),
        off=not own.planned_seconds(day),
        now=now,
        fields=payload["fields"],
        marks=payload["marks"],
        **_rings(known, day, own, running, payload["marks"]),
        categories=categories(payload["fields"].get("categories", {}), own.core_tops),
        apps=largest(payload["fields"].get("apps", {})),
        week=_week(known, day, own, current),
        earlier=day - _WEEK,
        later=_later(day, current),
        day=read,
        plots=() if read is None else _plots(read, payload, own, begins, now if running else None),
        trends=_trends(known, day, own, running),
    )


def _rings(
    known: Mapping[dt.date, Figures], day: dt.date, own: Own, running: bool, marks: Mapping[str, str]
) -> dict[str, Ring]:
    shown, past = known.get(day, Figures()), {date: f for date, f in known.items() if date < day}
    goal = own.focus_goal_seconds or None
    fill = None if shown.focus is None or goal is None else min(100.0, shown.focus / goal * 100)
    on_task = None if shown.on_task is None else min(100.0, shown.on_task * 100)
    recovery = None if shown.recovery is None else shown.recovery * 100

    def ring(share: float | None, target: float | None, key: str, mark: str) -> Ring:
        values = {date: getattr(f, key) for date, f in past.items()}
        return _ring(share, getattr(shown, key), target, values, day, own, running, marks.get(mark))

    return {
        "focus": ring(fill, goal, "focus", "focus"),
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


def _week(known: Mapping[dt.date, Figures], day: dt.date, own: Own, now: dt.date) -> tuple[WeekDay, ...]:
    monday = day - dt.timedelta(days=day.weekday())
    return tuple(_week_day(monday + dt.timedelta(days=n), known, own, day, now) for n in range(7))


def _later(day: dt.date, current: dt.date) -> dt.date | None:
    next_monday = day - dt.timedelta(days=day.weekday()) + _WEEK
    return None if next_monday > current else min(day + _WEEK, current)


def _week_day(date: dt.date, known: Mapping[dt.date, Figures], own: Own, day: dt.date, now: dt.date) -> WeekDay:
    found = known.get(date, Figures())
    captured = found.focus is not None
    absent = "ahead" if date > now else "missing" if own.planned_seconds(date) else "off"
    goal = own.focus_goal_seconds
    fill = min(100.0, found.focus / goal * 100) if found.focus and goal else 0.0
    shares = (round(fill, 1), round(min(1.0, found.on_task or 0) * 100, 1), round((found.recovery or 0) * 100, 1))
    return WeekDay(date, "captured" if captured else absent, shares, date == day)


def _plots(
    read: timeline.Day, payload: Payload, own: Own, begins: dt.datetime, now: dt.datetime | None
) -> tuple[timeline.Drawing, ...]:
    tones = tones_of(payload["fields"].get("categories", {}), own.core_tops)
    at = None if now is None else round((now - begins).total_seconds() * 1000)
    return tuple(timeline.draw(read, tones, begins, at, frame) for frame in (timeline.WIDE, timeline.NARROW))


def _trends(
    known: Mapping[dt.date, Figures], day: dt.date, own: Own, running: bool
) -> tuple[baseline_chart.Chart, ...]:
    """Return the baseline trend once there is a baseline: the working days up to `day`, missing ones included."""
    captured = [date for date, f in known.items() if f.focus is not None and date <= day]
    usual = baseline({date: f.focus for date, f in known.items()}, day, own.working)
    if usual is None:
        return ()
    span = (captured[0] + dt.timedelta(days=n) for n in range((day - captured[0]).days + 1))
    working = (date for date in span if date in captured or own.planned_seconds(date))
    values = [(date, known.get(date, Figures()).focus) for date in working]
    bounds = (usual.low, usual.median, usual.high)
    frames = (baseline_chart.WIDE, baseline_chart.NARROW)
    return tuple(baseline_chart.draw(values, bounds, frame, running) for frame in frames)
