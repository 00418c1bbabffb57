"""What an event said before any policy, as bytes that are equal exactly where ActivityWatch calls two data equal."""

import json
from collections.abc import Mapping
from typing import Any, Final

import msgspec

_encode: Final = msgspec.json.Encoder(order="sorted").encode
_EXACT: Final = 1 << 53


def canonical(data: Mapping[str, Any]) -> bytes:
    """Return the canonical JSON of data from JSON; true, 1 and 1.0 are equal to Python, and so they are here."""
    for value in data.values():
        if type(value) is not str:
            return _encoded(_plain(data))
    return _encode(data)


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
