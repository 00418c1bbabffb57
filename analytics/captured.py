"""A captured day: its events after policy and its capture ledger, and how new events are joined to it as a set.

Joining is a union: what is there already is not joined again, and the order of arrival leaves no trace, neither in the
events nor in the ledger. So one file or many, overlapping or not, give the same day. An event that comes several times
within one import is stored as often, because aw-core's flooding moves the end of an event or more at a copy, and at a
third one too; of several imports the one with most copies decides. The ledger counts it once.

Events that come through another door (another preset, other category rules, another zone) never change what is there
already: for an event that was stored or dropped then, the policy of its first arrival holds, since what is off was
never stored, and switching it on is not retroactive.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

from analytics.events import Data, DayEvents, Int64, Stream
from analytics.ledger import Bits, Ledger

Key: TypeAlias = tuple[str, str, str]
"""Host, kind and bucket: a stream's name. Streams of two hosts or buckets are never joined."""

STORED: Final = -1
"""In `Rows.event`: the row was there before."""

_canonical: Final = msgspec.msgpack.Encoder().encode


@dataclass(frozen=True, slots=True)
class Rows:
    """Parts of the events of one stream in one day.

    `data` are places in a list that all rows of an import share, `copy` numbers equal rows from 0, `coarsened` has a
    bit per row for each rule that took something away, `event` says which event of its bucket a row came from.
    """

    start_us: Int64
    duration_us: Int64
    before_us: Int64
    data: Int64
    copy: Int64
    coarsened: Mapping[str, Bits]
    event: Int64

    def __len__(self) -> int:
        return len(self.start_us)

    def times(self) -> list[tuple[int, int, int]]:
        """Return start, duration and time before the day of each row."""
        columns = (self.start_us.tolist(), self.duration_us.tolist(), self.before_us.tolist())
        return list(zip(*columns, strict=True))

    def chosen(self, where: Bits | Int64 | slice) -> "Rows":
        """Return some of the rows."""
        return Rows(
            self.start_us[where],
            self.duration_us[where],
            self.before_us[where],
            self.data[where],
            self.copy[where],
            {rule: bits[where] for rule, bits in self.coarsened.items()},
            self.event[where],
        )


@dataclass(frozen=True, slots=True)
class CapturedDay:
    """One local day of a person, as it is stored."""

    events: DayEvents
    ledger: Ledger


def no_rows() -> Rows:
    """Return the rows of a stream that said nothing."""
    empty = np.empty(0, np.int64)
    return Rows(empty, empty, empty, empty, empty, {}, empty)


def rows_of(day: CapturedDay, place: Callable[[Data], int]) -> dict[Key, Rows]:
    """Return a stored day's rows, their data renumbered by `place`; a copy shares the bits of the row before it."""
    places = np.array([place(each) for each in day.events.data], dtype=np.int64)
    found, counted = {}, 0
    for each in day.events.streams:
        data = places[each.data]
        copy = numbered(each.start_us, each.duration_us, each.before_us, data)
        bit = counted - 1 + np.cumsum(copy == 0)
        counted += int((copy == 0).sum())
        coarsened = {rule: bits[bit] for rule, bits in day.ledger.coarsened.items()}
        found[each.host, each.kind, each.bucket] = Rows(
            each.start_us, each.duration_us, each.before_us, data, copy, coarsened, np.full(len(copy), STORED)
        )
    return found


def joined(blocks: Sequence[Rows], data: Sequence[Data]) -> Rows:
    """Return the union of rows of one stream, in an order that depends on nothing but the rows.

    A row that came twice is one, coarsened by whatever coarsened either; of its `event`s the least stays, so STORED.
    Copies are rows of their own.
    """
    blocks = [each for each in blocks if len(each)]
    if not blocks:
        return no_rows()
    if len(blocks) == 1 and (blocks[0].start_us[1:] > blocks[0].start_us[:-1]).all():
        return blocks[0]
    start = np.concatenate([each.start_us for each in blocks])
    duration = np.concatenate([each.duration_us for each in blocks])
    before = np.concatenate([each.before_us for each in blocks])
    place = np.concatenate([each.data for each in blocks])
    copy = np.concatenate([each.copy for each in blocks])
    event = np.concatenate([each.event for each in blocks])
    order = np.lexsort((event, copy, place, before, duration, start))
    same_time = _repeats(order, start, duration, before)
    same = same_time & _repeats(order, place)
    if (same_time & ~same).any():  # equal times, other data: the order of their numbers is that of their arrival
        rank = _ranks(place, order, same_time, data)
        order = np.lexsort((event, copy, rank, before, duration, start))
        same = _repeats(order, start, duration, before, place)
    same &= _repeats(order, copy)
    firsts = np.flatnonzero(np.concatenate(([True], ~same)))
    kept = order[firsts]
    rules = {rule for each in blocks for rule in each.coarsened}
    coarsened = {rule: np.logical_or.reduceat(_bits(blocks, rule)[order], firsts) for rule in rules}
    return Rows(start[kept], duration[kept], before[kept], place[kept], copy[kept], coarsened, event[kept])


def captured_day(
    borders_us: tuple[int, int], rows: Mapping[Key, Rows], data: Sequence[Data], ledger: Ledger
) -> CapturedDay:
    """Return a day made of streams; `ledger` brings what was dropped, the rest of it is made from the rows but copies.

    Data are numbered anew, by first appearance in the streams, which go by host, kind and bucket.
    """
    keys = sorted(rows)
    places = np.concatenate([np.empty(0, np.int64), *(rows[key].data for key in keys)])
    distinct, first, number = np.unique(places, return_index=True, return_inverse=True)
    by_appearance = np.argsort(first)
    new_number = np.empty(len(distinct), dtype=np.int32)
    new_number[by_appearance] = np.arange(len(distinct), dtype=np.int32)
    numbers, at, streams = new_number[number], 0, []
    for key in keys:
        each = rows[key]
        streams.append(Stream(*key, each.start_us, each.duration_us, numbers[at : at + len(each)], each.before_us))
        at += len(each)
    events = DayEvents(*borders_us, tuple(streams), [data[place] for place in distinct[by_appearance].tolist()])
    counted = np.concatenate([np.empty(0, np.int64), *(rows[key].copy for key in keys)]) == 0
    rules = {rule for each in rows.values() for rule, bits in each.coarsened.items() if bits.any()}
    coarsened = {rule: _bits([rows[key] for key in keys], rule)[counted] for rule in sorted(rules)}
    return CapturedDay(events, replace(ledger, kept=int(counted.sum()), coarsened=coarsened))


def unlike(rows: Rows, stored: Rows) -> Bits:
    """Return which rows have times that no stored row has: the test for events that come through another door."""
    known = set(stored.times())
    return np.array([times not in known for times in rows.times()], dtype=bool)


def unlike_stored(stored: Rows, union: Rows) -> bool:
    """Say whether a union with stored rows holds anything that they do not."""
    if len(union) > len(stored):
        return True
    nothing = np.zeros(len(stored), dtype=bool)
    return any((bits > stored.coarsened.get(rule, nothing)).any() for rule, bits in union.coarsened.items())


def numbered(*columns: NDArray[Any]) -> Int64:
    """Return for each row how many rows just before it are equal to it."""
    new = np.ones(len(columns[0]), dtype=bool)
    new[1:] = ~_repeats(slice(None), *columns)
    firsts = np.flatnonzero(new)
    return np.arange(len(new)) - np.repeat(firsts, np.diff(firsts, append=len(new)))


def _repeats(order: Int64 | slice, *columns: NDArray[Any]) -> Bits:
    """Return for each row but the first, in `order`, whether its columns equal those of the row before it."""
    found = (column[order] for column in columns)
    same: Bits = np.logical_and.reduce([each[1:] == each[:-1] for each in found])
    return same


def _ranks(place: Int64, order: Int64, same_time: Bits, data: Sequence[Data]) -> Int64:
    """Return numbers by which rows of equal times sort as their data do, whatever the places of the data are."""
    tied = np.zeros(len(place), dtype=bool)
    tied[order[1:][same_time]] = True
    tied[order[:-1][same_time]] = True
    places = np.unique(place[tied])
    texts = [_canonical(data[each]) for each in places.tolist()]
    by_content = sorted(range(len(texts)), key=texts.__getitem__)
    rank = np.empty(len(places), dtype=np.int64)
    rank[by_content] = np.arange(len(places))
    ranks = np.zeros(len(place), dtype=np.int64)
    ranks[tied] = rank[np.searchsorted(places, place[tied])]
    return ranks


def _bits(blocks: Sequence[Rows], rule: str) -> NDArray[np.bool_]:
    found = (each.coarsened.get(rule) for each in blocks)
    parts = [np.zeros(len(each), bool) if bits is None else bits for each, bits in zip(blocks, found, strict=True)]
    return np.concatenate([np.zeros(0, bool), *parts])
