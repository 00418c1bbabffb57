"""The state of the work of a team, before its people: what came, what was done and what waits, as it was delivered.

The same page for everybody in the team, its managers and planners. Nobody is in it, so looking is no entry of the log.
Teams stand by name, and are never compared.
"""

import datetime as dt
from typing import Final

from flask import Blueprint, Response, abort, render_template, request

from analytics import volume_chart, volume_store, volumes
from analytics.volumes import COLUMNS, KEPT_IN_VIEW, Volume
from auth.permissions import Permission, requires
from portal import target_view, target_words
from portal.access import current_roles, person, system, viewer
from portal.answers import csv_file
from portal.csv_text import csv_lines
from portal.parse import day_from
from portal.volumes import visible
from privacy.period import Period, local_day, week_of

blueprint = Blueprint("work", __name__, url_prefix="/team")

_DAY: Final = dt.timedelta(days=1)


@blueprint.get("/work")
@requires(Permission.VOLUMES_READ)
def teams() -> str:
    """Show the teams whose work I can see."""
    found = visible(system(), viewer(), current_roles())
    delivered = volume_store.last_delivered(system().stores.data, list(found))
    return render_template("team/works.html", teams=[(team, name, delivered.get(team)) for team, name in found.items()])


@blueprint.get("/<team>/work")
@requires(Permission.VOLUMES_READ)
def work(team: str) -> str:
    """Show four weeks of a team's work, and the last state of each process."""
    name, period = _name(team), _period(team)
    rows = volume_store.read(system().stores.data, team, Period(period.first - KEPT_IN_VIEW, period.end))
    found = volumes.processes(rows, period)
    return render_template(
        "team/work.html",
        team=team,
        name=name,
        period=period,
        processes=[
            (each, [(kind, volume_chart.draw(each.days, frame)) for kind, frame in _FRAMES.items()]) for each in found
        ],
        delivered=max((row.delivered_on for row in rows if row.delivered_on), default=None),
        earlier=f"/team/{team}/work?until={period.first - _DAY}",
        later=f"/team/{team}/work?until={_later(period)}" if period.last < _newest(team) else None,
        bands=target_view.bands(system(), team, _today()),
        title_of=target_words.title_of,
        csv=f"/team/{team}/work.csv?until={period.last}",
        ours="manager" in current_roles() and team in system().directory.teams_managed(viewer()),
    )


@blueprint.get("/<team>/work.csv")
@requires(Permission.VOLUMES_READ)
def work_csv(team: str) -> Response:
    """Return the rows of the same four weeks as CSV; a day that was not delivered has no row."""
    name, period = _name(team), _period(team)
    rows = volume_store.read(system().stores.data, team, period)
    lines = csv_lines([(*COLUMNS, "delivered_on"), *(_cells(name, row) for row in rows)])
    return csv_file(f"work-{team}-{period.last}.csv", lines)


_FRAMES: Final = {"wide": volume_chart.WIDE, "narrow": volume_chart.NARROW}


def _name(team: str) -> str:
    """Return the name of a team whose work the asker may see; for every other one it is not found."""
    found = visible(system(), viewer(), current_roles()).get(team)
    if found is None:
        abort(404)
    return found


def _newest(team: str) -> dt.date:
    """Return the reader's day if any of it was delivered, else the one before: a day that runs is not missing yet."""
    today = _today()
    return today if volume_store.read(system().stores.data, team, Period.day(today)) else today - _DAY


def _today() -> dt.date:
    return local_day(system().clock(), person().zone)


def _period(team: str) -> Period:
    """Return the weeks that were asked for, until a day of the last of them; without one the newest."""
    asked, newest = request.args.get("until"), _newest(team)
    return volumes.view_until(newest if asked is None else min(week_of(day_from(asked)).last, newest))


def _later(period: Period) -> dt.date:
    return period.last + dt.timedelta(weeks=volumes.WEEKS)


def _cells(team: str, row: Volume) -> tuple[object, ...]:
    figures = ("" if each is None else each for each in row.figures)
    return (team, row.process, row.day, *figures, row.delivered_on)
