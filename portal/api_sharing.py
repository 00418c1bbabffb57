"""The JSON of what somebody shares, and of what others let them see, under `/api/v1`."""

from typing import Any

from flask import Blueprint, Response, abort

from auth.permissions import Permission, requires
from portal import shapes, sharing
from portal.access import system, viewer
from portal.answers import answer, plain
from portal.openapi import answers
from portal.problems import Problem
from portal.sharing_words import BROKEN, answer_of
from privacy.grants import Grant
from privacy.keys import KeyGone
from privacy.seal import SealBroken

blueprint = Blueprint("api_sharing", __name__, url_prefix="/api/v1")


@blueprint.get("/me/sharing")
@requires(Permission.OWN_READ)
@answers(shapes.Sharing)
def mine() -> Response:
    """What I share now, with whom, until when, and how often it was opened."""
    return plain({"grants": [_grant(each.grant, each.name) | {"opened": each.opened} for each in sharing.given()]})


@blueprint.get("/shared")
@requires(Permission.GRANTED_READ)
@answers(shapes.SharedWithMe)
def shared() -> Response:
    """What others let me see now; nothing is opened."""
    return plain({"grants": [_grant(grant, name) for grant, name in sharing.shared_with_me()]})


@blueprint.get("/shared/<subject>/<int:number>")
@requires(Permission.GRANTED_READ)
@answers(shapes.Answer[shapes.Shared], also={409: BROKEN})
def one(subject: str, number: int) -> Response:
    """What somebody lets me see; the look and its digest are in their log."""
    if subject == viewer() or system().directory.person(subject) is None:
        abort(404)
    try:
        found = answer_of(system().gate.open_grant(viewer(), subject, number))
    except KeyGone:
        abort(404)
    except SealBroken:
        raise Problem(409, "This does not open", BROKEN) from None
    return answer(found.payload, found.entry)


def _grant(grant: Grant, name: str) -> dict[str, Any]:
    return {
        "subject": grant.subject,
        "number": grant.number,
        "viewer": grant.viewer,
        "name": name,
        "purpose": grant.purpose,
        "fields": sorted(grant.fields),
        "first_day": grant.period.first,
        "last_day": grant.period.last,
        "given_on": grant.given_on,
        "expires_on": grant.expires_on,
        "digest": grant.digest,
    }
