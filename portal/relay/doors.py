"""The doors of a desk: the policy in force, and the shut door of a desk that may not capture yet, or no longer."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from analytics.categories import Categoriser, of_policy
from analytics.uploads import plain
from portal.relay.entries import Entry, Part
from portal.relay.local_days import local_days, own_zone
from privacy.capture import Captured, apply, apply_each
from privacy.capture_policy import CapturePolicy
from privacy.policy_parts import BROWSER, GRID, OUTSIDE, WINDOW
from privacy.working_time import Windows, kept_parts, on_grid

NO_POLICY: Final = "before-policy"
NO_NOTICE: Final = "before-notice"
ENDED: Final = "device-ended"
OVERSIZE: Final = "oversize"
"""Rules of the desk itself: nothing is kept before the policy and the notice, after the end, and beyond any measure."""
KEPT_TEXTS: Final = 2_000
"""So few texts a categoriser remembers here, in memory: those are what nobody may keep."""
_encode: Final = msgspec.msgpack.Encoder().encode
DESK_RULES: Final = frozenset({NO_POLICY, NO_NOTICE, ENDED})
"""Those that hold for everything, for a time."""


class ShutDoor:
    """Drops everything and says why, so that it is counted."""

    def __init__(self, rule: str, version: int = 0) -> None:
        self.rule = rule
        self.version = version

    def judge(self, _kind: str, _data: Mapping[str, Any], _start_us: int) -> Captured:
        return Captured(None, "", (self.rule,))

    def days(self, start_us: int, duration_us: int) -> tuple[str, ...]:
        return local_days(start_us, duration_us, own_zone())

    def parts(self, _start_us: int, _duration_us: int) -> tuple[list[Part], tuple[str, ...]]:
        return [], (self.rule,)


class PolicyDoor:
    """Judges by one version of the policy and one person's working time.

    `held_at` returns the earlier version that held when an event began, None if it was this one: such an event passes
    both, its own time's first.
    """

    def __init__(
        self,
        policy: CapturePolicy,
        zone: ZoneInfo,
        schedule: str | None = None,
        day_start: dt.time = dt.time(0),
        held_at: Callable[[int, CapturePolicy], CapturePolicy | None] = lambda _at, _now: None,
    ) -> None:
        self.policy = policy
        self._zone = zone
        self._schedule = schedule
        self._day_start = day_start
        self.version = policy.version
        self._windows = Windows(policy.schedule(schedule), zone)
        self._categoriser = Categoriser(of_policy(policy), KEPT_TEXTS)
        self._held_at = held_at
        self._earlier: dict[str, PolicyDoor] = {}

    def judge(self, kind: str, data: Mapping[str, Any], start_us: int) -> Captured:
        """Categorise and apply the policies, as the portal's door does."""
        first = self._then(start_us) or self
        stages = (self.policy,) if first is self else (first.policy, self.policy)
        return _measured(apply_each(stages, kind, data, first._category(kind, data, self.policy)))

    def parts(self, start_us: int, duration_us: int) -> tuple[list[Part], tuple[str, ...]]:
        """Return the times that are kept, and the rules that took something away."""
        then = self._then(start_us)
        if then is None:
            return self._own_parts(start_us, duration_us)
        earlier, rules = then._own_parts(start_us, duration_us)
        found = [self._own_parts(*part) for part in earlier]
        parts = [part for left, _ in found for part in left]
        return parts, _union(rules, *(each for _, each in found)) if parts else (OUTSIDE,)

    def _own_parts(self, start_us: int, duration_us: int) -> tuple[list[Part], tuple[str, ...]]:
        kept = kept_parts(start_us, duration_us, self._windows)
        rules = () if kept == ((start_us, duration_us),) else (OUTSIDE,)
        coarse = [on_grid(*part, self.policy.grid_seconds) for part in kept]
        return coarse, rules if coarse == list(kept) else (*rules, GRID)

    def _category(self, kind: str, data: Mapping[str, Any], last: CapturePolicy) -> str:
        """Return the category of an event; that of a page whose texts stay can be found whenever somebody asks."""
        whole = self.policy.keeps_page_texts() and last.keeps_page_texts()
        return self._categoriser.of(data) if kind == WINDOW or (kind == BROWSER and not whole) else ""

    def _then(self, start_us: int) -> "PolicyDoor | None":
        policy = self._held_at(start_us, self.policy)
        if policy is None:
            return None
        if policy.text not in self._earlier:
            self._earlier[policy.text] = PolicyDoor(policy, self._zone, self._schedule, self._day_start)
        return self._earlier[policy.text]

    def days(self, start_us: int, duration_us: int) -> tuple[str, ...]:
        return local_days(start_us, duration_us, self._zone, self._day_start)

    def again(self, kind: str, entry: Entry) -> Entry:
        """Return an entry that passed an earlier version as this one leaves it: the stricter of both."""
        if entry.policy == self.version or entry.dropped:
            return entry
        found = apply(self.policy, kind, entry.data, entry.category)
        left = [(part, rules) for start, duration in entry.parts for part, rules in [self.parts(start, duration)]]
        parts = [each for part, _ in left for each in part]
        if found.data is None or not parts:
            rule = found.rules[0] if found.data is None else OUTSIDE
            first, last = entry.parts[0][0], sum(entry.parts[-1])
            days = self.days(first, last - first)
            return Entry(entry.bucket, self.version, dropped=rule, days=days, mark=entry.mark)
        rules = sorted({*entry.rules, *found.rules, *(rule for _, each in left for rule in each)})
        return Entry(entry.bucket, self.version, parts, found.data, found.category, tuple(rules), mark=entry.mark)


def _union(*rules: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted({name for each in rules for name in each}))


def _measured(found: Captured) -> Captured:
    """Drop what no store takes: the queue could not hold it, or the portal would refuse the whole upload."""
    return found if found.data is None or (plain(found.data) and _fits(found.data)) else Captured(None, "", (OVERSIZE,))


def _fits(data: Mapping[str, Any]) -> bool:
    try:
        _encode(data)
    except OverflowError:  # a whole number beyond 64 bits, which JSON has and the queue has not
        return False
    return True
