"""What an event said before any policy, as bytes that are equal exactly where ActivityWatch calls two data equal."""

import functools
import json
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from analytics.uploads import LONGEST_TEXT, plain

_encode: Final = msgspec.json.Encoder(order="sorted").encode
_EXACT: Final = 1 << 53
_decode: Final = msgspec.json.Decoder(dict[str, Any]).decode


class NotPlain(ValueError):
    """Data nest too deeply, or hold a text that is too long."""


def canonical(data: Mapping[str, Any]) -> bytes:
    """Return the canonical JSON of data from JSON; true, 1 and 1.0 are equal to Python, and so they are here."""
    for value in data.values():
        if type(value) is not str:
            return _encoded(_plain(data))
    return _encode(data)


@functools.lru_cache(maxsize=16_384)
def canonical_text(text: bytes) -> bytes:
    """Return the canonical form of data in JSON. A watcher says few different things, again and again.

    Raises NotPlain, and msgspec's errors for what is no object.
    """
    data = _decode(text)
    flat = len(text) <= LONGEST_TEXT and b"[" not in text and text.count(b"{") == 1
    if not flat and not plain(data):
        raise NotPlain("too deep, or a text that is too long")
    return canonical(data)


def _encoded(data: Any) -> bytes:
    try:
        return _encode(data)
    except OverflowError:  # a whole number beyond 64 bits
        return json.dumps(data, sort_keys=True).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, bool) or (isinstance(value, float) and value.is_integer() and abs(value) < _EXACT):
        return int(value)
    return value
