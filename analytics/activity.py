"""When somebody was active, and with what: the windows of each host while somebody was there.

The steps are those of ActivityWatch's canonical query: flood the windows, flood the AFK events, let audible tabs count
as presence while their browser is the active window, and keep of the windows what lies within presence.
"""

import re
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from analytics.events import AFK, WEB, WINDOW, Data, DayEvents, Int32, Int64, Stream
from analytics.transforms import Intervals, flood, intersect, overlay, union

T = TypeVar("T", bound=Hashable)

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
            afk.append(_with_status(presence, day.data, "afk"))
            present = [_with_status(presence, day.data, "not-afk"), *_audible(day, windows.host, shown)]
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


def _with_status(presence: Intervals, data: list[Data], status: str) -> Intervals:
    wanted = verdicts([each.status for each in data], lambda found: found == status)
    return presence.where(wanted[presence.data])


def _is_found(names: re.Pattern[str], app: str | None) -> bool:
    return bool(app and names.search(app))


def verdicts(values: Sequence[T], wanted: Callable[[T], bool]) -> NDArray[np.bool_]:
    """Judge every value, each distinct one once."""
    judged = {value: wanted(value) for value in dict.fromkeys(values)}
    return np.fromiter(map(judged.__getitem__, values), np.bool_, len(values))


def _audible(day: DayEvents, host: str, shown: Intervals) -> list[Intervals]:
    """Return when a tab was audible in the active window of its browser."""
    tabs = _streams(day, WEB)
    with_windows = {stream.host for stream in _streams(day, WINDOW)}
    tabs = _of_host(tabs, host) or [stream for stream in tabs if stream.host not in with_windows]
    heard = verdicts([data.audible for data in day.data], lambda audible: audible is True)
    apps = [data.app for data in day.data]
    found = []
    for browser, names in _BROWSERS.items():
        stream = next((stream for stream in tabs if browser in stream.bucket), None)
        if stream is None or not heard[stream.data].any():
            continue
        in_front = verdicts(apps, partial(_is_found, names))
        played = intersect(flood(*_ordered(stream, day.data)), shown.where(in_front[shown.data]))
        found.append(played.where(heard[played.data]))
    return found
