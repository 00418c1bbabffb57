"""What collectors send, read within bounds: bodies that may be packed, events, and the marks of what they said."""

import json
from collections.abc import Sequence
from typing import Any, Final

import msgspec
import numpy as np
from flask import request
from numpy.typing import NDArray

from analytics.desk import Sent
from analytics.events import DAY_US, duration_us
from analytics.heartbeats import Beat, pulse_us
from analytics.imports import ImportedBucket
from analytics.imports.columns import DataNotAnObject
from analytics.imports.event_blocks import lenient
from analytics.imports.timestamps import BadTimestamp, microsecond, microseconds
from analytics.known_marks import Marks
from analytics.raw_data import NotPlain
from analytics.uploads import ENCODINGS, IDENTITY, MOST_DAYS, TooLarge, UploadBroken, plain, unpack
from portal.problems import Problem
from privacy.hot import Marker

LARGEST_BODY: Final = 8 << 20
MOST_EVENTS: Final = 20_000
LONGEST_NAME: Final = 255
_LONGEST_SECONDS: Final = 1e12

_FAULTS: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, BadTimestamp, DataNotAnObject, ValueError)


class SentEvent(msgspec.Struct, gc=False):
    """An event on the wire. ActivityWatch's clients send `id` as well, which is ours to give."""

    timestamp: str
    duration: float = 0.0
    data: msgspec.Raw = msgspec.Raw(b"{}")


_one: Final = msgspec.json.Decoder(SentEvent).decode
_some: Final = msgspec.json.Decoder(list[SentEvent] | SentEvent).decode
_object: Final = msgspec.json.Decoder(dict[str, Any]).decode


def bad(message: str) -> Problem:
    """Return the refusal of what cannot be read."""
    return Problem(400, "Bad Request", message)


def body(largest: int = LARGEST_BODY) -> bytes:
    """Return the request's body, unpacked; refused with 413 beyond `largest`, with 415 in an unknown packing."""
    encoding = request.headers.get("Content-Encoding", IDENTITY).strip().lower() or IDENTITY
    if encoding not in ENCODINGS:
        raise Problem(415, "Unsupported Media Type", f"A body is packed as one of {', '.join(ENCODINGS)}, or not.")
    request.max_content_length = largest
    try:
        return unpack(request.get_data(cache=False), encoding, largest)
    except TooLarge as error:
        raise Problem(413, "Content Too Large", f"{error}.") from error
    except UploadBroken as error:
        raise bad(f"{error}.") from error


def json_object(largest: int = LARGEST_BODY) -> dict[str, Any]:
    """Return the body as a JSON object."""
    found = json_value(largest)
    if not isinstance(found, dict):
        raise bad("The body is no JSON object.")
    return found


def json_value(largest: int = LARGEST_BODY) -> Any:
    """Return the body as a JSON value, of a depth and of texts that a store takes."""
    found = _value(body(largest))
    if not plain(found):
        raise bad("The body nests too deeply, or holds a text that is too long.")
    try:
        msgspec.msgpack.encode(found)
    except OverflowError as error:
        raise bad("The body holds a whole number beyond 64 bits.") from error
    return found


def heartbeat(marker: Marker) -> Sent:
    """Return the body as a heartbeat."""
    return heartbeat_of(body(), marker)


def heartbeat_of(text: bytes, marker: Marker) -> Sent:
    """Return a text as a heartbeat."""
    found = _event(text)
    raw = bytes(found.data)
    try:
        beat = Beat(microsecond(found.timestamp), _microseconds(found.duration), _marked([raw], Marks(marker))[0])
    except BadTimestamp as error:
        raise bad(f"{error}.") from error
    return Sent(beat, raw)


def pulsetime_us(text: str | None) -> int:
    """Read the pulsetime of an address, in seconds."""
    if text is None:
        raise bad("Missing required parameter pulsetime")
    try:
        return pulse_us(float(text))
    except ValueError as error:
        raise bad("pulsetime is not a number of seconds") from error


def events(text: bytes, name: str, marks: Marks) -> tuple[ImportedBucket, Sequence[int], bool]:
    """Return a body as events of a bucket, with the marks of their distinct data, and whether it is one event."""
    try:
        found = _some(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        found = _again(text, list[SentEvent] | SentEvent)
    alone = isinstance(found, SentEvent)
    listed: list[SentEvent] = [found] if isinstance(found, SentEvent) else found
    if len(listed) > MOST_EVENTS:
        raise Problem(413, "Content Too Large", f"A list has at most {MOST_EVENTS:,} events.")
    try:
        start = microseconds([each.timestamp for each in listed])
        seconds = np.array([each.duration for each in listed], np.float64).clip(-_LONGEST_SECONDS, _LONGEST_SECONDS)
    except _FAULTS as error:
        raise bad(_said(error)) from error
    if len(listed) > MOST_DAYS and (days := len(np.unique(start // DAY_US))) > MOST_DAYS:
        detail = f"The events are of {days:,} different days; a list is of at most {MOST_DAYS:,}. Send it in parts."
        raise Problem(422, "Unprocessable Content", detail)
    distinct, code, found_marks = _numbered([bytes(each.data) for each in listed], marks)
    return ImportedBucket(name, "", "", start, duration_us(seconds), code, distinct), found_marks, alone


def _numbered(texts: list[bytes], marks: Marks) -> tuple[list[bytes], NDArray[np.int32], list[int]]:
    """Return different data texts, the place of each text among them, and their marks, which are looked up once."""
    every = np.array(_marked(texts, marks), np.uint64)
    _, first, place = np.unique(every, return_index=True, return_inverse=True)
    order = np.argsort(first)  # numbered as they appear: such numbers pack well
    rank = np.empty(len(order), np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    code: NDArray[np.int32] = rank[place]
    distinct = [texts[at] for at in first[order].tolist()]
    if list(map(distinct.__getitem__, code.tolist())) == texts:
        return distinct, code, every[first[order]].tolist()
    places = {text: number for number, text in enumerate(dict.fromkeys(texts))}  # one mark for two ways to write it
    return list(places), np.array([places[text] for text in texts], np.int32), [marks[text] for text in places]


def text_of(found: dict[str, Any], key: str, default: str | None = None) -> str:
    """Return a member of an object that has to be a short text."""
    value = found.get(key, default)
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_NAME or not value.isprintable():
        raise bad(f"{key} is a text of 1 to {LONGEST_NAME} printable characters")
    return value


def _event(text: bytes) -> SentEvent:
    try:
        return _one(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        found: SentEvent = _again(text, SentEvent)
        return found


def _again(text: bytes, kind: Any) -> Any:
    """Read what some watchers write, such as half a surrogate pair, or say what is wrong."""
    try:
        return msgspec.json.decode(json.dumps(lenient(text)).encode(), type=kind)
    except (ValueError, RecursionError, msgspec.MsgspecError) as error:
        raise bad(_said(error)) from error


def _value(text: bytes) -> Any:
    try:
        return lenient(text)
    except (ValueError, RecursionError) as error:
        raise bad("The body is no JSON.") from error


def object_of(text: bytes) -> dict[str, Any]:
    """Return an event's data, which were read before, as an object."""
    return _object(text)


def _marked(texts: Sequence[bytes], marks: Marks) -> list[int]:
    try:
        return list(map(marks.__getitem__, texts))
    except NotPlain as error:
        raise bad("An event's data nests too deeply, or holds a text that is too long.") from error
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise bad("An event's data is no object of JSON.") from error


def _microseconds(seconds: float) -> int:
    if seconds != seconds:
        raise bad("A duration is not a number.")
    bounded = max(-_LONGEST_SECONDS, min(_LONGEST_SECONDS, seconds))
    whole = int(bounded)
    return whole * 1_000_000 + round((bounded - whole) * 1e6)


def _said(error: Exception) -> str:
    """Say what is wrong without quoting what was sent."""
    said = str(error)
    if isinstance(error, BadTimestamp):
        return f"{said}."
    if "timestamp" in said:
        return "An event has a timestamp, a text of ISO 8601."
    if "duration" in said:
        return "An event's duration is a number of seconds."
    if isinstance(error, DataNotAnObject) or "data" in said:
        return "An event's data is no object of JSON."
    return "The body is no event and no list of events in JSON."
