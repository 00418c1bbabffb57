"""A day of events becomes a day of figures: one small JSON value for each field.

Durations are added up in whole microseconds and rounded once, to milliseconds, so each category equals what
ActivityWatch's own code makes of the same events. Figures for hours are the day's result cut at the local hours and
rounded so that they add up to the day's: flooding each hour alone would not, since it cannot see over a border.
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence, Set
from functools import lru_cache
from operator import attrgetter
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from analytics import explained
from analytics.activity import activity
from analytics.annotations import WORK, Annotation
from analytics.categories import top_level
from analytics.corrected import NOTHING_SAID, Said, corrected
from analytics.events import OVERHANG_US, Data, DayEvents, Int64
from analytics.stretches import breaks, focus_blocks
from analytics.transforms import Intervals, intersect, overlaps, union
from privacy.fields import SHARED_FIELDS, Field

_DRAWN: Final = frozenset({"timeline", "gaps"})
UNKNOWN_APP: Final = "unknown"
_HOUR_US: Final = 3_600_000_000
_CELL_US: Final = 60_000_000
"""The timeline is drawn in minutes."""


class Seen(NamedTuple):
    """A day's activity, with what it holds and what its person says of other times."""

    day: DayEvents
    active: Intervals
    afk: Intervals | None
    data: list[Data]
    notes: Sequence[Annotation] = ()


def summarise(
    day: DayEvents,
    zone: ZoneInfo,
    core: Set[str],
    gaps: Sequence[tuple[int, int, str]] = (),
    said: Said = NOTHING_SAID,
) -> dict[Field, dict[str, Any]]:
    """Return the day's figures by field, in seconds with at most three decimals.

    `core` holds the full paths of core categories. `apps` is missing where the capture policy kept no app at all.
    `gaps` are the times of which nothing was captured, with the reason; a day that has nothing else has no figures.
    `said` is what its person says about the day: the figures are as it makes them, `annotations` holds what they were
    without it, and `corrected` names those of the shared figures that differ.
    """
    is_empty = not any(len(each.start_us) for each in day.streams)
    seen = see(day)
    figures = {} if is_empty and (gaps or said.notes) else _figures(seen, zone, core, gaps)
    if not said.concerns(day.data):
        return figures
    seen = as_said(seen, said)
    changed = _figures(seen, zone, core, gaps) if figures else {}
    noted = _annotations(seen, core, figures, changed)
    shared = sorted(SHARED_FIELDS & noted["original"].keys())
    marks = {Field.CORRECTED: {"fields": shared}} if shared else {}
    return {**changed, Field.ANNOTATIONS: noted, **marks}


def see(day: DayEvents) -> Seen:
    """Return a day's activity as it was captured."""
    found = activity(day)
    return Seen(day, found.active, found.afk, day.data)


def as_said(seen: Seen, said: Said) -> Seen:
    """Return a day's activity with what its person says about it."""
    active, data = corrected(seen.active, seen.data, said)
    notes = explained.within(said.notes.annotations, seen.day.first_us, seen.day.end_us)
    return Seen(seen.day, active, seen.afk, data, notes)


def core_times(seen: Seen, core: Set[str]) -> Intervals:
    """Return when the person was active in core categories, whose full paths `core` holds."""
    return _core(seen, _Names.of(list(map(attrgetter("category"), seen.data))), core)


def _figures(
    seen: Seen, zone: ZoneInfo, core: Set[str], gaps: Sequence[tuple[int, int, str]]
) -> dict[Field, dict[str, Any]]:
    active = seen.active
    details = _Names.of(list(map(attrgetter("category"), seen.data)))
    tops = details.renamed(top_level)
    figures: dict[Field, dict[str, Any]] = {
        Field.ACTIVE_TIME: {"active_seconds": _seconds(_length(active))},
        Field.AWAY_TIME: {"afk_seconds": _away_seconds(seen)},
        Field.CATEGORIES: _by_name(active, tops),
        Field.CATEGORY_DETAIL: _by_name(active, details),
        Field.FOCUS: _focus(_core(seen, details, core)),
        Field.RHYTHM: _rhythm(seen.day, active, tops, zone) | _not_captured(seen.day, gaps),
        Field.RECOVERY: _recovery(seen, [(start, end) for start, end, _ in gaps]),
    }
    apps = _Names.of([data.app or UNKNOWN_APP for data in seen.data])
    if apps.names != [UNKNOWN_APP]:
        figures[Field.APPS] = _by_name(active, apps)
    return figures


def _annotations(seen: Seen, core: Set[str], before: Mapping[Field, Any], after: Mapping[Field, Any]) -> dict[str, Any]:
    """Return what the notes of a day come to; `spans` are drawn, `[start, end, kind]` in ms since the day began."""
    first = seen.day.first_us
    kinds = explained.by_kind(seen.notes, union([seen.active]), union([core_times(seen, core)]))
    return {
        "annotated_seconds": _seconds(sum(length for kind, length in kinds.items() if kind in WORK)),
        "by_kind": {kind.value: _seconds(length) for kind, length in kinds.items()},
        "original": {name.value: _told(name, before[name]) for name in before if before[name] != after[name]},
        "spans": [[(n.start_us - first) // 1000, (n.end_us - first) // 1000, n.kind.value] for n in seen.notes],
    }


def _told(name: Field, value: dict[str, Any]) -> dict[str, Any]:
    """Return a figure without what is drawn of it: that is long, and nobody reads it of what a day was before."""
    return {key: part for key, part in value.items() if key not in _DRAWN} if name is Field.RHYTHM else value


def _core(seen: Seen, details: "_Names", core: Set[str]) -> Intervals:
    is_core = np.array([category in core for category in details.names], np.bool_)
    return seen.active.where(is_core[details.number[seen.active.data]])


def _length(intervals: Intervals) -> int:
    return int((intervals.end_us - intervals.start_us).sum())


def _seconds(microseconds: float) -> float:
    """Round to whole milliseconds, half up, and return them as seconds."""
    return (int(microseconds) + 500) // 1000 / 1000


class _Names(NamedTuple):
    """A name for each piece of a day's data: the distinct names, sorted, and the number of each piece's name."""

    names: list[str]
    number: NDArray[np.int32]

    @classmethod
    def of(cls, names: list[str]) -> "_Names":
        distinct = sorted(dict.fromkeys(names))
        number = {name: place for place, name in enumerate(distinct)}
        return cls(distinct, np.fromiter(map(number.__getitem__, names), np.int32, len(names)))

    def renamed(self, rename: Callable[[str], str]) -> "_Names":
        """Return other names for the same data, computed once for each name."""
        coarse = _Names.of([rename(name) for name in self.names])
        return _Names(coarse.names, coarse.number[self.number])


def _by_name(active: Intervals, of: _Names) -> dict[str, float]:
    """Add up active time by the name that belongs to each piece of data."""
    # Floating point is exact here: a day's microseconds are far below 2^53.
    sums = np.bincount(of.number[active.data], active.end_us - active.start_us, minlength=len(of.names))
    return {name: seconds for name, total in zip(of.names, sums, strict=True) if (seconds := _seconds(total))}


def _away_seconds(seen: Seen) -> float | None:
    """Return AFK time that is not active and not explained; None without an AFK bucket, since then nobody knows."""
    if seen.afk is None:
        return None
    active = union([seen.active])
    if seen.notes:
        return _seconds(explained.unexplained(seen.afk, active, seen.notes))
    return _seconds(_length(seen.afk) - _length(intersect(seen.afk, active)))


def _focus(core: Intervals) -> dict[str, float]:
    blocks = focus_blocks(union([core]))
    return {
        "blocks": blocks.size,
        "seconds": _seconds(blocks.sum()),
        "longest_seconds": _seconds(blocks.max(initial=0)),
    }


def _recovery(seen: Seen, unknown: Sequence[tuple[int, int]]) -> dict[str, float]:
    active = union([seen.active])
    taken, longest = explained.breaks(active, unknown, seen.notes) if seen.notes else breaks(active, unknown)
    return {"breaks": taken.size, "seconds": _seconds(taken.sum()), "longest_stretch_seconds": _seconds(longest)}


def _rhythm(day: DayEvents, active: Intervals, tops: _Names, zone: ZoneInfo) -> dict[str, Any]:
    """Return seconds by local hour and top-level category, first and last activity, and the minutes to draw.

    `first` and `last` are the local times HH:MM at which the first activity begins and the last one ends; None without.
    `begins_us` is when the day began, from which what is drawn counts: its person may live by another clock by now.
    """
    kinds = Intervals(active.start_us, active.end_us, tops.number[active.data])
    seen = bool(active.start_us.size)
    return {
        "hours": _hours(kinds, tops.names, *local_hours(day.first_us, day.end_us, zone)),
        "first": f"{_local(int(active.start_us[0]), zone):%H:%M}" if seen else None,
        "last": f"{_local(int(active.end_us[-1]), zone):%H:%M}" if seen else None,
        "begins_us": day.first_us,
        "timeline": _timeline(kinds, tops.names, day),
    }


def _not_captured(day: DayEvents, gaps: Sequence[tuple[int, int, str]]) -> dict[str, Any]:
    """Return `[start, end, reason]` in ms since the day began, to be drawn; nothing where there is nothing to draw."""
    drawn = [[(start - day.first_us) // 1000, (end - day.first_us) // 1000, reason] for start, end, reason in gaps]
    return {"gaps": drawn} if drawn else {}


def _local(instant_us: int, zone: ZoneInfo) -> dt.datetime:
    return dt.datetime.fromtimestamp(instant_us // 1_000_000, zone)


@lru_cache(maxsize=4096)
def local_hours(first_us: int, end_us: int, zone: ZoneInfo) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return where the hours of a local day begin, with its end, and the clock's hour of each: one may come twice."""
    edges, hours = [first_us], []
    while edges[-1] < end_us:
        local = _local(edges[-1], zone)
        hours.append(local.hour)
        into_hour = (local.minute * 60 + local.second) * 1_000_000
        edges.append(min(edges[-1] + _HOUR_US - into_hour, end_us))
    return tuple(edges), tuple(hours)


def _cells(kinds: Intervals, number_of_kinds: int, edges: Int64) -> NDArray[np.int64]:
    """Return the microseconds of each kind (columns) between neighbouring edges (rows)."""
    cells = Intervals(edges[:-1], edges[1:], np.zeros(edges.size - 1, np.int32))
    event, cell = overlaps(kinds, cells)
    shared = np.minimum(kinds.end_us[event], edges[cell + 1]) - np.maximum(kinds.start_us[event], edges[cell])
    sums = np.bincount(cell * number_of_kinds + kinds.data[event], shared, minlength=number_of_kinds * (edges.size - 1))
    return sums.astype(np.int64).reshape(edges.size - 1, number_of_kinds)


def _hours(kinds: Intervals, names: list[str], edges: tuple[int, ...], hours: tuple[int, ...]) -> dict[str, Any]:
    """Cut the day at its hours; running totals are rounded, so that the hours add up to the day's rounded figure."""
    borders = np.array(edges, np.int64)
    borders[-1] += OVERHANG_US
    milliseconds = np.diff((_cells(kinds, len(names), borders).cumsum(axis=0) + 500) // 1000, axis=0, prepend=0)
    found: dict[str, dict[str, int]] = {}
    for row, column in np.argwhere(milliseconds):
        hour = found.setdefault(str(hours[row]), {})
        hour[names[column]] = hour.get(names[column], 0) + int(milliseconds[row, column])
    return {hour: {name: value / 1000 for name, value in sums.items()} for hour, sums in found.items()}


def _timeline(kinds: Intervals, names: list[str], day: DayEvents) -> list[list[Any]]:
    """Return `[start, end, category]` in ms since the day began: minutes mostly active, by what filled most."""
    if not kinds.start_us.size:
        return []
    cells = _cells(kinds, len(names), np.arange(day.first_us, day.end_us + _CELL_US, _CELL_US))
    drawn = np.where(cells.sum(axis=1) * 2 >= _CELL_US, cells.argmax(axis=1), -1)
    edges = np.flatnonzero(np.diff(drawn, prepend=-2, append=-2))
    runs = zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)
    minute = _CELL_US // 1000
    return [[begin * minute, end * minute, names[drawn[begin]]] for begin, end in runs if drawn[begin] >= 0]
