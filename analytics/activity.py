"""When somebody was active, and with what: the windows of each host while somebody was there.

The steps are those of ActivityWatch's canonical query: flood the windows, flood the AFK events, let audible tabs count
as presence while their browser is the active window, and keep of the windows what lies within presence.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from analytics.events import AFK, WEB, WINDOW, Data, DayEvents, Int32, Int64, Stream
from analytics.transforms import Intervals, flood, intersect, overlay, union

UNKNOWN_HOST: Final = "unknown"

_BROWSERS: Final = {
    "chrome": re.compile(r"(?i:^(google[-_ ]?chrome|chrome|chromium))|^Brave-browser\Z"),
    "firefox": re.compile(r"(?i:firefox)|^Nightly\Z"),
    "opera": re.compile(r"(?i:opera)"),
    "brave": re.compile(r"(?i:brave)"),
    "edge": re.compile(r"(?i:^(microsoft[-_ ]?edge|msedge))"),
    "vivaldi": re.compile(r"(?i:vivaldi)"),
}
"""A browser's tabs are in the bucket whose id holds this name; its windows are those whose app the expression finds."""


@dataclass(frozen=True, slots=True)
class Activity:
    """What a day comes to: active intervals, each moment once, and AFK periods, None where no AFK bucket says.

    The AFK periods may overlap activity: a video plays while nobody types, or somebody is active on another host.
    """

    active: Intervals
    afk: Intervals | None


def activity(day: DayEvents) -> Activity:
    """Return when the person was active, on any host, and when AFK on one."""
    layers, afk = [], []
    for windows in _streams(day, WINDOW):
        shown = flood(*_ordered(windows, day.data))
        statuses = _of_host(_streams(day, AFK), windows.host)
        if statuses:
            presence = flood(*_ordered(statuses[0], day.data))
            afk.append(_where(presence, day.data, partial(_is_status, "afk")))
            there = _where(presence, day.data, partial(_is_status, "not-afk"))
            present = [there, *_audible(day, windows.host, shown)]
            shown = intersect(shown, union(present))
        layers.append(shown)
    return Activity(overlay(layers), union(afk) if afk else None)


def _streams(day: DayEvents, kind: str) -> list[Stream]:
    """Return the streams of a kind, ordered by host and bucket: the order of arrival must not matter."""
    return sorted((stream for stream in day.streams if stream.kind == kind), key=lambda each: (each.host, each.bucket))


def _of_host(streams: list[Stream], host: str) -> list[Stream]:
    """Return a host's own streams, or else those whose host is not known."""
    own = [stream for stream in streams if stream.host == host]
    return own or [stream for stream in streams if stream.host == UNKNOWN_HOST]


def _ordered(stream: Stream, data: list[Data]) -> tuple[Int64, Int64, Int32]:
    """Return a stream's columns ordered as flooding needs them.

    aw-core orders by start and duration and leaves ties as its storage returned them, the newest first; where even the
    original starts are equal, canonical data decides, so that the order of arrival does not.
    """
    start, duration, places = stream.start_us, stream.duration_us, stream.data
    if (start[1:] > start[:-1]).all():
        return start, duration, places
    rank = np.zeros(len(data), np.int64)
    used = np.unique(places)
    rank[sorted(used.tolist(), key=lambda place: _canonical(data[place]))] = np.arange(used.size)
    order = np.lexsort((rank[places], stream.before_us, duration, start))
    return start[order], duration[order], places[order]


def _canonical(data: Data) -> tuple[tuple[bool, str], ...]:
    return tuple((value is not None, str(value)) for value in data)


def _where(found: Intervals, data: list[Data], wanted: Callable[[Data], bool]) -> Intervals:
    """Return the intervals whose data is wanted; of a day's data only what they hold is looked at, and once."""
    places = found.data.tolist()
    judged = {place: wanted(data[place]) for place in set(places)}
    return found.where(np.fromiter(map(judged.__getitem__, places), np.bool_, len(places)))


def _is_status(status: str, data: Data) -> bool:
    return data.status == status


def _is_audible(data: Data) -> bool:
    return data.audible is True


def _is_browser(names: re.Pattern[str], data: Data) -> bool:
    return bool(data.app and names.search(data.app))


def _audible(day: DayEvents, host: str, shown: Intervals) -> list[Intervals]:
    """Return when a tab was audible in the active window of its browser."""
    tabs = _streams(day, WEB)
    with_windows = {stream.host for stream in _streams(day, WINDOW)}
    tabs = _of_host(tabs, host) or [stream for stream in tabs if stream.host not in with_windows]
    found = []
    for browser, names in _BROWSERS.items():
        stream = next((stream for stream in tabs if browser in stream.bucket), None)
        if stream is None or not any(_is_audible(day.data[place]) for place in set(stream.data.tolist())):
            continue
        heard = _where(flood(*_ordered(stream, day.data)), day.data, _is_audible)
        found.append(_where(intersect(shown, heard), day.data, partial(_is_browser, names)))
    return found
