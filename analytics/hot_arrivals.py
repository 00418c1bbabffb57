"""Hot rows on their way into days: events that passed the door when they came, stream by stream."""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from analytics.arrivals import Arrival, Dropped
from analytics.captured import Key
from analytics.door import Door
from analytics.events import Int64
from analytics.hot import Batch
from analytics.judged import Admitted
from privacy.hot import Marker


class HotArrival(Arrival):
    """One stream's events of some hot rows. What was dropped of it has a day and a mark, and nothing else."""

    def __init__(
        self, key: Key, batches: Sequence[Batch], door: Door, zone: ZoneInfo, day_start: dt.time, marker: Marker
    ) -> None:
        self.refused = Counter()
        self._dropped_on: dict[int, list[Dropped]] = defaultdict(list)
        starts, durations, codes, copies, places, bits, marks = ([] for _ in range(7))
        known = 0
        self._batches = batches
        self._batch_of: list[int] = []
        self._dropped_doors: dict[int, set[str]] = defaultdict(set)
        for number, batch in enumerate(batches):
            for each in batch.dropped:
                if each.key == key:
                    self._dropped_on[each.day].append(Dropped(each.rule, None, each.mark))
                    self._dropped_doors[each.day].update(batch.doors)
            if key not in batch.keys:
                continue
            own = batch.key == list(batch.keys).index(key)
            starts.append(batch.start_us[own])
            self._batch_of += [number] * len(starts[-1])
            durations.append(batch.duration_us[own])
            codes.append(batch.raw[own] + known)
            copies.append(batch.copy[own])
            places += [door.place(data) for data in batch.data]
            bits += [door.bits(rules) for rules in batch.rules]
            marks.append(batch.mark)
            known += len(batch.data)
        admitted = Admitted(np.array(places, np.int64), np.array(bits, np.int64))
        self._raw_marks: NDArray[np.uint64] = np.concatenate([np.empty(0, np.uint64), *marks])
        self._settle(key, door, admitted, marker)
        self._counted = np.ones(sum(map(len, starts)), dtype=bool)
        self._cut(_joined(starts), _joined(durations), _joined(codes), _joined(copies), zone, day_start)
        self.count = len(self._code)

    def days(self) -> Iterator[dt.date]:
        """Yield the local days that the events touch, and those on which something was dropped."""
        return map(dt.date.fromordinal, self._days.keys() | self._dropped_on.keys())

    def touches(self, day: dt.date) -> bool:
        """Say whether anything is of `day`."""
        return super().touches(day) or day.toordinal() in self._dropped_on

    def doors(self, day: dt.date) -> set[str]:
        """Return the names of the policies under which what is of `day` came."""
        part = slice(*self._days.get(day.toordinal(), (0, 0)))
        numbers = {self._batch_of[event] for event in self._parts.event[part].tolist()}
        return self._dropped_doors.get(day.toordinal(), set()).union(*(self._batches[n].doors for n in numbers))

    def dropped_alone(self, day: dt.date) -> list[Dropped]:
        """Return what was dropped before it came here, and so has no times."""
        return self._dropped_on.get(day.toordinal(), [])

    def _mark(self, code: int) -> int:
        return int(self._raw_marks[code])


def arrivals_of(
    batches: Sequence[Batch], door: Door, zone: ZoneInfo, day_start: dt.time, marker: Marker
) -> list[HotArrival]:
    """Return what batches hold, one arrival for each stream."""
    keys = {key for batch in batches for key in batch.keys} | {each.key for batch in batches for each in batch.dropped}
    return [HotArrival(key, batches, door, zone, day_start, marker) for key in sorted(keys)]


def _joined(columns: Sequence[Int64]) -> Int64:
    return np.concatenate([np.empty(0, np.int64), *columns])
