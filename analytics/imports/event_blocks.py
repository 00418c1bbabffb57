"""The events of a bucket's list, a block at a time.

Speed comes from a guess that cannot be wrong: a block is cut after an `}` that looks like the end of an event, and if
what precedes it decodes as a list of events, then by JSON's grammar it was one. Whatever does not decode at once is
taken event by event, which finds the place of a fault and forgives what some watchers write.
"""

import json
import re
from contextlib import suppress
from typing import Any, Final, NoReturn

import msgspec

from analytics.imports.columns import Columns, DataNotAnObject
from analytics.imports.json_stream import BLOCK, JsonStream
from analytics.imports.timestamps import BadTimestamp

_GUESSES: Final = 4
_BETWEEN_EVENTS: Final = re.compile(rb"\}[ \t\r\n]*,[ \t\r\n]*\{")
_AT_BYTE: Final = re.compile(r"\(byte (\d+)\)")
_FAULTS: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError, BadTimestamp, DataNotAnObject)


class _Event(msgspec.Struct, gc=False):
    timestamp: str
    duration: float = 0.0
    data: msgspec.Raw = msgspec.Raw(b"{}")


_decode_events: Final = msgspec.json.Decoder(list[_Event]).decode
_decode_event: Final = msgspec.json.Decoder(_Event).decode


class EventFault(Exception):
    """This bucket cannot be taken; the file can be read on. `event` counts from 1."""

    def __init__(self, reason: str, event: int | None = None, offset: int | None = None) -> None:
        super().__init__(reason)
        self.reason, self.event, self.offset = reason, event, offset


def read_events(stream: JsonStream, columns: Columns) -> None:
    """Consume a list of events. Raises EventFault, with the cursor behind the faulty event."""
    stream.take(b"[")
    if stream.peek() == b"]":
        stream.take(b"]")
        return
    while not (_blocks(stream, columns) or _careful_block(stream, columns)):
        pass


def _blocks(stream: JsonStream, columns: Columns) -> bool:
    """Take as many blocks of events as can be guessed; return whether the list has ended."""
    while True:
        stream.hold(BLOCK)
        guess = _guess(stream)
        if guess is None:
            return False
        events, size, ended = guess
        try:
            columns.add(events)
        except _FAULTS:
            return False
        stream.position += size
        if ended:
            return True
        stream.take(b",")


def _guess(stream: JsonStream) -> tuple[list[_Event], int, bool] | None:
    """Decode what is held up to a boundary between two events: events, their size in bytes, whether the list ended."""
    buffer, start = stream.buffer, stream.position
    end = len(buffer)
    for _ in range(_GUESSES):
        end = buffer.rfind(b"}", start, end)
        while end > start and not _BETWEEN_EVENTS.match(buffer, end):
            end = buffer.rfind(b"}", start, end)
        if end <= start:
            return None
        text = b"[" + buffer[start : end + 1] + b"]"
        try:
            return _decode_events(text), len(text) - 2, False
        except msgspec.ValidationError:
            return None  # a fault before the cut: the careful way finds its place
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            message = str(error)
        place = _AT_BYTE.search(message)
        at = int(place[1]) if place else len(text)
        if "trailing characters" in message:
            end = text.rindex(b"]", 0, at - 1) + 1  # msgspec names the byte behind the first one that is too many
            return _decode_events(text[:end]), end - 1, True
        if at < len(text) - 2:
            return None  # bad JSON before the cut
    return None


def _careful_block(stream: JsonStream, columns: Columns) -> bool:
    """Take events one by one, for about a block; return whether the list has ended. Raises EventFault."""
    stop = stream.offset + BLOCK
    while stream.offset < stop:
        stream.peek()
        offset = stream.offset
        text = stream.value()
        try:
            columns.add([_careful_event(text)])
        except (*_FAULTS, ValueError) as error:
            raise EventFault(_reason(error), columns.count + 1, offset) from None
        if stream.take(b",]") == b"]":
            return True
    return False


def _careful_event(text: bytes) -> _Event:
    try:
        event = _decode_event(text)
        with suppress(msgspec.ValidationError):  # a number beyond all floats, which aw-core takes
            msgspec.json.decode(event.data)  # `Raw` itself is not looked into
            return event
    except msgspec.ValidationError:
        raise
    except (msgspec.DecodeError, UnicodeDecodeError):
        pass
    return _decode_event(msgspec.json.encode(lenient(text)))


def lenient(text: bytes) -> Any:
    """Decode JSON that some watchers write: half a surrogate pair or bytes that are no UTF-8 become the mark U+FFFD.

    Numbers beyond all floats become infinite, which msgspec writes as null.
    """
    found = json.loads(text.decode("utf-8", "replace"), parse_constant=_no_constant)
    return json.loads(
        json.dumps(found, ensure_ascii=False).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    )


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


_REASONS: Final = (
    ("missing required field `timestamp`", "the event has no timestamp"),
    ("`$.timestamp`", "the timestamp is no text"),
    ("`$.duration`", "the duration is not a number"),
    ("Expected `object`", "the event is no object"),
)


def _reason(error: Exception) -> str:
    if isinstance(error, DataNotAnObject):
        return "the event's data is no object"
    if isinstance(error, BadTimestamp) or str(error).endswith("is no JSON number"):
        return str(error)
    found = (reason for mark, reason in _REASONS if mark in str(error))
    return next(found, "bad JSON")
