"""One's own events as ActivityWatch shows them: after policy, put together again from the days that they were cut into.

Reading passes the gate as the person themselves. What is new is folded first, so that an event is either in a day or
the open one of its bucket.
"""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from analytics import segments
from analytics.event_numbers import day_us_of, number_of, shown
from analytics.events import OVERHANG_US, Data, DayEvents
from analytics.hot import Bucket, Head, decode_head
from analytics.hot_contents import opened_events
from analytics.intake import Intake
from privacy import vault_store
from privacy.disclosure import Disclosed
from privacy.fields import Field, Tier
from privacy.hot import FIRST
from privacy.period import Period
from privacy.policy import Purpose
from privacy.vault import parts

_DAY: Final = dt.timedelta(days=1)
_EPOCH_DAY: Final = dt.date(1970, 1, 1)
_DAY_US: Final = 86_400_000_000
_MOST_DAYS: Final = 32


class Own(NamedTuple):
    """One event, whole: its number, its times, and what the policy left of its data."""

    id: int
    start_us: int
    duration_us: int
    data: dict[str, Any]

    @property
    def end_us(self) -> int:
        return self.start_us + self.duration_us


@dataclass(frozen=True, slots=True)
class OwnEvents:
    """Reads somebody's own events for themselves. `session` names the sign-in or token that asks."""

    intake: Intake

    def buckets(self, subject: str, session: str) -> dict[str, Bucket]:
        """Return the person's buckets by their names. Raises LogUnavailable."""
        head = self._head(subject, session)
        return {each.id: each for each in head.buckets if each is not None} if head is not None else {}

    def settings(self, subject: str, session: str) -> dict[str, Any]:
        """Return what the person's own ActivityWatch pages keep here. Raises LogUnavailable."""
        head = self._head(subject, session)
        return {} if head is None else head.settings

    def events(
        self,
        subject: str,
        session: str,
        bucket: str,
        limit: int = -1,
        start_us: int | None = None,
        end_us: int | None = None,
    ) -> list[Own]:
        """Return a bucket's events, newest first, those of which something lies within; the ends belong to it."""
        if limit == 0:
            return []
        found: list[Own] = []
        for each in self._newest_first(subject, session, bucket, start_us, end_us):
            if (end_us is not None and each.start_us > end_us) or (start_us is not None and each.end_us < start_us):
                continue
            found.append(each)
            if len(found) == limit:
                break
        return found

    def event(self, subject: str, session: str, bucket: str, number: int) -> Own | None:
        """Return the event with a number, None if there is none."""
        day_us = day_us_of(number)
        around = self.events(subject, session, bucket, -1, day_us, day_us + _DAY_US)
        return next((each for each in around if each.id == number), None)

    def _newest_first(
        self, subject: str, session: str, bucket: str, start_us: int | None, end_us: int | None
    ) -> Iterator[Own]:
        self.intake.fold(subject)
        with self.intake.vault.engine.connect() as connection:
            stored = vault_store.days(connection, subject, Field.RHYTHM, Tier.DAY)
        places = self.intake.hot.places(self.intake.vault.engine, subject)
        head_day = next((p.day for p in places if p.sequence < FIRST), None)  # a row may have come since
        days = [day for day in stored if _near(day, start_us, end_us)]
        every = sorted({*days, *([head_day] if head_day else [])})
        if not every:
            return
        gate, fields = self.intake.gate, frozenset({*segments.SEGMENT_FIELDS})
        asked = Period(every[0], every[-1] + _DAY)
        opening = gate.begin(subject, subject, fields, Purpose.OWN_REVIEW, asked, tier=Tier.DAY, session=session)
        held: list[Own] = []
        if head_day is not None:
            disclosed = opening.part(Period.day(head_day), Tier.HOT)
            held = [_own(bucket, *each) for each in _open(disclosed, head_day, bucket)]
        yield from _merged(held, self._of_days(opening.part, days, bucket))

    def _of_days(self, part: Callable[[Period], Disclosed], days: list[dt.date], bucket: str) -> Iterator[Own]:
        """Yield the events of days, newest first; a day waits for the one before it, from which an event may come."""
        later: dict[tuple[int, Data], Counter[int]] = {}
        left, size = list(days), 1
        while left:
            listed, left = left[-size:], left[:-size]
            size = min(2 * size, _MOST_DAYS)  # whoever wants the newest event alone opens no month for it
            values = part(Period(listed[0], listed[-1] + _DAY)).values
            for day in reversed(listed):
                blobs = {field: blob for (found, field), blob in values.items() if found == day}
                events = segments.decode(blobs).events
                whole = _whole(events, bucket, later)
                later = {each: times for each, times in whole.items() if each[0] < events.first_us}
                ready = {each: times for each, times in whole.items() if each[0] >= events.first_us}
                yield from _sorted(ready, bucket)
        yield from _sorted(later, bucket)

    def _head(self, subject: str, session: str) -> Head | None:
        places = [p for p in self.intake.hot.places(self.intake.vault.engine, subject) if p.sequence < FIRST]
        if not places:
            return None
        day = places[0].day
        disclosed = self.intake.gate.disclose(
            subject,
            subject,
            frozenset({Field.RHYTHM, Field.TITLES}),
            Purpose.OWN_REVIEW,
            Period.day(day),
            tier=Tier.HOT,
            session=session,
        )
        return decode_head(parts(disclosed.values[day, Field.RHYTHM])[places[0].sequence], None)[0]


def _near(day: dt.date, start_us: int | None, end_us: int | None) -> bool:
    """Tell whether an event of a day can lie within, or one that is cut there."""
    first = (day - _EPOCH_DAY).days * _DAY_US
    return (end_us is None or first - 2 * _DAY_US <= end_us) and (start_us is None or first + 4 * _DAY_US >= start_us)


def _open(disclosed: Disclosed, day: dt.date, bucket: str) -> Iterable[tuple[int, int, Data]]:
    values = disclosed.values
    said = values.get((day, Field.TITLES))
    private = parts(values[day, Field.RHYTHM])
    sequence = min(private)
    texts = None if said is None else parts(said).get(sequence)
    return opened_events(private[sequence], texts, bucket)


def _whole(
    day: DayEvents, bucket: str, later: Mapping[tuple[int, Data], Counter[int]]
) -> dict[tuple[int, Data], Counter[int]]:
    """Return a day's events by start and data, with their lengths and how often each is there.

    A part that reaches the end of its day is left out if the next day has the rest of it.
    """
    found: dict[tuple[int, Data], Counter[int]] = {}
    end = day.end_us + OVERHANG_US
    for stream in (each for each in day.streams if each.bucket == bucket):
        rows = zip(
            stream.start_us.tolist(),
            stream.duration_us.tolist(),
            stream.before_us.tolist(),
            stream.data.tolist(),
            strict=True,
        )
        for start, duration, before, place in rows:
            each = (start - before, day.data[place])
            if start + duration >= end and each in later:
                continue
            found.setdefault(each, Counter())[before + duration] += 1
    for each, times in later.items():
        found[each] = found.get(each, Counter()) | times
    return found


def _sorted(found: Mapping[tuple[int, Data], Counter[int]], bucket: str) -> list[Own]:
    events = [
        _own(bucket, start, duration, data) for (start, data), times in found.items() for duration in times.elements()
    ]
    return sorted(events, key=lambda each: (each.start_us, each.duration_us, each.id), reverse=True)


def _merged(some: list[Own], others: Iterator[Own]) -> Iterator[Own]:
    """Yield both, newest first; `some` are few, and one that is among the others, too, is one."""
    waiting = sorted(some, key=lambda each: each.start_us)
    for each in others:
        while waiting and waiting[-1].start_us > each.start_us:
            yield waiting.pop()
        waiting = [every for every in waiting if every != each]
        yield each
    yield from reversed(waiting)


def _own(bucket: str, start_us: int, duration_us: int, data: Data) -> Own:
    found = shown(data)
    return Own(number_of(bucket, start_us, found), start_us, duration_us, found)
