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
from typing import Any, BinaryIO

from analytics.imports.columns import Columns, Export, Progress, RefusedBucket
from analytics.imports.event_blocks import EventFault, lenient, read_events
from analytics.imports.json_stream import JsonStream
from analytics.imports.packed import DAMAGED, unpacked


def read_export(source: BinaryIO, progress: Progress | None = None) -> Export:
    """Read an export to its end. Raises NotAnExport for a file that is none; faulty buckets are in `Export.refused`."""
    stream = JsonStream(unpacked(source, progress))
    export = Export()
    try:
        _file(stream, export)
    except DAMAGED as error:
        raise stream.fault(f"the packed file is damaged: {error}") from None
    return export


@dataclass(slots=True)
class _Draft:
    """A bucket while its keys are being read."""

    id: Any
    type: Any = None
    hostname: Any = None
    columns: Columns = field(default_factory=Columns)
    fault: EventFault | None = None


def _file(stream: JsonStream, export: Export) -> None:
    if stream.at_end() or stream.peek() != b"{":
        raise stream.fault("this is no ActivityWatch export: it does not begin with an object")
    single, keys = _Draft(None), set()
    for key in _keys(stream):
        keys.add(key)
        if key == "buckets":
            _buckets(stream, export)
        else:
            _member(stream, single, key)
    if not stream.at_end():
        raise stream.fault("there is something after the export's end")
    if "buckets" not in keys:
        if "events" not in keys:
            raise stream.fault("this is no ActivityWatch export: it has neither buckets nor events")
        _finish(single, export)


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


def _buckets(stream: JsonStream, export: Export) -> None:
    """Read the value of "buckets": an object of them by id, or a list."""
    if stream.peek() == b"{":
        for bucket_id in _keys(stream):
            _bucket(stream, bucket_id, export)
    elif stream.peek() == b"[":
        for number in _items(stream):
            _bucket(stream, None, export, f"number {number}")
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


def _bucket(stream: JsonStream, bucket_id: str | None, export: Export, name: str = "") -> None:
    if stream.peek() != b"{":
        offset = stream.offset
        stream.value()
        export.refused.append(RefusedBucket(bucket_id or name, "the bucket is no object", offset=offset))
        return
    draft = _Draft(bucket_id)
    for key in _keys(stream):
        _member(stream, draft, key)
    _finish(draft, export, name)


def _member(stream: JsonStream, draft: _Draft, key: str) -> None:
    if key == "events":
        _events(stream, draft)
        return
    text = stream.value()
    if key in ("type", "hostname") or (key == "id" and draft.id is None):
        setattr(draft, key, lenient(text))


def _finish(draft: _Draft, export: Export, name: str = "") -> None:
    bucket_id = draft.id if isinstance(draft.id, str) else name
    fault = draft.fault
    if fault is None and not (isinstance(draft.id, str) and isinstance(draft.type, str)):
        fault = EventFault("it has no id" if isinstance(draft.type, str) else "it has no type")
    if fault is not None:
        export.refused.append(RefusedBucket(bucket_id, fault.reason, fault.event, fault.offset))
        return
    host = draft.hostname if isinstance(draft.hostname, str) else "unknown"
    export.buckets.append(draft.columns.bucket(bucket_id, draft.type, host))


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
