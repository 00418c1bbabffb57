"""Which tone a category is drawn in, the same on every page: core first, then known names, then by name.

A tone is the name of a colour in the style sheet. Colour is never the only sign: there are words
and a table beside every chart.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

CORE: Final = "focus"
"""The tone of core work."""
UNNAMED: Final = "adm"
"""The tone of time that no rule names, and of what is left when the others are used up."""

_FREE: Final = ("meet", "task", "leaf", "rose")
_KNOWN: Final = {
    "Comms": "meet",
    "Communication": "meet",
    "Meetings": "task",
    "Media": "rose",
    "Private": "leaf",
    "Personal": "leaf",
    "Uncategorized": UNNAMED,
    "Excluded": UNNAMED,
}


@dataclass(frozen=True, slots=True)
class Category:
    """A category's part of a total, in percent, and where its part of a stacked bar begins."""

    name: str
    seconds: float
    share: float
    offset: float
    tone: str


def tones_of(names: Iterable[str], core: frozenset[str]) -> dict[str, str]:
    """Return the tone of each category; two share one only when there are more categories than tones."""
    tones = {name: CORE if name in core else _KNOWN.get(name, "") for name in sorted(names)}
    free = [tone for tone in _FREE if tone not in tones.values()]
    for name in (name for name, tone in tones.items() if not tone):
        tones[name] = free.pop(0) if free else UNNAMED
    return tones


def categories(seconds: Mapping[str, float], core: frozenset[str]) -> tuple[Category, ...]:
    """Return the categories of a day or a week, core first, then by size; those without a second are left out."""
    total, tones, offset = sum(seconds.values()), tones_of(seconds, core), 0.0
    found = []
    for name, value in sorted(seconds.items(), key=lambda item: (item[0] not in core, -item[1], item[0])):
        if value > 0:
            share = value / total * 100
            found.append(Category(name, value, round(share, 2), round(offset, 2), tones[name]))
            offset += share
    return tuple(found)


def largest(seconds: Mapping[str, float], most: int = 8) -> tuple[tuple[str, float, float], ...]:
    """Return the largest (name, seconds, percent of the largest), in order."""
    found = sorted(seconds.items(), key=lambda item: (-item[1], item[0]))[:most]
    return tuple((name, value, round(value / found[0][1] * 100, 1)) for name, value in found if value > 0)
