"""Figures as they are sealed: JSON with sorted keys, and packed (zstd) where they are long.

Packing is for privacy first: a day's timeline grows with the hours worked, and what is sealed may not tell by its size
how long somebody worked. Packed, a day's rhythm fits the one size that the vault pads it to.
"""

import threading
from typing import Any, Final

import msgspec
import zstandard

_LONG_BYTES: Final = 1024
_LARGEST_BYTES: Final = 16 << 20
_PACKED: Final = b"\x28\xb5\x2f\xfd"  # how a zstd frame begins, and JSON never does

_of_thread: Final = threading.local()

_encode: Final = msgspec.json.Encoder(order="sorted").encode
_decode: Final = msgspec.json.Decoder().decode


class Hours(msgspec.Struct):
    """What a rhythm says besides its drawing: the hours, and when the first and the last activity was."""

    hours: Any
    first: Any
    last: Any


class Drawing(msgspec.Struct):
    """What is drawn of a rhythm: when the day began, and times from and until in ms since then, with what they were."""

    begins_us: int | None = None
    timeline: list[tuple[int, int, str]] = []
    gaps: list[tuple[int, int, str]] = []


_decode_drawing: Final = msgspec.json.Decoder(Drawing).decode
_decode_hours: Final = msgspec.json.Decoder(Hours).decode


def dump(value: Any) -> bytes:
    """Return a field's value as the bytes to seal; equal values give equal bytes."""
    text = _encode(value)
    return zstandard.ZstdCompressor(level=3).compress(text) if len(text) > _LONG_BYTES else text


def load(stored: bytes) -> Any:
    """Return the value that `dump` was given."""
    return _decode(_text(stored))


def load_hours(stored: bytes) -> Hours:
    """Return the hours of a rhythm: the rest of it, which is most, is passed over."""
    return _decode_hours(_text(stored))


def load_drawing(stored: bytes) -> Drawing:
    """Return what is drawn of a rhythm: its hours are passed over."""
    return _decode_drawing(_text(stored))


def _text(stored: bytes) -> bytes:
    if not stored.startswith(_PACKED):
        return stored
    return _unpacker().decompress(stored, _LARGEST_BYTES)


def _unpacker() -> zstandard.ZstdDecompressor:
    """Return this thread's own: threads cannot share one, and to make one takes longer than to unpack a value."""
    found: zstandard.ZstdDecompressor | None = getattr(_of_thread, "unpacker", None)
    if found is None:
        found = _of_thread.unpacker = zstandard.ZstdDecompressor()
    return found
