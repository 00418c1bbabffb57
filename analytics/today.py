"""One day as the employee sees it: everything that the Today page draws, computed from disclosed payloads (pure).

Three rings with three meanings. *Focus* fills towards an own goal. *On task* is utilisation: a place in a band, never
something to fill. *Recovery* compares breaks with the recommended number. Each figure stands beside the person's own
usual range, about which nothing is said before ten working days. What is not there keeps its mark and is never 0.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from analytics import baseline_chart, timeline
from analytics.baseline import LEAST_DAYS, Usual, usual
from analytics.drawing import Spark, spark
from analytics.palette import Category, categories, tones_of

Payload = Mapping[str, Any]

BASELINE_DAYS: Final = 60
RECOMMENDED_EVERY: Final = 3600
"""Recommended: one break of five minutes or more per this many active seconds."""
_SPARK_DAYS: Final = 8
_NOTHING: Final[Payload] = {"fields": {}, "marks": {}}


class Own(Protocol):
    """What the person set for themselves, and which categories are core."""

    @property
    def focus_goal_seconds(self) -> float: ...

    @property
    def core(self) -> frozenset[str]: ...

    def planned_seconds(self, day: dt.date) -> float: ...


@dataclass(frozen=True, slots=True)
class Figures:
    """A captured day's three figures; None where the day has no such figure."""

    focus: float | None = None  # seconds in focus blocks
    on_task: float | None = None  # core seconds / planned seconds, at most 1
    recovery: float | None = None  # breaks / recommended breaks, at most 1
    breaks: int | None = None
    recommended: int | None = None


@dataclass(frozen=True, slots=True)
class Ring:
    """One ring and its line of words. `share` is the part of the circle, in percent."""

    share: float | None
    value: float | None
    target: float | None
    usual: Usual | None
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
    week: tuple[WeekDay, ...]
    day: timeline.Day | None
    plots: tuple[timeline.Drawing, ...]
    trends: tuple[baseline_chart.Chart, ...]


def figures(payload: Payload, day: dt.date, own: Own) -> Figures:
    """Return the three figures of one day's payload."""
    fields = payload["fields"]
    active = fields.get("active_time", {}).get("active_seconds")
    if not active:
        return Figures()
    core = sum(seconds for name, seconds in fields.get("categories", {}).items() if name in own.core)
    planned = own.planned_seconds(day)
    breaks = fields.get("recovery", {}).get("breaks")
    recommended = int(active // RECOMMENDED_EVERY)
    return Figures(
        focus=fields.get("focus", {}).get("seconds"),
        on_task=min(1.0, core / planned) if planned and "categories" in fields else None,
        recovery=None if breaks is None else min(1.0, breaks / recommended) if recommended else 1.0,
        breaks=breaks,
        recommended=None if breaks is None else recommended,
    )


def today(
    history: Mapping[dt.date, Payload],
    day: dt.date,
    own: Own,
    now: dt.datetime,
    begins: dt.datetime,
    segments: Sequence[timeline.Segment] = (),
    blocks: Sequence[timeline.Span] = (),
) -> Today:
    """Return the view of `day` from `history`, which holds the days of its week and up to 60 days before it.

    `now` and the day's first moment `begins` are in the person's zone; the day runs while `now` falls into it.
    """
    payload, running = history.get(day, _NOTHING), now.date() == day
    known = {date: figures(each, date, own) for date, each in sorted(history.items())}
    shown = known.get(day, Figures())
    past = [f for date, f in known.items() if _counts(date, day, own) and f.focus is not None]
    read = timeline.read(segments, blocks) if segments else None
    return Today(
        date=day,
        running=running,
        captured=bool(payload["fields"].get("active_time", {}).get("active_seconds")),
        off=not own.planned_seconds(day),
        now=now,
        fields=payload["fields"],
        marks=payload["marks"],
        **_rings(shown, past, own, running, payload["marks"]),
        categories=categories(payload["fields"].get("categories", {}), own.core),
        week=_week(known, day, own, now.date()),
        day=read,
        plots=() if read is None else _plots(read, payload, own, begins, now if running else None),
        trends=_trends(known, day, own, running),
    )


def _counts(date: dt.date, day: dt.date, own: Own) -> bool:
    """Tell whether a day belongs to the baseline of `day`: a working day of the 60 days before it."""
    return dt.timedelta() < day - date <= dt.timedelta(days=BASELINE_DAYS) and own.planned_seconds(date) > 0


def _rings(
    shown: Figures, past: Sequence[Figures], own: Own, running: bool, marks: Mapping[str, str]
) -> dict[str, Ring]:
    goal = own.focus_goal_seconds
    fill = None if shown.focus is None or not goal else min(100.0, shown.focus / goal * 100)
    on_task = None if shown.on_task is None else shown.on_task * 100
    recovery = None if shown.recovery is None else shown.recovery * 100
    breaks, recommended = [f.breaks for f in past], shown.recommended
    return {
        "focus": _ring(fill, shown.focus, goal, [f.focus for f in past], running, marks.get("focus")),
        "on_task": _ring(on_task, shown.on_task, None, [f.on_task for f in past], running, marks.get("categories")),
        "recovery": _ring(recovery, shown.breaks, recommended, breaks, running, marks.get("recovery")),
    }


def _ring(
    share: float | None,
    value: float | None,
    target: float | None,
    past: Sequence[float | None],
    running: bool,
    mark: str | None,
) -> Ring:
    values = [each for each in past if each is not None]
    known, stands = usual(values), None
    if known is not None and value is not None and not running:
        stands = "below" if value < known.low else "above" if value > known.high else "within"
    recent = values[-_SPARK_DAYS:] + ([] if value is None or running else [value])
    line = spark(recent, None if known is None else (known.low, known.high))
    mark = mark if value is None else None
    return Ring(share, value, target, known, min(len(values), LEAST_DAYS), stands, line, mark)


def _week(known: Mapping[dt.date, Figures], day: dt.date, own: Own, now: dt.date) -> tuple[WeekDay, ...]:
    monday = day - dt.timedelta(days=day.weekday())
    return tuple(_week_day(monday + dt.timedelta(days=n), known, own, day, now) for n in range(7))


def _week_day(date: dt.date, known: Mapping[dt.date, Figures], own: Own, day: dt.date, now: dt.date) -> WeekDay:
    found = known.get(date, Figures())
    captured = found.focus is not None
    absent = "ahead" if date > now else "missing" if own.planned_seconds(date) else "off"
    goal = own.focus_goal_seconds
    fill = min(100.0, found.focus / goal * 100) if found.focus and goal else 0.0
    shares = (round(fill, 1), round((found.on_task or 0) * 100, 1), round((found.recovery or 0) * 100, 1))
    return WeekDay(date, "captured" if captured else absent, shares, date == day)


def _plots(
    read: timeline.Day, payload: Payload, own: Own, begins: dt.datetime, now: dt.datetime | None
) -> tuple[timeline.Drawing, ...]:
    tones = tones_of(payload["fields"].get("categories", {}), own.core)
    at = None if now is None else round((now - begins).total_seconds() * 1000)
    return tuple(timeline.draw(read, tones, begins, at, frame) for frame in (timeline.WIDE, timeline.NARROW))


def _trends(
    known: Mapping[dt.date, Figures], day: dt.date, own: Own, running: bool
) -> tuple[baseline_chart.Chart, ...]:
    """Return the baseline trend once there is a baseline: the working days up to `day`, missing ones included."""
    captured = [date for date, f in known.items() if f.focus is not None and date <= day]
    range_of = usual([f.focus for date, f in known.items() if _counts(date, day, own) and f.focus is not None])
    if range_of is None:
        return ()
    span = (captured[0] + dt.timedelta(days=n) for n in range((day - captured[0]).days + 1))
    working = (date for date in span if date in captured or own.planned_seconds(date))
    values = [(date, known.get(date, Figures()).focus) for date in working]
    bounds = (range_of.low, range_of.median, range_of.high)
    frames = (baseline_chart.WIDE, baseline_chart.NARROW)
    return tuple(baseline_chart.draw(values, bounds, frame, running) for frame in frames)
