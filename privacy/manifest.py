"""Manifests: what there is in the vault, listed so that a row which was removed, added or rolled back is noticed.

Authenticated encryption cannot see a row that is not there. So every key epoch of a subject has a manifest with the
SHA-256 of each sealed row, and every class a *head* with the SHA-256 of each sealed manifest. Both are rewritten in the
transaction that writes the rows. What stays possible, putting back a whole class of a subject as it was, is seen by
comparing `Vault.digest` with the access log.

A listing is a msgpack map of shelves ("summary/focus") to maps of numbers (local day and sequence) to hashes. Shelves
are decoded when they are asked for: a manifest lists some hundred rows and a reader wants thirty. Beside the shelf of a
month's row ("month/focus") there is a basis ("basis/focus"): the hash of the shelf of days that the row was made from.
A head says besides in which epochs there are rows of a state, such as a goal: the latest one may be years old, and
nobody opens years of manifests to know that there was none since.
"""

import datetime as dt
import functools
import hashlib
from typing import Final

import msgspec

from privacy.fields import STATE_FIELDS, Field, Tier

HEAD_EPOCH: Final = 0
HEAD_SHELF: Final = "manifests"
INDEXED: Final = "indexed"
"""On a head: that it says in which epochs there are states, on a shelf for each of them that is called as theirs."""
_SEQUENCE_BITS: Final = 20
_BASIS: Final = "basis/"
_EMPTY: Final = msgspec.msgpack.encode({})

_decode_shelves: Final = msgspec.msgpack.Decoder(dict[str, msgspec.Raw]).decode
_decode_shelf: Final = msgspec.msgpack.Decoder(dict[int, bytes]).decode


@functools.cache
def shelf(tier: Tier, field: Field) -> str:
    """Return the name of the shelf for the rows of a field at a tier."""
    return f"{tier}/{field}"


def is_of_state(shelf: str) -> bool:
    """Tell whether what is on a shelf holds until the next one."""
    return shelf.rpartition("/")[2] in STATE_FIELDS and not is_basis(shelf)


@functools.cache
def basis(field: Field) -> str:
    """Return the name of what the month's row of a field was made from."""
    return f"{_BASIS}{field}"


def is_basis(shelf: str) -> bool:
    """Tell whether this is no shelf, but what a month's row was made from."""
    return shelf.startswith(_BASIS)


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

    def has(self, shelf: str) -> bool:
        """Tell whether anything is on a shelf."""
        return bytes(self._shelves.get(shelf, _EMPTY)) != _EMPTY

    def print_of(self, shelf: str) -> bytes:
        """Return the fingerprint of all that is on a shelf: another one once anything of it is another."""
        return fingerprint(self._shelves.get(shelf, _EMPTY))

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
