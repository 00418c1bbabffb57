"""Focus on the last working days as one line, with the own usual range behind it (pure geometry).

A working day without data breaks the line and is hatched: a gap is not a day without focus.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from analytics.drawing import Box, Point, scale, smooth

_STEPS: Final = tuple(minutes * 60 for minutes in (15, 30, 60, 120, 240))


@dataclass(frozen=True, slots=True)
class Frame:
    """The drawing's edges and how many working days it holds."""

    width: float
    height: float
    left: float
    right: float
    top: float
    base: float
    days: int
    labels: int


WIDE: Final = Frame(760, 250, 46, 746, 26, 214, days=24, labels=5)
NARROW: Final = Frame(340, 220, 40, 330, 26, 184, days=14, labels=3)


@dataclass(frozen=True, slots=True)
class Chart:
    """What a template draws: axis lines with their seconds, day labels, runs of line, the usual range, missing days."""

    frame: Frame
    levels: tuple[tuple[float, float], ...]  # y, seconds
    days: tuple[tuple[float, dt.date], ...]  # x, day
    lines: tuple[str, ...]
    areas: tuple[str, ...]
    points: tuple[Point, ...]  # days outside the usual range
    last: Point | None
    usual: Box
    median: float
    missing: tuple[float, ...]  # left edges
    step: float
    count: int


def draw(
    values: Sequence[tuple[dt.date, float | None]], usual: tuple[float, float, float], frame: Frame, running: bool
) -> Chart:
    """Draw the last `frame.days` of `values`, (working day, seconds or None), against `usual`: low, median, high.

    A last day that still runs is a point of its own: half a day's figure is no fall. One value at least is known.
    """
    shown = values[-frame.days :]
    known = [seconds for _, seconds in shown if seconds is not None]
    levels = scale(min([*known, *usual]), max([*known, *usual]), _STEPS)
    step = (frame.right - frame.left - 24) / max(1, len(shown) - 1)

    def y(seconds: float) -> float:
        share = (seconds - levels[0]) / (levels[-1] - levels[0])
        return round(frame.base - share * (frame.base - frame.top), 1)

    xs = [round(frame.left + 12 + n * step, 1) for n in range(len(shown))]
    points = [(x, seconds) for x, (_, seconds) in zip(xs, shown, strict=True)]
    runs = _runs([(x, None if seconds is None else y(seconds)) for x, seconds in points], running)
    outside = [(x, y(seconds)) for x, seconds in points if seconds is not None and not _within(seconds, usual)]
    last = runs[-1][-1] if runs else None
    lines = tuple(smooth(run) for run in runs)
    return Chart(
        frame=frame,
        levels=tuple((y(level), level) for level in levels),
        days=_labels(xs, [day for day, _ in shown], frame.labels),
        lines=lines,
        areas=tuple(_area(line, run, frame.base) for line, run in zip(lines, runs, strict=True) if len(run) > 1),
        points=tuple(point for point in outside if point != last),
        last=last,
        usual=Box(y(usual[2]), round(y(usual[0]) - y(usual[2]), 1)),
        median=y(usual[1]),
        missing=tuple(round(x - step / 2 + 2, 1) for x, seconds in points if seconds is None),
        step=round(step - 4, 1),
        count=len(known),
    )


def _within(seconds: float, usual: tuple[float, float, float]) -> bool:
    return usual[0] <= seconds <= usual[2]


def _runs(points: Sequence[tuple[float, float | None]], running: bool) -> list[list[Point]]:
    """Return the stretches of days without a gap; a running last day stands alone."""
    runs: list[list[Point]] = [[]]
    for number, (x, y) in enumerate(points, 1):
        if y is None or (running and number == len(points)):
            runs.append([])
        if y is not None:
            runs[-1].append((x, y))
    return [run for run in runs if run]


def _area(line: str, run: Sequence[Point], base: float) -> str:
    return f"{line}L{run[-1][0]} {base}L{run[0][0]} {base}Z"


def _labels(xs: Sequence[float], days: Sequence[dt.date], most: int) -> tuple[tuple[float, dt.date], ...]:
    """Return at most `most` labels, evenly spread, the last day always among them."""
    if not days:
        return ()
    last = len(days) - 1
    chosen = sorted({round(last * n / max(1, min(most, len(days)) - 1)) for n in range(min(most, len(days)))} | {last})
    return tuple((xs[n], days[n]) for n in chosen)
