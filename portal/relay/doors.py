"""The doors of a desk: the policy in force, and the shut door of a desk that may not capture yet, or no longer."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from analytics.categories import Categoriser
from analytics.uploads import plain
from portal.relay.entries import Entry, Part
from portal.relay.local_days import local_days, own_zone
from privacy.capture import Captured, apply
from privacy.capture_policy import CapturePolicy
from privacy.policy_parts import BROWSER, GRID, OUTSIDE, WINDOW
from privacy.working_time import Windows, kept_parts, on_grid

NO_POLICY: Final = "before-policy"
NO_NOTICE: Final = "before-notice"
ENDED: Final = "device-ended"
OVERSIZE: Final = "oversize"
"""Rules of the desk itself: nothing is kept before the policy and the notice, after the end, and beyond any measure."""
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
    """Judges by one version of the policy and one person's working time."""

    def __init__(
        self,
        policy: CapturePolicy,
        categoriser: Categoriser,
        zone: ZoneInfo,
        schedule: str | None = None,
        day_start: dt.time = dt.time(0),
    ) -> None:
        self.policy = policy
        self._zone = zone
        self._day_start = day_start
        self.version = policy.version
        self._windows = Windows(policy.schedule(schedule), zone)
        self._categoriser = categoriser
        self._page_texts = policy.keeps_page_texts()

    def judge(self, kind: str, data: Mapping[str, Any], _start_us: int) -> Captured:
        """Categorise and apply the policy, as the portal's door does."""
        categorised = kind == WINDOW or (kind == BROWSER and not self._page_texts)
        return _measured(apply(self.policy, kind, data, self._categoriser.of(data) if categorised else ""))

    def parts(self, start_us: int, duration_us: int) -> tuple[list[Part], tuple[str, ...]]:
        """Return the times that are kept, and the rules that took something away."""
        kept = kept_parts(start_us, duration_us, self._windows)
        rules = () if kept == ((start_us, duration_us),) else (OUTSIDE,)
        coarse = [on_grid(*part, self.policy.grid_seconds) for part in kept]
        return coarse, rules if coarse == list(kept) else (*rules, GRID)

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


def _measured(found: Captured) -> Captured:
    """Drop what no store takes: the queue could not hold it, or the portal would refuse the whole upload."""
    return found if found.data is None or (plain(found.data) and _fits(found.data)) else Captured(None, "", (OVERSIZE,))


def _fits(data: Mapping[str, Any]) -> bool:
    try:
        _encode(data)
    except OverflowError:  # a whole number beyond 64 bits, which JSON has and the queue has not
        return False
    return True
