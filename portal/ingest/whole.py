"""The rest of ActivityWatch's API: export and import, queries, settings. All of it is of the token's own person."""

import io
import threading
from typing import Any, Final

from flask import Blueprint, Response, request

from analytics.desk import SettingsTooLarge, TooManyBuckets
from analytics.hot import Bucket
from analytics.imports import Export, NotAnExport, read_export
from analytics.uploads import GZIP, TooLarge, UploadBroken, unpack
from auth.permissions import Permission, requires
from portal.access import session_key, system, viewer
from portal.answers import plain
from portal.ingest import bodies
from portal.ingest.activitywatch import described, instant, shown
from portal.ingest.bodies import bad
from portal.ingest.querying import QueryRefused, ask
from portal.ingest.querying import asked as asked_of
from portal.problems import Problem

LARGEST_IMPORT: Final = 64 << 20
_GZIP: Final = b"\x1f\x8b"

blueprint = Blueprint("activitywatch_whole", __name__, url_prefix="/api/0")

_importing = threading.Lock()
"""One import at a time: each holds its file in memory."""


@blueprint.url_value_preprocessor
def _longer_bodies(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """An import may come as a form, which is read before its view runs."""
    if endpoint == f"{blueprint.name}.import_all":
        request.max_content_length = LARGEST_IMPORT


@blueprint.get("/export")
@requires(Permission.OWN_READ)
def export() -> Response:
    """All my buckets with their events."""
    found = system().own_events.buckets(viewer(), session_key())
    return _file({name: _whole(each) for name, each in found.items()}, "aw-buckets-export.json")


@blueprint.get("/buckets/<bucket>/export")
@requires(Permission.OWN_READ)
def export_one(bucket: str) -> Response:
    """One of my buckets with its events."""
    found = system().own_events.buckets(viewer(), session_key()).get(bucket)
    if found is None:
        raise Problem(404, "Not Found", "There's no bucket of that name.")
    return _file({bucket: _whole(found)}, "aw-bucket-export.json")


@blueprint.post("/import")
@requires(Permission.EVENTS_WRITE)
def import_all() -> Response:
    """Take an export in, as JSON or from a form; what is there already changes nothing. A faulty bucket refuses all."""
    with _importing:
        files = [each.stream.read() for each in request.files.values()]
        for text in files or [bodies.body(LARGEST_IMPORT)]:
            _take(_read(text))
    return plain(None)


@blueprint.post("/query/")
@requires(Permission.OWN_READ)
def query() -> Response:
    """Answer a query of ActivityWatch's language over my own events."""
    try:
        question = asked_of(bodies.json_object())
        own = system().own_events
        found = own.buckets(viewer(), session_key())
        events = {
            name: own.events(viewer(), session_key(), name, -1, question.first_us, question.last_us) for name in found
        }
        sent = {
            name: described(each) | {"events": [shown(event) for event in events[name]]} for name, each in found.items()
        }
        return plain(ask(question, sent))
    except QueryRefused as error:
        raise Problem(400, "Bad Request", str(error), type=error.kind) from error


@blueprint.get("/settings")
@requires(Permission.OWN_READ)
def settings() -> Response:
    """What my own ActivityWatch pages keep here."""
    return plain(system().own_events.settings(viewer(), session_key()))


@blueprint.get("/settings/<key>")
@requires(Permission.OWN_READ)
def setting(key: str) -> Response:
    """One setting; null if there is none."""
    return plain(system().own_events.settings(viewer(), session_key()).get(key))


@blueprint.post("/settings/<key>")
@requires(Permission.EVENTS_WRITE)
def set_setting(key: str) -> Response:
    """Keep a setting."""
    if not 0 < len(key) <= bodies.LONGEST_NAME:
        raise bad(f"A setting's name has 1 to {bodies.LONGEST_NAME} characters.")
    value = bodies.json_value()
    try:
        system().receiver.set_setting(viewer(), key, value)
    except SettingsTooLarge as error:
        raise Problem(413, "Content Too Large", f"{error}.") from error
    return plain(value)


def _whole(bucket: Bucket) -> dict[str, Any]:
    events = system().own_events.events(viewer(), session_key(), bucket.id)
    listed = [shown(each) for each in events]
    for each in listed:
        del each["id"]
    newest = {"last_updated": instant(max(each.end_us for each in events))} if events else {}
    return described(bucket) | newest | {"events": listed}


def _file(buckets: dict[str, Any], name: str) -> Response:
    response = plain({"buckets": buckets})
    response.headers["Content-Disposition"] = f"attachment; filename={name}"
    return response


def _read(text: bytes) -> Export:
    """Read an export, which may be a packed file; a packed one is no larger unpacked than another may be."""
    try:
        found = read_export(io.BytesIO(unpack(text, GZIP, LARGEST_IMPORT) if text.startswith(_GZIP) else text))
    except TooLarge as error:
        raise Problem(413, "Content Too Large", f"{error}.") from error
    except UploadBroken as error:
        raise bad(f"{error}.") from error
    except NotAnExport as error:
        raise bad(f"{error}.") from error
    if found.refused:
        raise bad("; ".join(f"{each.reason}" for each in found.refused[:5]) + ": nothing was taken.")
    return found


def _take(export: Export) -> None:
    receiver, subject = system().receiver, viewer()
    now_us = int(system().clock().timestamp() * 1e6)
    try:
        for each in export.buckets:
            receiver.create_bucket(subject, Bucket(each.id, each.kind, each.host, "import", now_us))
    except TooManyBuckets as error:
        raise bad(f"{error}.") from error
    system().intake.take(subject, export)
