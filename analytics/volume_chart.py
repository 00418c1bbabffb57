"""The state of the work over some weeks, as one drawing: cases that came and went, and below them those that wait.

Both scales begin at 0. A day of which a figure was not delivered is hatched in its half, so that it is never taken for
a day without cases; a line has a gap there (pure geometry).
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from analytics.drawing import Point, Stack, columns, scale, smooth
from analytics.volumes import Volume

_STEPS: Final = tuple(step * 10**power for power in range(8) for step in (1, 2, 5))
_RECEIVED, _COMPLETED = "adm", "focus"
Days = Sequence[tuple[dt.date, Volume | None]]


@dataclass(frozen=True, slots=True)
class Half:
    """The upper or the lower half of a drawing, from `top` to `base`."""

    top: float
    base: float


@dataclass(frozen=True, slots=True)
class Frame:
    """The drawing's size, its left and right edge, and its halves."""

    width: float
    height: float
    left: float
    right: float
    flow: Half
    stock: Half


WIDE: Final = Frame(900, 270, 46, 892, Half(14, 126), Half(164, 236))
NARROW: Final = Frame(340, 276, 40, 336, Half(14, 126), Half(164, 242))


@dataclass(frozen=True, slots=True)
class Chart:
    """What a template draws. Levels are (y, cases); gaps are hatched days as (x, width)."""

    frame: Frame
    flow_levels: tuple[tuple[float, int], ...]
    stock_levels: tuple[tuple[float, int], ...]
    bars: dict[str, str]  # by tone
    lines: tuple[str, ...]
    areas: tuple[str, ...]
    points: tuple[Point, ...]  # days between two gaps, which make no line
    flow_gaps: tuple[Point, ...]
    stock_gaps: tuple[Point, ...]
    weeks: tuple[tuple[float, dt.date], ...]  # x of each Monday


def draw(days: Days, frame: Frame) -> Chart:
    """Draw the days, all of them one after another."""
    step = (frame.right - frame.left) / max(1, len(days))
    edges = [round(frame.left + n * step, 1) for n in range(len(days))]
    rows = [row for _, row in days]
    flow = scale(0, max((n for row in rows if row for n in (row.received or 0, row.completed or 0)), default=0), _STEPS)
    stock = scale(0, max((row.open or 0 for row in rows if row), default=0), _STEPS, most=4)
    runs = _runs(edges, rows, step, frame.stock, stock[-1])
    base = frame.stock.base
    return Chart(
        frame=frame,
        flow_levels=tuple((_y(frame.flow, n, flow[-1]), int(n)) for n in flow),
        stock_levels=tuple((_y(frame.stock, n, stock[-1]), int(n)) for n in stock),
        bars=columns(_stacks(edges, rows, step, frame.flow, flow[-1]), frame.flow.base),
        lines=tuple(smooth(run) for run in runs if len(run) > 1),
        areas=tuple(f"{smooth(run)}L{run[-1][0]} {base}L{run[0][0]} {base}Z" for run in runs if len(run) > 1),
        points=tuple(run[0] for run in runs if len(run) == 1),
        flow_gaps=_gaps(edges, [row is None or (row.received is row.completed is None) for row in rows], step),
        stock_gaps=_gaps(edges, [row is None or row.open is None for row in rows], step),
        weeks=tuple((x, day) for x, (day, _) in zip(edges, days, strict=True) if day.weekday() == 0),
    )


def _gaps(edges: Sequence[float], missing: Sequence[bool], step: float) -> tuple[Point, ...]:
    """Return the hatched days, those next to one another as one."""
    found: list[list[float]] = []
    for place, (x, gone) in enumerate(zip(edges, missing, strict=True)):
        if gone and place and missing[place - 1]:
            found[-1][1] += step
        elif gone:
            found.append([x, step])
    return tuple((x, round(width, 1)) for x, width in found)


def _y(half: Half, value: float, most: float) -> float:
    return round(half.base - (half.base - half.top) * value / most, 1)


def _stacks(edges: Sequence[float], rows: Sequence[Volume | None], step: float, half: Half, most: float) -> list[Stack]:
    """Return two bars a day, side by side; none where a figure is not known or 0."""
    width, room = step * 0.38, (half.base - half.top) / most
    found = []
    for x, row in zip(edges, rows, strict=True):
        if row is None:
            continue
        for place, (tone, value) in enumerate(((_RECEIVED, row.received), (_COMPLETED, row.completed))):
            if value:
                left = x + step * 0.11 + place * (width + step * 0.02)
                found.append(Stack(round(left, 1), width, ((tone, value * room),)))
    return found


def _runs(
    edges: Sequence[float], rows: Sequence[Volume | None], step: float, half: Half, most: float
) -> list[list[Point]]:
    """Return the stretches of days of which it is known how many cases were open."""
    runs: list[list[Point]] = [[]]
    for x, row in zip(edges, rows, strict=True):
        if row is None or row.open is None:
            runs.append([])
        else:
            runs[-1].append((round(x + step / 2, 1), _y(half, row.open, most)))
    return [run for run in runs if run]
