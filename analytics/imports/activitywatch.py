"""ActivityWatch's export: JSON of any size, read in blocks, as `GET /api/0/export` and `/buckets/ID/export` give it.

Accepted are `{"buckets": {ID: BUCKET}}`, `{"buckets": [BUCKET]}` and a single BUCKET, packed with gzip or not. Keys
come in any order, unknown ones are passed over.

A fault inside a bucket (bad JSON, no timestamp, a duration that is no number, data that is no object) refuses that
bucket and names the event; the others are read on. A file whose brackets do not match, or that ends too early, is
refused whole.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, BinaryIO, Protocol

from analytics.imports.columns import Columns, Export, ImportedBucket, Progress, RefusedBucket
from analytics.imports.event_blocks import EventFault, lenient, read_events
from analytics.imports.json_stream import JsonStream
from analytics.imports.packed import DAMAGED, unpacked


class Reading(Protocol):
    """Told what is read as soon as it is."""

    def new(self, kind: str, texts: list[bytes]) -> None:
        """Hear of data texts of a bucket of a type that come for the first time."""

    def bucket(self, each: ImportedBucket) -> None:
        """Hear of a bucket that was read."""

    def refused(self, each: RefusedBucket) -> None:
        """Hear of a bucket that is refused."""


def read_export(source: BinaryIO, progress: Progress | None = None) -> Export:
    """Read an export to its end. Raises NotAnExport for a file that is none; faulty buckets are in `Export.refused`."""
    gathered = _Gathered()
    read_into(gathered, source, progress)
    return gathered.export


def read_into(reading: Reading, source: BinaryIO, progress: Progress | None = None) -> None:
    """Read an export to its end and tell `reading` what is in it. Raises NotAnExport."""
    stream = JsonStream(unpacked(source, progress))
    try:
        _file(stream, reading)
    except DAMAGED as error:
        raise stream.fault(f"the packed file is damaged: {error}") from None


class _Gathered:
    """All that is read, as one export."""

    def __init__(self) -> None:
        self.export = Export()

    def new(self, kind: str, texts: list[bytes]) -> None:
        """Their bucket will hold them."""

    def bucket(self, each: ImportedBucket) -> None:
        self.export.buckets.append(each)

    def refused(self, each: RefusedBucket) -> None:
        self.export.refused.append(each)


@dataclass(slots=True)
class _Draft:
    """A bucket while its keys are being read."""

    id: Any
    type: Any = None
    hostname: Any = None
    columns: Columns = field(default_factory=Columns)
    fault: EventFault | None = None


def _file(stream: JsonStream, reading: Reading) -> None:
    if stream.at_end() or stream.peek() != b"{":
        raise stream.fault("this is no ActivityWatch export: it does not begin with an object")
    single, keys = _Draft(None), set()
    for key in _keys(stream):
        keys.add(key)
        if key == "buckets":
            _buckets(stream, reading)
        else:
            _member(stream, single, key, reading)
    if not stream.at_end():
        raise stream.fault("there is something after the export's end")
    if "buckets" not in keys:
        if "events" not in keys:
            raise stream.fault("this is no ActivityWatch export: it has neither buckets nor events")
        _finish(single, reading)


def _keys(stream: JsonStream) -> Iterator[str]:
    """Yield an object's keys; the caller consumes each one's value."""
    stream.take(b"{")
    if stream.peek() == b"}":
        stream.take(b"}")
        return
    while True:
        if stream.peek() != b'"':
            raise stream.fault("expected a key")
        key = lenient(stream.value())
        stream.take(b":")
        yield str(key)
        if stream.take(b",}") == b"}":
            return


def _buckets(stream: JsonStream, reading: Reading) -> None:
    """Read the value of "buckets": an object of them by id, or a list."""
    if stream.peek() == b"{":
        for bucket_id in _keys(stream):
            _bucket(stream, bucket_id, reading)
    elif stream.peek() == b"[":
        for number in _items(stream):
            _bucket(stream, None, reading, f"number {number}")
    else:
        raise stream.fault("this is no ActivityWatch export: its buckets are neither an object nor a list")


def _items(stream: JsonStream) -> Iterator[int]:
    """Yield the numbers of a list's items, from 1; the caller consumes each one."""
    stream.take(b"[")
    if stream.peek() == b"]":
        stream.take(b"]")
        return
    for number in itertools.count(1):
        yield number
        if stream.take(b",]") == b"]":
            return


def _bucket(stream: JsonStream, bucket_id: str | None, reading: Reading, name: str = "") -> None:
    if stream.peek() != b"{":
        offset = stream.offset
        stream.value()
        reading.refused(RefusedBucket(bucket_id or name, "the bucket is no object", offset=offset))
        return
    draft = _Draft(bucket_id)
    for key in _keys(stream):
        _member(stream, draft, key, reading)
    _finish(draft, reading, name)


def _member(stream: JsonStream, draft: _Draft, key: str, reading: Reading) -> None:
    if key == "events":
        if isinstance(draft.type, str):  # who hears of texts has to know what they are of
            draft.columns.on_new = partial(reading.new, draft.type)
        _events(stream, draft)
        return
    text = stream.value()
    if key in ("type", "hostname") or (key == "id" and draft.id is None):
        setattr(draft, key, lenient(text))


def _finish(draft: _Draft, reading: Reading, name: str = "") -> None:
    bucket_id = draft.id if isinstance(draft.id, str) else name
    fault = draft.fault
    if fault is None and not (isinstance(draft.id, str) and isinstance(draft.type, str)):
        fault = EventFault("it has no id" if isinstance(draft.type, str) else "it has no type")
    if fault is not None:
        reading.refused(RefusedBucket(bucket_id, fault.reason, fault.event, fault.offset))
        return
    host = draft.hostname if isinstance(draft.hostname, str) else "unknown"
    reading.bucket(draft.columns.bucket(bucket_id, draft.type, host))


def _events(stream: JsonStream, draft: _Draft) -> None:
    """Read the value of "events"; null is none. After a fault the rest is passed over."""
    if stream.peek() != b"[":
        if stream.value() != b"null":
            draft.fault = EventFault("its events are no list")
        return
    try:
        read_events(stream, draft.columns)
    except EventFault as fault:
        draft.fault = fault
        while stream.take(b",]") == b",":
            stream.value()
