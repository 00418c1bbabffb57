"""Timestamps as ActivityWatch writes them, in bulk: texts in, whole milliseconds since 1970 as µs out.

The shapes are those of ISO 8601 as aw-core 0.5.18 reads it: `T` or a space, 0 to 9 fractional digits, `Z`, an offset
or none (which means UTC). Like there, a timestamp is floored to the millisecond. Texts of one shape are read together,
as a matrix of characters; rare shapes are read one by one.
"""

import datetime as dt
import functools
import re
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

Microseconds = NDArray[np.int64]
_Matrix = NDArray[np.uint8]
"""A row for each place in the texts, a column for each text."""

_TEMPLATES: Final = 8
"""So many shapes of one length are read in bulk; a file has one or two."""
_FEW: Final = 20
"""So many texts are read sooner one by one."""
_END: Final = ord("\n")
_ZERO: Final = np.float64(ord("0"))
_SHAPE: Final = re.compile(r"0000-00-00[T ]00:00:00(?:\.(?P<fraction>0{1,9}))?(?P<zone>Z|[+-]00:00)?", re.ASCII)
_ANY: Final = re.compile(
    r"(\d{4})-?(\d{2})-?(\d{2})(?:[T ](\d{2})(?::?(\d{2})(?::?(\d{2})(?:[.,](\d+))?)?)?(Z|[+-]\d{2}(?::?\d{2})?)?)?",
    re.ASCII,
)
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MILLISECOND: Final = dt.timedelta(milliseconds=1)
_MONTHS: Final = np.arange("0001-01", "10000-02", dtype="datetime64[M]").astype("datetime64[D]").astype(np.int64)
"""Where each month begins, from the year 1 on, in days since 1970."""


class BadTimestamp(ValueError):
    """The text at `index` is no timestamp."""

    def __init__(self, index: int) -> None:
        super().__init__("the timestamp cannot be read")  # unquoted: it may be anything that somebody's desk wrote
        self.index = index


def microseconds(texts: list[str]) -> Microseconds:
    """Return µs since 1970-01-01 UTC, floored to the millisecond, one for each text. Raises BadTimestamp."""
    if not texts:
        return np.empty(0, dtype=np.int64)
    usual = len(texts[0])
    if (matrix := _matrix(texts, usual)) is not None:
        return _same_length(texts, matrix, range(len(texts)))
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    odd = np.flatnonzero(lengths != usual).tolist()
    if 0 < len(odd) <= _FEW < len(texts):  # a whole second is written shorter: few texts differ from the others
        return _with_odd(texts, odd)
    out = np.empty(len(texts), dtype=np.int64)
    for length in np.unique(lengths).tolist():
        where = np.flatnonzero(lengths == length).tolist()
        own = [texts[n] for n in where]
        out[where] = _same_length(own, _matrix(own, length), where)
    return out


def _with_odd(texts: list[str], odd: list[int]) -> Microseconds:
    """Read texts that are as long as the first but for few `odd` ones, which are read one by one."""
    alike = texts.copy()
    for n in odd:
        alike[n] = texts[0]
    out = _same_length(alike, _matrix(alike, len(texts[0])), range(len(texts)))
    for n in odd:
        out[n] = _one(texts[n], n)
    return out


def _matrix(texts: list[str], length: int) -> _Matrix | None:
    """Return the characters of texts of one length; None if there are few texts, others, or characters beyond ASCII.

    The ends of lines prove the length: there are as many as texts, so all are where a text of that length ends.
    """
    joined = "\n".join(texts)
    if len(texts) <= _FEW or len(joined) != len(texts) * (length + 1) - 1 or not joined.isascii():
        return None
    rows = np.frombuffer(f"{joined}\n".encode("ascii"), dtype=np.uint8).reshape(-1, length + 1)
    matrix = np.ascontiguousarray(rows.T)  # everything below works down a column of characters
    return matrix[:length] if (matrix[length] == _END).all() and length else None


def microsecond(text: str) -> int:
    """Return the same of one text: quicker than a list of one. Raises BadTimestamp."""
    return _one(text, 0)


def _same_length(texts: list[str], matrix: _Matrix | None, where: Sequence[int]) -> Microseconds:
    out = np.empty(len(texts), dtype=np.int64)
    left = np.arange(len(texts))
    if matrix is not None:
        for _ in range(_TEMPLATES):
            shape = _SHAPE.fullmatch(_pattern_of(texts[left[0]]))
            if shape is None:
                break
            fits, values = _read(matrix if len(left) == len(texts) else matrix[:, left], shape)
            if len(left) == len(texts) and fits.all():
                return values
            out[left[fits]] = values[fits]
            left = left[~fits]
            if not len(left):
                return out
    for n in left.tolist():
        out[n] = _one(texts[n], where[n])
    return out


def _pattern_of(text: str) -> str:
    return re.sub(r"[0-9]", "0", text)


def _read(columns: _Matrix, shape: re.Match[str]) -> tuple[NDArray[np.bool_], Microseconds]:
    """Read texts that have the shape of the template; return which do and are real dates, and their values."""
    low, span = _bounds(shape[0])
    fits: NDArray[np.bool_] = np.logical_and.reduce(columns - low <= span)  # below the lowest, they wrap around
    days, real = _days(_alike(columns[:10]))
    places, weights = _clock(shape.span("fraction"))
    hour, minute, second, ms = weights @ (columns[places] - _ZERO)  # whole numbers, far below 2^53
    fits &= real & (hour < 24) & (minute < 60) & (second < 60)
    offset, known = _offset_minutes(columns, shape)
    return fits & known, (days * 86_400_000 + ms.astype(np.int64) - offset * 60_000) * 1000


@functools.lru_cache(maxsize=64)
def _clock(fraction: tuple[int, int]) -> tuple[list[int], NDArray[np.float64]]:
    """Return the places of the digits of a time of the day, and what they count as hours, minutes, seconds, and ms."""
    places = [11, 12, 14, 15, 17, 18, *range(fraction[0], min(fraction[1], fraction[0] + 3))]
    weights = np.zeros((4, len(places)))
    for row, (at, ms) in enumerate(((0, 3_600_000), (2, 60_000), (4, 1000))):
        weights[row, at : at + 2] = 10, 1
        weights[3, at : at + 2] = 10 * ms, ms
    weights[3, 6:] = (100, 10, 1)[: len(places) - 6]
    return places, weights


@functools.lru_cache(maxsize=64)
def _bounds(template: str) -> tuple[_Matrix, _Matrix]:
    """Return for each place in a template the lowest character that fits, and how far above it others may be."""
    places = [(48, 9) if each == "0" else (ord(each), 0) for each in template]
    places[10:] = [(0, 255) if low in b"+-" else (low, span) for low, span in places[10:]]  # a sign: either will do
    low, span = np.array(places, dtype=np.uint8).T[:, :, None]
    return low, span


def _alike(columns: _Matrix) -> _Matrix:
    """Return the first text alone if all are equal: what is read of it holds for all of them."""
    first = columns[:, :1]
    return first if np.array_equal(columns, np.broadcast_to(first, columns.shape)) else columns


def _days(columns: _Matrix) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the days since 1970 of dates, and which of them are real."""
    century, years, month, day = _pairs(columns, (0, 2, 5, 8))
    year = century * 100 + years
    real = (year >= 1) & (year <= 9999) & (month >= 1) & (month <= 12)  # what is no digit makes any number
    place = np.where(real, year * 12 + month - 13, 0)
    days = _MONTHS[place] + day - 1
    return days, real & (day >= 1) & (days < _MONTHS[place + 1])


def _pairs(columns: _Matrix, at: Sequence[int]) -> NDArray[np.int64]:
    """Return numbers of two digits, a row for each place where one begins."""
    tens = columns[list(at)].astype(np.int64)
    return tens * 10 + columns[[place + 1 for place in at]] - 528


def _offset_minutes(columns: _Matrix, shape: re.Match[str]) -> tuple[NDArray[np.int64] | int, NDArray[np.bool_] | bool]:
    start, end = shape.span("zone")
    if end - start < 6:
        return 0, True
    zone = _alike(columns[start:end])
    hours, minutes = _pairs(zone, (1, 4))
    known = ((zone[0] == ord("+")) | (zone[0] == ord("-"))) & (hours < 24) & (minutes < 60)
    return np.where(zone[0] == ord("-"), -1, 1) * (hours * 60 + minutes), known


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
