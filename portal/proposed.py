"""Versions of the policy that do not hold yet: from when on they would, who has signed, and what they would change."""

import datetime as dt
import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from analytics.trial import Tried
from portal.locale import N_, _
from portal.policy_record import NOTICE
from privacy.capture_policy import CapturePolicy, PolicyBroken, read
from privacy.policy_diff import Change, changes
from privacy.policy_note import Signers, signed_by
from privacy.policy_versions import Version

if TYPE_CHECKING:
    from portal.wiring import System

SIGNS: Final = {
    True: ("part", "half", N_("wider")),
    False: ("yes", "check", N_("narrower")),
    None: ("no", "list", N_("neither")),
}
"""How a change is drawn: class, icon and word."""


@dataclass(frozen=True, slots=True)
class Proposed:
    """A version that is to come. `broken` says why its text cannot be read; it has no policy then, and changes nothing.

    `accepted` is one with every signature; `late` one that misses some, and whose moment leaves no time for them.
    """

    version: int
    since: dt.datetime
    text: str
    accepted: bool
    late: bool
    signed: tuple[str, ...]
    missing: tuple[str, ...]
    policy: CapturePolicy | None
    changes: tuple[Change, ...]
    broken: str = ""

    @property
    def state(self) -> str:
        """Return "accepted", "late" or "proposed"."""
        return "accepted" if self.accepted else "late" if self.late else "proposed"

    @property
    def is_wider(self) -> bool:
        return any(change.wider for change in self.changes)

    @property
    def in_short(self) -> str:
        """What it comes to."""
        wider, narrower = (sum(each.wider is which for each in self.changes) for which in (True, False))
        if not self.changes:
            return _("Nothing changes but its number.")
        if not wider:
            return _("Not wider: not more is recorded, kept or seen.")
        if not narrower:
            return _("Wider: more is recorded, kept or seen.")
        return _(
            "Wider in %(wider)s, narrower in %(narrower)s of its changes: in part, more is recorded, kept or seen.",
            wider=wider,
            narrower=narrower,
        )

    @property
    def drawn(self) -> list[tuple[str, str, str, str]]:
        """Each change with its class, icon and word."""
        drawn = ((*SIGNS[each.wider], each.sentence) for each in self.changes)
        return [(kind, sign, _(word), _(sentence)) for kind, sign, word, sentence in drawn]


def proposed(system: "System") -> list[Proposed]:
    """Return the versions that do not hold yet: the accepted ones by their moment, then the one that waits."""
    policies, now = system.policies, system.clock()
    signers = policies.signers
    stored = policies.versions()
    usable = {each.version: each for each in policies.recorded()}
    coming = [each for each in stored if each.accepted and each.version in usable and each.effective > now]
    waiting = [each for each in stored if not each.accepted]
    found, before = [], policies.now()
    for each in [*sorted(coming, key=lambda version: version.effective), *waiting]:
        found.append(_proposed(each, before, signers, now))
        before = found[-1].policy or before
    return found


def tried_on(system: "System", subject: str, policy: CapturePolicy, zone: ZoneInfo) -> Tried:
    """Return a policy as it would hold for somebody: with the working time of the teams that they are in now."""
    teams = [each.names for each in system.teams(subject) if each.since <= system.clock()]
    schedule = policy.schedule_of(teams[-1] if teams else ())
    return Tried(policy, schedule, zone, system.policies.now(), system.categorisers)


def _proposed(version: Version, before: CapturePolicy, signers: Signers | None, now: dt.datetime) -> Proposed:
    policy, broken = None, ""
    try:
        policy = _read(version.text)
    except PolicyBroken as error:
        broken = str(error)
    signed, missing = _signatures(version, signers)
    return Proposed(
        version=version.version,
        since=version.effective,
        text=version.text,
        accepted=version.accepted,
        late=not version.accepted and version.effective < now + NOTICE,
        signed=signed,
        missing=missing,
        policy=policy,
        changes=() if policy is None else tuple(changes(before, policy)),
        broken=broken,
    )


def _signatures(version: Version, signers: Signers | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of those who have signed, and of those who have not."""
    if signers is None:
        return (), ()
    lines: Sequence[str] = version.signatures.splitlines()
    made = {signed_by(version.text, line, signers) for line in lines}
    named = list(zip(signers.keys, signers.names, strict=True))
    return (
        tuple(name for key, name in named if key in made),
        tuple(name for key, name in named if key not in made),
    )


# A text is read once in a process: its expressions are tried on the way, which takes a while.
_read = functools.lru_cache(maxsize=16)(read)
