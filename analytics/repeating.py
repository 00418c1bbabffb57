"""What somebody said three weeks running of the same hour of a weekday, so that it can be offered again (pure)."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from analytics.annotations import Annotation, Kind, Notes
from privacy.period import Period, is_shown_once

WEEKS: Final = 3
"""How many weeks before have to say the same."""
_NEAR: Final = dt.timedelta(minutes=15)
_WEEK: Final = dt.timedelta(days=7)
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class Repeated(NamedTuple):
    """A time of a day to come or just over, and what it was in the weeks before."""

    day: dt.date
    start: dt.datetime
    end: dt.datetime
    kind: Kind


def repeated(notes: Mapping[dt.date, Notes], week: Period, zone: ZoneInfo, now: dt.datetime) -> list[Repeated]:
    """Return what can be offered for the days of `week`: said in each of the three weeks before, within 15 minutes.

    The times are those of the week before, on the clock of `zone`. Left out is what is still to come, what touches
    something that is noted of the day already, and a time that the clock leaves out or shows twice, on the day or in
    the weeks before: nobody has said which one would be meant.
    """
    found = (each for day in week.days() for each in _of(notes, day, zone))
    return [each for each in found if each.end <= now and not _touches(each, notes.get(each.day))]


def _of(notes: Mapping[dt.date, Notes], day: dt.date, zone: ZoneInfo) -> Iterator[Repeated]:
    before = [day - back * _WEEK for back in range(1, WEEKS + 1)]
    newest, *older = (list(_on_the_clock(notes.get(each), zone)) for each in before)
    for start, end, kind in newest:
        if all(any(_is_near(start, end, kind, each) for each in said) for said in older):
            ends = day if end > start else day + dt.timedelta(days=1)
            bounds = dt.datetime.combine(day, start, zone), dt.datetime.combine(ends, end, zone)
            if all(map(is_shown_once, bounds)):
                yield Repeated(day, *bounds, kind)


def _on_the_clock(notes: Notes | None, zone: ZoneInfo) -> Iterable[tuple[dt.time, dt.time, Kind]]:
    for each in () if notes is None else notes.annotations:
        start, end = (_at(us).astimezone(zone) for us in (each.start_us, each.end_us))
        if is_shown_once(start) and is_shown_once(end):
            yield start.time(), end.time(), each.kind


def _is_near(start: dt.time, end: dt.time, kind: Kind, other: tuple[dt.time, dt.time, Kind]) -> bool:
    return kind is other[2] and _apart(start, other[0]) <= _NEAR and _apart(end, other[1]) <= _NEAR


def _apart(one: dt.time, other: dt.time) -> dt.timedelta:
    day = dt.date(2000, 1, 1)
    return abs(dt.datetime.combine(day, one) - dt.datetime.combine(day, other))


def _touches(each: Repeated, notes: Notes | None) -> bool:
    annotations: tuple[Annotation, ...] = () if notes is None else notes.annotations
    return any(_at(n.start_us) < each.end and each.start < _at(n.end_us) for n in annotations)


def _at(moment_us: int) -> dt.datetime:
    return _EPOCH + dt.timedelta(microseconds=moment_us)
