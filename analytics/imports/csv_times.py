"""Times and lengths as CSV exports write them: columns of texts in, µs out.

A time has its own offset, or it is what a clock on the wall showed in a zone. Wall times that came twice, when the
clocks went back, and those that never came, when they went forward, are told apart here and decided by who reads the
rows. `3/4/2025` is March or April: the order has to be known, and one date that contradicts it refuses all of them,
since the others would have been wrong without anybody noticing.
"""

import datetime as dt
import functools
import re
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from analytics.events import DAY_US, Int64
from analytics.imports.timestamps import BadTimestamp, microseconds
from analytics.ledger import Bits

DAY_FIRST: Final = "day-first"
MONTH_FIRST: Final = "month-first"
ORDERS: Final = (DAY_FIRST, MONTH_FIRST)
UNITS: Final = {"seconds": 1_000_000, "minutes": 60_000_000, "hours": 3_600_000_000}

_EPOCH_DAY: Final = dt.date(1970, 1, 1).toordinal()
_ISO: Final = re.compile(r"\d{4}-\d\d-\d\d(?:[T ].*)?", re.ASCII | re.DOTALL)
_WRITTEN: Final = re.compile(
    r"(?P<a>\d{1,4})[./-](?P<b>\d{1,2})[./-](?P<c>\d{1,4}),? (?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)"
    r"(?P<fraction>\.\d{1,9})?)?(?: ?(?P<half>[AaPp])\.?[Mm]\.?)?",
    re.ASCII,
)
_OFFSET: Final = re.compile(r"[-+Z]")
_SPACE_BEFORE_OFFSET: Final = re.compile(r" (?=(?:Z|UTC|GMT|[+-]\d\d:?\d\d)$)", re.ASCII)
_CLOCK: Final = re.compile(r"(\d{1,5}):([0-5]\d)(?::([0-5]\d)(?:[.,](\d{1,6})\d*)?)?", re.ASCII)
_NUMBER: Final = re.compile(r"(\d{1,12})(?:[.,](\d{1,9}))?", re.ASCII)


class OrderUnknown(ValueError):
    """The date at `index` does not say whether its day or its month comes first."""

    def __init__(self, index: int) -> None:
        super().__init__(f"does 3/4/2025 mean March or April? say --with dates={DAY_FIRST} or dates={MONTH_FIRST}")
        self.index = index


class OrderWrong(ValueError):
    """The date at `index` has no such month; the other order would fit."""

    def __init__(self, index: int, order: str) -> None:
        other = DAY_FIRST if order == MONTH_FIRST else MONTH_FIRST
        super().__init__(f"a date is not {order}: say --with dates={other}")
        self.index = index


class Moments(NamedTuple):
    """Times in µs UTC. Where a wall time came twice, `later` is its second; where it never came, `missing` is set.

    `zoned` are those that said their own offset; `wall` is what the clock showed, in µs, UTC's for those.
    """

    wall: Int64
    first: Int64
    later: Int64
    missing: Bits
    zoned: Bits


def read_times(texts: list[str], order: str | None, zone: ZoneInfo) -> tuple[Moments, Bits]:
    """Return the moments, and which of the texts cannot be read. Raises OrderUnknown, OrderWrong."""
    written = texts if _all_plain(texts) else [_iso(text, index, order) for index, text in enumerate(texts)]
    values, unread = _values(written)
    zoned = np.fromiter((bool(_OFFSET.search(text, 10)) for text in written), dtype=bool, count=len(written))
    first, later = to_utc(values, zone)
    first, later = np.where(zoned, values, first), np.where(zoned, values, later)
    return Moments(values, first, later, later < first, zoned), unread


def _all_plain(texts: list[str]) -> bool:
    """Say whether all look like 2025-03-30 04:00:00, which need no second look."""
    return {*map(len, texts)} == {19} and all(text[4] == "-" and text[10] in "T " for text in texts)


def order_of(texts: list[str]) -> str | None:
    """Return the order that any of these dates gives away by a number over 12, None if none does."""
    for text in texts:
        found = _WRITTEN.fullmatch(_plain(text))
        if found is not None and len(found["a"]) < 4:
            if int(found["a"]) > 12:
                return DAY_FIRST
            if int(found["b"]) > 12:
                return MONTH_FIRST
    return None


def needs_order(texts: list[str]) -> bool:
    """Say whether any of these dates can be read only if the order is known."""
    found = (_WRITTEN.fullmatch(_plain(text)) for text in texts)
    return any(each is not None and len(each["a"]) < 4 for each in found)


@functools.lru_cache(maxsize=1 << 16)
def length_us(text: str, unit: str) -> int | None:
    """Return a length in µs: a number of units, or 1:02:03 (hours first, whatever the unit); None if it is neither."""
    text = text.strip()
    if clock := _CLOCK.fullmatch(text):
        hours, minutes, seconds, fraction = clock.groups()
        total = (int(hours) * 60 + int(minutes)) * 60 + int(seconds or 0)
        return total * 1_000_000 + int((fraction or "0").ljust(6, "0"))
    if number := _NUMBER.fullmatch(text):
        whole, fraction = number.groups()
        scale = UNITS[unit]
        parts: int = 10 ** len(fraction or "")
        return int(whole) * scale + round(int(fraction or 0) * scale / parts)
    return None


def to_utc(wall_us: Int64, zone: ZoneInfo) -> tuple[Int64, Int64]:
    """Return wall times of a zone in UTC, twice: as before a change of the clocks, and as after it.

    Both are the same on all days without one. In the hour that comes twice the second is later; in the hour that never
    comes it is earlier.
    """
    days, place = np.unique(wall_us // DAY_US, return_inverse=True)
    offsets = [_offset(int(day), zone) for day in days]
    steady = np.array([0 if each is None else each for each in offsets], dtype=np.int64)[place]
    before, after = wall_us - steady, wall_us - steady
    changing = np.array([each is None for each in offsets], dtype=bool)[place]
    for index in np.flatnonzero(changing).tolist():
        wall = dt.datetime(1970, 1, 1) + dt.timedelta(microseconds=int(wall_us[index]))  # noqa: DTZ001 - a wall time
        before[index] -= _offset_at(wall, 0, zone)
        after[index] -= _offset_at(wall, 1, zone)
    return before, after


def _offset(day: int, zone: ZoneInfo) -> int | None:
    """Return a day's offset from UTC in µs, None if the clocks are changed on it."""
    date = dt.date.fromordinal(min(day + _EPOCH_DAY, dt.date.max.toordinal()))
    ends = (dt.datetime.combine(date, each) for each in (dt.time.min, dt.time.max))
    found = {_offset_at(each, fold, zone) for each in ends for fold in (0, 1)}
    return found.pop() if len(found) == 1 else None


def _offset_at(wall: dt.datetime, fold: int, zone: ZoneInfo) -> int:
    offset = wall.replace(tzinfo=zone, fold=fold).utcoffset()
    return (offset or dt.timedelta(0)) // dt.timedelta(microseconds=1)


def _values(texts: list[str]) -> tuple[Int64, Bits]:
    unread = np.zeros(len(texts), dtype=bool)
    try:
        return microseconds(texts), unread
    except BadTimestamp:
        values = np.zeros(len(texts), dtype=np.int64)
    for index, text in enumerate(texts):
        try:
            values[index] = microseconds([text])[0]
        except BadTimestamp:
            unread[index] = True
    return values, unread


def _plain(text: str) -> str:
    return text.strip().replace("\u202f", " ").replace("\xa0", " ")  # Windows puts them before AM and PM


def _iso(text: str, index: int, order: str | None) -> str:
    """Return a time in ISO's form; as it is where it cannot be read."""
    plain = _plain(text)
    if _ISO.fullmatch(plain):
        return _with_offset(plain) if " " in plain[11:] or plain.endswith(("UTC", "GMT")) else plain
    found = _WRITTEN.fullmatch(plain)
    if found is None:
        return text
    year, month, day = _date(found, index, order)
    hour = int(found["hour"])
    if found["half"]:
        if not 1 <= hour <= 12:
            return text
        hour = hour % 12 + (12 if found["half"] in "Pp" else 0)
    fraction = found["fraction"] or ""
    return f"{year:04}-{month:02}-{day:02}T{hour:02}:{found['minute']}:{found['second'] or '00'}{fraction}"


def _date(found: re.Match[str], index: int, order: str | None) -> tuple[int, int, int]:
    a, b, c = int(found["a"]), int(found["b"]), int(found["c"])
    if len(found["a"]) == 4:
        return a, b, c
    if order is None:
        raise OrderUnknown(index)
    day, month = (a, b) if order == DAY_FIRST else (b, a)
    if month > 12 and day <= 12:
        raise OrderWrong(index, order)
    return c if len(found["c"]) == 4 else 2000 + c, month, day


def _with_offset(text: str) -> str:
    joined = _SPACE_BEFORE_OFFSET.sub("", text)
    return joined[:-3] + "Z" if joined.endswith(("UTC", "GMT")) else joined
