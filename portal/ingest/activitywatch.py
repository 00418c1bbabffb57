"""ActivityWatch's API under `/api/0`: buckets, events and heartbeats of the person whose token it is.

Names of buckets are everybody's own: another person's bucket does not exist here. Writing needs the scope `ingest` and
does not wait for the access log; reading needs `read`, and is logged as own reading. What is read is what the capture
policy left.
"""

import datetime as dt
import uuid
from typing import Any, Final

from flask import Blueprint, Response, abort, request
from werkzeug.datastructures import MultiDict

from analytics.desk import EventRefused, NoSuchBucket, Sent, TooManyBuckets
from analytics.event_numbers import number_of
from analytics.hot import Bucket
from analytics.imports.timestamps import BadTimestamp, microsecond
from analytics.own_events import Own
from analytics.receiving import Receiver
from auth.permissions import Permission, requires
from portal.access import session_key, system, viewer
from portal.answers import plain
from portal.ingest import bodies, version
from portal.ingest.bodies import bad, text_of
from portal.problems import Problem, answer

blueprint = Blueprint("activitywatch", __name__, url_prefix="/api/0")

_LOCAL_HOST: Final = "!local"
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND: Final = dt.timedelta(microseconds=1)


@blueprint.get("/info")
@requires(Permission.HEALTH_READ)
def info() -> Response:
    """What this server is."""
    return plain(
        {
            "hostname": system().hostname,
            "version": version.NAME,
            "testing": system().config.testing,
            "device_id": str(uuid.uuid5(uuid.NAMESPACE_URL, system().organisation.origin)),
        }
    )


@blueprint.get("/buckets/")
@requires(Permission.OWN_READ)
def buckets() -> Response:
    """My buckets, each with the end of its newest event."""
    found = system().own_events.buckets(viewer(), session_key())
    return plain({name: described(each) | _newest(name) for name, each in found.items()})


@blueprint.get("/buckets/<bucket>")
@requires(Permission.OWN_READ)
def bucket_of(bucket: str) -> Response:
    """One of my buckets."""
    return plain(described(_own(bucket)))


@blueprint.post("/buckets/<bucket>")
@requires(Permission.EVENTS_WRITE)
def create(bucket: str) -> Response:
    """Make a bucket; 304 if there is one of that name."""
    if not 0 < len(bucket) <= bodies.LONGEST_NAME or not bucket.isprintable():
        raise bad(f"A bucket's name has 1 to {bodies.LONGEST_NAME} printable characters.")
    asked = bodies.json_object()
    host = text_of(asked, "hostname")
    made = Bucket(
        bucket,
        text_of(asked, "type"),
        system().hostname if host == _LOCAL_HOST else host,
        text_of(asked, "client"),
        (system().clock() - _EPOCH) // _MICROSECOND,
    )
    try:
        return plain({}) if system().receiver.create_bucket(viewer(), made) else Response(status=304)
    except TooManyBuckets as error:
        raise bad(f"{error}.") from error


@blueprint.put("/buckets/<bucket>")
@requires(Permission.EVENTS_WRITE)
def change(bucket: str) -> Response:
    """Change what a bucket is; what is recorded stays as it was."""
    asked = bodies.json_object()
    kind, host, client = (text_of(asked, key) if key in asked else None for key in ("type", "hostname", "client"))
    system().receiver.change_bucket(viewer(), bucket, kind, host, client)
    return plain({})


@blueprint.delete("/buckets/<bucket>")
@requires(Permission.EVENTS_WRITE)
def delete(bucket: str) -> Response:
    """Delete a bucket with its events, in testing mode; elsewhere what is recorded is forgotten on one's own page."""
    if not system().config.testing and request.args.get("force") != "1":
        raise Problem(401, "Unauthorized", "Deleting buckets is only permitted in testing mode or with ?force=1")
    _refuse_deleting()
    gone = system().receiver.delete_bucket(viewer(), bucket)
    system().intake.remove(viewer(), gone.id, None)
    return plain({})


@blueprint.get("/buckets/<bucket>/events")
@requires(Permission.OWN_READ)
def events(bucket: str) -> Response:
    """A bucket's events, newest first."""
    _own(bucket)
    return plain([shown(each) for each in asked_events(bucket, request.args)])


@blueprint.post("/buckets/<bucket>/events")
@requires(Permission.EVENTS_WRITE)
def insert(bucket: str) -> Response:
    """Take one event or a list of events; what is there already changes nothing."""
    return plain(taken(system().receiver, viewer(), bucket, bodies.body()))


@blueprint.get("/buckets/<bucket>/events/count")
@requires(Permission.OWN_READ)
def count(bucket: str) -> Response:
    """How many events a bucket has."""
    _own(bucket)
    bounds = MultiDict({key: value for key, value in request.args.items() if key in ("start", "end")})
    return plain(len(asked_events(bucket, bounds)))


@blueprint.get("/buckets/<bucket>/events/<int:number>")
@requires(Permission.OWN_READ)
def event(bucket: str, number: int) -> Response:
    """One event by its number."""
    _own(bucket)
    found = system().own_events.event(viewer(), session_key(), bucket, number)
    if found is None:
        abort(404)
    return plain(shown(found))


@blueprint.delete("/buckets/<bucket>/events/<int:number>")
@requires(Permission.EVENTS_WRITE)
def delete_event(bucket: str, number: int) -> Response:
    """Delete one event, in testing mode."""
    _refuse_deleting()
    system().receiver.require_bucket(viewer(), bucket)
    return plain({"success": system().intake.remove(viewer(), bucket, number)})


@blueprint.post("/buckets/<bucket>/heartbeat")
@requires(Permission.EVENTS_WRITE)
def heartbeat(bucket: str) -> Response:
    """Merge a heartbeat into the bucket's last event, or begin another."""
    receiver, subject = system().receiver, viewer()
    pulsetime = bodies.pulsetime_us(request.args.get("pulsetime"))
    sent = bodies.heartbeat(receiver.marker(subject))
    try:
        return plain(heard(receiver, subject, bucket, sent, pulsetime))
    except EventRefused as error:
        raise bad(f"Refused: {error}.") from error


@blueprint.errorhandler(NoSuchBucket)
def _no_bucket(error: NoSuchBucket) -> Response:
    return answer(Problem(404, "Not Found", f"{error}."))


def heard(receiver: Receiver, subject: str, bucket: str, sent: Sent, pulsetime_us: int) -> dict[str, Any]:
    """Take a heartbeat and return the event as it is now, with the data that the watcher has just sent."""
    now = receiver.heartbeat(subject, bucket, sent, pulsetime_us)
    data = bodies.object_of(sent.raw)
    return shown(Own(number_of(bucket, now.start_us, data), now.start_us, now.duration_us, data))


def taken(receiver: Receiver, subject: str, bucket: str, text: bytes) -> dict[str, Any] | None:
    """Take a body of events; return the event where it is one alone."""
    found, marks, alone = bodies.events(text, bucket, receiver.marks(subject))
    if not len(found.start_us):
        receiver.require_bucket(subject, bucket)
        return None
    receipt = receiver.insert(subject, bucket, found, marks)
    if not receipt.taken:
        raise bad(f"Refused: {'; '.join(sorted(receipt.refused))}.")
    if not alone:
        return None
    data = bodies.object_of(found.distinct[0])
    start, duration = int(found.start_us[0]), int(found.duration_us[0])
    return shown(Own(number_of(bucket, start, data), start, duration, data))


def described(bucket: Bucket) -> dict[str, Any]:
    """Return a bucket as ActivityWatch describes it."""
    return {
        "id": bucket.id,
        "created": instant(bucket.created_us),
        "name": None,
        "type": bucket.kind,
        "client": bucket.client,
        "hostname": bucket.host,
        "data": {},
    }


def shown(event: Own) -> dict[str, Any]:
    """Return an event as ActivityWatch writes it."""
    seconds, rest = divmod(event.duration_us, 1_000_000)
    return {
        "id": event.id,
        "timestamp": instant(event.start_us),
        "duration": seconds + rest / 1e6,
        "data": event.data,
    }


def instant(microseconds: int) -> str:
    """Return an instant in ISO 8601, as ActivityWatch writes it."""
    return (_EPOCH + dt.timedelta(microseconds=microseconds)).isoformat()


def asked_events(bucket: str, asked: Any) -> list[Own]:
    """Return the events between `start` and `end`, cut to them, both ends included; the newest `limit` of them."""
    start, end = _bound(asked, "start"), _bound(asked, "end")
    end = None if end is None else end + 1000
    found = system().own_events.events(viewer(), session_key(), bucket, _limit(asked.get("limit")), start, end)
    return [_trimmed(each, start, end) for each in found]


def _trimmed(event: Own, start: int | None, end: int | None) -> Own:
    first = event.start_us if start is None else max(event.start_us, start)
    last = event.end_us if end is None else min(event.end_us, end)
    return event._replace(start_us=first, duration_us=last - first)


def _bound(asked: Any, name: str) -> int | None:
    text = asked.get(name)
    try:
        # a `+` that was not quoted is a space in an address, where it can only have been the sign of an offset
        return None if text is None else microsecond(text[:10] + text[10:].replace(" ", "+") if "T" in text else text)
    except BadTimestamp as error:
        raise bad(f"{name} is no moment in ISO 8601") from error


def _limit(text: str | None) -> int:
    if text in (None, "", "None"):
        return -1
    try:
        return max(int(str(text)), -1) if len(str(text)) < 20 else -1
    except ValueError as error:
        raise bad("limit is no whole number") from error


def _own(bucket: str) -> Bucket:
    found = system().own_events.buckets(viewer(), session_key()).get(bucket)
    if found is None:
        raise Problem(404, "Not Found", "There's no bucket of that name.")
    return found


def _newest(bucket: str) -> dict[str, str]:
    found = system().own_events.events(viewer(), session_key(), bucket, 1)
    return {"last_updated": instant(found[0].end_us)} if found else {}


def _refuse_deleting() -> None:
    if not system().config.testing:
        detail = "A device deletes nothing that is recorded: forget it on your own page, What is recorded."
        raise Problem(403, "Forbidden", detail)
