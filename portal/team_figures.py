"""The released figures of a team or of the whole organisation, behind the state of its work; and what each is for.

The same page for everybody in the unit, its managers and planners. Nobody is in a released figure alone, so looking is
no entry of the log, and asking never computes. Only a unit's own past stands beside it.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Final

from flask import Blueprint, Response, abort, render_template, request

from analytics import volume_store, volumes
from analytics.team_measures import TEAM_MEASURES, team_measure
from auth import team_sizes
from auth.permissions import Permission, requires
from portal import figure_bands, figures_shown, releases
from portal.access import current_roles, person, system, viewer
from portal.answers import csv_file
from portal.csv_text import csv_lines
from portal.figures_shown import COLUMNS, WEEKS, Past
from portal.parse import week_from
from portal.target_words import title_of
from privacy.period import local_day, week_name, week_of

blueprint = Blueprint("figures", __name__, url_prefix="/team")

_NAMES: Final = ", ".join(each.name for each in TEAM_MEASURES)
_VIEW: Final = dt.timedelta(weeks=WEEKS)
LEAST: Final = 5
"""People that a figure needs, whatever the policy says."""


@blueprint.get("/figures")
@requires(Permission.RELEASES_READ)
def units() -> str:
    """Show the units whose released figures I can see."""
    return render_template("team/units.html", units=_visible(), whole=releases.PARENT)


@blueprint.get("/<team>/figures")
@requires(Permission.RELEASES_READ)
def figures(team: str) -> str:
    """Show the released figures of a unit: the newest ones and twelve weeks of their past, after its work."""
    units, end = _visible(), _end()
    name, whole = _name(team, units), team == releases.PARENT
    known = figures_shown.past(system(), team, end)
    return render_template(
        "team/figures.html",
        team=team,
        name=name,
        whole=whole,
        organisation=releases.PARENT,
        parent=None if whole else units.get(releases.PARENT),
        processes=() if whole else _work(team, end),
        known=known,
        means=figures_shown.means(known, {} if whole else figure_bands.of_team(system(), team, end or _today())),
        title_of=title_of,
        mixes=figures_shown.mixes(known),
        small=not whole and team_sizes.size(system().stores.data, team, _today()) < _least(),
        least=_least(),
        earlier=f"/team/{team}/figures?until={_before(known)}" if known.earlier else None,
        later=None if end is None else f"/team/{team}/figures{_after(end)}",
        csv=f"/team/{team}/figures.csv" + (f"?until={request.args['until']}" if end else ""),
        ours="manager" in current_roles() and team in system().directory.teams_managed(viewer()),
    )


@blueprint.get("/<team>/figures.csv")
@requires(Permission.RELEASES_READ)
def figures_csv(team: str) -> Response:
    """Return the same releases as CSV: every figure by its bounds, what is withheld as a row without them."""
    _name(team, _visible())
    known = figures_shown.past(system(), team, _end())
    last = known.weeks[0].name if known.weeks else "none"
    return csv_file(f"figures-{team}-{last}.csv", csv_lines([COLUMNS, *figures_shown.as_rows(known)]))


@blueprint.get("/figures/rules")
@requires(Permission.RELEASES_READ)
def rules() -> str:
    """Show by which rules figures of groups are released or withheld."""
    return render_template("team/figure_rules.html", least=_least())


@blueprint.get(f"/measures/<any({_NAMES}):measure>")
@requires(Permission.RELEASES_READ)
def charter(measure: str) -> str:
    """Show what a released figure is, who uses it, when and for which decision, and what it must not be used for."""
    policy = system().policies.now()
    return render_template("team/measure.html", of=team_measure(measure), policy=policy, least=_least())


def _visible() -> dict[str, str]:
    return releases.visible(system(), viewer(), current_roles())


def _name(team: str, units: Mapping[str, str]) -> str:
    """Return the name of a unit whose figures the asker may see; for every other one it is not found."""
    if team not in units:
        abort(404)
    return units[team]


def _today() -> dt.date:
    return local_day(system().clock(), person().zone)


def _least() -> int:
    return max(LEAST, system().policies.now().sharing.smallest_group)


def _end() -> dt.date | None:
    """Return the end of the last week that was asked for; None for the newest."""
    asked = request.args.get("until")
    return None if asked is None else week_from(asked).end


def _before(known: Past) -> str:
    """Return the name of the week before those in view."""
    return week_name(week_of(known.weeks[-1].period.first - dt.timedelta(days=1)))


def _after(end: dt.date) -> str:
    """Return how the page that follows is asked for; the newest one without a week."""
    following = end + _VIEW
    return (
        f"?until={week_name(week_of(following - dt.timedelta(days=1)))}" if following < week_of(_today()).first else ""
    )


def _work(team: str, end: dt.date | None) -> tuple[volumes.Process, ...]:
    """Return the state of a team's work at the end of the weeks in view, at most as of yesterday."""
    yesterday = _today() - dt.timedelta(days=1)
    period = volumes.view_until(yesterday if end is None else min(end - dt.timedelta(days=1), yesterday))
    return volumes.processes(volume_store.read(system().stores.data, team, period), period)
