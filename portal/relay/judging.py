"""What a desk keeps of one event: first what the policy leaves of it, then without what its person keeps private.

Raw data come in here and no further: out come entries, which hold what is left, or the rule, the days and a keyed mark.
"""

from collections.abc import Mapping
from typing import Any, Protocol

from msgspec.structs import replace

from analytics.heartbeats import Beat
from analytics.own_times import NOTHING_PRIVATE, PRIVATE_APP, OwnTimes
from portal.relay.buckets import Bucket
from portal.relay.device_key import DeviceKey
from portal.relay.entries import Entry, Part, without
from portal.relay.private_times import PrivateTimes
from privacy.capture import Captured


class Door(Protocol):
    """What decides about events: the policy in force, or nothing yet."""

    @property
    def version(self) -> int: ...

    def judge(self, kind: str, data: Mapping[str, Any], start_us: int) -> Captured:
        """Return what is left of an event of a type of bucket that began at a moment."""
        ...

    def parts(self, start_us: int, duration_us: int) -> tuple[list[Part], tuple[str, ...]]:
        """Return the times that are kept of an event, and the rules that took something away."""
        ...

    def days(self, start_us: int, duration_us: int) -> tuple[str, ...]:
        """Return the local days under which an event is counted if it is dropped."""
        ...


class Judging:
    """The door of the moment, and what is private: at this desk by its own commands, at the portal as it was `told`."""

    def __init__(self, key: DeviceKey, door: Door, private: PrivateTimes) -> None:
        self._key = key
        self.door = door
        self.private = private
        self.told: OwnTimes = NOTHING_PRIVATE

    def fingerprinted(self, beat: Beat) -> Beat:
        """Return an event that has the fingerprint of its data in their place."""
        return beat._replace(data=self._key.fingerprint(beat.data))

    def judged(self, bucket: Bucket, beat: Beat, data: Mapping[str, Any]) -> Entry | None:
        """Return an event as the policy leaves it, None if it lies in private time; `beat` has the fingerprint."""
        found = self.door.judge(bucket.info.type, data, beat.start_us)
        rule = found.rules[0] if found.data is None else self._private_app(bucket, data)
        if found.data is None or rule is not None:
            blind = self.private.at(beat.start_us) or self.told.is_private(beat.start_us)
            return None if blind else self._dropped(bucket, beat, rule or PRIVATE_APP)
        entry = Entry(
            bucket.number,
            self.door.version,
            data=found.data,
            category=found.category,
            rules=found.rules,
            mark=self._key.mark(bucket.info.id, beat.start_us, beat.data),
            beat=tuple(beat),
        )
        return self._timed(entry, beat)

    def longer(self, entry: Entry, beat: Beat) -> Entry | None:
        """Return an entry whose event has grown; what was decided about its data stays."""
        if entry.dropped and not entry.outside:
            return replace(entry, days=self.door.days(beat.start_us, beat.duration_us), beat=tuple(beat))
        return self._timed(replace(entry, dropped="", outside=False, beat=tuple(beat)), beat)

    def _private_app(self, bucket: Bucket, data: Mapping[str, Any]) -> str | None:
        """Return the rule by which an event goes if its person keeps the application private."""
        app = data.get("app")
        named = app if isinstance(app, str) else None
        return PRIVATE_APP if self.told.is_of_private_app(bucket.info.type, bucket.info.id, named) else None

    def _timed(self, entry: Entry, beat: Beat) -> Entry | None:
        parts, rules = self.door.parts(beat.start_us, beat.duration_us)
        if not parts:
            days = self.door.days(beat.start_us, beat.duration_us)
            return replace(entry, parts=[], dropped=rules[0], days=days, outside=True)
        seen = without(parts, [*self.private.blind(), *self.told.blind()])
        return replace(entry, parts=seen, rules=tuple(sorted({*entry.rules, *rules}))) if seen else None

    def _dropped(self, bucket: Bucket, beat: Beat, rule: str) -> Entry:
        days = self.door.days(beat.start_us, beat.duration_us)
        mark = self._key.mark(bucket.info.id, beat.start_us, beat.data)
        return Entry(bucket.number, self.door.version, dropped=rule, days=days, mark=mark, beat=tuple(beat))
