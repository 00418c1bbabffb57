"""The days of an export: events, figures, notes, frozen weeks, and what still grows; one calendar month in memory."""

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

from analytics import exported, segments
from analytics.days import annotated_spans, day_payload, not_captured, timeline
from analytics.hot import decode_head
from analytics.hot_contents import opened_events
from analytics.measured import measured
from analytics.measures import MEASURES
from analytics.weeks import week_payload
from portal.csv_text import csv_cells, csv_lines, decimal
from portal.export_copy import Copy
from privacy.canonical import digest
from privacy.disclosure import Disclosed
from privacy.fields import Field, Tier
from privacy.period import Period
from privacy.policy import Purpose
from privacy.vault import parts as hot_parts

File = tuple[str, Iterable[bytes]]
"""A file of the export: its name, and its bytes in portions."""

SHOWN: Final = tuple(each for each in MEASURES if each.part is None)
"""The measures of a day that are one number each."""
Figures = dict[dt.date, tuple[float | None, ...]]

_encode: Final = msgspec.json.Encoder(order="deterministic").encode


def as_file(value: Any) -> bytes:
    """Return a value as JSON that people can read, too."""
    return msgspec.json.format(_encode(value), indent=1) + b"\n"


def events(copy: Copy) -> Iterator[File]:
    """Yield the stored events of each month, as JSON and as CSV."""
    for month in copy.months(Tier.DAY):
        name = f"events/{month.first:%Y-%m}"
        opened = list(copy.slices(month, Tier.DAY))
        yield f"{name}.json", _events_json(copy, opened)
        yield f"{name}.csv", _events_csv(copy, opened)


def growing(copy: Copy) -> Iterator[File]:
    """Yield the last event of each bucket, which the next heartbeat may make longer, and the list of buckets."""
    found, buckets = [], []
    for day in copy.filed(Tier.HOT):
        for each in copy.slices(Period.day(day), Tier.HOT):
            private, texts = (each.values.get((day, name)) for name in (Field.RHYTHM, Field.TITLES))
            if private is None:
                continue
            number, head = min(hot_parts(private).items())
            said = hot_parts(texts).get(number) if texts else None
            if number > 1:  # appended rows, which arrived after the moment of this export
                continue
            for bucket in (b for b in decode_head(head, said)[0].buckets if b is not None):
                buckets.append({"id": bucket.id, "type": bucket.kind, "host": bucket.host, "client": bucket.client})
                for start, duration, data in opened_events(head, said, bucket.id):
                    found.append(exported.growing(*bucket.key, (start, duration), data))
    yield "events/still-growing.json", [as_file({"streams": found, "buckets": buckets})]


def figures(copy: Copy, into: Figures, seconds: list[tuple[dt.date, str, float]]) -> Iterator[File]:
    """Yield the figures of each month; learn the measures and the categories of every day, for the tables."""
    for month in copy.months(Tier.SUMMARY):
        yield f"days/{month.first:%Y-%m}.json", _listed(_figures(copy, month, into, seconds))


def tables(found: Figures, seconds: list[tuple[dt.date, str, float]]) -> Iterator[File]:
    """Yield days by measures, and seconds by day and category."""
    heading = ["day", *(f"{each.name} ({each.unit})" for each in SHOWN)]
    rows = ([day, *map(decimal, values)] for day, values in sorted(found.items()))
    yield "days.csv", [csv_lines([heading, *rows]).encode()]
    spent = ([day, name, decimal(value)] for day, name, value in seconds)
    yield "categories.csv", [csv_lines([["day", "category", "seconds"], *spent]).encode()]


def weeks(copy: Copy) -> Iterator[File]:
    """Yield the closed weeks as they were frozen, each with the digest that the log has of it where it was shown."""
    yield "weeks.json", _listed({"digest": digest(payload), "payload": payload} for payload in _weeks(copy))


def notes(copy: Copy) -> Iterator[File]:
    """Yield what was noted of each day."""
    yield "notes.json", _listed(_notes(copy))


def _weeks(copy: Copy) -> Iterator[dict[str, Any]]:
    return (week_payload(each, Purpose.ONE_TO_ONE) for each in copy.weeks())


def _notes(copy: Copy) -> Iterator[dict[str, Any]]:
    for month in copy.months(Tier.DAY):
        for each in copy.slices(month, Tier.DAY):
            for (day, name), stored in sorted(each.values.items()):
                if name is Field.ANNOTATIONS:
                    yield {"date": day, **exported.notes(stored)}


def _events_json(copy: Copy, opened: Iterable[Disclosed]) -> Iterator[bytes]:
    before = b"[\n"
    for day, found in _decoded(copy, opened):
        yield before
        yield from exported.events_json(day, found.events, text_expired=found.text_expired)
        before = b",\n"
    yield b"\n]\n" if before == b",\n" else b"[\n]\n"


def _events_csv(copy: Copy, opened: Iterable[Disclosed]) -> Iterator[bytes]:
    yield csv_lines([exported.HEADING]).encode()
    for day, found in _decoded(copy, opened):
        yield from exported.events_csv(day, found.events, csv_cells)


def _decoded(copy: Copy, opened: Iterable[Disclosed]) -> Iterator[tuple[dt.date, segments.Opened]]:
    for each in opened:
        for day in sorted({day for day, name in each.values if name is Field.RHYTHM}):
            try:
                yield day, segments.decode({name: blob for (on, name), blob in each.values.items() if on == day})
            except segments.SegmentBroken as broken:
                copy.miss(f"{day} (events)", broken)


def _figures(
    copy: Copy, month: Period, into: Figures, seconds: list[tuple[dt.date, str, float]]
) -> Iterator[dict[str, Any]]:
    for each in copy.slices(month, Tier.SUMMARY):
        for day in sorted({day for day, _ in each.values}):
            payload = day_payload(each, day, str(copy.owner.zone))
            into[day] = tuple(measured(of, payload, day, copy.own) for of in SHOWN)
            found = payload["fields"].get(Field.CATEGORIES.value, {})
            seconds += [(day, name, value) for name, value in sorted(found.items())]
            times = {"timeline": timeline, "not_captured": not_captured, "annotated": annotated_spans}
            yield {**payload, **{name: _intervals(read(each, day)) for name, read in times.items()}}


def _intervals(found: Iterable[tuple[int, int, str]]) -> list[dict[str, Any]]:
    return [{"from_ms": start, "to_ms": end, "what": what} for start, end, what in found]


def _listed(found: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """Yield a JSON list, one element after the other, a line each."""
    yield b"[\n"
    for number, each in enumerate(found):
        yield (b",\n" if number else b"") + _encode(each)
    yield b"\n]\n"
