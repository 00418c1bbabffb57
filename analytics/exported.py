"""What is stored of a person, as plain JSON and rows for the person themselves (pure).

Moments are ISO 8601 in UTC, to the microsecond as they are stored; durations are seconds. Years of events are written
at once, and they say few different things: what each of them says is put into words once a day.
"""

import datetime as dt
import json
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, Final

import msgspec

from analytics.annotations import Notes
from analytics.event_numbers import shown
from analytics.events import Data, DayEvents, Stream
from analytics.own_rules import OwnRules
from analytics.own_times import OwnTimes, Span
from privacy.fields import Field

HEADING: Final = (
    "day",
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

Written = Callable[[list[object]], str]
"""Writes cells as CSV, without the end of a line."""

_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_SECOND: Final = 1_000_000
_KNOWN: Final = ("app", "title", "url", "audible", "status")
_encode: Final = msgspec.json.Encoder(order="deterministic").encode


def events_json(date: dt.date, day: DayEvents, *, text_expired: bool) -> Iterator[bytes]:
    """Yield a day's events after policy as one JSON object: `{"date", "text_expired", "streams": [{"host", "bucket",
    "type", "events": [{"start", "duration_seconds", "category", "data"}]}]}`.

    An event that began before the day is cut there, and `began_before_seconds` says how long before.
    """
    ends = [f',"category":{_text(each.category)},"data":{_text(shown(each))}}}' for each in day.data]
    expired = "true" if text_expired else "false"
    yield f'{{"date":"{date}","text_expired":{expired},"streams":['.encode()
    for number, stream in enumerate(day.streams):
        head = {"host": stream.host, "bucket": stream.bucket, "type": stream.kind}
        yield f'{"," if number else ""}{_text(head)[:-1]},"events":[\n'.encode()
        yield ",\n".join(
            f'{{"start":"{moment(start)}","duration_seconds":{duration / _SECOND}{_before(before)}{ends[place]}'
            for start, duration, before, place in _rows(stream)
        ).encode()
        yield b"]}"
    yield b"]}"


def events_csv(date: dt.date, day: DayEvents, written: Written) -> Iterator[bytes]:
    """Yield a day's events as lines of CSV under HEADING, a portion for each bucket."""
    ends = [written([each.category, *_cells(each)]) for each in day.data]
    for stream in day.streams:
        named = written([stream.host, stream.bucket, stream.kind])
        lines = (
            f"{date},{moment(start)},{duration / _SECOND},{before / _SECOND},{named},{ends[place]}\r\n"
            for start, duration, before, place in _rows(stream)
        )
        yield "".join(lines).encode()


def growing(host: str, kind: str, bucket: str, times: tuple[int, int], data: Data) -> dict[str, Any]:
    """Return the last event of a bucket, which may still grow; `times` are its start and duration in microseconds."""
    event = {"start": moment(times[0]), "duration_seconds": times[1] / _SECOND}
    said = {"category": data.category, "data": shown(data)}
    return {"host": host, "bucket": bucket, "type": kind, "events": [event | said]}


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
    """Return a moment in microseconds since 1970 as ISO 8601; an end that never comes is the last possible one."""
    second, rest = divmod(at_us, _SECOND)
    day, of_day = divmod(second, 86_400)
    minute, second = divmod(of_day, 60)
    fraction = f".{rest:06}" if rest else ""
    return f"{_date(day)}T{minute // 60:02}:{minute % 60:02}:{second:02}{fraction}Z"


@lru_cache(maxsize=64)
def _date(days: int) -> str:
    try:
        return (_EPOCH + dt.timedelta(days=days)).date().isoformat()
    except OverflowError:
        return dt.date.max.isoformat()


def _rows(stream: Stream) -> Iterator[tuple[int, int, int, int]]:
    columns = (stream.start_us, stream.duration_us, stream.before_us, stream.data)
    return zip(*(each.tolist() for each in columns), strict=True)


def _before(before_us: int) -> str:
    return f',"began_before_seconds":{before_us / _SECOND}' if before_us else ""


def _cells(data: Data) -> list[object]:
    said = shown(data)
    other = {key: value for key, value in said.items() if key not in _KNOWN}
    return [*(said.get(name) for name in _KNOWN), json.dumps(other) if other else None]


def _text(value: Any) -> str:
    return _encode(value).decode()


def _span(noted: Any) -> dict[str, Any]:
    return {"start": moment(noted.start_us), "end": moment(noted.end_us)}


def _times(spans: tuple[Span, ...]) -> list[dict[str, str]]:
    return [{"start": moment(start), "end": moment(end)} for start, end in spans]
