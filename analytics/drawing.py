"""Geometry of the portal's own SVG: figures in, coordinates and path data out (pure).

Drawings hold no colour and no words: a tone is the name of a colour in the style sheet, sentences are the templates'.
Many bars of one tone are one path, because a template that writes a hundred rectangles is slow and says no more.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Box:
    """A band of values across a drawing."""

    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Spark:
    """A small line without axes: the last days beside the own usual range."""

    line: str
    last: Point
    usual: Box | None


@dataclass(frozen=True, slots=True)
class Stack:
    """One bar: its left edge, its width and its parts from the base upwards, as (tone, height)."""

    x: float
    width: float
    parts: tuple[tuple[str, float], ...]


def smooth(points: Sequence[Point]) -> str:
    """Return path data of a curve through `points` that never swings past them.

    Monotone cubic interpolation with harmonic tangents (Fritsch and Butland, 1984). Points come with rising x.
    """
    if not points:
        return ""
    slopes = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in pairwise(points)]
    inner = [0.0 if p * q <= 0 else 2 * p * q / (p + q) for p, q in pairwise(slopes)]
    tangents = [*slopes[:1], *inner, *slopes[-1:]]
    parts = [f"M{points[0][0]:.1f} {points[0][1]:.1f}"]
    for (x0, y0), (x1, y1), t0, t1 in zip(points, points[1:], tangents, tangents[1:], strict=False):
        third = (x1 - x0) / 3
        curve = (x0 + third, y0 + t0 * third, x1 - third, y1 - t1 * third, x1, y1)
        parts.append("C{:.1f} {:.1f} {:.1f} {:.1f} {:.1f} {:.1f}".format(*curve))
    return "".join(parts)


def spark(
    values: Sequence[float], usual: tuple[float, float] | None, width: float = 108, height: float = 34
) -> Spark | None:
    """Return the line of `values`, oldest first, within its own range and the usual one; None for fewer than two."""
    if len(values) < 2:
        return None
    every: list[float] = [*values, *(usual or ())]
    low, high = min(every), max(every)
    room = (high - low) or 1.0

    def y(value: float) -> float:
        return 4 + (height - 8) * (1 - (value - low) / room)

    step = (width - 10) / (len(values) - 1)
    points = [(round(4 + n * step, 1), round(y(value), 1)) for n, value in enumerate(values)]
    band = None if usual is None else Box(round(y(usual[1]) - 1, 1), round(y(usual[0]) - y(usual[1]) + 2, 1))
    return Spark(smooth(points), points[-1], band)


def columns(stacks: Iterable[Stack], base: float) -> dict[str, str]:
    """Return one path per tone: bars that stand on `base`, rounded at their top and foot."""
    paths: dict[str, list[str]] = defaultdict(list)
    for stack in stacks:
        y = base
        for number, (tone, height) in enumerate(stack.parts):
            radius = min(stack.width / 2, 4.0, height / 2)
            top = radius if number == len(stack.parts) - 1 else 0.0
            foot = radius if number == 0 else 0.0
            y -= height
            paths[tone].append(_bar(stack.x, y, stack.width, height, top, foot))
    return {tone: "".join(parts) for tone, parts in paths.items()}


def pills(spans: Iterable[tuple[float, float]], base: float, height: float) -> str:
    """Return one path of flat rounded bars on `base`, each from x to x."""
    drawn = [(x, end - x, min(height, end - x) / 2) for x, end in spans if end > x]
    return "".join(_bar(x, base - height, width, height, radius, radius) for x, width, radius in drawn)


def dashes(spans: Iterable[tuple[float, float]], base: float, height: float) -> str:
    """Return the middles of `pills` as one path, to be drawn as wide as `height` with round ends: far fewer bytes."""
    y, radius = _tenths(base - height / 2), height / 2
    return "".join(f"M{_tenths(a + radius)} {y}H{_tenths(max(a + radius, b - radius))}" for a, b in spans if b > a)


def scale(low: float, high: float, steps: Sequence[float], most: int = 5) -> tuple[float, ...]:
    """Return the lines of an axis around `low` and `high`: multiples of the smallest of `steps` that needs few lines.

    The last step is taken when none of them needs at most `most` intervals.
    """
    for step in steps:
        first = math.floor(low / step)
        last = max(math.ceil(high / step), first + 1)
        if last - first < most:
            break
    return tuple(n * step for n in range(first, last + 1))


def _bar(x: float, y: float, width: float, height: float, top: float, foot: float) -> str:
    """Return a rectangle whose upper corners are rounded by `top` and whose lower ones by `foot`, as path data.

    A page has hundreds of them, so each is written as briefly as path data can be.
    """
    w, t, f = _tenths(width), _tenths(top), _tenths(foot)
    upper = f"q0-{t} {t}-{t}h{_tenths(width - 2 * top)}q{t} 0 {t} {t}" if top else f"h{w}"
    lower = f"q0 {f}-{f} {f}h{_tenths(2 * foot - width)}q-{f} 0-{f}-{f}" if foot else f"h-{w}"
    return f"M{_tenths(x)} {_tenths(y + top)}{upper}v{_tenths(height - top - foot)}{lower}z"


@lru_cache(8192)
def _tenths(value: float) -> str:
    """Return a number with at most one decimal."""
    return f"{value:.1f}".removesuffix(".0")
