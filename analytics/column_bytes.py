"""Columns of numbers and of strings as bytes that compress well, and one zstd frame around a map of them.

Numbers take the narrowest integer that fits, their bytes transposed (all low bytes first). Microseconds are split into
milliseconds and what they do not hold, which is left out where it is zero throughout. Strings are dictionary-encoded:
the distinct ones as they first appear (sorted they would take 2 % less room but more time), and places in them.
"""

import itertools
import threading
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

import msgspec
import numpy as np
import zstandard
from numpy.typing import NDArray

Int64: TypeAlias = NDArray[np.int64]
Packed: TypeAlias = tuple[int, bytes]
"""A column: bytes per number, and the numbers."""

_LEVEL: Final = 3
_FAST: Final = 1
_LARGEST: Final = 1 << 28
_WIDTHS: Final = (1, 2, 4, 8)


_NOTHING: Final = {None: -1, b"": -1}
_own: Final = threading.local()
"""Each thread has its compressors: to make one takes longer than to pack a day's column."""


class SegmentBroken(ValueError):
    """The bytes are no segment, or segments do not belong together."""


def pack(numbers: Int64) -> Packed:
    """Return a column of integers as bytes."""
    low, high = (int(numbers.min()), int(numbers.max())) if len(numbers) else (0, 0)
    width = next(w for w in _WIDTHS if -(1 << (8 * w - 1)) <= low and high < 1 << (8 * w - 1))
    return width, numbers.astype(f"<i{width}").view(np.uint8).reshape(-1, width).T.tobytes()


def unpack(column: Sequence[Any]) -> Int64:
    """Return what `pack` was given."""
    width, packed = column
    rows = np.frombuffer(packed, np.uint8).reshape(width, -1).T
    return np.ascontiguousarray(rows).view(f"<i{width}").reshape(-1).astype(np.int64)


def pack_us(microseconds: Int64) -> tuple[Packed, Packed | None]:
    """Return microseconds as milliseconds and, unless all are zero, the microseconds beyond."""
    ms = microseconds // 1000  # by a constant: several times faster than np.divmod
    us = microseconds - ms * 1000
    return pack(ms), pack(us) if us.any() else None


def unpack_us(columns: Sequence[Any]) -> Int64:
    """Return what `pack_us` was given."""
    ms, us = columns
    return unpack(ms) * 1000 + (0 if us is None else unpack(us))


def pack_values(values: Sequence[Any], row: Int64 | slice = slice(None)) -> tuple[list[Any], Packed]:
    """Return strings (or byte strings) as the distinct ones in their order, and places in them, -1 for None and b"".

    `row` says which of the values is in each row, if they are not the rows themselves.
    """
    numbers = defaultdict[Any, int](itertools.count().__next__, _NOTHING)
    places = np.fromiter(map(numbers.__getitem__, values), dtype=np.int64, count=len(values))
    return list(numbers)[len(_NOTHING) :], pack(places[row])


def unpack_values(columns: Sequence[Any], nothing: Any = None) -> list[Any]:
    """Return what `pack_values` was given, with `nothing` where nothing was."""
    distinct, places = columns
    lookup = [*distinct, nothing]  # -1 is the last
    return [lookup[place] for place in unpack(places).tolist()]


def freeze(content: Mapping[str, Any], *, fast: bool = False) -> bytes:
    """Return a map of columns as one frame; packed `fast`, it is a little longer."""
    level = _FAST if fast else _LEVEL
    if (compressors := getattr(_own, "compressors", None)) is None:
        compressors = _own.compressors = {}
    if (compressor := compressors.get(level)) is None:
        compressor = compressors[level] = zstandard.ZstdCompressor(level=level)
    return bytes(compressor.compress(msgspec.msgpack.encode(content)))


def thaw(frame: bytes) -> dict[str, Any]:
    """Return the map of columns of a frame. Raises SegmentBroken."""
    try:
        encoded = zstandard.ZstdDecompressor().decompress(frame, max_output_size=_LARGEST)
        return msgspec.msgpack.decode(encoded, type=dict[str, Any])
    except (zstandard.ZstdError, msgspec.DecodeError) as error:
        raise SegmentBroken(str(error)) from None
