"""Taking over what the ActivityWatch server of this desk has recorded, through the same door as what comes from now on.

Read a day at a time, oldest first, so that neither side holds much. A server trims what it returns to the time asked
for, so a day is asked for from a second earlier, and an event that reaches the end is fetched whole, by its id. The
same history twice changes nothing, since the portal joins what it gets.
"""

import datetime as dt
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from analytics.heartbeats import Beat
from portal.relay import aw_events
from portal.relay.aw_events import BadEvent
from portal.relay.control import Order
from portal.relay.portal_calls import is_loopback

_DAY: Final = dt.timedelta(days=1)
_SECOND: Final = dt.timedelta(seconds=1)
_EPOCH: Final = dt.datetime(1971, 1, 2, tzinfo=dt.UTC)
_MOST: Final = 1_000
_SECONDS: Final = 120


class ImportFailed(Exception):
    """The other server's history cannot be taken over; the text says why, and that it can be tried again."""


Obey = Callable[[Order], Order]
Step = Callable[[str, int], None]


def import_from(url: str, obey: Obey, step: Step, now: dt.datetime) -> dict[str, int]:
    """Hand everything of another server to the relay; returns how many events each of its buckets had."""
    source = _Source(url)
    found: dict[str, int] = {}
    for bucket in source.get("buckets/", dict[str, dict[str, Any]]).values():
        name = str(bucket["id"])
        info = [name, *(str(bucket.get(key) or "unknown") for key in ("type", "hostname", "client", "created"))]
        obey({"do": "create", "bucket": info})
        found[name] = 0
        for events in source.events(name, now):
            stored = int(obey({"do": "insert", "bucket": name, "events": events})["stored"])
            if stored < len(events):
                raise ImportFailed("the queue is full: wait until the relay has sent what waits, then run it again")
            found[name] += stored
            step(name, found[name])
    return found


class _Source:
    """The server that has the history."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname or not is_loopback(parts.hostname):
            raise ImportFailed(f"{url} is no server of this computer; write http://127.0.0.1:5600")
        self._base = f"{url.rstrip('/')}/api/0/"

    def get(self, path: str, kind: Any) -> Any:
        try:
            with urllib.request.urlopen(self._base + path, timeout=_SECONDS) as answer:  # noqa: S310 - loopback
                return msgspec.json.decode(answer.read(), type=kind)
        except (OSError, msgspec.MsgspecError) as error:
            raise ImportFailed(
                f"the server cannot be read ({type(error).__name__}): run it again when it can"
            ) from error

    def events(self, name: str, now: dt.datetime) -> Iterator[list[Beat]]:
        """Yield the events of a bucket in lists of at most `_MOST`, each in the day in which it begins."""
        where = f"buckets/{quote(name, safe='')}/events"
        day, end = self._first_day(where, now), now + _DAY
        while day is not None and day < end:
            until = day + _DAY
            asked = urlencode({"start": (day - _SECOND).isoformat(), "end": until.isoformat(), "limit": -1})
            low, high = (round(each.timestamp()) * 1_000_000 for each in (day, until))
            own = []
            for event in self.get(f"{where}?{asked}", list[dict[str, Any]]):
                beat = _beat(event)
                if beat is not None and low <= beat.start_us < high:
                    reaches = beat.start_us + beat.duration_us >= high
                    own.append(self._whole(where, event, beat) if reaches else beat)
            yield from (own[at : at + _MOST] for at in range(0, len(own), _MOST))
            day = until

    def _whole(self, where: str, event: dict[str, Any], beat: Beat) -> Beat:
        return _beat(self.get(f"{where}/{event['id']}", dict[str, Any])) or beat

    def _first_day(self, where: str, now: dt.datetime) -> dt.datetime | None:
        """Return the day of the oldest event, found by halving; None if there is no event."""
        low, high = _EPOCH, dt.datetime.combine(now.date() + _DAY, dt.time(), tzinfo=dt.UTC)
        if not self._count(where, high):
            return None
        while high - low > _DAY:
            middle = low + (high - low) // 2 // _DAY * _DAY
            low, high = (low, middle) if self._count(where, middle) else (middle, high)
        return low

    def _count(self, where: str, end: dt.datetime) -> int:
        return int(self.get(f"{where}/count?{urlencode({'end': end.isoformat()})}", int))


def _beat(event: dict[str, Any]) -> Beat | None:
    """Read an event; None for what no relay would take, which a watcher could not have sent to it either."""
    try:
        return aw_events.event(msgspec.json.encode(event))
    except BadEvent:
        return None
