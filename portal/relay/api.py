"""ActivityWatch's REST contract as far as a desk needs it: what watchers, aw-client and the browser extension call.

What is read back is what waits in the queue, after policy. There is no query: analysing happens at the portal.
"""

import datetime as dt
import math
import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from heapq import nlargest
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qs, unquote

import msgspec

from analytics.heartbeats import Beat, pulse_us
from portal.relay import aw_events
from portal.relay.aw_events import BadEvent
from portal.relay.buckets import NoBucket
from portal.relay.desk import Desk
from portal.relay.entries import BucketInfo, Entry

VERSION: Final = "sameview relay"
MOST_READ: Final = 20_000
"""So many events are given back at most, the newest."""
_OVERHANG_US: Final = 1_000
_MOST_SETTINGS: Final = 100
_LONGEST_NAME: Final = 255
_ALWAYS_US: Final = 1 << 62


class Answer(NamedTuple):
    """A status and the value to write as JSON; without a value nothing is written."""

    status: int
    body: bytes


class _Stored(NamedTuple):
    """A kept part of an event that waits."""

    start_us: int
    end_us: int
    number: int
    entry: Entry


class _Refused(Exception):
    """A call cannot be answered; the text says why, and quotes nothing that was sent."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class _NewBucket(msgspec.Struct):
    client: str
    type: str
    hostname: str


@dataclass(frozen=True, slots=True)
class Call:
    """One request."""

    method: str
    path: tuple[str, ...]
    query: Mapping[str, list[str]]
    body: bytes

    @classmethod
    def of(cls, method: str, target: str, body: bytes) -> "Call":
        path, _, query = target.partition("?")
        parts = tuple(unquote(each) for each in path.strip("/").split("/"))
        return cls(method, parts, parse_qs(query), body)

    def text(self, name: str) -> str | None:
        return self.query[name][-1] if name in self.query else None


class Api:
    """Answers calls from one desk."""

    def __init__(self, desk: Desk, device_id: str) -> None:
        self._desk = desk
        self._device_id = device_id
        self._settings: dict[str, Any] = {}

    def answer(self, call: Call) -> Answer:
        """Answer a call; whatever is wrong with it is told in ActivityWatch's way."""
        try:
            return self._route(call)
        except NoBucket:
            return _failure(404, "There's no bucket of this name")
        except BadEvent as error:
            return _failure(400, str(error))
        except _Refused as error:
            return _failure(error.status, str(error))

    def _route(self, call: Call) -> Answer:
        match call.path:
            case ("api", "0", "info"):
                return self._only(call, GET=self._info)
            case ("api", "0", "buckets"):
                return self._only(call, GET=self._buckets)
            case ("api", "0", "buckets", bucket):
                return self._only(call, bucket, GET=self._bucket, POST=self._create, DELETE=self._delete)
            case ("api", "0", "buckets", bucket, "heartbeat"):
                return self._only(call, bucket, POST=self._heartbeat)
            case ("api", "0", "buckets", bucket, "events"):
                return self._only(call, bucket, GET=self._events, POST=self._insert)
            case ("api", "0", "buckets", bucket, "events", "count"):
                return self._only(call, bucket, GET=self._count)
            case ("api", "0", "buckets", bucket, "events", number):
                return self._only(call, bucket, number, GET=self._event)
            case ("api", "0", "buckets", bucket, "export"):
                return self._only(call, bucket, GET=self._export_bucket)
            case ("api", "0", "export"):
                return self._only(call, GET=self._export)
            case ("api", "0", "settings"):
                return self._only(call, GET=lambda _: _said(self._settings))
            case ("api", "0", "settings", key):
                return self._only(call, key, GET=self._setting, POST=self._set)
            case ("api", "0", "query", *_) | ("api", "0", "import"):
                raise _Refused(501, "A relay only passes on what watchers say: look at the portal for figures")
        raise _Refused(404, "A relay has nothing here: it answers under /api/0/")

    def _only(self, call: Call, *names: str, **ways: Callable[..., Answer]) -> Answer:
        if call.method not in ways:
            raise _Refused(405, "This cannot be done here")
        return ways[call.method](call, *names)

    def _info(self, _: Call) -> Answer:
        hostname = socket.gethostname()
        return _said({"hostname": hostname, "version": VERSION, "testing": False, "device_id": self._device_id})

    # Buckets

    def _buckets(self, _: Call) -> Answer:
        return _said({id: self._metadata(id) for id in list(self._desk.buckets)})

    def _bucket(self, _: Call, id: str) -> Answer:
        return _said(self._metadata(id))

    def _metadata(self, id: str) -> dict[str, Any]:
        info = self._info_of(id)
        last_us = self._desk.buckets[id].newest_us
        told: dict[str, Any] = {name: getattr(info, name) for name in ("id", "created", "type", "client", "hostname")}
        told |= {"name": None, "data": {}}
        return told if last_us is None else told | {"last_updated": aw_events.timestamp(last_us)}

    def _info_of(self, id: str) -> BucketInfo:
        found = self._desk.buckets.get(id)
        if found is None:
            raise NoBucket(id)
        return found.info

    def _create(self, call: Call, id: str) -> Answer:
        try:
            new = msgspec.json.decode(call.body, type=_NewBucket)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            raise _Refused(400, "A bucket needs client, type and hostname, as texts") from None
        hostname = socket.gethostname() if new.hostname == "!local" else new.hostname or "unknown"
        if not new.type or max(map(len, (id, new.type, hostname, new.client))) > _LONGEST_NAME or not id:
            raise _Refused(400, f"A bucket's names have 1 to {_LONGEST_NAME} characters")
        created = dt.datetime.now(dt.UTC).isoformat()
        made = self._desk.create(BucketInfo(id, new.type, hostname, new.client, created))
        return _said({}) if made else Answer(304, b"")

    def _delete(self, call: Call, id: str) -> Answer:
        self._info_of(id)
        if call.text("force") != "1":
            raise _Refused(401, "Deleting buckets is only permitted with force=1")
        self._desk.delete(id)
        return _said({})

    # Events

    def _heartbeat(self, call: Call, id: str) -> Answer:
        pulsetime = call.text("pulsetime")
        if pulsetime is None:
            raise _Refused(400, "Missing required parameter pulsetime")
        try:
            pulse = pulse_us(float(pulsetime))
        except ValueError:
            raise _Refused(400, "pulsetime is not a number of seconds") from None
        heartbeat = aw_events.event(call.body)
        number, merged = self._desk.heartbeat(id, heartbeat, pulse)
        # Its data are those that the watcher has just sent: they are equal, or they would not have been merged.
        return _said(aw_events.written(number, merged._replace(data=heartbeat.data)))

    def _insert(self, call: Call, id: str) -> Answer:
        self._info_of(id)
        if found := aw_events.events(call.body):
            self._desk.insert(id, found)
        return Answer(200, b"null")

    def _events(self, call: Call, id: str) -> Answer:
        limit = _whole(call, "limit", -1)
        start, end = _range(call)
        if limit == 0:
            self._info_of(id)
            return _said([])
        most = MOST_READ if limit < 0 else min(limit, MOST_READ)
        found = nlargest(most, self._of(id, start, end), key=lambda each: (each.start_us, each.number))
        return _said([_trimmed(each, start, end) for each in found])

    def _count(self, call: Call, id: str) -> Answer:
        return _said(sum(1 for _ in self._of(id, *_range(call))))

    def _event(self, _: Call, id: str, number: str) -> Answer:
        for each in self._of(id):
            if str(each.number) == number:
                return _said(_trimmed(each, -_ALWAYS_US, _ALWAYS_US))
        raise _Refused(404, "There's no event of this id that still waits on this desk")

    def _of(self, id: str, start_us: int = -_ALWAYS_US, end_us: int = _ALWAYS_US) -> Iterator[_Stored]:
        self._info_of(id)
        return (each for name, each in self._stored(start_us, end_us) if name == id)

    def _stored(self, start_us: int, end_us: int) -> Iterator[tuple[str, _Stored]]:
        """Yield what waits of a time, with the name of its bucket."""
        for number, _, entry in self._desk.queue.entries():
            if not isinstance(entry, Entry) or (info := self._desk.bucket_of(entry.bucket)) is None:
                continue
            for start, duration in entry.parts:
                if start <= end_us + _OVERHANG_US and start + duration >= start_us:
                    yield info.id, _Stored(start, start + duration, number, entry)

    def _export_bucket(self, _: Call, id: str) -> Answer:
        return _said({"buckets": {id: self._exported(id)}})

    def _export(self, _: Call) -> Answer:
        return _said({"buckets": {id: self._exported(id) for id in list(self._desk.buckets)}})

    def _exported(self, id: str) -> dict[str, Any]:
        found = nlargest(MOST_READ, self._of(id), key=lambda each: (each.start_us, each.number))
        return self._metadata(id) | {"events": [_trimmed(each, -_ALWAYS_US, _ALWAYS_US) for each in found]}

    # Settings: a shelf for clients that look for one; nothing here outlives the process

    def _setting(self, _: Call, key: str) -> Answer:
        return _said(self._settings.get(key))

    def _set(self, call: Call, key: str) -> Answer:
        try:
            value = msgspec.json.decode(call.body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            raise _Refused(400, "A setting is a value in JSON") from None
        if len(self._settings) < _MOST_SETTINGS and len(call.body) <= 1 << 16:
            self._settings[key[:_LONGEST_NAME]] = value
        return _said(value)


def _trimmed(found: _Stored, start_us: int, end_us: int) -> dict[str, Any]:
    first, last = max(found.start_us, start_us), min(found.end_us, end_us + _OVERHANG_US)
    return aw_events.written(found.number, Beat(first, last - first, found.entry.data))


def _range(call: Call) -> tuple[int, int]:
    start, end = call.text("start"), call.text("end")
    return (
        -_ALWAYS_US if start is None else aw_events.moment_us(start),
        _ALWAYS_US if end is None else aw_events.moment_us(end),
    )


def _whole(call: Call, name: str, default: int) -> int:
    text = call.text(name)
    try:
        value = default if text is None else float(text)
    except ValueError:
        value = math.nan
    if value != value or math.isinf(value):
        raise _Refused(400, f"{name} is not a whole number")
    return int(value)


def _said(value: Any) -> Answer:
    return Answer(200, msgspec.json.encode(value))


def _failure(status: int, message: str) -> Answer:
    return Answer(status, msgspec.json.encode({"message": message}))
