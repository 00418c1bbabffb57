"""A person's hot rows, opened: what the head and the appended rows of some days hold, checked to be all of it."""

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple, cast

from analytics.captured import Key
from analytics.event_numbers import day_us_of, number_of, shown
from analytics.events import AFK, Data
from analytics.hot import (
    Batch,
    Bucket,
    GapMark,
    Head,
    HeadTexts,
    Held,
    Texts,
    decode_batch,
    decode_head,
    held_batch,
    utc_day,
)
from analytics.own_times import Span, left
from privacy.fields import Field, Tier
from privacy.hot import FIRST, SUMMED, HotPlace
from privacy.inventory import VaultIncomplete, difference, row_name
from privacy.vault import parts

_FARTHEST_DAYS: Final = 3
"""An event reaches no farther from the day (UTC) on which it began."""


class Removal(NamedTuple):
    """What is to be removed: the events of a bucket, or the one with a number."""

    bucket: str
    number: int | None

    def may_touch(self, day: dt.date) -> bool:
        """Tell whether anything of it can lie in a local day."""
        if self.number is None:
            return True
        began = dt.date(1970, 1, 1) + dt.timedelta(microseconds=day_us_of(self.number))
        return abs((day - began).days) <= _FARTHEST_DAYS


@dataclass(frozen=True, slots=True)
class HotContents:
    """`closed` goes into days, `open` only counts in their figures. `head` is None where there never was one."""

    head: Head | None
    texts: HeadTexts
    closed: Sequence[Batch]
    open: Sequence[tuple[Held, Texts | None]]
    changed_open: Sequence[tuple[Held, Texts | None]]
    """Those of `open` that are not yet in the figures as they are now."""
    removed_days: frozenset[dt.date] = frozenset()
    """Days in whose figures an open event is that has been removed."""

    @property
    def buckets(self) -> Sequence[Bucket | None]:
        """The person's buckets, in places that events name."""
        return self.head.buckets if self.head is not None else ()

    @property
    def afk_keys(self) -> list[Key]:
        """The AFK buckets that the person's watchers have made, with or without events."""
        return [each.key for each in self.buckets if each is not None and each.kind == AFK]

    def without(self, removal: Removal | None) -> "HotContents":
        """Return the contents without the open events that are to be removed; their days count as changed."""
        if removal is None or self.head is None:
            return self
        gone = {
            number
            for number, held in self.head.open.items()
            if (bucket := self.buckets[number]) is not None
            and bucket.id == removal.bucket
            and removal.number in (None, number_of(bucket.id, held.start_us, shown(_data(held, self.texts))))
        }
        return self._taken_off(gone)

    def ending(self, blind: Sequence[Span]) -> "HotContents":
        """Return the contents with every open event ended that reaches into a private time: it is cut like others."""
        if self.head is None:
            return self
        ended = [
            each for each in self.open if left(*(times := (each[0].start_us, each[0].duration_us, 0)), blind) != [times]
        ]
        if not ended:
            return self
        found = self._taken_off({held.bucket for held, _ in ended})
        return replace(found, closed=[*found.closed, held_batch(self.buckets, ended, (), self.head.doors)])

    def _taken_off(self, gone: Collection[int]) -> "HotContents":
        """Return the contents without the open events of buckets; the days in whose figures they are have changed."""
        for number in gone:
            cast(Head, self.head).open.pop(number)
            self.texts.open.pop(number, None)
        return replace(
            self,
            open=[each for each in self.open if each[0].bucket not in gone],
            changed_open=[each for each in self.changed_open if each[0].bucket not in gone],
            removed_days=self.removed_days
            | {
                began + dt.timedelta(days=n)
                for held, _ in self.open
                if held.bucket in gone
                for began in [dt.date.fromordinal(utc_day(held.start_us))]
                for n in range(-1, _FARTHEST_DAYS)
            },
        )

    def gaps(self) -> Iterator[GapMark]:
        """Yield the intervals of which nothing was captured."""
        return (gap for batch in self.closed for gap in batch.gaps)


def contents(
    subject: str,
    places: Sequence[HotPlace],
    values: Mapping[tuple[dt.date, Field], bytes],
    waiting: Sequence[HotPlace] = (),
) -> HotContents:
    """Take the opened hot rows at `places` apart; those `waiting` are there, too, and stay closed.

    VaultIncomplete names a row that the head counts and that is gone, or the reverse, `waiting` ones among them.
    """
    private = {
        HotPlace(day, n): value
        for (day, field), found in values.items()
        if field is Field.RHYTHM
        for n, value in parts(found).items()
    }
    said = {
        HotPlace(day, n): value
        for (day, field), found in values.items()
        if field is Field.TITLES
        for n, value in parts(found).items()
    }
    heads = [place for place in places if place.sequence < FIRST]
    batches = [place for place in places if place.sequence >= FIRST]
    head, texts, summed = Head(), HeadTexts(), True
    if heads:
        head, texts = decode_head(private[heads[0]], said.get(heads[0]))
        summed = heads[0].sequence == SUMMED
    _check(subject, head, heads, [*batches, *waiting])
    closed = [decode_batch(private[place], said.get(place)) for place in batches]
    if head.closed or head.dropped:
        of_head = zip(head.closed, texts.closed, strict=True)
        closed.append(held_batch(head.buckets, of_head, head.dropped, head.doors))
    opened = [(held, texts.open.get(bucket)) for bucket, held in sorted(head.open.items())]
    # Where no event is newer than the figures (`oldest` is 0), only whole rows came: no open event has changed.
    nothing_new = summed or not head.oldest
    fresh = [] if nothing_new else [each for each in opened if utc_day(each[0].start_us) >= head.oldest]
    return HotContents(head if heads else None, texts, closed, opened, fresh)


def opened_events(private: bytes, said: bytes | None, bucket: str) -> Iterator[tuple[int, int, Data]]:
    """Yield the open event of a bucket from an opened head, if it has one that the policy kept."""
    head, texts = decode_head(private, said)
    for number, held in head.open.items():
        found = head.buckets[number]
        if found is not None and found.id == bucket and not held.dropped:
            yield held.start_us, held.duration_us, _data(held, texts)


def _data(held: Held, texts: HeadTexts) -> Data:
    title, url, rest = texts.open.get(held.bucket) or (None, None, b"")
    return Data(held.app, title, url, held.audible, held.status, held.category, rest)


def _check(subject: str, head: Head, heads: Sequence[HotPlace], batches: Sequence[HotPlace]) -> None:
    counted = {HotPlace(dt.date.fromordinal(day), FIRST + n) for day, count in head.filed.items() for n in range(count)}
    for place in sorted(counted ^ set(batches)):
        where = row_name(subject, Field.RHYTHM, Tier.HOT, *place)
        raise VaultIncomplete(f"{where}: {difference(place in counted, place in set(batches))}")
    if len(heads) > 1:
        raise VaultIncomplete(f"{row_name(subject, Field.RHYTHM, Tier.HOT, *heads[-1])}: there is another head")
