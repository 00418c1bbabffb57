"""A target as a track: the band that holds, the one that comes, and where the figure lay lately (pure geometry)."""

from dataclasses import dataclass
from typing import Final

from analytics.target_aims import Seen
from analytics.targets import Terms

WIDTH: Final = 600.0
_COUNTED: Final = (10, 20, 40, 80, 160, 365)
"""Ends of tracks of days: the first that holds all that is drawn."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the track, from its left edge."""

    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Track:
    """What a template draws: ticks are (x, value in the measure's unit)."""

    band: Span
    coming: Span | None
    lately: Span | None
    ticks: tuple[tuple[float, int], ...]


def track(terms: Terms, lately: Seen | None, coming: Terms | None = None) -> Track:
    """Draw a target from 0 to the highest end that its measure allows."""
    drawn = [terms.high, *([coming.high] if coming else []), *([lately.high] if lately else [])]
    most = terms.of.most
    if terms.of.unit == "count":
        most = next((each for each in _COUNTED if each >= max(drawn)), most)
    steps = 4
    return Track(
        band=_span(terms.low, terms.high, most),
        coming=None if coming is None else _span(coming.low, coming.high, most),
        lately=None if lately is None else _span(lately.low, lately.high, most),
        ticks=tuple((round(WIDTH * n / steps, 1), most * n // steps) for n in range(steps + 1)),
    )


def _span(low: float, high: float, most: int) -> Span:
    left, right = (WIDTH * min(max(each, 0), most) / most for each in (low, high))
    return Span(round(left, 1), round(max(right - left, 2.0), 1))
