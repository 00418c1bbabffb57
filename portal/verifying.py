"""Verification of the whole installation: the log, and what has to agree with it.

The log alone proves that its entries are as they were written. This asks the rest: was it published longer or otherwise
(`portal.published`); is what says that somebody was erased genuine (`portal.known_erasures`), and everybody's own row
(`portal.person_stamps`); is everybody what the log says they are (`auth.accounting`); does the vault hold what its
manifests list (`privacy.vault_check`), and what the last entry about each person says; is everybody forgotten who was
erased (`portal.remains`); is the policy the one that was accepted (`portal.policy_record`), and each team's target what
was announced (`portal.target_record`); do the keys unwrap, and are their records as the log says
(`portal.key_records`). Problems are `place: reason`, and name nobody except by subject id. docs/attacks.md says which
attack each of them shows.

What a process has no keys for, it does not open: it counts that, and says so.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from auth.accounting import Accounting
from portal import (
    key_records,
    known_erasures,
    person_stamps,
    policy_record,
    published,
    release_check,
    remains,
    target_record,
)
from portal.wiring import System
from privacy import vault_check, vault_store
from privacy.access_log import Verification
from privacy.fields import KeyClass
from privacy.log_ledger import TOLERATED, Commitment, Ledger
from privacy.stores import writing

MOST: Final = 1_000


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found. `problems` begin with the log's own; `warnings` are no proof that somebody tampered.

    `uncompared` counts people whose stored data could not be compared with the log, because its last word about them
    may be among the entries that this process has no keys for, or that expired.
    """

    log: Verification
    problems: Sequence[str]
    warnings: Sequence[str]
    uncompared: int = 0

    @property
    def size(self) -> int:
        return self.log.size

    @property
    def root(self) -> bytes | None:
        return self.log.root

    @property
    def unopened(self) -> int | None:
        return self.log.unopened


def verify(system: System, *, hashes_only: bool = False) -> Verified:
    """Check everything; `hashes_only` rebuilds the tree, compares what was published, and opens nothing."""
    before = {} if hashes_only else _digests(system)
    found = system.log.verify(hashes_only=hashes_only)
    problems = [*found.problems, *published.problems(system, found.size), *known_erasures.problems(system)]
    problems += [*person_stamps.problems(system), *release_check.problems(system)]
    if found.ledger is None:
        return Verified(found, [*problems, *target_record.problems(system)][:MOST], ())
    erased = {each.subject for each in known_erasures.stones(system)}
    with system.stores.keys.connect() as connection:
        problems += vault_check.unwrappable(connection, system.keys)
    with vault_store.snapshot(system.stores.data) as connection:
        accounting = Accounting(connection, found.ledger, system.stamps, system.clock(), erased)
        problems += accounting.problems()
    problems += _vault_problems(system)
    problems += remains.problems(system, found.ledger)
    problems += key_records.problems(system)
    problems += policy_record.problems(system, found.ledger)
    problems += target_record.disagreements(system, found.ledger, found.size, accounting.undone_by)
    disagreeing, uncompared = _compared(system, before, found)
    problems += disagreeing
    warnings = [
        *accounting.warnings,
        *remains.warnings(system),
        *target_record.lost(system, found.ledger, accounting.undone_by),
        *_expired_warnings(accounting),
        *_clock_warnings(system, found.ledger),
    ]
    return Verified(found, problems[:MOST], warnings, uncompared)


def _digests(system: System) -> dict[str, str]:
    """Return the digest of what the vault holds, of everybody of whom it holds something."""
    with vault_store.snapshot(system.stores.data) as connection:
        return {each: system.vault.digest(each, connection) for each in vault_check.subjects(connection)}


def _vault_problems(system: System) -> Iterator[str]:
    with vault_store.snapshot(system.stores.data) as connection:
        everybody = vault_check.subjects(connection)
    for subject in everybody:
        with vault_store.snapshot(system.stores.data) as connection:
            yield from vault_check.incomplete(connection, system.keys, subject)


def _compared(system: System, before: Mapping[str, str], found: Verification) -> tuple[list[str], int]:
    """Compare what the vault holds with the last entry about it; whoever was written to meanwhile is left out."""
    ledger = found.ledger or Ledger()
    blind = bool(found.unopened) or KeyClass.PRIVATE not in system.keys.classes
    problems, uncompared = [], 0
    for subject in sorted(before.keys() | ledger.vaults.keys()):
        said = ledger.vaults.get(subject, [])
        last = said[-1].digest if said else None
        if before.get(subject) == last:
            continue
        digest = _settled(system, subject)
        if digest == last or digest != before.get(subject, digest):
            continue
        if blind or (not said and ledger.is_shortened(subject)):
            uncompared += 1
        else:
            problems.append(f"vault of {subject}: {_disagreement(said, digest)}")
    return problems, uncompared


def _settled(system: System, subject: str) -> str:
    """Return the digest once nobody is writing, since an entry is written just before its transaction is committed."""
    with writing(system.stores.data) as connection:
        with suppress(vault_store.UnknownSubject):  # their vault is empty, as the log may say since a restore
            vault_store.lock(connection, subject)
        return system.vault.digest(subject, connection)


def _disagreement(said: Sequence[Commitment], digest: str | None) -> str:
    if not said:
        return "no entry of the log accounts for what is stored"
    last = said[-1].entry
    if len(said) > 1 and said[-2].digest == digest:
        return (
            f"is as entry {said[-2].entry} of the log left it, not as entry {last} did: a writing was broken off, or an"
            " older state was put back; if an import was broken off, import the file again"
        )
    return f"is not as entry {last} of the log left it: changed from outside, or an older state was put back"


def _expired_warnings(accounting: Accounting) -> Iterator[str]:
    """Say how many rest on entries that expired: what cannot be compared is not passed over."""
    if count := len(accounting.uncompared):
        yield (
            f"people: what {count} of them may do, or sign in with, rests on entries that expired, and is not compared"
            " with the log any more"
        )


def _clock_warnings(system: System, ledger: Ledger) -> Iterator[str]:
    if ledger.backwards is not None:
        yield f"entry {ledger.backwards}: dated before an earlier entry: the clock was set back, check the time service"
    if ledger.newest is not None and ledger.newest[0] > system.clock() + TOLERATED:
        yield f"entry {ledger.newest[1]}: dated after now: the clock was or is wrong, check the time service"
