"""One local day of an import: what arrived, joined to what is stored."""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from analytics import ledger as ledgers
from analytics import segments
from analytics.activity import UNKNOWN_HOST
from analytics.arrivals import Arrival, Dropped
from analytics.captured import (
    STORED,
    CapturedDay,
    Key,
    Rows,
    captured_day,
    joined,
    no_rows,
    rows_of,
    unlike,
    unlike_stored,
)
from analytics.door import Door
from analytics.event_numbers import number_of, shown
from analytics.events import AFK, DAY_US, WINDOW
from analytics.ledger import Gap, Ledger
from analytics.own_cut import rows_left
from analytics.own_times import NOTHING_PRIVATE, PRIVATE_APP, OwnTimes, Span, left
from privacy.fields import Field

STORED_FIELDS: Final = frozenset({*segments.SEGMENT_FIELDS, Field.CAPTURE_LEDGER})
"""What a stored day consists of."""

TEXT_EXPIRED: Final = "text-expired"
"""Among a day's doors: its titles were taken away, so the same events coming again no longer look equal."""

_BEFORE_US: Final = 4 * DAY_US
"""An event that reaches into a day began no longer before it."""


@dataclass(slots=True)
class Joining:
    """One day while arrivals are joined to it."""

    day: dt.date
    borders_us: tuple[int, int]
    door: Door
    door_name: str
    is_stored: bool
    doors: tuple[str, ...]
    ledger: Ledger
    rows: dict[Key, Rows]
    changed: bool = False
    brought_by: frozenset[str] = frozenset()
    """The names of other doors through which something comes now."""
    own: OwnTimes = NOTHING_PRIVATE
    blind: Sequence[Span] = ()
    taken: int = 0
    """Of how many stored events something was taken away, since their person keeps the time private."""

    @classmethod
    def of(cls, day: dt.date, borders_us: tuple[int, int], door: Door, blobs: Mapping[Field, bytes]) -> "Joining":
        """Begin with what is stored of the day, or with nothing. Raises SegmentBroken."""
        name = door.name  # not free: it says all category rules
        if Field.RHYTHM not in blobs:
            return cls(day, borders_us, door, name, False, (name,), Ledger(doors=(name,)), {})
        opened, ledger = segments.decode(blobs), ledgers.decode(blobs[Field.CAPTURE_LEDGER])
        stored = CapturedDay(opened.events, ledger)
        doors = (*ledger.doors, *((TEXT_EXPIRED,) if opened.text_expired else ()))
        borders_us = (opened.events.first_us, opened.events.end_us)
        return cls(day, borders_us, door, name, True, doors, ledger, rows_of(stored, door.place))

    @property
    def came_otherwise(self) -> bool:
        """Whether some of the day came through another door than the one that is open now."""
        return self.doors != (self.door_name,)

    def add(self, arrival: Arrival) -> None:
        """Join what one bucket brings for this day."""
        rows, dropped = self._not_private(arrival, *arrival.rows(self.day))
        old = self.rows.get(arrival.key, no_rows())
        if self.came_otherwise:
            rows = self._not_decided_before(rows, old, arrival)
            known = set(old.times())
            dropped = [each for each in dropped if each.times not in known]
        found = joined([old, rows], self.door.data)
        self.changed |= arrival.key not in self.rows or unlike_stored(old, found)
        arrival.is_new[found.event[(found.event != STORED) & (found.copy == 0)]] = True
        self.rows[arrival.key] = replace(found, event=np.full(len(found), STORED))
        self._drop(dropped)

    def keep_private(self, own: OwnTimes) -> None:
        """Take away what its person keeps private: of what is stored now, and of whatever is added after this."""
        first, end = self.borders_us
        self.own = own
        self.blind = [span for span in own.blind() if span[1] > first - _BEFORE_US and span[0] < end + DAY_US]
        for key, rows in self.rows.items():
            self.rows[key], touched = rows_left(rows, self.blind, self.door.data)
            self.taken += touched
        self.changed |= self.taken > 0

    def add_silent(self, sources: Collection[Key]) -> None:
        """Let AFK buckets that say nothing today say so, if their host has a window watcher today: it was idle."""
        before = set(self.rows)
        self.rows = {key: rows for key, rows in self.rows.items() if key[1] != AFK or len(rows)}
        for host in {key[0] for key in self.rows if key[1] == WINDOW}:
            own = [key for key in sources if key[0] == host]
            for key in own or [key for key in sources if key[0] == UNKNOWN_HOST]:
                self.rows.setdefault(key, no_rows())
        self.changed |= before != set(self.rows)

    def remove(self, bucket: str, number: int | None) -> None:
        """Take the events of a bucket away, or the one with a number; what was counted of them goes with them."""
        for key in [key for key in self.rows if key[2] == bucket]:
            rows = self.rows[key]
            if number is None:
                del self.rows[key]
                self.changed = True
                continue
            numbers = (
                number_of(bucket, start - before, shown(self.door.data[place]))
                for start, before, place in zip(
                    rows.start_us.tolist(), rows.before_us.tolist(), rows.data.tolist(), strict=True
                )
            )
            kept = np.array([each != number for each in numbers], dtype=bool)
            if not kept.all():
                self.rows[key] = rows.chosen(kept)
                self.changed = True

    def add_gaps(self, gaps: Iterable[Gap]) -> None:
        """Join the part of this day of intervals of which nothing was captured."""
        first, end = self.borders_us
        own = [(max(start, first), min(stop, end), reason) for start, stop, reason in gaps]
        found = self.ledger.with_gaps(each for each in own if each[0] < each[1])
        self.changed |= found != self.ledger.gaps
        self.ledger = replace(self.ledger, gaps=found)

    def result(self) -> CapturedDay | None:
        """Return the day as it is to be stored, None if it is stored so already, or if nothing is left to be stored."""
        if not self.changed and (self.is_stored or not self.rows):
            return None
        return self.captured()

    def captured(self) -> CapturedDay:
        """Return the day as it stands."""
        doors = tuple(sorted({*self.doors, self.door_name, *self.brought_by}))
        return captured_day(self.borders_us, self.rows, self.door.data, replace(self.ledger, doors=doors))

    def _not_private(self, arrival: Arrival, rows: Rows, dropped: list[Dropped]) -> tuple[Rows, list[Dropped]]:
        """Leave out what is private. Of an application it is counted; of a time nothing is left, not even a number."""
        _, kind, bucket = arrival.key
        dropped = [each for each in dropped if each.times is None or left(*each.times, self.blind)]
        if self.own.apps and len(rows):
            apps = {n: self.own.is_of_private_app(kind, bucket, self.door.data[n].app) for n in set(rows.data.tolist())}
            private = np.array([apps[place] for place in rows.data.tolist()], dtype=bool)
            gone, stored = rows.chosen(private), set(self.rows.get(arrival.key, no_rows()).times())
            dropped += [
                Dropped(PRIVATE_APP, times, identity)
                for times, identity in zip(gone.times(), arrival.identities(gone), strict=True)
                if times not in stored and left(*times, self.blind)
            ]
            rows = rows.chosen(~private)
        if (earlier := self.ledger.dropped.get(PRIVATE_APP)) is not None and len(rows):
            known = set(earlier.tolist())
            gone_then = [self.ledger.fingerprint(each) in known for each in arrival.identities(rows)]
            rows = rows.chosen(~np.array(gone_then, dtype=bool))
        return rows_left(rows, self.blind, self.door.data)[0], dropped

    def _not_decided_before(self, rows: Rows, old: Rows, arrival: Arrival) -> Rows:
        rows = rows.chosen(unlike(rows, old))
        known = set(self.ledger.all_dropped().tolist())
        if known:
            gone = [self.ledger.fingerprint(each) in known for each in arrival.identities(rows)]
            rows = rows.chosen(~np.array(gone, dtype=bool))
        return rows

    def _drop(self, events: list[Dropped]) -> None:
        by_rule: dict[str, list[int]] = {}
        for each in events:
            by_rule.setdefault(each.rule, []).append(self.ledger.fingerprint(each.identity))
        for rule, found in by_rule.items():
            dropped = self.ledger.with_dropped(rule, np.array(found, dtype=np.uint64))
            self.changed |= dropped.keys() != self.ledger.dropped.keys()
            self.changed |= any(len(dropped[each]) != len(old) for each, old in self.ledger.dropped.items())
            self.ledger = replace(self.ledger, dropped=dropped)


def encoded(day: CapturedDay) -> dict[Field, bytes]:
    """Return everything of a day that is stored at the day tier."""
    return {**segments.encode(day.events), Field.CAPTURE_LEDGER: ledgers.encode(day.ledger)}
