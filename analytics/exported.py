"""What is stored of a person, as plain JSON for the person themselves (pure).

Moments are ISO 8601 in UTC, to the microsecond as they are stored; durations are seconds.
"""

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from analytics.annotations import Notes
from analytics.event_numbers import number_of, shown
from analytics.events import Data, DayEvents
from analytics.own_rules import OwnRules
from analytics.own_times import OwnTimes, Span
from privacy.fields import Field

Event = dict[str, Any]

HEADING: Final = (
    "start",
    "duration_seconds",
    "began_before_seconds",
    "host",
    "bucket",
    "type",
    "category",
    "app",
    "title",
    "url",
    "audible",
    "status",
    "other",
)
"""The columns of an event as CSV."""

_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_SECOND: Final = 1_000_000
_KNOWN: Final = ("app", "title", "url", "audible", "status")


def events(day: DayEvents) -> Iterator[Event]:
    """Yield a day's events as they are kept after policy, bucket by bucket, each by its start.

    An event that began before the day is cut there: `began_before_seconds` says how long before.
    """
    for stream in day.streams:
        columns = (stream.start_us, stream.duration_us, stream.before_us, stream.data)
        for start, duration, before, place in zip(*(each.tolist() for each in columns), strict=True):
            yield event(stream.host, stream.kind, stream.bucket, (start, duration, before), day.data[place])


def event(host: str, kind: str, bucket: str, times: tuple[int, int, int], data: Data) -> Event:
    """Return one event; `times` are its start, its duration, and how long before the start it began, in µs."""
    start, duration, before = times
    said = shown(data)
    return {
        "id": number_of(bucket, start - before, said),
        "start": moment(start),
        "duration_seconds": duration / _SECOND,
        "began_before_seconds": before / _SECOND,
        "host": host,
        "bucket": bucket,
        "type": kind,
        "category": data.category,
        "data": said,
    }


def event_row(found: Event) -> list[object]:
    """Return an event as a row under HEADING."""
    said = found["data"]
    other = {key: value for key, value in said.items() if key not in _KNOWN}
    plain = [found[name] for name in HEADING[:7]]
    return [*plain, *(said.get(name) for name in _KNOWN), json.dumps(other) if other else None]


def notes(stored: bytes) -> dict[str, Any]:
    """Return what somebody noted of a day."""
    found = Notes.parse(stored)
    return {
        "annotations": [{**_span(each), "kind": each.kind, "text": each.text} for each in found.annotations],
        "corrections": [{**_span(each), "category": each.category} for each in found.corrections],
        "applications": [{"app": each.app, "category": each.category} for each in found.apps],
    }


def setting(field: Field, stored: bytes) -> Any:
    """Return what somebody set for themselves, as it was sealed."""
    if field is Field.OWN_TIMES:
        own = OwnTimes.parse(stored)
        return {"paused": _times(own.paused), "forgotten": _times(own.forgotten), "private_applications": own.apps}
    if field is Field.OWN_RULES:
        return [
            {"app": each.app, "category": each.category, "since": each.since} for each in OwnRules.parse(stored).rules
        ]
    if field is Field.SOURCES:
        return msgspec.msgpack.decode(stored)
    return json.loads(stored)


def moment(at_us: int) -> str:
    """Return a moment in microseconds since 1970 as ISO 8601; an end that never comes is its last possible one."""
    try:
        return (_EPOCH + dt.timedelta(microseconds=at_us)).isoformat().replace("+00:00", "Z")
    except OverflowError:
        return "9999-12-31T23:59:59Z"


def _span(noted: Any) -> dict[str, Any]:
    return {"start": moment(noted.start_us), "end": moment(noted.end_us)}


def _times(spans: tuple[Span, ...]) -> list[dict[str, str]]:
    return [{"start": moment(start), "end": moment(end)} for start, end in spans]
