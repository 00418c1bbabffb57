"""Which policy holds when: the one object through which everybody reaches the policy in force.

A version holds from its moment on. An event passes the version of its own time and then the one in force now, so that a
wider version never reaches back. Where keys were agreed on, a version without every signature is not there, whoever
wrote it into the database; until the first one holds, nothing is kept. Where none were, the settings choose. What the
database says is held against the key store and the log whenever it is read (`privacy.policy_loading`).
"""

import datetime as dt
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from sqlalchemy import Engine

from privacy import policy_versions
from privacy.capture_policy import CapturePolicy, read
from privacy.key_provider import KeyClassWithheld, KeyGone, KeyRefused, ProviderRefused
from privacy.policy_history import Said
from privacy.policy_in_force import BEGINNING, InForce, Teams
from privacy.policy_loading import Known, closed, complete, known, lost, nothing
from privacy.policy_marks import Mark, PolicyMarks
from privacy.policy_note import Signers
from privacy.policy_text import body_of, version_of
from privacy.policy_versions import Agreed, Stored, Version

__all__ = ["BEGINNING", "FRESH_SECONDS", "Always", "InForce", "Policies", "PolicySource", "Teams"]

FRESH_SECONDS: Final = 10.0
"""So long a process uses what it read; a version takes effect later than that after it was accepted."""


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


class Policies:
    """The policies of an installation.

    `engine` is that of the data store, `marks` what the key store has, `said` reads what the log says. `chosen` returns
    the body of the text that the settings choose, `teams` somebody's teams over time.
    """

    def __init__(
        self,
        engine: Engine,
        marks: PolicyMarks,
        said: Callable[[], Mapping[str, Said]],
        clock: Callable[[], dt.datetime],
        organisation: str,
        chosen: Callable[[], str],
        teams: Callable[[str], Sequence[Teams]] = lambda _: (),
    ) -> None:
        self._engine, self._clock, self._organisation, self._chosen = engine, clock, organisation, chosen
        self._teams, self.marks, self._said = teams, marks, said
        self._asked: frozenset[str] = frozenset()
        self._heard: Mapping[str, Said] = {}
        self._lock = threading.Lock()
        self._read: tuple[float, Known] | None = None
        self._unrecorded: CapturePolicy | None = None

    @property
    def agreed(self) -> Agreed | None:
        """Who has to sign, from which version on; None where nobody was agreed on."""
        return self._known().agreed

    @property
    def signers(self) -> Signers | None:
        """Who has to sign, None where nobody was agreed on."""
        return None if (keys := self.agreed) is None else keys.signers

    @property
    def is_lost(self) -> bool:
        """Whether somebody was agreed on who signs, and nobody knows any more who: then nothing is kept."""
        return self._known().is_closed

    def now(self) -> CapturePolicy:
        """Return the policy in force."""
        return self.in_force().now

    def at(self, moment: dt.datetime) -> CapturePolicy:
        """Return the policy that holds, held or will hold at a moment."""
        known = self._known()
        return InForce((() if known.is_closed else known.timeline) or (self.now(),)).at(moment)

    def in_force(self) -> InForce:
        """Return the policies that have held until now, oldest first."""
        known, now = self._known(), self._clock()
        if known.is_closed:
            return InForce((lost(),))
        begun = [policy for policy in known.timeline if policy.effective <= now]
        if known.agreed is None and (chosen := self.unrecorded()) is not None:
            begun.append(chosen)
        return InForce(tuple(begun) or (nothing(),))

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

    def versions(self) -> Sequence[Version]:
        """Return every version, by number: the accepted ones as they were accepted, and those that wait."""
        accepted = self._known().accepted
        waiting = {v.version: v for v in self._stored().versions if not v.accepted and v.version not in accepted}
        return [version for _, version in sorted((accepted | waiting).items())]

    @property
    def newest(self) -> int:
        """The number of the newest version that was accepted, 0 if there is none."""
        return max(self._known().accepted, default=0)

    def signed_versions(self) -> frozenset[int]:
        """Return the numbers of the versions that everybody signed who has to."""
        return frozenset(policy.version for policy, stored in self._known().usable if stored.signatures)

    def refused(self) -> Sequence[str]:
        """Return what of the stored is not used, or is not what was agreed on, and what is lost; each a sentence."""
        return self._known().refused

    def because(self, id: str) -> str:
        """Return the reason of a rule by its id, whichever version it is of: the newest that has it."""
        begun = self.in_force().policies
        return next((reason for each in reversed(begun) if (reason := each.because(id))), "")

    def unrecorded(self) -> CapturePolicy | None:
        """Return the version that the settings choose and that is not recorded, None if the last one says the same."""
        known = self._known()
        if known.agreed is not None or known.is_closed:
            return None
        body, last = self._chosen(), known.last
        if last is not None and known.usable and known.usable[-1][1] == last and body_of(last.text) == body:
            return None
        with self._lock:
            if self._unrecorded is None or body_of(self._unrecorded.text) != body:
                text = version_of(body, known.highest + 1, self._organisation, self._clock())
                self._unrecorded = read(text, tried=True)
            return self._unrecorded

    def forget(self) -> None:
        """Read anew what is stored, since it was changed."""
        with self._lock:
            self._read = self._unrecorded = None

    def learn(self) -> None:
        """Keep in the key store what the log says was agreed on, as far as it is stored; the log is read for it.

        Call it after a version was accepted or keys were agreed on, and before anything is served.
        """
        said = self._said()  # first: what it says by now is stored, or is on the way
        stored = self._stored()
        marks, _ = self.marks.read()
        if found := [each for each in complete(marks, said, stored, self._organisation) if each not in marks]:
            self.marks.put(found)
        self.forget()

    def hear(self) -> None:
        """Read anew what is stored, and the whole log: what was lost together with its mark is named then."""
        heard = self._said()
        with self._lock:
            self._heard, self._read, self._unrecorded = heard, None, None

    def _known(self) -> Known:
        with self._lock:
            if self._read is None or time.monotonic() > self._read[0]:
                self._read = time.monotonic() + FRESH_SECONDS, self._find()
            return self._read[1]

    def _find(self) -> Known:
        stored = self._stored()
        try:
            marks, forged = self.marks.read()
        except (KeyClassWithheld, KeyGone, KeyRefused, ProviderRefused) as error:
            return closed(str(error), stored)
        unproved = _unproved(marks, stored)
        if not marks or not unproved <= self._asked:  # the log is long: each row is asked for once
            self._heard, self._asked = self._said(), self._asked | unproved
        if self._heard:
            marks = complete(marks, self._heard, stored, self._organisation)
        return known(marks, forged, stored, self._organisation)

    def _stored(self) -> Stored:
        with self._engine.connect() as connection:
            return policy_versions.read(connection)


def _unproved(marks: Sequence[Mark], stored: Stored) -> frozenset[str]:
    """Return the digests of rows that say they were agreed on, and have no mark."""
    claimed = {each.digest for each in stored.versions if each.accepted}
    claimed |= set() if stored.agreed is None else {stored.agreed.digest}
    return frozenset(claimed - {each.digest for each in marks if each.content is not None})
