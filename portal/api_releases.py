"""The JSON of released team figures, under `/api/v1`: the bytes that were released, to everybody who may see the unit.

Asking computes nothing. A period that is not released, and one whose row is not what was released, are not there.
"""

import datetime as dt

from flask import Blueprint, Response, abort, request

from auth.permissions import Permission, requires
from portal import releases, shapes
from portal.access import current_roles, system, viewer
from portal.openapi import answers
from portal.parse import bad, week_from
from portal.problems import Problem
from privacy.period import GRACE
from privacy.release_store import DAYS, FOUR_WEEKS, WEEK, Released

blueprint = Blueprint("api_releases", __name__, url_prefix="/api/v1")


@blueprint.get("/team/<team>/releases/<week>")
@requires(Permission.RELEASES_READ)
@answers(
    shapes.Answer[shapes.TeamRelease],
    query={"period": (False, "week, or four_weeks for the aligned four of which it is the last; week when left out.")},
)
def release(team: str, week: str) -> Response:
    """The released figures of a team's week, or of all teams together (`organisation`): the same for everybody."""
    if team not in releases.visible(system(), viewer(), current_roles()):
        abort(404)
    kind = request.args.get("period", WEEK)
    if kind not in DAYS:
        raise bad(f"The period is {WEEK} or {FOUR_WEEKS}.")
    asked = week_from(week)
    found = releases.read(system(), team, kind, asked.end - dt.timedelta(days=DAYS[kind]))
    if found is None:
        raise _not_released(asked.end)
    return released(found)


def released(found: Released) -> Response:
    """Answer `{"digest", "entry", "payload"}` with the bytes that were released."""
    body = b'{"digest":"%b","entry":%d,"payload":%b}' % (found.digest.encode(), found.entry, found.payload)
    return Response(body, content_type="application/json")


def _not_released(end: dt.date) -> Problem:
    first = end + dt.timedelta(days=GRACE.days)
    detail = (
        f"Nothing is released of that period. Team figures are released once, not before {first}: 48 hours after the"
        " end of their week on the clock of everybody in a team. Of four weeks, by the last of an aligned four."
    )
    return Problem(404, "Not Found", detail)
