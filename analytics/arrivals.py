"""What an import brings, bucket by bucket: what is refused, what the door leaves of the rest, and on which days."""

import datetime as dt
import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
from numpy.typing import NDArray

from analytics.captured import Key, Rows, numbered
from analytics.door import Door
from analytics.events import Int64, cut
from analytics.imports import ImportedBucket
from analytics.judged import DROPPED, Admitted
from analytics.ledger import Bits
from analytics.raw_data import canonical
from privacy.hot import Marker

LONGEST: Final = dt.timedelta(days=31)
AHEAD: Final = dt.timedelta(hours=24)
_MICROSECOND: Final = dt.timedelta(microseconds=1)
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)

TOO_LATE: Final = "later than tomorrow: the clock was wrong"
TOO_EARLY: Final = "before 1970: the clock was wrong"
TOO_LONG: Final = "longer than 31 days"
NOWHERE: Final = "ends before it begins, on another day"

_decode: Final = msgspec.json.Decoder(dict[str, Any]).decode


class Dropped(NamedTuple):
    """A part of an event that a rule dropped: the rule, its times (None if not even they are left), and its mark."""

    rule: str
    times: tuple[int, int, int] | None
    identity: bytes


class Arrival:
    """One bucket's events on their way in. `is_new` marks those that were not there before, once they are joined.

    An event that the working time cuts is several here; `_counted` marks the first of each.
    """

    def __init__(
        self,
        bucket: ImportedBucket,
        door: Door,
        now: dt.datetime,
        zone: ZoneInfo,
        day_start: dt.time,
        marker: Marker,
    ) -> None:
        self.count = len(bucket.start_us)
        taken, self.refused = taken_and_refused(bucket.start_us, bucket.duration_us, now)
        start, duration, code = bucket.start_us[taken], bucket.duration_us[taken], bucket.data[taken]
        copy = copies(start, duration, code, bucket.distinct)
        passed = door.let_in(bucket.kind, bucket.distinct, start, duration, code)
        self._texts = passed.texts
        self._settle((bucket.host, bucket.kind, bucket.id), door, passed.admitted, marker)
        self._counted = passed.counted
        self._cut(passed.start_us, passed.duration_us, passed.code, copy[passed.event], zone, day_start)

    def doors(self, day: dt.date) -> set[str]:
        """Return the names of other doors through which something of `day` came before."""
        return set()

    def dropped_alone(self, day: dt.date) -> list[Dropped]:
        """Return what was dropped before it came here, and so has no times."""
        return []

    def _settle(self, key: Key, door: Door, admitted: Admitted, marker: Marker) -> None:
        self.key, self._door, self._admitted, self._marker = key, door, admitted, marker
        self._marks: dict[int, int] = {}

    def _cut(
        self, start: Int64, duration: Int64, code: NDArray[Any], copy: Int64, zone: ZoneInfo, day_start: dt.time
    ) -> None:
        self._code, self._copy = code, copy
        self._parts = cut(start, duration, zone, day_start)
        self.is_new = np.zeros(len(self._code), dtype=bool)
        self._placed = np.zeros(len(self._code), dtype=bool)
        self._placed[self._parts.event] = True
        self._refuse(NOWHERE, self._counted & ~self._placed)
        days, firsts = np.unique(self._parts.day, return_index=True)
        borders = [*firsts.tolist(), len(self._parts.day)]
        self._days = dict(zip(days.tolist(), itertools.pairwise(borders), strict=True))

    def days(self) -> Iterator[dt.date]:
        """Yield the local days that the events touch."""
        return map(dt.date.fromordinal, self._days)

    def touches(self, day: dt.date) -> bool:
        """Say whether any event has a part on `day`."""
        return day.toordinal() in self._days

    def rows(self, day: dt.date) -> tuple[Rows, list[Dropped]]:
        """Return what the door leaves of a day's events, and what it dropped."""
        part = slice(*self._days.get(day.toordinal(), (0, 0)))
        event = self._parts.event[part]
        code = self._code[event]
        data, bits = self._admitted.data[code], self._admitted.rules[code]
        kept = data != DROPPED
        seen = int(np.bitwise_or.reduce(bits[kept], initial=0))
        rules = [(n, rule) for n, rule in enumerate(self._door.rules) if seen >> n & 1]
        rows = Rows(
            self._parts.start_us[part][kept],
            self._parts.duration_us[part][kept],
            self._parts.before_us[part][kept],
            data[kept],
            self._copy[event[kept]],
            {rule: (bits[kept] >> n & 1).astype(bool) for n, rule in rules},
            event[kept],
        )
        return rows, [*self.dropped_alone(day), *([] if kept.all() else self._dropped(part, ~kept))]

    def identities(self, rows: Rows) -> Iterator[bytes]:
        """Yield everything that identifies the events of rows, as it was before the door."""
        return map(self._identity, rows.times(), self._code[rows.event].tolist())

    def kept_and_known(self) -> tuple[int, int]:
        """Return how many events were kept, and how many were there already (or a copy)."""
        kept = int((self.is_new & self._counted).sum())
        passed = self._placed & self._counted & (self._admitted.data[self._code] != DROPPED)
        return kept, int(passed.sum()) - kept

    def counts(self) -> tuple[Counter[str], Counter[str]]:
        """Return how many events each rule coarsened, and how many it dropped."""
        coarsened, dropped = Counter[str](), Counter[str]()
        bits, gone = self._admitted.rules[self._code], self._admitted.data[self._code] == DROPPED
        for n, rule in enumerate(self._door.rules):
            ruled = (bits >> n & 1).astype(bool) & self._placed & self._counted
            coarsened[rule] += int((ruled & ~gone).sum())
            dropped[rule] += int((ruled & gone).sum())
        return +coarsened, +dropped

    def _refuse(self, reason: str, events: Bits) -> None:
        if count := int(events.sum()):
            self.refused[reason] += count

    def _dropped(self, part: slice, where: Bits) -> list[Dropped]:
        columns: tuple[Int64, ...] = (self._parts.start_us, self._parts.duration_us, self._parts.before_us)
        times = zip(*(each[part][where].tolist() for each in columns), strict=True)
        found = []
        for time, code in zip(times, self._code[self._parts.event[part][where]].tolist(), strict=True):
            rule = self._door.rules[int(self._admitted.rules[code]).bit_length() - 1]
            found.append(Dropped(rule, time, self._identity(time, code)))
        return found

    def _identity(self, times: tuple[int, int, int], code: int) -> bytes:
        if (mark := self._marks.get(code)) is None:
            mark = self._marks[code] = self._mark(code)
        return self._marker.part(self.key, times, mark)

    def _mark(self, code: int) -> int:
        return self._marker.data(canonical(_decode(self._texts[code])))


def taken_and_refused(start: Int64, duration: Int64, now: dt.datetime) -> tuple[Bits, Counter[str]]:
    """Return which events are taken, and how many are refused for which reason."""
    latest, longest = (now + AHEAD - _EPOCH) // _MICROSECOND, LONGEST // _MICROSECOND
    refused = np.zeros(len(start), dtype=bool)
    counted: Counter[str] = Counter()
    faults: Mapping[str, Bits] = {
        TOO_LATE: start > latest,
        TOO_EARLY: start < 0,
        TOO_LONG: (duration > longest) | (duration < -longest),
    }
    for reason, faulty in faults.items():
        if count := int((faulty & ~refused).sum()):
            counted[reason] = count
        refused |= faulty
    return ~refused, counted


def copies(start: Int64, duration: Int64, code: NDArray[np.int32], texts: Sequence[bytes]) -> Int64:
    """Number equal events from 0, as they were before any policy: what coarsening makes equal is no copy."""
    number = np.zeros(len(start), dtype=np.int64)
    order = np.argsort(start, kind="stable")
    tied = start[order[1:]] == start[order[:-1]]
    if tied.any():
        event = order[np.append(tied, False) | np.append(False, tied)]
        columns = (_same_data(code[event], texts), duration[event], start[event])
        order = np.lexsort(columns)
        number[event[order]] = numbered(*(column[order] for column in columns))
    return number


def _same_data(code: NDArray[np.int32], texts: Sequence[bytes]) -> Int64:
    """Return numbers that are equal where the data are, whatever the order of their keys in the file."""
    used, place = np.unique(code, return_inverse=True)
    numbers: dict[bytes, int] = {}
    same = (canonical(_decode(texts[each])) for each in used.tolist())
    return np.array([numbers.setdefault(text, len(numbers)) for text in same], dtype=np.int64)[place]
