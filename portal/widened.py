"""What is recorded, kept or seen beyond the notice that somebody read: shown until they say that they have seen it.

Nothing is withheld meanwhile: the change holds, everybody was told of it before (`portal.policy_record`), and one's own
data can be read. What is asked is only that it was seen, and that stands in the log with the version's number.
"""

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from auth.person import Person
from portal.locale import _
from portal.show import moment
from privacy.capture_policy import CapturePolicy
from privacy.policy_diff import Change, changes
from privacy.policy_loading import nothing

if TYPE_CHECKING:
    from portal.wiring import System


@dataclass(frozen=True, slots=True)
class Widened:
    """What is more by the version in force than by the one that was acknowledged; `others` changes are no wider."""

    version: int
    since: str
    sentences: tuple[str, ...]
    others: int


def widened(system: "System", person: Person) -> Widened | None:
    """Return what a person has to be shown; None if they know it, or have not read any notice yet."""
    known = person.acknowledged_policy
    if known is None or (policy := system.policies.now()).version <= known:
        return None
    held = [each for each in system.policies.in_force().policies if each.version <= known]
    found = _changes(held[-1] if held else nothing(), policy)
    wider = tuple(_(each.sentence) for each in found if each.wider)
    if not wider:
        return None
    return Widened(policy.version, moment(policy.effective, person.zone), wider, len(found) - len(wider))


def acknowledge(system: "System", subject: str, version: int) -> bool:
    """Note that somebody has seen what a version records; False if no such version holds or held."""
    if not 0 <= version <= system.policies.now().version:
        return False
    system.people.acknowledge(subject, version)
    return True


@functools.lru_cache(maxsize=64)  # every page asks, and versions are few
def _changes(before: CapturePolicy, after: CapturePolicy) -> tuple[Change, ...]:
    return tuple(changes(before, after))
