"""`POST /api/v1/events`: an upload of a relay. Acknowledged is what is durable; the same again changes nothing.

And the policies that held before, which a relay asks for before it takes over history.
"""

from typing import Final

import msgspec
from flask import Blueprint, Response, request

from analytics import uploads
from analytics.desk import TooManyBuckets
from auth.permissions import Permission, requires
from portal.access import system, viewer
from portal.answers import plain
from portal.ingest import bodies
from portal.openapi import answers
from portal.problems import Problem
from portal.relay.refusals import NO_UPLOAD, POLICY_TOO_OLD, TOO_MANY_BUCKETS

blueprint = Blueprint("events", __name__, url_prefix="/api/v1")


_REFUSED: Final = {
    409: f"Another policy is in force (`{POLICY_TOO_OLD}`), or there is no room for a bucket (`{TOO_MANY_BUCKETS}`).",
    413: "The body is larger than an upload may be, packed or unpacked.",
    415: "The body is packed otherwise than as gzip or zstd.",
    422: f"The body is no upload (`{NO_UPLOAD}`).",
}


class Received(msgspec.Struct):
    """What became of an upload: how many events are taken, known ones too, and how many were refused and why."""

    batch: str
    taken: int
    refused: dict[str, int]


class EarlierPolicies(msgspec.Struct):
    """The policies that held before the one in force, oldest first: signed notes, or texts where nobody signed."""

    policies: list[str]


@blueprint.get("/relay/policies")
@requires(Permission.EVENTS_WRITE)
@answers(EarlierPolicies)
def earlier_policies() -> Response:
    """Which policies held before: events of the past pass that of their own time, too."""
    policies = system().policies
    earlier = policies.in_force().policies[:-1]
    return plain(EarlierPolicies([policies.note(each) or each.text for each in earlier]))


@blueprint.post("/events")
@requires(Permission.EVENTS_WRITE)
@answers(Received, body=uploads.Upload, also=_REFUSED)
def receive() -> Response:
    """Take what a relay sends of my desk; the body may be packed by gzip or zstd."""
    request.max_content_length = uploads.LARGEST_UNPACKED
    try:
        upload = uploads.decode(bodies.body(uploads.LARGEST_UNPACKED))
    except uploads.UploadBroken as error:
        raise Problem(422, "Unprocessable Content", f"This is no upload: {error}.", type=NO_UPLOAD) from error
    current = system().policies.now().version
    if upload.policy < current:
        detail = f"It was captured under version {upload.policy} of the policy; version {current} is in force."
        raise Problem(409, "The policy is too old", detail, type=POLICY_TOO_OLD, version=current)
    try:
        found = system().receiver.upload(viewer(), upload)
    except TooManyBuckets as error:
        more = {"type": TOO_MANY_BUCKETS, "buckets": list(error.names)}
        raise Problem(409, "Too many buckets", f"{str(error).capitalize()}: nothing was taken.", **more) from error
    return plain(Received(upload.batch, found.taken, found.refused))
