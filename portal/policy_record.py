"""What becomes a version of the capture policy, and the entries of the log that commit to it.

The log says of every version that is accepted, and of the keys that were agreed on, the digest of their text, in the
organisation's chain, and tells everybody. The entries are written last, inside the transaction that stores the row: a
version that nobody can look up afterwards never holds. Then the key store learns of it (`Policies.learn`); where that
was interrupted, the next start or night does it, since the log says so. What was agreed on is asked of `Policies`, and
never read from the rows alone.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy import Connection

from auth.notices import Kind, Notice
from auth.people import Person
from portal.wiring import System
from privacy import policy_history, policy_versions
from privacy.capture_policy import CapturePolicy, PolicyBroken, read
from privacy.log_entries import Draft
from privacy.log_ledger import Ledger
from privacy.messages import N_
from privacy.policies import FRESH_SECONDS
from privacy.policy import Purpose, Relation
from privacy.policy_diff import is_wider
from privacy.policy_history import POLICY, SIGNERS
from privacy.policy_loading import checked
from privacy.policy_marks import Mark
from privacy.policy_note import NotSigned, Signers, signed_by
from privacy.policy_versions import Agreed, Version
from privacy.stores import writing

NOTICE: Final = dt.timedelta(seconds=2 * FRESH_SECONDS)
"""So long before its moment a version has to be accepted, so that every process knows it then."""

_WIDER: Final = N_("More is recorded, kept or seen")
_NOT_WIDER: Final = N_("Not more is recorded, kept or seen")


class PolicyRefused(Exception):
    """A policy cannot become a version; the text says why and what to do."""


def settle(system: System) -> CapturePolicy | None:
    """Record the policy that the settings choose, if it is another than the last one, and tell everybody."""
    policies = system.policies
    policies.learn()
    if (chosen := policies.unrecorded()) is None:
        return None
    before = policies.recorded()
    with writing(system.stores.data) as connection:
        if any(each.version >= chosen.version for each in policy_versions.versions(connection)):
            policies.forget()
            return None  # another process was quicker
        version = Version(chosen.version, chosen.text, "", chosen.effective, True)
        policy_versions.put(connection, version)
        _commit(system, connection, POLICY, version.digest, _news(system, chosen, before[-1]) if before else [])
    policies.learn()
    return chosen


def agree(system: System, signers: Signers) -> None:
    """Agree on who has to sign, once; what holds goes on until the first signed version takes effect.

    Where nobody knows any more who was agreed on, the same keys are taken again, and no others.
    """
    policies = system.policies
    policies.learn()
    if policies.is_lost:
        _agree_again(system, signers)
        return
    with writing(system.stores.data) as connection:
        policies.forget()
        if (there := policies.signers) is not None:
            raise PolicyRefused(f"keys were agreed on already: {', '.join(there.names)}; they cannot be changed")
        keys = Agreed(signers, policies.newest + 1)
        policy_versions.agree(connection, keys)
        told = [
            Notice(each.subject, Kind.POLICY_SIGNERS, {"names": " and ".join(signers.names)}) for each in _here(system)
        ]
        _commit(system, connection, SIGNERS, keys.digest, told)
    policies.learn()


def _agree_again(system: System, signers: Signers) -> None:
    lost = {each.digest for each in system.policies.marks.read()[0] if each.content is None}
    with writing(system.stores.data) as connection:
        highest = max((each.version for each in policy_versions.versions(connection)), default=0)
        known = (Agreed(signers, number) for number in range(1, highest + 2))
        if (keys := next((each for each in known if each.digest in lost), None)) is None:
            raise PolicyRefused("other keys were agreed on, which cannot be changed: name those, or restore the data")
        policy_versions.agree(connection, keys)
    system.policies.learn()


def propose(system: System, text: str) -> CapturePolicy:
    """Store a text as the version that its header names, waiting for signatures; PolicyBroken, PolicyRefused.

    Everybody is told, once of each text.
    """
    policy = read(text)
    if policy.organisation != system.organisation.origin:
        raise PolicyRefused(
            f"organisation is {policy.organisation!r}; a policy of this one says {system.organisation.origin!r}"
        )
    with writing(system.stores.data) as connection:
        system.policies.forget()
        if system.policies.agreed is None:
            raise PolicyRefused(
                "nobody was agreed on who signs, so the settings choose the policy: run `sameview policy signers` first"
            )
        following = system.policies.newest + 1
        if policy.version != following:
            raise PolicyRefused(f"version is {policy.version}; the next one is {following}")
        _refuse_past(system, policy)
        known = {each.text for each in system.policies.versions() if each.version == policy.version}
        policy_versions.put(connection, Version(policy.version, text, "", policy.effective, False))
        if text not in known:
            before = [system.policies.now(), *system.policies.recorded()][-1]
            system.journal.tell(connection, _news(system, policy, before, Kind.POLICY_PROPOSED), by=None)
    return policy


def approve(system: System, number: int, lines: Sequence[str]) -> tuple[CapturePolicy, list[str]]:
    """Add signatures to a waiting version, and accept it with the last; return who is missing still."""
    with writing(system.stores.data) as connection:
        system.policies.forget()
        keys = system.policies.agreed
        waiting = next((each for each in system.policies.versions() if each.version == number), None)
        if keys is None or waiting is None:
            raise PolicyRefused(f"no version {number} waits for signatures; `sameview policy propose` brings one")
        policy = read(waiting.text)
        if waiting.accepted:
            return policy, []
        signed = _with(waiting, lines, keys.signers)
        missing = _missing(signed, keys.signers)
        if missing:
            policy_versions.put(connection, signed)
            return policy, missing
        _refuse_past(system, policy)
        accepted = replace(signed, accepted=True)
        try:
            checked(accepted, keys, system.organisation.origin)
        except (NotSigned, PolicyBroken) as error:
            raise PolicyRefused(str(error)) from error
        policy_versions.put(connection, accepted)
        _commit(system, connection, POLICY, accepted.digest, _news(system, policy, system.policies.now()))
    system.policies.learn()
    return policy, []


def _with(waiting: Version, lines: Sequence[str], signers: Signers) -> Version:
    signatures = waiting.signatures
    for line in (f"{each.strip()}\n" for each in lines):
        if signed_by(waiting.text, line, signers) is None:
            raise PolicyRefused(
                f"a line is no signature over the text of version {waiting.version} by {' or '.join(signers.names)}:"
                " sign what `sameview policy show --version` prints"
            )
        signatures += "" if line in signatures else line
    return replace(waiting, signatures=signatures)


def _missing(version: Version, signers: Signers) -> list[str]:
    made = {signed_by(version.text, line, signers) for line in version.signatures.splitlines()}
    return [name for key, name in zip(signers.keys, signers.names, strict=True) if key not in made]


def _refuse_past(system: System, policy: CapturePolicy) -> None:
    if policy.effective < system.clock() + NOTICE:
        raise PolicyRefused(
            f"the policy would hold from {policy.effective:%Y-%m-%d %H:%M} UTC on, which is not to come: nothing holds"
            " for what was before; give it a later moment, and have that text signed"
        )


def _news(system: System, new: CapturePolicy, old: CapturePolicy, kind: Kind = Kind.POLICY_CHANGED) -> list[Notice]:
    words = {
        "version": str(new.version),
        "since": f"{new.effective:%Y-%m-%d %H:%M} UTC",
        "change": _WIDER if is_wider(old, new) else _NOT_WIDER,
    }
    return [Notice(each.subject, kind, words) for each in _here(system)]


def _here(system: System) -> list[Person]:
    return [each for each in system.people.everybody() if not each.is_erased]


def _commit(system: System, connection: Connection, outcome: str, digest: str, notices: Sequence[Notice]) -> None:
    system.log.append(draft(outcome, digest))
    system.journal.tell(connection, notices, by=None)


def draft(outcome: str, digest: str) -> Draft:
    """Return the entry that commits to a version or to the keys."""
    return Draft(
        viewer=None,
        subject=None,
        relation=Relation.OPERATIONS,
        fields=(),
        purpose=Purpose.OPERATIONS,
        period=None,
        outcome=outcome,
        digest=digest,
        chain="organisation",
    )


def mend(system: System) -> list[str]:
    """Put the rows back as they were agreed on, and take those away that no entry knows; return what was wrong.

    Nothing that holds changes by it: key store and log had the say before.
    """
    policies = system.policies
    policies.learn()
    wrong = list(policies.refused())
    marks, forged = policies.marks.read()
    accepted = {each.content.version: each.content for each in marks if isinstance(each.content, Version)}
    said = {each.digest for each in marks}  # of a version that lacks a signature now, the row is all there is
    with writing(system.stores.data) as connection:
        for row in policy_versions.versions(connection):
            if row.accepted and row.version not in accepted and row.digest not in said:
                policy_versions.remove(connection, row.version)
        for version in accepted.values():
            policy_versions.put(connection, version)
        policy_versions.agree(connection, policies.agreed)
    policies.marks.remove(forged)
    policies.forget()
    return wrong


def take_up(system: System) -> None:
    """Let log, key store and rows say the same of the policy again after a restore; done again, it changes nothing.

    What was agreed on since the backup stays so: the key store has it, its rows are put back, and what the log lost of
    it is an entry anew. What nobody has any more is lost: nothing is kept until a later version holds.
    """
    said, (marks, _) = policy_history.read(system.log), system.policies.marks.read()
    unsaid = [each for each in marks if each.digest not in said]
    for mark in unsaid:
        if mark.content is not None:
            system.log.append(draft(SIGNERS if isinstance(mark.content, Agreed) else POLICY, mark.digest))
    system.policies.marks.remove(each.digest for each in unsaid if each.content is None)
    mend(system)


def problems(system: System, ledger: Ledger) -> Iterator[str]:
    """Yield where what is stored of the policy is not what the log says of it."""
    marks = {each.digest: each for each in system.policies.marks.read()[0] if each.content is not None}
    with system.stores.data.connect() as connection:
        stored = policy_versions.read(connection)
    rows = {each.digest: f"policy version {each.version}" for each in stored.versions if each.accepted}
    rows |= {} if stored.agreed is None else {stored.agreed.digest: "policy signers"}
    for digest, name in ({digest: _name(mark) for digest, mark in marks.items()} | rows).items():
        if digest not in ledger.organisation:
            yield f"{name}: no entry of the log commits to it: it was changed from outside"
    for digest, entry in sorted(ledger.organisation.items(), key=lambda said: said[1]):
        if digest not in marks and digest not in rows:
            yield (
                f"entry {entry}: what it commits to of the policy is not stored: a version or the signers' keys were"
                " taken away or changed, or an older backup was restored; propose and approve the version again"
            )
    yield from system.policies.refused()


def _name(mark: Mark) -> str:
    return f"policy version {mark.content.version}" if isinstance(mark.content, Version) else "policy signers"
