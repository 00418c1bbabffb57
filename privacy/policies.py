"""Which policy holds when: the one object through which everybody reaches the policy in force.

A version holds from its moment on. An event passes the version of its own time and then the one in force now, so that a
wider version never reaches back. Where keys were agreed on, a version without every signature is not there, whoever
wrote it into the database; until the first one holds, nothing is kept. Where none were, the settings choose.
"""

import datetime as dt
import functools
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple, Protocol

from sqlalchemy import Engine

from privacy import policy_versions
from privacy.capture import preset_text
from privacy.capture_policy import CapturePolicy, PolicyBroken, read
from privacy.fields import Field
from privacy.policy import POLICY, Purpose, Relation
from privacy.policy import Rule as SharingRule
from privacy.policy_note import NotSigned, Signers, open_note
from privacy.policy_text import body_of, version_of
from privacy.policy_versions import Agreed, Version

FRESH_SECONDS: Final = 10.0
"""So long a process uses what it read; a version takes effect later than that after it was accepted."""

BEGINNING: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND: Final = dt.timedelta(microseconds=1)


class Teams(NamedTuple):
    """In which teams somebody is from a moment on."""

    since: dt.datetime
    names: frozenset[str]


@dataclass(frozen=True, eq=False)
class InForce:
    """The policies that have held until now, oldest first; the last one holds now."""

    policies: tuple[CapturePolicy, ...]

    @property
    def now(self) -> CapturePolicy:
        return self.policies[-1]

    def at(self, moment: dt.datetime) -> CapturePolicy:
        """Return the policy that held at a moment; the first one before it began, too."""
        return next((each for each in reversed(self.policies) if each.effective <= moment), self.policies[0])

    def of_member(self, over_time: Sequence[Teams]) -> "InForce":
        """Return these policies as they hold for a member of teams: with their working time in the first place.

        A change of teams begins another policy, so that hours which are wider than before do not reach back either.
        """
        moments = sorted({each.effective for each in self.policies[1:]} | {each.since for each in over_time[1:]})
        found: list[CapturePolicy] = []
        for moment in (self.policies[0].effective, *moments):
            then = self.at(moment)
            teams = next((each.names for each in reversed(over_time) if each.since <= moment), frozenset[str]())
            policy = _working(then, then.schedule_of(teams).name, max(moment, then.effective))
            if not found or (policy.text, policy.schedules[0]) != (found[-1].text, found[-1].schedules[0]):
                found.append(policy)
        return InForce(tuple(found))

    def rules_since(self, moment: dt.datetime) -> tuple[SharingRule, ...]:
        """Return who may see what of the days since a moment: of managers, what every policy since then allows."""
        held = [self.at(moment), *(each for each in self.policies if each.effective > moment)]
        fields = frozenset.intersection(*(each.sharing.manager for each in held))
        purposes = frozenset.intersection(*(each.sharing.purposes for each in held))
        narrowed = (_narrowed(rule, fields, purposes) for rule in POLICY)
        return tuple(rule for rule in narrowed if rule.fields)

    def ends_us(self) -> tuple[int, ...]:
        """Return where each policy but the last ended, in microseconds since 1970 UTC."""
        return tuple((each.effective - BEGINNING) // _MICROSECOND for each in self.policies[1:])


@functools.lru_cache(maxsize=4096)
def _working(policy: CapturePolicy, schedule: str, effective: dt.datetime) -> CapturePolicy:
    """Return a policy with one of its working times in the first place, from a later moment on."""
    if policy.schedules[0].name == schedule and policy.effective == effective:
        return policy
    ordered = sorted(policy.schedules, key=lambda each: each.name != schedule)
    return replace(policy, schedules=tuple(ordered), effective=effective)


def _narrowed(rule: SharingRule, fields: frozenset[Field], purposes: frozenset[Purpose]) -> SharingRule:
    if rule.relation is not Relation.MANAGER:
        return rule
    return replace(rule, fields=rule.fields & fields if rule.purpose in purposes else frozenset())


class PolicySource(Protocol):
    """What the intake needs of the policies."""

    def in_force(self) -> InForce:
        """Return the policies that have held until now."""

    def of(self, subject: str) -> InForce:
        """Return the same as it holds for somebody: with the working time of their team."""


@dataclass(frozen=True, slots=True)
class Always:
    """One policy, whatever the time."""

    policy: CapturePolicy

    def in_force(self) -> InForce:
        return InForce((self.policy,))

    def of(self, subject: str) -> InForce:
        return self.in_force()


@dataclass(frozen=True, eq=False)
class _Known:
    """What a process has read: the keys, and the accepted versions that may be used, with their notes."""

    agreed: Agreed | None
    usable: tuple[tuple[CapturePolicy, Version], ...]
    refused: tuple[str, ...]
    highest: int


class Policies:
    """The policies of an installation.

    `chosen` returns the body of the text that the settings choose, `teams` somebody's teams over time.
    """

    def __init__(
        self,
        engine: Engine,
        clock: Callable[[], dt.datetime],
        organisation: str,
        chosen: Callable[[], str],
        teams: Callable[[str], Sequence[Teams]] = lambda _: (),
    ) -> None:
        self._engine, self._clock, self._organisation, self._chosen = engine, clock, organisation, chosen
        self._teams = teams
        self._lock = threading.Lock()
        self._read: tuple[float, _Known] | None = None
        self._unrecorded: CapturePolicy | None = None

    @property
    def signers(self) -> Signers | None:
        """Who has to sign, None where nobody was agreed on."""
        keys = self._known().agreed
        return None if keys is None else keys.signers

    def now(self) -> CapturePolicy:
        """Return the policy in force."""
        return self.in_force().now

    def at(self, moment: dt.datetime) -> CapturePolicy:
        """Return the policy that holds, held or will hold at a moment."""
        begun = self._known().usable
        return InForce(tuple(each for each, _ in begun) or (self.now(),)).at(moment)

    def in_force(self) -> InForce:
        """Return the policies that have held until now, oldest first."""
        known, now = self._known(), self._clock()
        begun = [policy for policy, _ in known.usable if policy.effective <= now]
        if known.agreed is None and (chosen := self.unrecorded()) is not None:
            begun.append(chosen)
        return InForce(tuple(begun) or (_nothing(),))

    def of(self, subject: str) -> InForce:
        """Return the policies that have held for somebody until now: with the working time of their team."""
        held = self.in_force()
        if all(len(each.schedules) == 1 for each in held.policies):
            return held
        now = self._clock()
        return held.of_member([each for each in self._teams(subject) if each.since <= now])

    def note(self, policy: CapturePolicy | None = None) -> str | None:
        """Return the signed note of an accepted policy, by default the one in force; None if nobody signed it."""
        policy = policy or self.now()
        notes = (each.note for found, each in self._known().usable if found is policy and each.signatures)
        return next(notes, None)

    def is_signed(self) -> bool:
        """Tell whether everybody who has to has signed the policy in force."""
        return self.note() is not None

    def coming(self) -> list[CapturePolicy]:
        """Return the accepted versions that do not hold yet."""
        now = self._clock()
        return [policy for policy, _ in self._known().usable if policy.effective > now]

    def recorded(self) -> list[CapturePolicy]:
        """Return every accepted version that may be used, oldest first."""
        return [policy for policy, _ in self._known().usable]

    def signed_versions(self) -> frozenset[int]:
        """Return the numbers of the versions that everybody signed who has to."""
        return frozenset(policy.version for policy, stored in self._known().usable if stored.signatures)

    def refused(self) -> Sequence[str]:
        """Return what is wrong with versions that are stored as accepted and cannot be used."""
        return self._known().refused

    def because(self, id: str) -> str:
        """Return the reason of a rule by its id, whichever version it is of: the newest that has it."""
        begun = self.in_force().policies
        return next((reason for each in reversed(begun) if (reason := each.because(id))), "")

    def unrecorded(self) -> CapturePolicy | None:
        """Return the version that the settings choose and that is not recorded, None if the last one says the same."""
        known, body = self._known(), self._chosen()
        last = known.usable[-1][1] if known.usable else None
        if known.agreed is not None or (last is not None and body_of(last.text) == body):
            return None
        with self._lock:
            if self._unrecorded is None or body_of(self._unrecorded.text) != body:
                text = version_of(body, known.highest + 1, self._organisation, self._clock())
                self._unrecorded = _read(text)
            return self._unrecorded

    def forget(self) -> None:
        """Read anew what is stored, since it was changed."""
        with self._lock:
            self._read = self._unrecorded = None

    def _known(self) -> _Known:
        with self._lock:
            if self._read is None or time.monotonic() > self._read[0]:
                self._read = time.monotonic() + FRESH_SECONDS, self._find()
            return self._read[1]

    def _find(self) -> _Known:
        with self._engine.connect() as connection:
            found, keys = policy_versions.versions(connection), policy_versions.agreed(connection)
        usable, refused = [], []
        for each in (each for each in found if each.accepted):
            try:
                usable.append((checked(each, keys, self._organisation), each))
            except (NotSigned, PolicyBroken) as error:
                refused.append(f"policy version {each.version}: {error}")
        usable.sort(key=lambda pair: (pair[0].effective, pair[0].version))
        usable = [pair for place, pair in enumerate(usable) if not _is_overtaken(pair, usable[:place])]
        highest = max((each.version for each in found), default=0)
        return _Known(keys, tuple(usable), tuple(refused), highest)


def _is_overtaken(pair: tuple[CapturePolicy, Version], earlier: Sequence[tuple[CapturePolicy, Version]]) -> bool:
    """Tell whether a later version holds before this one would: then this one never does, at the desk neither.

    Else whoever writes into the database could date a version of before there were signatures after a signed one.
    """
    return any(each.version > pair[0].version for each, _ in earlier)


def checked(version: Version, keys: Agreed | None, organisation: str) -> CapturePolicy:
    """Return the policy of a stored version; NotSigned or PolicyBroken if it may not be used."""
    signed = keys is not None and version.version >= keys.first_signed
    if signed and keys is not None:
        policy = _opened(version.note, keys.signers, tried=True)
    else:
        policy = _read(version.text, tried=True)
    if policy.version != version.version or policy.effective != version.effective:
        raise PolicyBroken("is filed under another number or moment than its text says")
    if policy.organisation != organisation:
        raise PolicyBroken(f"is of {policy.organisation!r}, not of this organisation, {organisation!r}")
    return policy


# A text is read once in a process: compiling its expressions takes a while.
_read = functools.lru_cache(maxsize=64)(read)
_opened = functools.lru_cache(maxsize=64)(open_note)


@functools.cache
def _nothing() -> CapturePolicy:
    return read(preset_text("nothing"), draft=True)
