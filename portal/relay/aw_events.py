"""ActivityWatch's JSON of one event: read without arrays, since it comes one heartbeat at a time, and written."""

import datetime as dt
from typing import Any, Final

import msgspec

from analytics.heartbeats import Beat

_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MILLISECOND: Final = dt.timedelta(milliseconds=1)
_LONGEST_SECONDS: Final = 400 * 86_400.0
_YEARS: Final = range(1971, 2201)


class BadEvent(ValueError):
    """What a watcher sent is no event; the text quotes nothing of it."""


class _Event(msgspec.Struct):
    timestamp: str
    duration: float | None = 0.0
    data: dict[str, Any] | None = None


_one: Final = msgspec.json.Decoder(_Event)
_one_or_more: Final = msgspec.json.Decoder(_Event | list[_Event])


def event(body: bytes) -> Beat:
    """Read one event; its `data` are as the watcher sent them."""
    try:
        return _beat(_one.decode(body))
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise BadEvent(_reason(error)) from None


def events(body: bytes) -> list[Beat]:
    """Read one event or a list of them."""
    try:
        found = _one_or_more.decode(body)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise BadEvent(_reason(error)) from None
    return [_beat(each) for each in (found if isinstance(found, list) else [found])]


def moment_us(text: str) -> int:
    """Read a timestamp, floored to milliseconds as ActivityWatch floors it; without a zone it is UTC."""
    try:
        at = dt.datetime.fromisoformat(text.strip())
        at = at if at.tzinfo is not None else at.replace(tzinfo=dt.UTC)
        if at.year not in _YEARS:
            raise BadEvent(f"a timestamp lies outside the years {_YEARS[0]} to {_YEARS[-1]}; see this computer's clock")
        return (at - _EPOCH) // _MILLISECOND * 1000
    except BadEvent:
        raise
    except (ValueError, OverflowError):
        raise BadEvent("a timestamp cannot be read; write it as 2026-11-12T09:30:00.000Z") from None


def written(number: int, beat: Beat) -> dict[str, Any]:
    """Return an event as ActivityWatch writes it; `data` has to be what may be read."""
    return {
        "id": number,
        "timestamp": timestamp(beat.start_us),
        "duration": beat.duration_us / 1e6,
        "data": beat.data,
    }


def timestamp(at_us: int) -> str:
    try:
        return (_EPOCH + dt.timedelta(microseconds=at_us)).isoformat()
    except OverflowError:
        return "9999-12-31T23:59:59+00:00" if at_us > 0 else "0001-01-01T00:00:00+00:00"


def _beat(found: _Event) -> Beat:
    seconds = found.duration or 0.0
    if not abs(seconds) <= _LONGEST_SECONDS:
        raise BadEvent("an event lasts at most 400 days; its duration is in seconds")
    whole = int(seconds)
    return Beat(moment_us(found.timestamp), whole * 1_000_000 + round((seconds - whole) * 1e6), found.data or {})


def _reason(error: Exception) -> str:
    """Say what is wrong and where, but not what was sent."""
    said = str(error)
    place = said.rpartition(" - at `")[2].rstrip("`") if " - at `" in said else ""
    return f"not an event of ActivityWatch{' at ' + place if place else ''}: it needs a timestamp, a duration and data"
