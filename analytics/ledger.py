"""The capture ledger of a day: how many events came, and what the capture policy did to them, rule by rule.

It counts a *set* of events: whatever came twice, in one file or in several, is counted once, in any order of arrival.
For what was kept the ledger holds a bit per rule beside each stored event. What was dropped leaves a salted fingerprint
of 8 bytes, which says nothing without the event itself and lies inside the sealed ledger. `gaps` are the intervals of
the day of which a desk says that nothing was captured, with its reason.
"""

import hashlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from analytics.column_bytes import SegmentBroken, freeze, thaw

Bits: TypeAlias = NDArray[np.bool_]
Fingerprints: TypeAlias = NDArray[np.uint64]
Gap: TypeAlias = tuple[int, int, str]
"""Where an interval without capture begins and ends (µs since 1970 UTC), and why."""

SALT_BYTES: Final = 16
_VERSION: Final = 1


def _new_salt() -> bytes:
    return os.urandom(SALT_BYTES)


@dataclass(frozen=True, slots=True)
class Ledger:
    """One day's account. `kept` events are those of the day's streams, one stream after another; so are the bits.

    `doors` names the policies under which the day's events came; `dropped` holds sorted fingerprints, one rule each.
    """

    kept: int = 0
    coarsened: Mapping[str, Bits] = field(default_factory=dict)
    dropped: Mapping[str, Fingerprints] = field(default_factory=dict)
    doors: tuple[str, ...] = ()
    salt: bytes = field(default_factory=_new_salt)
    gaps: tuple[Gap, ...] = ()

    def totals(self) -> dict[str, Any]:
        """Return `{"received", "kept", "coarsened": {rule: n}, "dropped": {rule: n}}`; received = kept + dropped."""
        coarsened = {rule: int(bits.sum()) for rule, bits in sorted(self.coarsened.items())}
        dropped = {rule: len(found) for rule, found in sorted(self.dropped.items())}
        totals: dict[str, Any] = {
            "received": self.kept + sum(dropped.values()),
            "kept": self.kept,
            "coarsened": {rule: count for rule, count in coarsened.items() if count},
            "dropped": {rule: count for rule, count in dropped.items() if count},
        }
        return totals | ({"not_captured": self._gap_seconds()} if self.gaps else {})

    def fingerprint(self, event: bytes) -> int:
        """Return what is kept of a dropped event, given everything that identifies it."""
        return int.from_bytes(hashlib.blake2b(event, digest_size=8, key=self.salt).digest(), "little")

    def with_gaps(self, gaps: Iterable[Gap]) -> tuple[Gap, ...]:
        """Return `gaps` with others among them, each once, in one order."""
        return tuple(sorted({*self.gaps, *gaps}))

    def _gap_seconds(self) -> dict[str, float]:
        """Return how long nothing was captured, by reason; what is told twice counts once."""
        seconds: dict[str, float] = {}
        for reason in sorted({reason for _, _, reason in self.gaps}):
            total, reached = 0, 0
            for start, end, _ in (each for each in self.gaps if each[2] == reason):
                total += max(end - max(start, reached), 0)
                reached = max(reached, end)
            seconds[reason] = total / 1e6
        return seconds

    def all_dropped(self) -> Fingerprints:
        """Return the fingerprints under all rules."""
        return np.concatenate([np.empty(0, np.uint64), *self.dropped.values()])

    def with_dropped(self, rule: str, events: Fingerprints) -> dict[str, Fingerprints]:
        """Return `dropped` with the events that are not yet under any rule."""
        new = np.setdiff1d(events, self.all_dropped())
        return {**self.dropped, rule: np.union1d(self.dropped.get(rule, np.empty(0, np.uint64)), new)}


def encode(ledger: Ledger) -> bytes:
    """Return a ledger as bytes, to be sealed."""
    return freeze(
        {
            "version": _VERSION,
            "kept": ledger.kept,
            "coarsened": {rule: np.packbits(bits).tobytes() for rule, bits in sorted(ledger.coarsened.items())},
            "dropped": {rule: found.astype("<u8").tobytes() for rule, found in sorted(ledger.dropped.items())},
            "doors": ledger.doors,
            "salt": ledger.salt,
            "gaps": ledger.gaps,
        }
    )


def decode(segment: bytes) -> Ledger:
    """Return the ledger that `encode` was given. Raises SegmentBroken."""
    found = thaw(segment)
    if found.get("version") != _VERSION:
        raise SegmentBroken("a ledger of another version")
    kept = found["kept"]
    return Ledger(
        kept,
        {
            rule: np.unpackbits(np.frombuffer(b, np.uint8), count=kept).astype(bool)
            for rule, b in found["coarsened"].items()
        },
        {rule: np.frombuffer(b, "<u8").astype(np.uint64) for rule, b in found["dropped"].items()},
        tuple(found["doors"]),
        found["salt"],
        tuple((start, end, reason) for start, end, reason in found.get("gaps", ())),
    )
