"""Which local days an event counts for, without arrays: the same days as `analytics.events.cut` files its parts under.

Only of dropped events the desk has to say it, since their times stay here.
"""

import datetime as dt
from typing import Final
from zoneinfo import ZoneInfo

_DAY_US: Final = 86_400_000_000
_OVERHANG_US: Final = 1_000
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND: Final = dt.timedelta(microseconds=1)
_DAY: Final = dt.timedelta(days=1)
_JULIAN_MS: Final = 210_866_760_000_000
"""From the beginning of SQLite's calendar to 1970."""


def local_days(start_us: int, duration_us: int, zone: dt.tzinfo, day_start: dt.time = dt.time(0)) -> tuple[str, ...]:
    """Return the days of a zone that an event touches, oldest first."""
    end_us = _stored_end_us(start_us, duration_us)
    around = dt.datetime.fromtimestamp(start_us / 1e6, zone).date()
    found = []
    for offset in range(-2, 4):
        day = around + offset * _DAY
        first, last = _border(day, zone, day_start), _border(day + _DAY, zone, day_start) + _OVERHANG_US
        if first - _DAY_US <= start_us <= last and first <= end_us:
            found.append(day.isoformat())
    return tuple(found)


def own_zone() -> dt.tzinfo:
    """Return this computer's zone, for as long as the portal has not said its person's."""
    return dt.datetime.now().astimezone().tzinfo or ZoneInfo("UTC")


def _stored_end_us(start_us: int, duration_us: int) -> int:
    """Return the end that the portal compares, by the same floating point (`analytics.events`, without its arrays)."""
    seconds = ((start_us // 1000 + _JULIAN_MS) / 86_400_000.0 - 2_440_587.5) * 86_400.0 + duration_us / 1e6
    return (int(seconds * 1000.0 + float(_JULIAN_MS) + 0.5) - _JULIAN_MS) * 1000


def _border(day: dt.date, zone: dt.tzinfo, day_start: dt.time) -> int:
    return (dt.datetime.combine(day, day_start, tzinfo=zone) - _EPOCH) // _MICROSECOND
