"""What the log commits to outside of itself, collected while every entry is opened to be checked.

Whoever compares the stores with the log (`portal.verifying`) gets this, not the entries: digests, by whom they are
about, and no viewer, field or purpose. The clock is watched on the way: times that fall, or lie ahead of now.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Final

from privacy.log_entries import (
    ACCOUNTS,
    LOG_FIELD,
    TARGET_ANNOUNCED,
    TARGET_ANSWERED,
    TARGET_ENDED,
    Chain,
    Entry,
)
from privacy.log_talks import THREAD_REMOVED
from privacy.policy import Relation

TOLERATED: Final = dt.timedelta(minutes=10)
"""How far apart the clocks of processes may be, and how long an entry may wait to be written."""
_KEPT_ACCOUNTS: Final = 2
POLICY_OUTCOMES: Final = frozenset({"founded", "policy", "policy-signers"})
"""What commits to a version of the capture policy, or to the keys that sign it."""
TARGET_OUTCOMES: Final = frozenset({TARGET_ANNOUNCED, TARGET_ENDED, TARGET_ANSWERED})
"""What commits to something that was done about a target of a team."""


@dataclass(frozen=True, slots=True)
class Commitment:
    """That an entry commits to something about a subject by its digest, on a day of UTC."""

    entry: int
    subject: str
    outcome: str
    digest: str
    day: dt.date


class Ledger:
    """What the entries commit to, oldest first. `announced` by the index of the entry, `vaults` the latest by subject.

    `organisation` are the digests of the policy's versions and of the keys that sign them, each with its last entry.
    `targets` are the digests of what was done about targets of teams, each with its entry.
    `expired` are rows that retention emptied, `ended` the record of the erasure of each person who was erased.
    `removed` are whose conversations were removed when their time was over, each as the digest of its number.
    `backwards` is the first entry that is dated much before one that precedes it, `newest` the latest time of all.
    """

    def __init__(self) -> None:
        self.announced: dict[int, Commitment] = {}
        self.vaults: dict[str, list[Commitment]] = {}
        self.organisation: dict[str, int] = {}
        self.targets: dict[str, int] = {}
        self.expired: set[int] = set()
        self.ended: dict[str, int] = {}
        self.removed: set[tuple[str, str]] = set()
        self.backwards: int | None = None
        self.newest: tuple[dt.datetime, int] | None = None
        self._gaps: dict[str, list[tuple[Chain, int, int]]] = {}

    def take(self, found: Entry) -> None:
        """Take up an entry, in the order of the log."""
        if self.newest is None or found.time > self.newest[0]:
            self.newest = found.time, found.index
        elif self.backwards is None and found.time < self.newest[0] - TOLERATED:
            self.backwards = found.index
        if found.digest is not None and found.outcome in POLICY_OUTCOMES and found.chain is Chain.ORGANISATION:
            self.organisation[found.digest] = found.index
        if found.digest is not None and found.outcome in TARGET_OUTCOMES and found.chain is Chain.ORGANISATION:
            self.targets[found.digest] = found.index
        if found.digest is None or found.subject is None:
            return
        if found.outcome == THREAD_REMOVED:
            self.removed.add((found.subject, found.digest))
        commitment = Commitment(found.index, found.subject, found.outcome, found.digest, found.time.date())
        if found.outcome in ACCOUNTS:
            kept = self.vaults.setdefault(found.subject, [])
            kept[:] = [*kept, commitment][-_KEPT_ACCOUNTS:]
        elif found.chain is Chain.OTHERS and found.relation == Relation.OPERATIONS and LOG_FIELD not in found.fields:
            self.announced[found.index] = commitment

    def take_gap(self, subject: str, chain: Chain, low: int, high: int) -> None:
        """Take up that between two rows of the log entries of a chain expired."""
        self._gaps.setdefault(subject, []).append((chain, low, high))

    def may_have_held(self, subject: str, entry: int) -> bool:
        """Tell whether an entry expired that may have been one of others about a subject."""
        return entry in self.expired and any(
            chain is Chain.OTHERS and low < entry < high for chain, low, high in self._gaps.get(subject, ())
        )

    def is_shortened(self, subject: str) -> bool:
        """Tell whether entries about a subject expired."""
        return subject in self._gaps
