"""Timestamps as ActivityWatch writes them, in bulk: texts in, whole milliseconds since 1970 as µs out.

The shapes are those of ISO 8601 as aw-core 0.5.18 reads it: `T` or a space, 0 to 9 fractional digits, `Z`, an offset
or none (which means UTC). Like there, a timestamp is floored to the millisecond. Texts of one shape are read together,
as a matrix of characters; rare shapes are read one by one.
"""

import datetime as dt
import re
from typing import Final

import numpy as np
from numpy.typing import NDArray

Microseconds = NDArray[np.int64]
_Matrix = NDArray[np.uint8]
"""A row for each place in the texts, a column for each text."""

_TEMPLATES: Final = 8
"""So many shapes of one length are read in bulk; a file has one or two."""
_SHAPE: Final = re.compile(r"0000-00-00[T ]00:00:00(?:\.(?P<fraction>0{1,9}))?(?P<zone>Z|[+-]00:00)?", re.ASCII)
_ANY: Final = re.compile(
    r"(\d{4})-?(\d{2})-?(\d{2})(?:[T ](\d{2})(?::?(\d{2})(?::?(\d{2})(?:[.,](\d+))?)?)?(Z|[+-]\d{2}(?::?\d{2})?)?)?",
    re.ASCII,
)
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MILLISECOND: Final = dt.timedelta(milliseconds=1)
_DAYS_BEFORE: Final = np.array([0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334], dtype=np.int64)
_DAYS_IN: Final = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], dtype=np.int64)


class BadTimestamp(ValueError):
    """The text at `index` is no timestamp."""

    def __init__(self, index: int) -> None:
        super().__init__("the timestamp cannot be read")  # unquoted: it may be anything that somebody's desk wrote
        self.index = index


def microseconds(texts: list[str]) -> Microseconds:
    """Return µs since 1970-01-01 UTC, floored to the millisecond, one for each text. Raises BadTimestamp."""
    out = np.empty(len(texts), dtype=np.int64)
    lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    for length in np.unique(lengths):
        where = np.flatnonzero(lengths == length)
        chosen = texts if len(where) == len(texts) else [texts[n] for n in where]
        out[where] = _same_length(chosen, int(length), where)
    return out


def microsecond(text: str) -> int:
    """Return the same of one text: quicker than a list of one. Raises BadTimestamp."""
    return _one(text, 0)


def _same_length(texts: list[str], length: int, where: NDArray[np.int64]) -> Microseconds:
    joined = "".join(texts)
    out = np.empty(len(texts), dtype=np.int64)
    left = np.arange(len(texts))
    if joined.isascii() and length:
        rows_of_text = np.frombuffer(joined.encode("ascii"), dtype=np.uint8).reshape(-1, length)
        matrix = np.ascontiguousarray(rows_of_text.T)  # everything below works down a column of characters
        for _ in range(_TEMPLATES):
            shape = _SHAPE.fullmatch(_pattern_of(texts[left[0]]))
            if shape is None:
                break
            fits, values = _read(matrix if len(left) == len(texts) else matrix[:, left], shape)
            out[left[fits]] = values[fits]
            left = left[~fits]
            if not len(left):
                return out
    for n in left:
        out[n] = _one(texts[n], int(where[n]))
    return out


def _pattern_of(text: str) -> str:
    return re.sub(r"[0-9]", "0", text)


def _read(columns: _Matrix, shape: re.Match[str]) -> tuple[NDArray[np.bool_], Microseconds]:
    """Read texts that have the shape of the template; return which do and are real dates, and their values."""
    fits = np.ones(columns.shape[1], dtype=bool)
    for column, wanted in enumerate(shape[0]):
        if wanted == "0":
            fits &= columns[column] - np.uint8(48) <= 9
        elif wanted not in "+-" or column < 10:
            fits &= columns[column] == ord(wanted)
    year, month, day, hour, minute, second = (_number(columns, at, width) for at, width in _PARTS)
    month_ok = np.where((month >= 1) & (month <= 12), month, 0)
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    longest = _DAYS_IN[month_ok] + ((month_ok == 2) & leap)
    fits &= (year >= 1) & (day >= 1) & (day <= longest) & (hour < 24) & (minute < 60) & (second < 60)
    before = year - 1
    days = (
        before * 365
        + before // 4
        - before // 100
        + before // 400
        + _DAYS_BEFORE[month_ok]
        + ((month_ok > 2) & leap)
        + day
    )
    ms = (((days - 719_163) * 24 + hour) * 60 + minute) * 60_000 + second * 1000 + _milliseconds(columns, shape)
    offset, known = _offset_minutes(columns, shape)
    return fits & known, (ms - offset * 60_000) * 1000


_PARTS: Final = ((0, 4), (5, 2), (8, 2), (11, 2), (14, 2), (17, 2))


def _number(columns: _Matrix, at: int, width: int) -> NDArray[np.int64]:
    total: NDArray[np.int64] = columns[at].astype(np.int64) - 48
    for column in range(at + 1, at + width):
        total = total * 10 + (columns[column].astype(np.int64) - 48)
    return total


def _milliseconds(columns: _Matrix, shape: re.Match[str]) -> NDArray[np.int64] | int:
    start, end = shape.span("fraction")
    if start < 0:
        return 0
    width = min(3, end - start)
    scale: int = 10 ** (3 - width)
    return _number(columns, start, width) * scale


def _offset_minutes(columns: _Matrix, shape: re.Match[str]) -> tuple[NDArray[np.int64] | int, NDArray[np.bool_] | bool]:
    start, end = shape.span("zone")
    if end - start < 6:
        return 0, True
    sign = columns[start]
    hours, minutes = _number(columns, start + 1, 2), _number(columns, start + 4, 2)
    known = ((sign == ord("+")) | (sign == ord("-"))) & (hours < 24) & (minutes < 60)
    return np.where(sign == ord("-"), -1, 1) * (hours * 60 + minutes), known


def _one(text: str, index: int) -> int:
    found = _ANY.fullmatch(text)
    if found is None:
        raise BadTimestamp(index)
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    milliseconds = int((found[7] or "0").ljust(3, "0")[:3])
    try:
        at = dt.datetime(year, month, day, hour, minute, second, milliseconds * 1000, tzinfo=_zone(found[8]))
    except ValueError:
        raise BadTimestamp(index) from None
    return (at - _EPOCH) // _MILLISECOND * 1000


def _zone(text: str | None) -> dt.timezone:
    if text is None or text == "Z":
        return dt.UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    offset = dt.timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return dt.timezone(-offset if text[0] == "-" else offset)
