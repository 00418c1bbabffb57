"""ActivityWatch's own code as the oracle: seconds per category and day, computed in-process by aw-core 0.5.18.

The events go into aw-core's SQLite storage, are read back day by day and pass through `aw_transform` in the order of
the web UI's canonical query.
"""

import datetime as dt
import functools
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from aw_client.queries import browser_appnames
from aw_core.models import Event
from aw_datastore import Datastore
from aw_datastore.storages import PeeweeStorage
from aw_transform import (
    Rule,
    categorize,
    filter_keyvals,
    filter_period_intersect,
    flood,
    merge_events_by_keys,
    period_union,
    sort_by_timestamp,
)

Export = dict[str, dict[str, Any]]

_WINDOWS = {
    "edge": r"(?i)^(microsoft[-_ ]?edge|msedge)",
    "chrome": r"(?i)^(google[-_ ]?chrome|chrome|chromium)",
}


class Oracle:
    """One export in aw-core's storage."""

    def __init__(self, store: Datastore, buckets: Export, rules: list[tuple[list[str], dict[str, Any]]]) -> None:
        self._store = store
        self._buckets = buckets
        self._rules = [(path, Rule(rule)) for path, rule in rules]

    def seconds(self, day: dt.date, zone: ZoneInfo, day_start: dt.time, host: str) -> dict[str, float]:
        """Return the active seconds of each category on a local day."""
        merged = merge_events_by_keys(self.active(day, zone, day_start, host), ["$category"])
        return {" > ".join(event.data["$category"]): event.duration.total_seconds() for event in merged}

    def active(self, day: dt.date, zone: ZoneInfo, day_start: dt.time, host: str) -> list[Event]:
        """Return the active events of a local day, each with its category."""
        start, end = (dt.datetime.combine(each, day_start, tzinfo=zone) for each in (day, day + dt.timedelta(days=1)))
        read = functools.partial(self._flooded, start=start, end=end)
        window, afk = self._bucket("currentwindow", host), self._bucket("afkstatus", host)
        events = read(window)
        if afk:
            present = filter_keyvals(read(afk), "status", ["not-afk"])
            present = period_union(
                present, filter_keyvals(sort_by_timestamp(self._tabs(events, read)), "audible", [True])
            )
            events = filter_period_intersect(events, present)
        return categorize(events, self._rules)

    def away(self, day: dt.date, zone: ZoneInfo, day_start: dt.time, host: str) -> list[Event] | None:
        """Return when nobody was there on a local day, None where no bucket says."""
        start, end = (dt.datetime.combine(each, day_start, tzinfo=zone) for each in (day, day + dt.timedelta(days=1)))
        bucket = self._bucket("afkstatus", host)
        return filter_keyvals(self._flooded(bucket, start, end), "status", ["afk"]) if bucket else None

    def trimmed(self, bucket: str, day: dt.date, zone: ZoneInfo, day_start: dt.time) -> list[tuple[int, int, int]]:
        """Return what aw-core's storage returns for a day: (number in the data, start, duration) in microseconds."""
        start, end = (dt.datetime.combine(each, day_start, tzinfo=zone) for each in (day, day + dt.timedelta(days=1)))
        micro = dt.timedelta(microseconds=1)
        found = self._store[bucket].get(starttime=start, endtime=end)
        epoch = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
        return [(each.data["n"], (each.timestamp - epoch) // micro, each.duration // micro) for each in found]

    def _flooded(self, bucket: str, start: dt.datetime, end: dt.datetime) -> list[Event]:
        return flood(self._store[bucket].get(starttime=start, endtime=end))

    def _bucket(self, kind: str, host: str) -> str | None:
        found = (name for name, bucket in self._buckets.items() if bucket["type"] == kind)
        return next((name for name in found if self._buckets[name]["hostname"] in (host, "unknown")), None)

    def _tabs(self, events: list[Event], read: functools.partial[list[Event]]) -> list[Event]:
        found = []
        for browser, apps in browser_appnames.items():
            webs = (name for name, bucket in self._buckets.items() if bucket["type"] == "web.tab.current")
            bucket = next((name for name in webs if browser in name), None)
            if bucket:
                names = re.compile(_WINDOWS.get(browser, f"(?i){browser}"))
                shown = [event for event in events if _is_of(event.data.get("app"), apps, names)]
                found += filter_period_intersect(read(bucket), sort_by_timestamp(shown))
        return found


def _is_of(app: object, apps: list[str], names: re.Pattern[str]) -> bool:
    return isinstance(app, str) and (app in apps or bool(names.search(app)))


@contextmanager
def oracle(buckets: Export, rules: list[tuple[list[str], dict[str, Any]]], folder: Path) -> Iterator[Oracle]:
    """Put an export into a fresh storage of aw-core's."""
    logging.disable(logging.WARNING)  # aw-core warns of every overlap
    path = folder / "oracle.db"
    store = Datastore(functools.partial(PeeweeStorage, filepath=str(path)), testing=True)
    try:
        for name, bucket in buckets.items():
            created = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)
            store.create_bucket(name, bucket["type"], bucket.get("client", "test"), bucket["hostname"], created)
            store[name].insert([Event(**pure(event)) for event in bucket["events"]])
        yield Oracle(store, buckets, rules)
    finally:
        store.storage_strategy.db.close()
        for file in folder.glob("oracle.db*"):
            file.unlink()
        logging.disable(logging.NOTSET)


def pure(event: dict[str, Any]) -> dict[str, Any]:
    """Return what aw-core's `Event` takes of an exported event, without its id."""
    return {key: value for key, value in event.items() if key in ("timestamp", "duration", "data")}
