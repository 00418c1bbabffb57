"""The device's key: seals what waits on the desk, and tells equal raw data apart without keeping them.

One random secret, three keys out of it (HKDF-SHA256): one seals, one makes fingerprints of raw data, one makes the
marks under which dropped events are counted. A fingerprint stands for the data that a watcher sent, so that a heartbeat
after a restart still joins its event although the data themselves were in memory only.
"""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from privacy.seal import Column, FieldKey, aad

KEY_BYTES: Final = 32
_EPOCH: Final = 1
_VERSION: Final = 1
_FINGERPRINT_BYTES: Final = 16
_encode: Final = msgspec.json.Encoder(order="sorted").encode


class DeviceKey:
    """Everything that is done with the device's secret."""

    def __init__(self, secret: bytes) -> None:
        self._rows = FieldKey(_of(secret, b"sameview/v1/relay/queue"), _EPOCH)
        self._data = hmac.new(_of(secret, b"sameview/v1/relay/data"), digestmod=hashlib.sha256)
        self._marks = hmac.new(_of(secret, b"sameview/v1/relay/mark"), digestmod=hashlib.sha256)
        self.spread = int.from_bytes(_of(secret, b"sameview/v1/relay/spread")[:4], "big")
        """A number that is this device's own, and says nothing about it."""

    def seal(self, plaintext: bytes, table: str, *columns: Column) -> bytes:
        """Seal a row of a table, bound to its plain columns."""
        return self._rows.seal(plaintext, aad(f"relay/{table}", _VERSION, *columns))

    def open(self, sealed: bytes, table: str, *columns: Column) -> bytes:
        """Open a row; SealBroken if it is not what was written there."""
        return self._rows.open(sealed, aad(f"relay/{table}", _VERSION, *columns))

    def fingerprint(self, data: Mapping[str, Any]) -> bytes:
        """Return the same bytes for data that Python, and so ActivityWatch, calls equal."""
        found = self._data.copy()
        found.update(_encode(_plain(data)))
        return found.digest()[:_FINGERPRINT_BYTES]

    def mark(self, bucket: str, start_us: int, fingerprint: bytes) -> int:
        """Return the number under which a dropped event is counted once, however often it is told."""
        found = self._marks.copy()
        found.update(b"%d\0%b%b" % (start_us, fingerprint, bucket.encode()))
        return int.from_bytes(found.digest()[:8], "big")


def _of(secret: bytes, info: bytes) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, None, info).derive(secret)


def _plain(value: Any) -> Any:
    """Return a value in which 1, 1.0 and true are one thing, as they are when ActivityWatch compares data."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, bool) or (isinstance(value, float) and value.is_integer()):
        return int(value)
    return value
