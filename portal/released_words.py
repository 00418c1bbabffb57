"""Released figures in words: an interval, a change, a period; what is withheld has one word, and no reason."""

from functools import lru_cache
from typing import Final

from analytics.released import Cell, Change, Release, State
from analytics.team_measures import RHYTHM
from portal.locale import N_, _, current
from portal.show import figure, span, week_short
from privacy.period import Period
from privacy.release_store import FOUR_WEEKS

PARTS: Final = {
    "before-09": N_("Before 9:00"),
    "09-12": N_("9:00 to 12:00"),
    "12-15": N_("12:00 to 15:00"),
    "15-18": N_("15:00 to 18:00"),
    "after-18": N_("After 18:00"),
}
"""The parts of a day, as releases name them."""
CHANGES: Final = {
    Change.HIGHER: N_("higher"),
    Change.LOWER: N_("lower"),
    Change.NOISE: N_("no change that can be told from noise"),
    Change.UNKNOWN: N_("not compared"),
}


def said(cell: Cell, unit: str) -> str:
    """Write a cell: "47% to 53%", "below 48m", "withheld"."""
    if cell.interval is None:
        return _("withheld")
    low, high = (figure(bound, unit) for bound in cell.interval.written)
    if cell.state is State.BELOW:
        return _("below %(high)s", high=high)
    if cell.state is State.ABOVE:
        return _("above %(low)s", low=low)
    return _("%(low)s to %(high)s", low=low, high=high)


def kind_of(release: Release) -> str:
    """Write the period of a release for a narrow place: "Week 46", "Four weeks"."""
    return _names(release.kind, release.name, release.period, current())[0]


def period_of(release: Release) -> str:
    """Write the period of a release: "Week 46 · 9–15 Nov 2026"."""
    return _names(release.kind, release.name, release.period, current())[1]


@lru_cache(maxsize=1024)
def _names(kind: str, name: str, period: Period, _language: str) -> tuple[str, str]:
    short = _("Four weeks") if kind == FOUR_WEEKS else week_short(name)
    return short, f"{short} · {span(period.first, period.end)}"


def change_of(change: Change, before: Release, cell: Cell, unit: str) -> str:
    """Write how four weeks stand to those before them, whose cell is `cell`."""
    places = {"days": span(before.period.first, before.period.end), "interval": said(cell, unit)}
    if change is Change.HIGHER:
        return _("Higher than in %(days)s, with %(interval)s: the two ranges do not touch.", **places)
    if change is Change.LOWER:
        return _("Lower than in %(days)s, with %(interval)s: the two ranges do not touch.", **places)
    if change is Change.NOISE:
        return _("No change that can be told from noise since %(days)s, with %(interval)s.", **places)
    return _("Not compared with %(days)s: one of the two is withheld.", days=places["days"])


def part_of(measure: str, name: str) -> str:
    """Write a part of the day, or a category by its own name."""
    return _(PARTS[name]) if measure == RHYTHM and name in PARTS else name
