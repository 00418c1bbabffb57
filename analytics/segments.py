"""A local day of events as bytes, one segment for each field, and back. No keys in here; the vault pads and seals.

`rhythm` holds the streams and when their events were, as columns, each start as the gap behind the event before it; the
other segments hold what the distinct data say, one field each. Two fields, people or days never share a frame. Keys
that have no field of their own (kept by `own_insight` alone) go with the titles: they are the events' own text as well.
"""

from collections.abc import Mapping
from itertools import accumulate
from typing import Any, Final, NamedTuple

import numpy as np

from analytics.column_bytes import (
    SegmentBroken,
    freeze,
    pack,
    pack_us,
    pack_values,
    thaw,
    unpack,
    unpack_us,
    unpack_values,
)
from analytics.events import Data, DayEvents, Int64, Stream
from privacy.fields import Field

__all__ = ["SEGMENT_FIELDS", "Opened", "SegmentBroken", "decode", "encode", "sources"]

SEGMENT_FIELDS: Final = (Field.RHYTHM, Field.CATEGORY_DETAIL, Field.APPS, Field.TITLES, Field.URLS)
"""The fields that a day's events are split into."""

_TEXTS: Final = (Field.TITLES, Field.URLS)
_VERSION: Final = 1
_AUDIBLE: Final = {None: 0, False: 1, True: 2}
_AUDIBLE_OF: Final = (None, False, True)


class Opened(NamedTuple):
    """A day as it was stored. `text_expired` says that it had titles, addresses or other keys, which are gone."""

    events: DayEvents
    text_expired: bool


def encode(day: DayEvents) -> dict[Field, bytes]:
    """Return a day's segments: `rhythm` and `category_detail` always, each of the others if it has any value."""
    app, title, url, audible, status, category, rest = zip(*day.data, strict=True) if day.data else [()] * 7
    columns: dict[Field, dict[str, Any]] = {
        Field.CATEGORY_DETAIL: {"category": pack_values(category)},
        Field.APPS: {"app": pack_values(app)},
        Field.TITLES: {"title": pack_values(title), "rest": pack_values(rest)},
        Field.URLS: {"url": pack_values(url)},
    }
    empty = {field for field, packed in columns.items() if not any(distinct for distinct, _ in packed.values())}
    columns[Field.RHYTHM] = _times(day) | {
        "audible": pack(np.fromiter(map(_AUDIBLE.__getitem__, audible), dtype=np.int64, count=len(audible))),
        "status": pack_values(status),
        "texts": [field for field in _TEXTS if field not in empty],
    }
    empty.discard(Field.CATEGORY_DETAIL)
    return {field: freeze(packed) for field, packed in columns.items() if field not in empty}


def decode(segments: Mapping[Field, bytes]) -> Opened:
    """Return the day that `encode` was given; without its texts if those have expired. Raises SegmentBroken."""
    found = {field: thaw(segment) for field, segment in segments.items() if field in SEGMENT_FIELDS}
    rhythm = found.get(Field.RHYTHM)
    if rhythm is None or rhythm.get("version") != _VERSION:
        raise SegmentBroken("a day without its rhythm, or of another version")
    audible = [_AUDIBLE_OF[code] for code in unpack(rhythm["audible"]).tolist()]
    size = len(audible)

    def column(field: Field, name: str, nothing: Any = None) -> list[Any]:
        return unpack_values(found[field][name], nothing) if field in found else [nothing] * size

    columns = (
        column(Field.APPS, "app"),
        column(Field.TITLES, "title"),
        column(Field.URLS, "url"),
        audible,
        unpack_values(rhythm["status"]),
        column(Field.CATEGORY_DETAIL, "category", ""),
        column(Field.TITLES, "rest", b""),
    )
    if any(len(each) != size for each in columns):
        raise SegmentBroken("segments of different days")
    data = [Data(*values) for values in zip(*columns, strict=True)]
    expired = not set(rhythm["texts"]) <= found.keys()
    return Opened(DayEvents(rhythm["first"], rhythm["end"], tuple(_streams(rhythm)), data), expired)


def sources(rhythm: bytes) -> list[tuple[str, str, str]]:
    """Return host, type and bucket of every stream of a day that says something; what it says is not looked at."""
    return [(host, kind, bucket) for host, kind, bucket, size in thaw(rhythm)["streams"] if size]


def _times(day: DayEvents) -> dict[str, Any]:
    """Return everything of a day but its data."""
    joined = {
        "gap": _joined(_gaps(each, day.first_us) for each in day.streams),
        "duration": _joined(each.duration_us for each in day.streams),
        "before": _joined(each.before_us for each in day.streams),
    }
    return {
        "version": _VERSION,
        "first": day.first_us,
        "end": day.end_us,
        "streams": [(each.host, each.kind, each.bucket, len(each.start_us)) for each in day.streams],
        "data": pack(_joined(each.data.astype(np.int64) for each in day.streams)),
        **{name: pack_us(column) for name, column in joined.items()},
    }


def _streams(rhythm: Mapping[str, Any]) -> list[Stream]:
    gap, duration, before = (unpack_us(rhythm[name]) for name in ("gap", "duration", "before"))
    data = unpack(rhythm["data"]).astype(np.int32)
    ends = list(accumulate((each[3] for each in rhythm["streams"]), initial=0))
    streams = []
    for (host, kind, bucket, _), first, last in zip(rhythm["streams"], ends, ends[1:], strict=False):
        part = slice(first, last)
        start = _starts(gap[part], duration[part], rhythm["first"])
        streams.append(Stream(host, kind, bucket, start, duration[part], data[part], before[part]))
    return streams


def _gaps(stream: Stream, first_us: int) -> Int64:
    """Return how long after the end (to the millisecond below) of the event before it each event began."""
    ends = stream.start_us + stream.duration_us // 1000 * 1000
    return stream.start_us - np.concatenate(([first_us], ends))[:-1]


def _starts(gaps: Int64, durations: Int64, first_us: int) -> Int64:
    whole = durations // 1000 * 1000
    return first_us + np.cumsum(gaps) + np.concatenate(([0], np.cumsum(whole)))[:-1]


def _joined(columns: Any) -> Int64:
    return np.concatenate([np.empty(0, np.int64), *columns])
