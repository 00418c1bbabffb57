"""One person's events as columns, one local day at a time, and the cut that makes such days out of raw events.

Events are cut at the borders of local days when they arrive, and each part is stored in its own day, so that a day can
be read, summed up and forgotten alone. The cut is ActivityWatch's own: its storage trims what a query returns to [start
of the day, end of the day + 1 ms], both ends included (`Bucket.get`, `PeeweeStorage.get_events` of aw-core 0.5.18). So

- an event that ends exactly where a day begins leaves a part of length zero there, and one that begins at the end of a
  day or 1 ms later leaves at most 1 ms in the day before: both matter to flooding, which fills gaps at either end;
- an event reaches only into days that begin at most 24 h after it does: that also bounds what a broken duration harms;
- an event of negative length belongs to the day that holds both its ends.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

Int64: TypeAlias = NDArray[np.int64]
Int32: TypeAlias = NDArray[np.int32]

DAY_US: Final = 86_400_000_000
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
OVERHANG_US: Final = 1_000
"""How far a part may reach over the end of its day: aw-core asks its storage for one millisecond more."""

WINDOW: Final = "currentwindow"
AFK: Final = "afkstatus"
WEB: Final = "web.tab.current"
KINDS: Final = (WINDOW, AFK, WEB)
"""The types of buckets that totals are made of."""


class Data(NamedTuple):
    """What an event says, after the capture policy. Flooding merges events whose data is equal.

    `app`, `title` and `url` are None where they are absent, refused or no string. `audible` is True for what Python
    calls equal to True. `category` is the whole path, "Work > ERP". `rest` is the canonical JSON of all other keys, b""
    if there are none.
    """

    app: str | None
    title: str | None
    url: str | None
    audible: bool | None
    status: str | None
    category: str
    rest: bytes


@dataclass(frozen=True, slots=True)
class Stream:
    """One bucket's part of one local day; rows in any order.

    `start_us` is in microseconds since 1970 UTC, floored to a millisecond as aw-core does; `duration_us` may be zero or
    negative; `data` are places in `DayEvents.data`; `before_us` says how long before its day the event began (0 if it
    did not), so that parts can be told apart, ordered as aw-core orders them, and joined again.
    """

    host: str
    kind: str
    bucket: str
    start_us: Int64
    duration_us: Int64
    data: Int32
    before_us: Int64


@dataclass(frozen=True, slots=True)
class DayEvents:
    """Everything that is kept of one local day of one person.

    A host that has an AFK bucket has a stream for it on every day, empty where it said nothing: without any, all window
    time counts as active.
    """

    first_us: int
    end_us: int
    streams: tuple[Stream, ...]
    data: list[Data]  # distinct: equal places mean equal data


class Parts(NamedTuple):
    """The parts of raw events, ordered by day and then as the events came: places of the events, days, times."""

    event: Int64
    day: Int32  # date.toordinal()
    start_us: Int64
    duration_us: Int64
    before_us: Int64


def duration_us(seconds: NDArray[np.float64]) -> Int64:
    """Round seconds to microseconds exactly as `timedelta(seconds=…)` does: the fraction alone, half to even."""
    fraction, whole = np.modf(seconds)
    return whole.astype(np.int64) * 1_000_000 + np.rint(fraction * 1e6).astype(np.int64)


def border_us(day: dt.date, zone: ZoneInfo, day_start: dt.time) -> int:
    """Return where the local day begins, in microseconds UTC; a wall-clock time that comes twice means its first."""
    return (dt.datetime.combine(day, day_start, tzinfo=zone) - _EPOCH) // dt.timedelta(microseconds=1)


def borders_us(day: dt.date, zone: ZoneInfo, day_start: dt.time) -> tuple[int, int]:
    """Return the half-open borders of a local day: 23, 24 or 25 hours apart."""
    return border_us(day, zone, day_start), border_us(day + dt.timedelta(days=1), zone, day_start)


def cut(start_us: Int64, duration_us: Int64, zone: ZoneInfo, day_start: dt.time) -> Parts:
    """Cut events of the years 2 to 9998 at the zone's local days, exactly as a query of each day would trim them."""
    days, borders = _calendar(start_us, zone, day_start)
    home = np.searchsorted(borders, start_us, side="right") - 1
    end = _stored_end_us(start_us, duration_us)
    inside = (start_us > borders[home] + OVERHANG_US) & (borders[home] <= end) & (end < borders[home + 1])
    at_border = np.flatnonzero(~inside)
    events, homes = [np.flatnonzero(inside)], [home[inside]]
    for offset in (-1, 0, 1, 2):  # a 23-hour day lets 24 hours touch three days
        reached = at_border[_reaches(start_us[at_border], end[at_border], borders, home[at_border] + offset)]
        events.append(reached)
        homes.append(home[reached] + offset)
    event, place = np.concatenate(events), np.concatenate(homes)
    order = np.argsort(place * max(len(start_us), 1) + event, kind="stable")
    event, place = event[order], place[order]
    first, last = borders[place], borders[place + 1] + OVERHANG_US
    before = np.maximum(first - start_us[event], 0)
    start = start_us[event] + before
    duration = np.minimum(duration_us[event] - before, last - start)
    return Parts(event, days[place], start, duration, before)


def _reaches(start_us: Int64, end_us: Int64, borders: Int64, place: Int64) -> NDArray[np.bool_]:
    """Say which events a query for the day at `place` would find (`PeeweeStorage._where_range`)."""
    first, last = borders[place], borders[place + 1] + OVERHANG_US
    found: NDArray[np.bool_] = (first - DAY_US <= start_us) & (start_us <= last) & (first <= end_us)
    return found


def _calendar(start_us: Int64, zone: ZoneInfo, day_start: dt.time) -> tuple[Int32, Int64]:
    """Return the local days around the given instants, with where each begins; gaps between them do not matter."""
    around = np.unique(start_us // DAY_US)[:, None] + np.arange(-4, 6)
    days = np.unique(around) + _EPOCH.toordinal()
    days = days[(days >= 1) & (days <= dt.date.max.toordinal())]
    borders = [border_us(dt.date.fromordinal(int(day)), zone, day_start) for day in days]
    return days.astype(np.int32), np.array(borders, dtype=np.int64)


def _stored_end_us(start_us: Int64, duration_us: Int64) -> Int64:
    """Return the ends that aw-core's storage compares: SQLite's own date arithmetic, in whole milliseconds.

    The steps and the floating point of `strftime(…, (julianday(t) - 2440587.5) * 86400.0 + duration, 'unixepoch')`:
    an end that rounds up to the start of a day is in that day.
    """
    julian_ms = start_us // 1000 + 210_866_760_000_000
    seconds = (julian_ms / 86_400_000.0 - 2_440_587.5) * 86_400.0 + duration_us / 1e6
    end_ms = (seconds * 1000.0 + 210_866_760_000_000.0 + 0.5).astype(np.int64)
    return (end_ms - 210_866_760_000_000) * 1000
