"""Manifests: what there is in the vault, listed so that a row which was removed, added or rolled back is noticed.

Authenticated encryption cannot see a row that is not there. So every key epoch of a subject has a manifest with the
SHA-256 of each sealed row, and every class a *head* with the SHA-256 of each sealed manifest. Both are rewritten in the
transaction that writes the rows. What stays possible, putting back a whole class of a subject as it was, is seen by
comparing `Vault.digest` with the access log.

A listing is a msgpack map of shelves ("summary/focus") to maps of numbers (local day and sequence) to hashes. Shelves
are decoded when they are asked for: a manifest lists some hundred rows and a reader wants thirty.
"""

import datetime as dt
import hashlib
from typing import Final

import msgspec

from privacy.fields import Field, Tier

HEAD_EPOCH: Final = 0
HEAD_SHELF: Final = "manifests"
_SEQUENCE_BITS: Final = 20

_decode_shelves: Final = msgspec.msgpack.Decoder(dict[str, msgspec.Raw]).decode
_decode_shelf: Final = msgspec.msgpack.Decoder(dict[int, bytes]).decode


def shelf(tier: Tier, field: Field) -> str:
    """Return the name of the shelf for the rows of a field at a tier."""
    return f"{tier}/{field}"


def number(day: dt.date, sequence: int) -> int:
    """Return the number of a row on its shelf: its local day, then its sequence (below 2^20) within the day."""
    if not 0 <= sequence < 1 << _SEQUENCE_BITS:
        raise ValueError(f"sequence out of range: {sequence}")
    return day.toordinal() << _SEQUENCE_BITS | sequence


def day_and_sequence(number: int) -> tuple[dt.date, int]:
    """Return the local day and the sequence of a number."""
    return dt.date.fromordinal(number >> _SEQUENCE_BITS), number & (1 << _SEQUENCE_BITS) - 1


def fingerprint(sealed: bytes) -> bytes:
    """Return what a listing holds of a sealed value: its SHA-256."""
    return hashlib.sha256(sealed).digest()


class Listing:
    """What one manifest lists."""

    __slots__ = ("_shelves",)

    def __init__(self, encoded: bytes | None = None) -> None:
        self._shelves: dict[str, msgspec.Raw] = {} if encoded is None else _decode_shelves(encoded)

    def read(self, shelf: str) -> dict[int, bytes]:
        """Return the numbers on a shelf and their fingerprints."""
        raw = self._shelves.get(shelf)
        return {} if raw is None else _decode_shelf(raw)

    def shelves(self) -> list[str]:
        """Return the names of all shelves."""
        return list(self._shelves)

    def change(self, shelf: str, changes: dict[int, bytes | None]) -> None:
        """Enter the fingerprints of `changes`; None takes a number off the shelf."""
        kept = {n: h for n, h in self.read(shelf).items() if n not in changes}
        kept.update((n, h) for n, h in changes.items() if h is not None)
        self._shelves[shelf] = msgspec.Raw(msgspec.msgpack.encode(kept))

    def encode(self) -> bytes:
        """Return the listing as bytes."""
        return msgspec.msgpack.encode(self._shelves)
