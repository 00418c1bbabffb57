"""One day as the employee sees it: everything that the Today page draws, computed from disclosed payloads (pure).

What is not there keeps its mark: a missing day, a day off and a day to come are three different things, and none is 0.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from analytics import baseline_chart, timeline
from analytics.baseline import Baseline
from analytics.formulas import apps_together
from analytics.notable import Notable, notable
from analytics.palette import Category, categories, largest, tones_of
from analytics.rings import Figures, Own, Payload, Ring, figures, filled, median_of, rings

_WEEK: Final = dt.timedelta(days=7)
_NOTHING: Final[Payload] = {"fields": {}, "marks": {}}


@dataclass(frozen=True, slots=True)
class WeekDay:
    """One day of the week strip: captured, missing, off or ahead; the shares of its rings, None where there is none.

    Focus is a share of the day's own goal (`of_goal`), else of what is usual; of nothing while neither is known.
    """

    date: dt.date
    state: str
    shares: tuple[float | None, float | None, float | None]
    current: bool
    of_goal: bool = False


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
    hours: tuple[tuple[int, Mapping[str, float]], ...]
    apps: tuple[tuple[str, float, float], ...]
    week: tuple[WeekDay, ...]
    earlier: dt.date  # a day of the week before
    later: dt.date | None  # a day of the next week, None when that is in the future
    day: timeline.Day | None
    gaps: Mapping[str, float]  # seconds of which nothing was captured, by the reason
    bars: timeline.Bars | None
    plots: tuple[timeline.Drawing, ...]
    trends: tuple[baseline_chart.Chart, ...]
    notable: Notable | None


def today(
    history: Mapping[dt.date, Payload],
    day: dt.date,
    own: Own,
    *,
    now: dt.datetime,
    current: dt.date,
    begins: dt.datetime,
    segments: Sequence[timeline.Segment] = (),
    gaps: Sequence[timeline.Gap] = (),
    noted: Sequence[timeline.Gap] = (),
) -> Today:
    """Return the view of `day` from `history`, which holds the days of its week and up to 60 days before it.

    `now` and the day's first moment `begins` are in the person's zone; `current` is the local day that runs now.
    """
    payload, running = history.get(day, _NOTHING), day == current
    known = {date: figures(each, date, own) for date, each in sorted(history.items())}
    read = timeline.read(segments, own.core_tops, gaps, noted) if segments else None
    drawn = rings(known, day, own, running, payload["marks"])
    usual, tones = drawn["focus"].usual, tones_of(payload["fields"].get("categories", {}), own.core_tops)
    return Today(
        date=day,
        running=running,
        captured=bool(payload["fields"].get("active_time", {}).get("active_seconds")),
        off=not own.planned_seconds(day),
        now=now,
        fields=payload["fields"],
        marks=payload["marks"],
        **drawn,
        categories=categories(payload["fields"].get("categories", {}), own.core_tops),
        hours=_hours(payload["fields"].get("rhythm", {}).get("hours", {})),
        apps=largest(apps_together(payload["fields"].get("apps", {}))),
        week=_week(known, day, own, median_of(usual), current),
        earlier=day - _WEEK,
        later=_later(day, current),
        day=read,
        gaps=_gap_seconds(gaps),
        bars=None if read is None else timeline.bars(read, tones),
        plots=() if read is None else _plots(read, begins, now if running else None),
        trends=() if usual is None else _trends(known, day, own, usual, running),
        notable=notable(history, day, own),
    )


def _week(
    known: Mapping[dt.date, Figures], day: dt.date, own: Own, usual: float | None, now: dt.date
) -> tuple[WeekDay, ...]:
    monday = day - dt.timedelta(days=day.weekday())
    return tuple(_week_day(monday + dt.timedelta(days=n), known, own, usual, day, now) for n in range(7))


def _hours(hours: Mapping[str, Mapping[str, float]]) -> tuple[tuple[int, Mapping[str, float]], ...]:
    """Return the clock's hours in order: the keys of JSON are text, in which 10 comes before 7."""
    return tuple(sorted(((int(hour), parts) for hour, parts in hours.items()), key=lambda pair: pair[0]))


def _gap_seconds(gaps: Sequence[timeline.Gap]) -> Mapping[str, float]:
    """Return how long nothing was captured, by reason; what is told twice counts once."""
    found: dict[str, float] = {}
    for reason in sorted({each[2] for each in gaps}):
        reached = 0
        for start, end, _ in sorted(each for each in gaps if each[2] == reason):
            found[reason] = found.get(reason, 0.0) + max(end - max(start, reached), 0) / 1000
            reached = max(reached, end)
    return found


def _later(day: dt.date, current: dt.date) -> dt.date | None:
    next_monday = day - dt.timedelta(days=day.weekday()) + _WEEK
    return None if next_monday > current else min(day + _WEEK, current)


def _week_day(
    date: dt.date, known: Mapping[dt.date, Figures], own: Own, usual: float | None, day: dt.date, now: dt.date
) -> WeekDay:
    found = known.get(date, Figures())
    captured = found.focus is not None
    absent = "ahead" if date > now else "missing" if own.planned_seconds(date) else "off"
    goal = own.focus_goal_seconds(date)
    fill = filled(found.focus, goal or usual) if found.focus is not None and (goal or usual) else None
    on_task = None if found.on_task is None else min(1.0, found.on_task) * 100
    recovery = None if found.recovery is None else found.recovery * 100
    focus, task, rest = (None if each is None else round(each, 1) for each in (fill, on_task, recovery))
    return WeekDay(date, "captured" if captured else absent, (focus, task, rest), date == day, bool(goal))


def _plots(read: timeline.Day, begins: dt.datetime, now: dt.datetime | None) -> tuple[timeline.Drawing, ...]:
    at = None if now is None else round((now - begins).total_seconds() * 1000)
    return tuple(timeline.draw(read, begins, at, frame) for frame in (timeline.WIDE, timeline.NARROW))


def _trends(
    known: Mapping[dt.date, Figures], day: dt.date, own: Own, usual: Baseline, running: bool
) -> tuple[baseline_chart.Chart, ...]:
    """Return the trend beside the baseline: the working days up to `day`, missing ones included."""
    focus = {date: f.focus for date, f in known.items() if f.focus is not None and date <= day}
    first = min(focus)
    span = (first + dt.timedelta(days=n) for n in range((day - first).days + 1))
    values = [(date, focus.get(date)) for date in span if date in focus or own.planned_seconds(date)]
    bounds = (usual.low, usual.median, usual.high)
    frames = (baseline_chart.WIDE, baseline_chart.NARROW)
    return tuple(baseline_chart.draw(values, bounds, frame, running) for frame in frames)
