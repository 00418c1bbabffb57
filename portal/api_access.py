"""The JSON of what the access log says about oneself, under `/api/v1/me/access`: the entries, and what proves them."""

from typing import Final

from flask import Blueprint, Response, abort, request

from auth.permissions import Permission, requires
from portal import checkpoints, receipts, shapes
from portal.access import session_key, system, viewer
from portal.answers import counted, logged, plain
from portal.openapi import answers
from portal.parse import bad, day_from, number_from
from portal.problems import Problem
from privacy.closings import NotClosed
from privacy.key_provider import KeyGone

NO_DAY_CLOSED: Final = "urn:sameview:problem:no-day-closed"
"""The type of the one refusal of a closing that the verifier goes on without: before the first night there is none."""

blueprint = Blueprint("access", __name__, url_prefix="/me/access")


@blueprint.get("")
@requires(Permission.ACCOUNT_READ)
@answers(shapes.LogEntries)
def access() -> Response:
    """Who looked: every entry of the access log about me, newest first."""
    entries = system().gate.own_log(viewer(), session_key())
    return plain({"entries": [logged(each) for each in reversed(entries)]})


@blueprint.get("/proofs")
@requires(Permission.ACCOUNT_READ)
@answers(
    shapes.Bundle,
    query={
        "entries": (False, "Numbers of entries about me, comma-separated; all of them when left out."),
        "old": (False, "Size of a checkpoint that I kept: proves that the log only grew since."),
        "cosigned": (False, "yes: under the last checkpoint that went to the witnesses, with their signatures."),
    },
)
def proofs() -> Response:
    """A proof bundle of my entries, salts and payloads included, to check without this system."""
    asked, old, note = request.args.get("entries", ""), number_from(request.args.get("old"), 0), None
    own = [each.index for each in system().gate.own_log(viewer(), session_key()) if each.subject == viewer()]
    if request.args.get("cosigned") == "yes":
        published = checkpoints.latest(system())
        own, note = [index for index in own if index < published.checkpoint.size], published.note
    indices = [number_from(each.strip(), 0) for each in asked.split(",")] if asked else own
    try:
        return plain(system().gate.own_proofs(viewer(), session_key(), indices, old, note))
    except LookupError:
        abort(404)
    except ValueError as error:
        raise bad("The log never had a checkpoint of that size, or has not published one so new.") from error


@blueprint.get("/shown/<int:entry>")
@requires(Permission.OWN_READ)
@answers(shapes.ShownAgain)
def shown(entry: int) -> Response:
    """What was shown to somebody else in this entry of mine, opened again, and whether its digest is the logged one."""
    return plain(receipts.as_json(receipts.open_again(entry)))


@blueprint.get("/closing")
@requires(Permission.ACCOUNT_READ)
@answers(
    shapes.Closing,
    query={
        "day": (False, "A day (UTC) that was closed; the last one when left out."),
        "old": (False, "Size of the checkpoint of my proofs: proves that both are of one log."),
    },
)
def closing() -> Response:
    """How the closing of a day counted my entries: shows that none was cut off since."""
    asked, old = request.args.get("day"), number_from(request.args.get("old"), 0)
    try:
        found = system().gate.own_closing(viewer(), session_key(), day_from(asked) if asked else None, old)
    except NotClosed as error:
        more = {} if asked else {"type": NO_DAY_CLOSED}
        raise Problem(404, "Not Found", f"There is no such proof: {error}.", **more) from error
    except KeyGone as error:
        raise Problem(404, "Not Found", f"There is no such proof any more: {error}.") from error
    except LookupError as error:
        raise Problem(409, "The log does not verify", f"There is no such proof: {error}.") from error
    except ValueError as error:
        raise bad("The log never had a checkpoint of that size.") from error
    return plain(counted(found))
