"""One person's buckets and hot rows while they are written: what a heartbeat, a batch or an upload changes of them.

The head holds the open event of each bucket. It and the closed events that wait in it are opened and sealed again in
one transaction (`privacy.hot`); nothing of them goes out of here but the times of an event that the caller has sent.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np

from analytics import admission
from analytics.admission import Local
from analytics.arrivals import AHEAD, LONGEST, TOO_EARLY, TOO_LATE, TOO_LONG
from analytics.events import AFK, Data
from analytics.heartbeats import Beat, merge
from analytics.hot import (
    Batch,
    Bucket,
    DroppedMark,
    GapMark,
    Head,
    HeadTexts,
    Held,
    Texts,
    encode_batch,
    encode_head,
    held_batch,
    utc_day,
)
from analytics.imports import ImportedBucket
from analytics.judged import DROPPED
from analytics.own_cut import batch_left, is_blind
from analytics.own_times import left
from analytics.uploads import Upload
from privacy.hot import CHANGED, FIRST, SUMMED, HotPlace, HotRow
from privacy.policy_parts import OUTSIDE, PRIVATE_APP

MOST_BUCKETS: Final = 500
LARGEST_SETTINGS: Final = 64 << 10
MOST_ROWS: Final = 16
"""A day with more rows than this is due to be folded."""

_MOST_CLOSED: Final = 40
_FEW: Final = 8
"""Batches of so many events wait in the head: a row of their own would be padding for the most part."""
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND: Final = dt.timedelta(microseconds=1)


class NoSuchBucket(LookupError):
    """The person has no bucket of that name."""


class EventRefused(ValueError):
    """An event is not taken; the text is the reason."""


class TooManyBuckets(ValueError):
    """Nobody has so many buckets; `names` are those that found no room."""

    def __init__(self, *names: str) -> None:
        super().__init__(f"nobody has more than {MOST_BUCKETS} buckets")
        self.names = names


class SettingsTooLarge(ValueError):
    """Nobody keeps so much in settings."""


class Sent(NamedTuple):
    """An event as its watcher sent it: its data as JSON text, and the mark of them."""

    beat: Beat
    raw: bytes


class Receipt(NamedTuple):
    """What became of a batch: how many events were taken, and how many were refused for which reason."""

    taken: int
    refused: dict[str, int]


def reason_against(start_us: int, duration_us: int, now: dt.datetime) -> str | None:
    """Return why an event is refused, None if it is not: the rules of an import, for one event."""
    if start_us > (now + AHEAD - _EPOCH) // _MICROSECOND:
        return TOO_LATE
    if start_us < 0:
        return TOO_EARLY
    return TOO_LONG if abs(duration_us) > LONGEST // _MICROSECOND else None


class Desk:
    """A person's head, opened, and the rows that are to be written."""

    def __init__(self, local: Local, head: Head, texts: HeadTexts, place: HotPlace | None, had_texts: bool) -> None:
        self._local = local
        self.head, self.texts = head, texts
        self._place, self._had_texts = place, had_texts
        self._rows: list[HotRow] = []
        self._changed = False
        self._numbers = {each.id: number for number, each in enumerate(head.buckets) if each is not None}
        if place is None or place.sequence != CHANGED:
            head.oldest = 0

    @property
    def fullest(self) -> int:
        """How many rows the fullest day has."""
        return max(self.head.filed.values(), default=0)

    def bucket(self, name: str) -> Bucket:
        """Return a bucket, or raise NoSuchBucket."""
        return self._bucket(self._number(name))

    def make(self, bucket: Bucket) -> bool:
        """Make a bucket; False if there is one of that name."""
        if bucket.id in self._numbers:
            return False
        if len(self._numbers) >= MOST_BUCKETS:
            raise TooManyBuckets(bucket.id)
        free = next((n for n, each in enumerate(self.head.buckets) if each is None), len(self.head.buckets))
        self.head.buckets[free : free + 1] = [bucket]
        self._numbers[bucket.id] = free
        self._made(bucket)
        return True

    def change(self, name: str, kind: str | None, host: str | None, client: str | None) -> None:
        """Change what a bucket is; its open event is closed before, as what it was."""
        number = self._number(name)
        old = self._bucket(number)
        self._close(number)
        self._spill()
        self.head.buckets[number] = Bucket(
            old.id, kind or old.kind, host or old.host, client if client is not None else old.client, old.created_us
        )
        self._made(self._bucket(number))

    def remove(self, name: str) -> Bucket:
        """Remove a bucket, its open event and what waits of it; what is filed already stays."""
        number = self._number(name)
        gone = self._bucket(number)
        self._spill()
        self.head.open.pop(number, None)
        self.texts.open.pop(number, None)
        self.head.buckets[number] = None
        del self._numbers[name]
        self._changed = True
        return gone

    def set(self, key: str, value: Any) -> None:
        """Keep a setting; nothing (null, false, 0, an empty text) removes it. Raises SettingsTooLarge."""
        settings = {name: each for name, each in self.head.settings.items() if name != key}
        if value:
            settings[key] = value
        if len(msgspec.json.encode(settings)) > LARGEST_SETTINGS:
            raise SettingsTooLarge(f"settings take at most {LARGEST_SETTINGS:,} bytes in all")
        try:
            msgspec.msgpack.encode(value)  # as it is kept: here it concerns this call alone
        except OverflowError as error:
            raise SettingsTooLarge("a whole number in it has more than 64 bits") from error
        self.head.settings = settings
        self._changed = True

    def heartbeat(self, name: str, sent: Sent, pulsetime_us: int) -> Beat:
        """Merge a heartbeat into the bucket's open event, or begin another; return the event as it is now."""
        number = self._number(name)
        if (reason := reason_against(sent.beat.start_us, sent.beat.duration_us, self._local.now)) is not None:
            raise EventRefused(reason)
        if self.head.own.is_private(sent.beat.start_us):
            self._close(number)
            return sent.beat
        held = self.head.open.get(number)
        merged = None
        if held is not None:
            merged = merge(Beat(held.start_us, held.duration_us, held.mark), sent.beat, pulsetime_us)
        if held is None or merged is None:
            self._close(number)
            self._begin(number, sent)
            if len(self.head.closed) > _MOST_CLOSED:
                self._spill()
            return sent.beat
        if merged.duration_us != held.duration_us:
            held.duration_us = merged.duration_us
            if self._is_to_be_judged_anew(held):
                self._begin(number, Sent(merged, sent.raw))
            self._note(utc_day(held.start_us))
        return merged

    def insert(self, name: str, events: ImportedBucket, marks: Sequence[int]) -> Receipt:
        """Take a batch of events of one bucket; `marks` are those of its distinct data."""
        bucket = self.bucket(name)
        start, duration, data = events.start_us, events.duration_us, events.data
        if blind := self.head.own.blind():  # before any rule: what is private is not even counted
            seen = np.setdiff1d(np.arange(len(start)), is_blind(start, duration, blind))
            start, duration, data = start[seen], duration[seen], data[seen]
        own = ImportedBucket(bucket.id, bucket.kind, bucket.host, start, duration, data, events.distinct)
        batch, refused = admission.of_bucket(own, marks, self._local)
        self._take(batch)
        return Receipt(len(events.start_us) - refused.total(), dict(refused))

    def upload(self, upload: Upload, known_rules: frozenset[str]) -> Receipt:
        """Take what a relay sends; of one with buckets beyond the most nothing but the buckets that fit."""
        without_room: list[str] = []
        for each in upload.buckets:
            try:
                self.make(Bucket(each.id, each.type, each.hostname, each.client, self._now_us()))
            except TooManyBuckets as error:
                without_room += error.names
        if without_room:
            raise TooManyBuckets(*without_room)
        if blind := self.head.own.blind():
            events = [each for each in upload.events if left(each.start_us, each.duration_us, 0, blind)]
            upload = msgspec.structs.replace(upload, events=events)
        batch, refused = admission.of_upload(upload, known_rules, self._local)
        latest = utc_day(self._now_us()) + 1
        dropped = list(batch.dropped)
        for mark in upload.dropped:
            bucket = upload.buckets[mark.bucket]
            day = _day(mark.day)
            if day is None or not _EPOCH.toordinal() <= day <= latest:
                refused[TOO_EARLY if day and day < latest else TOO_LATE] += 1
                continue
            rule = mark.rule if mark.rule in known_rules else admission.EARLIER_RULE
            key = (bucket.hostname, bucket.type, bucket.id)
            dropped.append(DroppedMark(key, day, rule, mark.mark.to_bytes(8, "little")))
        gaps = [
            GapMark(max(each.start_us, 0), each.end_us, each.reason)
            for each in upload.not_captured
            if max(each.start_us, 0) < each.end_us and _is_short(each.start_us, each.end_us, self._local.now)
        ]
        # A row for every upload, were it empty, with texts if any may be kept: so no row tells when somebody worked.
        texts = self._local.door.policy.keeps_texts_beside
        self._file(replace(batch, dropped=dropped, gaps=gaps), utc_day(self._now_us()), with_texts=texts)
        return Receipt(len(upload.events) + len(upload.dropped) - refused.total(), dict(refused))

    def rows(self) -> tuple[list[HotRow], list[HotPlace]]:
        """Return the rows to be written and the places to be emptied before; nothing where nothing changed."""
        if not self._changed:
            return [], []
        fresh = self.head.oldest or self._rows or (self._place is not None and self._place.sequence == CHANGED)
        day = dt.date.fromordinal(self.head.oldest) if self.head.oldest else self._local.now.date()
        place = HotPlace(day, CHANGED if fresh else SUMMED)
        private, texts = encode_head(self.head, self.texts)
        moved = self._place is not None and (self._place != place or (self._had_texts and texts is None))
        return [*self._rows, HotRow(place, private, texts)], [self._place] if self._place and moved else []

    def _made(self, bucket: Bucket) -> None:
        self._changed = True
        if bucket.kind == AFK:  # it has a say from now on, if it never says a word
            self._note(utc_day(self._now_us()))

    def _begin(self, number: int, sent: Sent) -> None:
        door, bucket, beat = self._local.door, self._bucket(number), sent.beat
        admitted = door.admit(bucket.kind, [sent.raw], door.stages_at(beat.start_us))
        place, bits = int(admitted.data[0]), int(admitted.rules[0])
        rules = tuple(rule for n, rule in enumerate(door.rules) if bits >> n & 1)
        dropped, data = "", _NO_DATA
        if place == DROPPED:
            dropped = rules[-1]
        elif admission.is_outside(self._local, beat.start_us, beat.duration_us):
            dropped = OUTSIDE
        elif self.head.own.is_of_private_app(bucket.kind, bucket.id, door.data[place].app):
            dropped = PRIVATE_APP
        else:
            data = door.data[place]
        self.head.open[number] = Held(
            number, beat.start_us, beat.duration_us, beat.data, dropped, () if dropped else rules, *_private(data)
        )
        self.texts.open.pop(number, None)
        if (texts := _texts(data)) is not None:
            self.texts.open[number] = texts
        self._came_through([self._local.door_name])
        self._note(utc_day(beat.start_us))

    def _is_to_be_judged_anew(self, held: Held) -> bool:
        """Tell whether an open event that has grown reaches into working time by now, or into another policy.

        Else the text of a window that stays open would be kept for hours under a policy that forbids it.
        """
        grown_in = held.dropped == OUTSIDE and not admission.is_outside(self._local, held.start_us, held.duration_us)
        return grown_in or len(self._local.door.stages_at(held.start_us)) > 1

    def _close(self, number: int) -> None:
        """Let the open event of a bucket, if there is one, wait among the closed ones."""
        held, texts = self.head.open.pop(number, None), self.texts.open.pop(number, None)
        if held is None:
            return
        bucket = self._bucket(number)
        if held.dropped:
            self.head.dropped += admission.marks_of(held, bucket.key, self._local)
            self._note(utc_day(held.start_us))
            return
        if self._local.door.times_left(np.array([held.start_us]), np.array([held.duration_us])) is None:
            self.head.closed.append(held)
            self.texts.closed.append(texts)
        else:
            self._hold(admission.timed(held_batch(self.head.buckets, [(held, texts)]), self._local))
        self._note(utc_day(held.start_us))

    def _take(self, batch: Batch) -> None:
        batch = batch_left(batch, self.head.own, self._local)
        if not (len(batch) or batch.dropped or batch.gaps):
            return
        few = len(batch) <= _FEW and len(batch.dropped) <= _FEW and not batch.gaps and not batch.copy.any()
        if few and all(self._bucket(self._numbers[key[2]]).key == key for key in batch.keys):
            self._hold(batch)
            if len(self.head.closed) > _MOST_CLOSED or len(self.head.dropped) > _MOST_CLOSED:
                self._spill()
        else:
            self._file(batch)

    def _hold(self, batch: Batch) -> None:
        """Let a few closed events wait in the head."""
        rows = zip(
            batch.key.tolist(), batch.start_us.tolist(), batch.duration_us.tolist(), batch.raw.tolist(), strict=True
        )
        for key, start_us, duration_us, raw in rows:
            number, data = self._numbers[batch.keys[key][2]], batch.data[raw]
            mark, rules = int(batch.mark[raw]), tuple(batch.rules[raw])
            self.head.closed.append(Held(number, start_us, duration_us, mark, "", rules, *_private(data)))
            self.texts.closed.append(_texts(data))
            self._note(utc_day(start_us))
        self.head.dropped += batch.dropped
        for each in batch.dropped:
            self._note(each.day)
        self._came_through(batch.doors)

    def _spill(self) -> None:
        """File what waits in the head in rows of its own."""
        if not self.head.closed and not self.head.dropped:
            return
        waiting = zip(self.head.closed, self.texts.closed, strict=True)
        batch = held_batch(self.head.buckets, waiting, self.head.dropped, self.head.doors)
        self.head.closed, self.texts.closed, self.head.dropped = [], [], []
        self._file(batch)

    def _file(self, batch: Batch, otherwise: int = 0, *, with_texts: bool = False) -> None:
        """File a batch: a row for each of its days. An empty one is filed under the day `otherwise`, if any."""
        by_day = admission.by_days(batch) or ({otherwise: batch} if otherwise else {})
        for day, own in by_day.items():
            number = self.head.filed.get(day, 0)
            self.head.filed[day] = number + 1
            place = HotPlace(dt.date.fromordinal(day), FIRST + number)
            self._rows.append(HotRow(place, *encode_batch(own, with_texts=with_texts)))
        self._changed = True

    def _came_through(self, doors: Sequence[str]) -> None:
        self.head.doors = sorted({*self.head.doors, *doors})

    def _note(self, day: int) -> None:
        """Remember the oldest day of which something is new."""
        self.head.oldest = min(self.head.oldest or day, day)
        self._changed = True

    def _number(self, name: str) -> int:
        try:
            return self._numbers[name]
        except KeyError:
            raise NoSuchBucket("There's no bucket of that name") from None

    def _bucket(self, number: int) -> Bucket:
        found = self.head.buckets[number]
        if found is None:
            raise NoSuchBucket("There's no bucket of that name")
        return found

    def _now_us(self) -> int:
        return (self._local.now - _EPOCH) // _MICROSECOND


def _private(data: Data) -> tuple[str | None, bool | None, str | None, str]:
    return data.app, data.audible, data.status, data.category


def _texts(data: Data) -> Texts | None:
    return (data.title, data.url, data.rest) if data.title is not None or data.url is not None or data.rest else None


def _day(text: str) -> int | None:
    try:
        return dt.date.fromisoformat(text).toordinal()
    except ValueError:
        return None


def _is_short(start_us: int, end_us: int, now: dt.datetime) -> bool:
    """Tell whether an interval is of a time that a desk can speak of: each day in it is summed up anew."""
    latest = (now + AHEAD - _EPOCH) // _MICROSECOND
    return end_us <= latest <= max(start_us, 0) + _LONGEST_GAP_US


_NO_DATA: Final = Data(None, None, None, None, None, "", b"")
_LONGEST_GAP_US: Final = 400 * 86_400_000_000
