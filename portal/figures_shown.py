"""The released figures of a unit as its page shows them: the newest ones, how they changed, and some of their past.

A page has twelve weeks and the four weeks among them, however long the past is; the same releases make its CSV. Nothing
is counted here and no person is read.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from analytics import released, released_chart
from analytics.released import Cell, Figures, Release
from analytics.team_measures import RHYTHM, TEAM_MEASURES, TeamMeasure
from portal import figure_bands, releases
from portal.csv_text import decimal
from portal.locale import _
from portal.released_words import CHANGES, change_of, kind_of, part_of, period_of, said
from portal.show import span
from portal.target_view import Drawn
from privacy.period import Period
from privacy.release_store import DAYS, FOUR_WEEKS, WEEK

if TYPE_CHECKING:
    from portal.wiring import System

WEEKS: Final = 12
COLUMNS: Final = ("kind", "first", "last", "measure", "of", "unit", "cap", "low", "high", "state", "policy")
_FOURS: Final = WEEKS // 4 + 2
"""As many periods of four weeks as can be among the weeks in view, and the one before them."""
PERCENT_OF_CAP: Final = "percent of cap"
_MIXED: Final = frozenset({"category_time", RHYTHM})
"""What has several figures a period."""


@dataclass(frozen=True, slots=True)
class Past:
    """The releases in view, newest first; `earlier` tells whether there are weeks before them."""

    weeks: tuple[Release, ...]
    four_weeks: tuple[Release, ...]
    earlier: bool

    @property
    def newest(self) -> tuple[Release, ...]:
        """The newest four weeks and the newest week."""
        return self.four_weeks[:1] + self.weeks[:1]

    @property
    def period(self) -> Period:
        """The weeks in view, of which there is at least one."""
        return Period(self.weeks[-1].period.first, self.weeks[0].period.end)

    @property
    def inside(self) -> list[Release]:
        """All of them in order of time, four weeks behind the last of their weeks."""
        first = self.weeks[-1].period.first if self.weeks else dt.date.min
        fours = [each for each in self.four_weeks if each.period.end > first]
        return sorted([*self.weeks, *fours], key=lambda each: (each.period.end, each.kind == FOUR_WEEKS))


@dataclass(frozen=True, slots=True)
class Told:
    """A figure in words, with the name of its period, in full and for a narrow place."""

    name: str
    short: str
    words: str
    cell: Cell


@dataclass(frozen=True, slots=True)
class Mean:
    """A measure with one figure a period: the newest ones, the change between four weeks if there is an earlier one,
    and the target that is about it, if there is one."""

    of: TeamMeasure
    unit: str
    cap: float
    newest: tuple[Told, ...]
    change: str | None
    rows: tuple[Told, ...]
    target: Drawn | None
    spec: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Mix:
    """A measure with a figure for each part; `rows`: the part, what is told of it in each period, and its change."""

    of: TeamMeasure
    unit: str
    periods: tuple[str, ...]
    before: str | None
    rows: tuple[tuple[str, tuple[Told, ...], str | None], ...]
    spec: dict[str, Any]


def past(system: "System", unit: str, end: dt.date | None = None) -> Past:
    """Return the newest releases of a unit, of those that were over by the day `end` if there is one."""
    found, fours = (
        [released.read(each.payload) for each in releases.of_unit(system, unit, kind, limit, _begun(kind, end))]
        for kind, limit in ((WEEK, WEEKS + 1), (FOUR_WEEKS, _FOURS))
    )
    return Past(tuple(found[:WEEKS]), tuple(fours), len(found) > WEEKS)


def _begun(kind: str, end: dt.date | None) -> dt.date | None:
    """Return before which day a period begins that is over by the day `end`."""
    return None if end is None else end - dt.timedelta(days=DAYS[kind] - 1)


def means(known: Past, targets: Mapping[str, Drawn]) -> list[Mean]:
    """Return the measures that have one figure a period, of those that were released of the newest one.

    `targets` are by measure.
    """
    shown = (of for of in TEAM_MEASURES if of.name not in _MIXED and _having(of, known.newest))
    return [_mean(of, known, targets.get(of.name)) for of in shown]


def mixes(known: Past) -> list[Mix]:
    """Return the measures that have several figures a period."""
    return [_mix(of, known) for of in TEAM_MEASURES if of.name in _MIXED and _having(of, known.newest)]


def as_rows(known: Past) -> Iterator[tuple[object, ...]]:
    """Yield the rows of a CSV under `COLUMNS`, newest first: bounds, and nothing of what is withheld but its place."""
    for release in reversed(known.inside):
        period = (release.kind, release.period.first, release.period.last)
        for of in TEAM_MEASURES:
            if (found := release.figures(of.name)) is None:
                continue
            for cells, unit, cap in ((found.cells, found.unit, found.cap), (found.shares, PERCENT_OF_CAP, 100.0)):
                for each in cells:
                    low, high = (each.interval.low, each.interval.high) if each.interval else (None, None)
                    figures = (unit, decimal(cap), decimal(low), decimal(high), each.state.value)
                    yield (*period, of.name, each.name, *figures, release.policy)


def _having(of: TeamMeasure, among: Iterable[Release]) -> list[tuple[Release, Figures]]:
    """Return the releases that a measure is in, with its figures."""
    return [(each, found) for each in among if (found := each.figures(of.name))]


def _mean(of: TeamMeasure, known: Past, target: Drawn | None) -> Mean:
    newest, inside = _having(of, known.newest), _having(of, known.inside)
    unit, cap = newest[0][1].unit, newest[0][1].cap
    words = partial(said, unit=unit)
    two = _having(of, known.four_weeks[:2])
    bands = figure_bands.rows(target.target, known.period) if target and known.weeks else []
    return Mean(
        of=of,
        unit=unit,
        cap=cap,
        newest=tuple(_told(each, found.mean, unit) for each, found in newest),
        change=_changed(two[1], two[0], unit) if len(two) == 2 else None,
        rows=tuple(_told(each, found.mean, unit) for each, found in reversed(inside)),
        target=target,
        spec=released_chart.past(of.name, known.inside, period_of, words, bands),
    )


def _changed(before: tuple[Release, Figures], after: tuple[Release, Figures], unit: str) -> str:
    release, found = before
    return change_of(released.change(found.mean, after[1].mean), release, found.mean, unit)


def _mix(of: TeamMeasure, known: Past) -> Mix:
    newest, two = _having(of, known.newest), _having(of, known.four_weeks[:2])
    unit, titled = newest[0][1].unit, partial(part_of, of.name)
    cells = [(release, {cell.name: cell for cell in found.cells}) for release, found in newest]
    changes: dict[str, str] = {}
    if len(two) == 2:
        both = released.pairs(two[1][1].cells, two[0][1].cells)
        changes = {after.name: _(CHANGES[released.change(before, after)]) for before, after in both}
    return Mix(
        of=of,
        unit=unit,
        periods=tuple(period_of(each) for each, _found in newest),
        before=span(two[1][0].period.first, two[1][0].period.end) if changes else None,
        rows=tuple(
            (
                titled(name),
                tuple(_told(each, by.get(name, released.withheld(name)), unit) for each, by in cells),
                changes.get(name),
            )
            for name in dict.fromkeys(name for _release, by in cells for name in by)
        ),
        spec=released_chart.parts(newest, titled, period_of, partial(said, unit=unit)),
    )


def _told(release: Release, cell: Cell, unit: str) -> Told:
    return Told(period_of(release), kind_of(release), said(cell, unit), cell)
