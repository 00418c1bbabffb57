"""What was released of a unit, read back as it is shown: every figure as the interval in which its mean lies (pure).

The rounded value that a release holds is left behind here, so no page, chart or file can show it as a bare point. A
cell without a value and with bounds was coded at an end: the mean is only said to lie there. A cell without bounds is
withheld, and nothing here tells one such cell from another.
"""

import datetime as dt
import enum
import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import msgspec

from privacy.period import Period

MEAN: Final = "mean"
CATEGORY: Final = "cat"
SHARE: Final = "share"


class State(enum.StrEnum):
    """What is said of a cell."""

    BETWEEN = "between"
    BELOW = "below"
    ABOVE = "above"
    WITHHELD = "withheld"


class Change(enum.StrEnum):
    """How a later interval stands to an earlier one; UNKNOWN where either was withheld."""

    HIGHER = "higher"
    LOWER = "lower"
    NOISE = "noise"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Interval:
    """The bounds of a mean, in the unit of its measure."""

    low: float
    high: float

    @property
    def written(self) -> tuple[int, int]:
        """The bounds in whole units as they are written, rounded outwards: the mean is never outside of the words."""
        return math.floor(_exact(self.low)), math.ceil(_exact(self.high))


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure of a release: of a category or a part of the day by its name; the mean itself has no name."""

    name: str
    state: State
    interval: Interval | None


@dataclass(frozen=True, slots=True)
class Figures:
    """A measure in a release: its unit, the most that a person can have, and its cells in the order of the release."""

    unit: str
    cap: float
    cells: tuple[Cell, ...]
    shares: tuple[Cell, ...]
    """The cells of categories once more, in percent of the cap."""

    @property
    def mean(self) -> Cell:
        """The only cell of a measure without categories."""
        return self.cells[0] if self.cells else withheld()


@dataclass(frozen=True, slots=True)
class Release:
    """What was released of a unit and a period. `counted`: how many people are in its mean, if that is not withheld."""

    unit: str
    kind: str
    weeks: tuple[str, ...]
    period: Period
    counted: int | None
    measures: dict[str, Figures]
    policy: int

    @property
    def name(self) -> str:
        """The last week of the period, by which it is asked for."""
        return self.weeks[-1]

    def figures(self, measure: str) -> Figures | None:
        """Return a measure's figures; None where this release is of a time before it was released."""
        return self.measures.get(measure)


@lru_cache(maxsize=256)
def read(payload: bytes) -> Release:
    """Return what the bytes of a release say; msgspec.DecodeError for bytes that are none.

    The same bytes say the same for ever and to everybody, so pages that are asked for again need not read them again.
    """
    found = _DECODER.decode(payload)
    period = Period(*map(dt.date.fromisoformat, found.period))
    measures = {name: _figures(each) for name, each in found.measures.items()}
    return Release(found.unit, found.kind, tuple(found.weeks), period, found.counted, measures, found.policy)


def withheld(name: str = "") -> Cell:
    """Return the cell of which nothing is said."""
    return Cell(name, State.WITHHELD, None)


def change(before: Cell, after: Cell) -> Change:
    """Compare two intervals. A change is one only where they have no point in common, as they are and as written."""
    if before.interval is None or after.interval is None:
        return Change.UNKNOWN
    if _is_above(after.interval, before.interval):
        return Change.HIGHER
    return Change.LOWER if _is_above(before.interval, after.interval) else Change.NOISE


def pairs(before: Iterable[Cell], after: Iterable[Cell]) -> list[tuple[Cell, Cell]]:
    """Return the later cells, each behind the earlier one of its name, which counts as withheld if there is none."""
    known = {each.name: each for each in before}
    return [(known.get(each.name, withheld(each.name)), each) for each in after]


class _Cell(msgspec.Struct):
    key: list[str]
    value: float | None
    low: float | None
    high: float | None


class _Measure(msgspec.Struct):
    unit: str
    cap: float
    cells: list[_Cell]


class _Payload(msgspec.Struct):
    unit: str
    kind: str
    weeks: list[str]
    period: tuple[str, str]
    counted: int | None
    measures: dict[str, _Measure]
    policy: int


_DECODER: Final = msgspec.json.Decoder(_Payload)


def _figures(found: _Measure) -> Figures:
    cells = [(each.key[0], _cell(each)) for each in found.cells]
    return Figures(
        unit=found.unit,
        cap=found.cap,
        cells=tuple(cell for kind, cell in cells if kind != SHARE),
        shares=tuple(cell for kind, cell in cells if kind == SHARE),
    )


def _cell(found: _Cell) -> Cell:
    name = found.key[1] if len(found.key) > 1 else ""
    if found.low is None or found.high is None:
        return withheld(name)
    coded = State.BELOW if found.low <= 0 else State.ABOVE
    return Cell(name, coded if found.value is None else State.BETWEEN, Interval(found.low, found.high))


def _is_above(one: Interval, other: Interval) -> bool:
    return one.low > other.high and one.written[0] >= other.written[1]


def _exact(bound: float) -> float:
    """Return a bound without what arithmetic added in its last digits: 240.00000000000003 is written as 240."""
    return round(bound, 6)
