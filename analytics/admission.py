"""Events at the portal's door become batches of hot rows: after policy, with a mark of what they were before.

A batch that comes in one piece passes the door as a file does. Of an event that heartbeats made, the data were admitted
when it began; its times pass when it has ended, or when it is counted while it is still open.
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from analytics.arrivals import copies, taken_and_refused
from analytics.captured import Key
from analytics.door import Door
from analytics.events import Data, Int64, cut
from analytics.hot import NOTHING, Batch, Bucket, DroppedMark, Held, Texts, held_batch, utc_day, utc_days
from analytics.imports import ImportedBucket
from analytics.judged import DROPPED, data_of
from analytics.raw_data import canonical
from analytics.repeated import Repeated, at, renumbered
from analytics.timing import CUT, GONE, MOVED, Timed
from analytics.uploads import Upload
from privacy.capture import apply
from privacy.hot import Marker
from privacy.policy_parts import GRID, OUTSIDE

EARLIER_RULE: Final = "earlier-rule"
"""Stands for the rules of a desk that no policy here knows any more: a day has a bit for each rule, and 62 of them."""


@dataclass(frozen=True, slots=True)
class Local:
    """What the door and the cut into days need to know about a person."""

    door: Door
    door_name: str
    zone: ZoneInfo
    day_start: dt.time
    marker: Marker
    now: dt.datetime

    def marks(
        self, key: Key, rules: Sequence[str], start: Int64, duration: Int64, mark: Sequence[int]
    ) -> list[DroppedMark]:
        """Return what is kept of dropped events: one mark for each local day that they touch."""
        if not len(start):
            return []
        parts = cut(start, duration, self.zone, self.day_start)
        times = zip(parts.start_us.tolist(), parts.duration_us.tolist(), parts.before_us.tolist(), strict=True)
        found = zip(parts.event.tolist(), parts.day.tolist(), times, strict=True)
        return [
            DroppedMark(key, day, rules[event], self.marker.part(key, time, mark[event])) for event, day, time in found
        ]


def of_bucket(bucket: ImportedBucket, marks: Sequence[int], local: Local) -> tuple[Batch, Counter[str]]:
    """Return what the door leaves of a bucket's events, and how many were refused for which reason.

    `marks` are those of `bucket.distinct`.
    """
    door, key = local.door, (bucket.host, bucket.kind, bucket.id)
    taken, refused = taken_and_refused(bucket.start_us, bucket.duration_us, local.now)
    start, duration, code = bucket.start_us[taken], bucket.duration_us[taken], bucket.data[taken]
    copy = copies(start, duration, code, bucket.distinct)
    passed = door.let_in(bucket.kind, bucket.distinct, start, duration, code)
    every_mark = np.fromiter(marks, np.uint64, len(marks))
    if len(passed.texts) > len(marks):
        every_mark = np.tile(every_mark, len(passed.texts) // len(marks))
    is_kept = passed.admitted.data[passed.code] != DROPPED
    kept: NDArray[np.bool_] | slice = slice(None) if is_kept.all() else is_kept
    gone = passed.code[~is_kept]
    rules = [door.rules[int(bits).bit_length() - 1] for bits in passed.admitted.rules[gone].tolist()]
    left = (passed.start_us[~is_kept], passed.duration_us[~is_kept])
    dropped = local.marks(key, rules, *left, every_mark[gone].tolist())
    used, raw = renumbered(passed.code[kept], len(passed.texts))
    batch = Batch(
        [key],
        np.zeros(len(raw), np.int64),
        passed.start_us[kept],
        passed.duration_us[kept],
        copy[passed.event[kept]],
        raw,
        Repeated.of(door.data, passed.admitted.data[used]),
        _names(door, passed.admitted.rules[used]),
        every_mark[used],
        dropped,
        (),
        [local.door_name],
    )
    return batch, refused


def of_upload(upload: Upload, known_rules: frozenset[str], local: Local) -> tuple[Batch, Counter[str]]:
    """Return what the door leaves of a desk's events, which passed one there, and how many were refused and why."""
    start = np.array([each.start_us for each in upload.events], np.int64)
    duration = np.array([each.duration_us for each in upload.events], np.int64)
    taken, refused = taken_and_refused(start, duration, local.now)
    keys = [(each.hostname, each.type, each.id) for each in upload.buckets]
    data: list[Data | None] = []
    rules: list[tuple[str, ...]] = []
    marks: list[int] = []
    raws: dict[tuple[int, bytes, str, tuple[str, ...], tuple[int, ...]], int] = {}
    raw = np.zeros(len(upload.events), np.int64)
    for place, each in enumerate(upload.events):
        if not taken[place]:
            continue
        stages = local.door.stages_at(each.start_us)
        said = canonical(each.data)
        names = tuple(sorted({name if name in known_rules else EARLIER_RULE for name in each.rules}))
        same = (each.bucket, said, each.category, names, tuple(map(id, stages)))
        if (number := raws.get(same)) is None:
            number = raws[same] = len(raws)
            kept, category, ruled = dict(each.data), each.category, set(names)
            for policy in stages:
                left = apply(policy, keys[each.bucket][1], kept, category)
                if left.data is None:
                    ruled = set(left.rules)
                    break
                kept, category, ruled = left.data, left.category, ruled | set(left.rules)
            data.append(None if left.data is None else data_of(kept, category))
            rules.append(tuple(sorted(ruled)))
            marks.append(local.marker.data(said + b"\0" + each.category.encode("utf-8", "replace")))
        raw[place] = number
    key = np.array([each.bucket for each in upload.events], np.int64)
    batch = Batch(
        keys,
        key[taken],
        start[taken],
        duration[taken],
        np.zeros(int(taken.sum()), np.int64),
        raw[taken],
        [each or _NO_DATA for each in data],
        rules,
        np.array(marks, np.uint64),
        (),
        (),
        [local.door_name],
    )
    here = np.array([each is not None for each in data], bool)
    return timed(_without(batch, here, local), local), refused


def timed(batch: Batch, local: Local) -> Batch:
    """Return what working time and grid leave of a batch whose data were admitted before."""
    left = local.door.times_left(batch.start_us, batch.duration_us) if len(batch) else None
    if left is None:
        return batch
    gone = (left.flags & GONE) != 0
    rules: dict[tuple[int, int], int] = {}
    raw = [
        rules.setdefault((int(batch.raw[event]), int(flags)), len(rules))
        for event, flags in zip(left.event[~gone].tolist(), left.flags[~gone].tolist(), strict=True)
    ]
    return replace(
        batch,
        key=batch.key[left.event[~gone]],
        start_us=left.start_us[~gone],
        duration_us=left.duration_us[~gone],
        copy=batch.copy[left.event[~gone]],
        raw=np.array(raw, np.int64),
        data=[batch.data[place] for place, _ in rules],
        rules=[tuple(sorted({*batch.rules[place], *_of_flags(flags)})) for place, flags in rules],
        mark=np.array([batch.mark[place] for place, _ in rules], np.uint64),
        dropped=[*batch.dropped, *_gone(batch, left, gone, local)],
    )


def of_open(buckets: Sequence[Bucket | None], events: Sequence[tuple[Held, Texts | None]], local: Local) -> Batch:
    """Return open events as they would be if they ended now."""
    batch = timed(held_batch(buckets, events), local)
    dropped = list(batch.dropped)
    for held, _ in events:
        bucket = buckets[held.bucket]
        if held.dropped and bucket is not None:
            dropped += marks_of(held, bucket.key, local)
    return replace(batch, dropped=dropped)


def marks_of(held: Held, key: Key, local: Local) -> list[DroppedMark]:
    """Return what is kept of a dropped event that heartbeats made: of its times after policy, as of a file's event."""
    start, duration = np.array([held.start_us]), np.array([held.duration_us])
    if (left := local.door.times_left(start, duration)) is not None:
        start, duration = left.start_us, left.duration_us
    return local.marks(key, [held.dropped] * len(start), start, duration, [held.mark] * len(start))


def is_outside(local: Local, start_us: int, duration_us: int) -> bool:
    """Tell whether nothing of an event's time may be kept."""
    left = local.door.times_left(np.array([start_us]), np.array([duration_us]))
    return left is not None and bool((left.flags & GONE).all())


def _gone(batch: Batch, left: Timed, gone: NDArray[np.bool_], local: Local) -> list[DroppedMark]:
    found: list[DroppedMark] = []
    key_of, mark_of = batch.key[left.event], batch.mark[batch.raw[left.event]]
    for place in np.unique(key_of[gone]).tolist():
        own = gone & (key_of == place)
        rules = [OUTSIDE] * int(own.sum())
        found += local.marks(batch.keys[place], rules, left.start_us[own], left.duration_us[own], mark_of[own].tolist())
    return found


def _without(batch: Batch, here: NDArray[np.bool_], local: Local) -> Batch:
    """Return a batch without the events that the door dropped, which leave a mark."""
    kept = here[batch.raw] if len(batch) else NOTHING.astype(bool)
    if kept.all():
        return batch
    dropped: list[DroppedMark] = []
    for place in np.unique(batch.key[~kept]).tolist():
        own = ~kept & (batch.key == place)
        rules = [batch.rules[raw][0] for raw in batch.raw[own].tolist()]
        marks = batch.mark[batch.raw[own]].tolist()
        dropped += local.marks(batch.keys[place], rules, batch.start_us[own], batch.duration_us[own], marks)
    return replace(chosen(batch, kept), dropped=dropped)


def chosen(batch: Batch, where: NDArray[np.bool_]) -> Batch:
    """Return some events of a batch, with the data that they use."""
    used, raw = renumbered(batch.raw[where], len(batch.data))
    return replace(
        batch,
        key=batch.key[where],
        start_us=batch.start_us[where],
        duration_us=batch.duration_us[where],
        copy=batch.copy[where],
        raw=raw,
        data=at(batch.data, used),
        rules=at(batch.rules, used),
        mark=batch.mark[used],
        dropped=(),
        gaps=(),
    )


def by_days(batch: Batch) -> dict[int, Batch]:
    """Return a batch as one for each day (UTC) on which its events began, since a fold takes rows day by day.

    A mark of what was dropped goes with events around its local day, or else has that day to itself.
    """
    days = utc_days(batch.start_us)
    here = np.unique(days).tolist()
    if len(here) <= 1 and not batch.dropped and not batch.gaps:
        return dict.fromkeys(here, batch)
    found = {day: chosen(batch, days == day) for day in here}
    nothing = chosen(batch, np.zeros(len(batch), bool))
    marks: dict[int, list[DroppedMark]] = defaultdict(list)
    for each in batch.dropped:
        marks[next((day for day in (each.day, each.day - 1, each.day + 1) if day in found), each.day)].append(each)
    for day, own in marks.items():
        found[day] = replace(found.get(day, nothing), dropped=own)
    if batch.gaps:
        first = min(utc_day(each.start_us) for each in batch.gaps)
        found[first] = replace(found.get(first, nothing), gaps=batch.gaps)
    return found


def _names(door: Door, every: Int64) -> Repeated[tuple[str, ...]]:
    """Return the rules that bits stand for; there are few different ones."""
    different, place = np.unique(every, return_inverse=True)
    return Repeated(
        [tuple(sorted(rule for n, rule in enumerate(door.rules) if bits >> n & 1)) for bits in different.tolist()],
        place,
    )


def _of_flags(flags: int) -> tuple[str, ...]:
    return (*((OUTSIDE,) if flags & CUT else ()), *((GRID,) if flags & MOVED else ()))


_NO_DATA: Final = Data(None, None, None, None, None, "", b"")
