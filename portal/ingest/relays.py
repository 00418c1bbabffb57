"""`POST /api/v1/events`: an upload of a relay. Acknowledged is what is durable; the same again changes nothing."""

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

POLICY_TOO_OLD: Final = "urn:sameview:problem:policy-too-old"
"""The type of the refusal that a relay answers by fetching the policy."""

blueprint = Blueprint("events", __name__, url_prefix="/api/v1")


class Received(msgspec.Struct):
    """What became of an upload: how many events are taken, known ones too, and how many were refused and why."""

    batch: str
    taken: int
    refused: dict[str, int]


@blueprint.post("/events")
@requires(Permission.EVENTS_WRITE)
@answers(Received, body=uploads.Upload)
def receive() -> Response:
    """Take what a relay sends of my desk; the body may be packed by gzip or zstd."""
    request.max_content_length = uploads.LARGEST_UNPACKED
    try:
        upload = uploads.decode(bodies.body(uploads.LARGEST_UNPACKED))
    except uploads.UploadBroken as error:
        raise Problem(422, "Unprocessable Content", f"This is no upload: {error}.") from error
    current = system().policies.now().version
    if upload.policy < current:
        detail = f"It was captured under version {upload.policy} of the policy; version {current} is in force."
        raise Problem(409, "The policy is too old", detail, type=POLICY_TOO_OLD, version=current)
    try:
        found = system().receiver.upload(viewer(), upload)
    except TooManyBuckets as error:
        raise Problem(422, "Unprocessable Content", f"{error}.") from error
    return plain(Received(upload.batch, found.taken, found.refused))
