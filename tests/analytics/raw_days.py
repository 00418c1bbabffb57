"""The local days of an export as Sameview keeps them under a policy that keeps everything: input for tests."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from aw_core.models import Event

from analytics.categories import Categoriser
from analytics.events import AFK, Data, DayEvents, Stream, borders_us, cut, duration_us
from privacy.canonical import canonical
from tests.analytics.oracle import Export, pure

_NO_TIMES = np.empty(0, np.int64)


def raw_days(buckets: Export, categoriser: Categoriser, zone: ZoneInfo, day_start: dt.time) -> dict[dt.date, DayEvents]:
    """Cut an export at local days; a host with an AFK bucket has its stream on every day."""
    numbers: dict[Data, int] = {}
    days: dict[int, list[Stream]] = {}
    for name, bucket in buckets.items():
        for day, stream in _streams(name, bucket, numbers, categoriser, zone, day_start):
            days.setdefault(day, []).append(stream)
    silent = [
        Stream(bucket["hostname"], AFK, name, _NO_TIMES, _NO_TIMES, _NO_TIMES.astype(np.int32), _NO_TIMES)
        for name, bucket in buckets.items()
        if bucket["type"] == AFK
    ]
    found = {}
    for day in sorted(days):
        streams = days[day]
        streams += [stream for stream in silent if stream.bucket not in {other.bucket for other in streams}]
        date = dt.date.fromordinal(day)
        found[date] = DayEvents(*borders_us(date, zone, day_start), tuple(streams), list(numbers))
    return found


def _streams(
    name: str,
    bucket: dict[str, Any],
    numbers: dict[Data, int],
    categoriser: Categoriser,
    zone: ZoneInfo,
    day_start: dt.time,
) -> list[tuple[int, Stream]]:
    """Return a bucket's parts, day by day, exact duplicates included: aw-core's flooding can see them."""
    events = [Event(**pure(event)) for event in bucket["events"]]
    rows = [
        (
            round(event.timestamp.timestamp() * 1000) * 1000,
            event.duration.total_seconds(),
            numbers.setdefault(as_data(event.data, categoriser), len(numbers)),
        )
        for event in events
    ]
    starts, seconds, data = (np.array([row[column] for row in rows]) for column in range(3))
    lengths = duration_us(seconds.astype(np.float64))
    parts = cut(starts.astype(np.int64), lengths, zone, day_start)
    streams = []
    for day in np.unique(parts.day).tolist():
        here = parts.day == day
        columns = parts.start_us[here], parts.duration_us[here], data[parts.event[here]].astype(np.int32)
        streams.append((day, Stream(bucket["hostname"], bucket["type"], name, *columns, parts.before_us[here])))
    return streams


def as_data(data: dict[str, Any], categoriser: Categoriser) -> Data:
    """Keep all of an event's data, and its category."""
    texts = {key: data[key] for key in ("app", "title", "url", "status") if isinstance(data.get(key), str)}
    audible = True if data.get("audible") is True else None
    rest = {key: value for key, value in data.items() if key not in texts and not (key == "audible" and audible)}
    return Data(
        *(texts.get(key) for key in ("app", "title", "url")),
        audible,
        texts.get("status"),
        categoriser.of(data),
        canonical(rest) if rest else b"",
    )
