"""Numbers of events, made of what they are: an event keeps its number however long it becomes, and wherever it lies."""

import hashlib
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from analytics.events import DAY_US, Data

_HASH_BITS: Final = 36
_canonical: Final = msgspec.json.Encoder(order="sorted").encode
_object: Final = msgspec.json.Decoder(dict[str, Any]).decode


def shown(data: Data) -> dict[str, Any]:
    """Return what an event says as an object again."""
    named = {"app": data.app, "title": data.title, "url": data.url, "audible": data.audible, "status": data.status}
    rest = _object(data.rest) if data.rest else {}
    return {key: value for key, value in named.items() if value is not None} | rest


def number_of(bucket: str, start_us: int, data: Mapping[str, Any]) -> int:
    """Return an event's number: the day on which it began, and a hash. The same however long it has become.

    Below 2^53, so that every reader of JSON has it exactly.
    """
    named = f"{bucket}\0{start_us}\0".encode() + _canonical(data)
    hashed = int.from_bytes(hashlib.blake2b(named, digest_size=8).digest(), "little") & ((1 << _HASH_BITS) - 1)
    return max(start_us // DAY_US, 0) << _HASH_BITS | hashed


def day_us_of(number: int) -> int:
    """Return where the day (UTC) begins on which the event of a number began."""
    return (number >> _HASH_BITS) * DAY_US
