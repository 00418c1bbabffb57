"""The policies that have held over time, and what they come to for somebody: pure functions of what was loaded.

An event passes the version of its own time and then the one in force now, so that a wider version never reaches back;
what a manager may see of some days is what every version since then allows.
"""

import datetime as dt
import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from privacy.capture_policy import CapturePolicy
from privacy.fields import Field
from privacy.policy import POLICY, Purpose, Relation
from privacy.policy import Rule as SharingRule

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
        return _agreed((self.at(moment), *(each for each in self.policies if each.effective > moment)))

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


@functools.lru_cache(maxsize=256)  # each disclosure asks, and the answer follows from the versions alone
def _agreed(held: tuple[CapturePolicy, ...]) -> tuple[SharingRule, ...]:
    """Return who may see what if all of these have to allow it."""
    fields = frozenset.intersection(*(each.sharing.manager for each in held))
    purposes = frozenset.intersection(*(each.sharing.purposes for each in held))
    listen_weeks = max(each.sharing.listen_weeks for each in held)
    narrowed = (_narrowed(rule, fields, purposes, listen_weeks) for rule in POLICY)
    return tuple(rule for rule in narrowed if rule.fields)


def _narrowed(
    rule: SharingRule, fields: frozenset[Field], purposes: frozenset[Purpose], listen_weeks: int
) -> SharingRule:
    if rule.relation is not Relation.MANAGER:
        return rule
    readable = rule.fields & fields if rule.purpose in purposes else frozenset[Field]()
    return replace(rule, fields=readable, listen_weeks=listen_weeks)
