"""What a policy would do to the days that are stored: a dry run, in numbers by rule and by category, never in values.

What is stored has passed the policy of its time. So a trial shows what a stricter policy would take, but not what a
wider one would add: what was never stored cannot be counted. An event keeps the category that it was given when it
came. It is given one anew only where the category rules are others and its title is stored: most rules look there.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from analytics import ledger, segments
from analytics.categories import Categoriser
from analytics.events import WEB, WINDOW, Data, DayEvents, Int64, Stream
from analytics.joining import STORED_FIELDS
from analytics.judged import DROPPED, data_of
from analytics.summaries import summarise
from analytics.timing import CUT, GONE, MOVED, timed
from privacy.capture import Captured, apply
from privacy.capture_policy import CapturePolicy
from privacy.disclosure import Disclosed
from privacy.fields import Field
from privacy.policy_parts import GRID, OUTSIDE, Schedule
from privacy.working_time import Windows

FIELDS: Final = STORED_FIELDS
"""What a trial looks at, at the tier of days."""

_decode: Final = msgspec.json.Decoder(dict[str, Any]).decode
_NOBODY_CORE: Final = frozenset[str]()


@dataclass(frozen=True, slots=True)
class Tried:
    """A policy that is tried on somebody: with their working time in it, their zone, and the policy in force."""

    policy: CapturePolicy
    schedule: Schedule
    zone: ZoneInfo
    now: CapturePolicy
    categorisers: Callable[[CapturePolicy], Categoriser]


@dataclass(slots=True)
class Trial:
    """How many stored events a policy would leave as they are, coarsen or drop, and seconds by category.

    `wordless` are windows and pages whose titles are not stored, `refused` the events of these days that were dropped
    when they came: of both a trial knows less than the door will. `entry` is that of the opening.
    """

    events: int = 0
    coarsened: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    before: dict[str, float] = field(default_factory=dict)
    after: dict[str, float] = field(default_factory=dict)
    days: int = 0
    wordless: int = 0
    refused: int = 0
    entry: int = 0


class _Judged(NamedTuple):
    """What would become of one stream's distinct data, by their places in the day: DROPPED or a place in `left`."""

    place: Int64
    rules: dict[int, tuple[str, ...]]


def of_days(opened: Disclosed, tried: Tried) -> Trial:
    """Try a policy on what was opened of somebody."""
    trial = Trial(entry=opened.entry)
    for day in opened.period.days():
        blobs = {name: opened.values[day, name] for name in FIELDS if (day, name) in opened.values}
        if Field.RHYTHM in blobs:
            trial.days += 1
            _try(trial, segments.decode(blobs).events, tried)
        if Field.CAPTURE_LEDGER in blobs:
            trial.refused += len(ledger.decode(blobs[Field.CAPTURE_LEDGER]).all_dropped())
    return trial


def _try(trial: Trial, events: DayEvents, tried: Tried) -> None:
    left: dict[Data, int] = {}
    streams = tuple(_left_of(trial, each, events.data, left, tried) for each in events.streams)
    _add(trial.before, events, tried.zone)
    _add(trial.after, replace(events, streams=streams, data=list(left)), tried.zone)


def _add(seconds: dict[str, float], events: DayEvents, zone: ZoneInfo) -> None:
    for name, more in summarise(events, zone, _NOBODY_CORE).get(Field.CATEGORY_DETAIL, {}).items():
        seconds[name] = seconds.get(name, 0.0) + more


def _left_of(trial: Trial, stream: Stream, data: list[Data], left: dict[Data, int], tried: Tried) -> Stream:
    """Return what would be left of a stream, and count what would become of its events."""
    judged = _judge(stream, data, left, tried)
    found = timed(stream.start_us, stream.duration_us, Windows(tried.schedule, tried.zone), tried.policy.grid_seconds)
    here = (found.flags & GONE) == 0
    flags = np.full(len(stream.start_us), GONE, dtype=np.int64)
    flags[found.event[here]] = 0
    np.bitwise_or.at(flags, found.event[here], found.flags[here])
    _count(trial, stream, judged, flags)
    if stream.kind in (WINDOW, WEB):
        wordless = np.array([data[place].title is None for place in stream.data.tolist()], dtype=bool)
        trial.wordless += int(wordless.sum())
    kept = here & (judged.place[stream.data[found.event]] != DROPPED)
    event = found.event[kept]
    return replace(
        stream,
        start_us=found.start_us[kept],
        duration_us=found.duration_us[kept],
        data=judged.place[stream.data[event]].astype(np.int32),
        before_us=np.where(found.flags[kept] & CUT, 0, stream.before_us[event]),
    )


def _judge(stream: Stream, data: list[Data], left: dict[Data, int], tried: Tried) -> _Judged:
    places, rules = np.full(len(data), DROPPED, dtype=np.int64), {}
    for place in np.unique(stream.data).tolist():
        found = _applied(tried, stream.kind, data[place])
        rules[place] = found.rules
        if found.data is not None:
            places[place] = left.setdefault(data_of(found.data, found.category), len(left))
    return _Judged(places, rules)


def _applied(tried: Tried, kind: str, data: Data) -> Captured:
    raw, category = _raw(data), data.category
    if category and data.title is not None and tried.policy.categories != tried.now.categories:
        category = tried.categorisers(tried.policy).of(raw)
    return apply(tried.policy, kind, raw, category)


def _count(trial: Trial, stream: Stream, judged: _Judged, flags: Int64) -> None:
    """Count as the door does: what its data forbid goes by that rule, then what its time does."""
    forbidden = judged.place[stream.data] == DROPPED
    outside = ~forbidden & (flags & GONE != 0)
    stays = ~forbidden & ~outside
    trial.events += len(flags)
    trial.dropped[OUTSIDE] += int(outside.sum())
    trial.coarsened[OUTSIDE] += int((stays & (flags & CUT != 0)).sum())
    trial.coarsened[GRID] += int((stays & (flags & MOVED != 0)).sum())
    for counts, where in ((trial.dropped, forbidden), (trial.coarsened, stays)):
        for place, count in zip(*np.unique(stream.data[where], return_counts=True), strict=True):
            for rule in judged.rules[int(place)]:
                counts[rule] += int(count)


def _raw(data: Data) -> dict[str, Any]:
    """Return data as a watcher would send what is left of it."""
    said = {"app": data.app, "title": data.title, "url": data.url, "audible": data.audible, "status": data.status}
    rest = _decode(data.rest) if data.rest else {}
    return {key: value for key, value in said.items() if value is not None} | rest
