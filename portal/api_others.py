"""The JSON of what concerns others, under `/api/v1`: a manager's teams, and the access log for its reviewers."""

from flask import Blueprint, Response, abort, request

from auth.permissions import Permission, requires
from portal import checkpoints, shapes, verifying
from portal.access import system, viewer
from portal.answers import logged, plain, week_answer
from portal.compliance import query_from
from portal.openapi import answers
from portal.team import read_week

blueprint = Blueprint("api_others", __name__, url_prefix="/api/v1")

_FILTERS = {
    "person": (False, "Subject id of somebody whom the entries are about."),
    "viewer": (False, "Subject id of somebody who looked."),
    "relation": (False, "self, manager, compliance or operations."),
    "purpose": (False, "A purpose of the policy."),
    "outcome": (False, "disclosed, shown, refused, …"),
    "from": (False, "First day (UTC)."),
    "to": (False, "The day after the last."),
    "before": (False, "Entries older than this number: the next page."),
}


@blueprint.get("/team")
@requires(Permission.TEAM_READ)
@answers(shapes.Roster)
def roster() -> Response:
    """The teams that I manage, and who is in them."""
    teams = system().directory.managed(viewer())
    return plain(
        {
            "teams": [
                {"team": t.id, "name": t.name, "people": [{"subject": p.subject, "name": p.name} for p in t.members]}
                for t in teams
            ]
        }
    )


@blueprint.get("/team/<team>/people/<person>/weeks/<week>")
@requires(Permission.WEEK_READ)
@answers(shapes.Answer[shapes.Week], query={"purpose": (True, "Why: one_to_one.")})
def week(team: str, person: str, week: str) -> Response:
    """A closed week's shared totals of somebody in my team; the read and its digest are in their log."""
    return week_answer(read_week(team, person, week, request.args.get("purpose", "")))


@blueprint.get("/log")
@requires(Permission.ACCESS_LOG_READ)
@answers(shapes.LogPage, query=_FILTERS)
def log() -> Response:
    """The access log, newest first; this read is an entry itself, whose number is `entry`."""
    found = system().gate.review(viewer(), query_from(request.args))
    entries = [logged(each) for each in found.page.entries]
    reach = {"since": found.since.isoformat(), "sentence": found.sentence}
    return plain({"entry": found.entry, **reach, "entries": entries, "before": found.page.before})


@blueprint.get("/log/entries/<int:index>")
@requires(Permission.ACCESS_LOG_READ)
@answers(shapes.EntryDetail)
def entry(index: int) -> Response:
    """One entry, with the proof that it is in the log."""
    try:
        found, number = system().gate.review_entry(viewer(), index)
    except LookupError:
        abort(404)
    proof = system().log.export_bundle([index])
    return plain({"entry": number, "found": None if found is None else logged(found), "proof": proof})


@blueprint.get("/log/verification")
@requires(Permission.ACCESS_LOG_READ)
@answers(shapes.Verification, query={"payloads": (False, "yes: check every payload too, not only the tree.")})
def verification() -> Response:
    """Whether the log is whole: its tree rebuilt from the entries, and `entry N: reason` for whatever does not fit."""
    found = verifying.verify(system(), hashes_only=request.args.get("payloads") != "yes")
    root = None if found.root is None else found.root.hex()
    return plain({"size": found.size, "root": root, "problems": list(found.problems)})


@blueprint.get("/log/checkpoint")
@requires(Permission.CHECKPOINT_READ)
@answers(str, media="text/plain")
def checkpoint() -> Response:
    """The newest published checkpoint (C2SP signed note) with its cosignatures: keep a copy away from this system."""
    return Response(checkpoints.latest(system()).note, content_type="text/plain; charset=utf-8")
