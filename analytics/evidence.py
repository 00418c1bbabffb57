"""The times behind a figure: what was added up or counted, so that everybody can do the sum again (pure).

They come from the day's own events and notes, by the same functions that made the figure when the day was summed up;
the two differ by the rounding to a millisecond at most.
"""

from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from analytics import explained
from analytics.annotations import WORK
from analytics.categories import top_level
from analytics.events import OVERHANG_US, Data
from analytics.evidence_times import Term, Time, counted, longest, runs, timed, times, without
from analytics.formulas import MEETING, hours_of, is_meeting, recommended_breaks
from analytics.own_times import Span, stem
from analytics.stretches import focus_places
from analytics.summaries import UNKNOWN_APP, Seen, core_times, local_hours
from analytics.transforms import Intervals, intersect, union
from privacy.messages import N_

_UTC: Final = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Known:
    """A day's activity with what else its figures depend on; `unknown` are the times of which nothing was captured.

    `part` is what a measure is of, as in `formulas.Day`; `zone` says where its hours begin.
    """

    seen: Seen
    core: Set[str]
    planned_seconds: float = 0
    unknown: Sequence[Span] = ()
    part: str | None = None
    zone: ZoneInfo = _UTC

    @property
    def active(self) -> Intervals:
        return union([self.seen.active])

    @property
    def core_work(self) -> Intervals:
        return union([core_times(self.seen, self.core)])


def evidence(name: str, day: Known) -> tuple[Term, ...]:
    """Return the numbers that a measure of this day is made of, in its formula's order. KeyError for no measure."""
    return _TERMS[name](day)


def _active(day: Known) -> tuple[Term, ...]:
    return (timed(N_("Active time"), times(day.active)),)


def _core(day: Known) -> Term:
    return timed(N_("Active time in core categories"), times(day.core_work))


def _utilisation(day: Known) -> tuple[Term, ...]:
    return (
        _core(day),
        timed(N_("Work that you noted"), times(_noted(day, WORK, day.core_work))),
        Term(N_("Planned time"), day.planned_seconds),
    )


def _on_task(day: Known) -> tuple[Term, ...]:
    return _core(day), *_active(day)


def _focus(day: Known) -> tuple[Term, ...]:
    return (timed(N_("Core time of focus blocks"), _blocks(day)),)


def _focus_blocks(day: Known) -> tuple[Term, ...]:
    return (counted(N_("Focus blocks"), _blocks(day)),)


def _longest_focus(day: Known) -> tuple[Term, ...]:
    return (longest(N_("The longest focus block"), _blocks(day)),)


def _breaks(day: Known) -> tuple[Term, ...]:
    active_us = sum(each.counted_us for each in times(day.active))
    recommended = recommended_breaks((active_us + 500) // 1000 / 1000)  # rounded as the figure is, for the same hours
    return counted(N_("Breaks"), _rests(day)), Term(N_("Whole hours of activity"), count=recommended)


def _break_time(day: Known) -> tuple[Term, ...]:
    return (timed(N_("All breaks"), _rests(day)),)


def _longest_stretch(day: Known) -> tuple[Term, ...]:
    active = day.active
    ends = explained.paused(active, day.unknown, day.seen.notes).ends
    places = [*ends, active.start_us.size] if active.start_us.size else []
    return (longest(N_("The longest stretch"), runs(active, list(zip([0, *ends], places, strict=False)))),)


def _away(day: Known) -> tuple[Term, ...]:
    if day.seen.afk is None:
        return ()
    noted = explained.intervals((each.start_us, each.end_us) for each in day.seen.notes)
    return (timed(N_("Away, and not explained"), times(without(day.seen.afk, union([day.active, noted])))),)


def _category(day: Known) -> tuple[Term, ...]:
    return (timed(N_("Active time in the category"), _held(day, lambda data: day.part in _paths(data.category))),)


def _app(day: Known) -> tuple[Term, ...]:
    wanted = stem(day.part or "")
    return _by_category(day, day.seen.active, lambda data: data.category, lambda data: stem(_app_of(data)) == wanted)


def _meetings(day: Known) -> tuple[Term, ...]:
    return (
        timed(N_("Active time in meetings and calls"), _held(day, lambda data: is_meeting(data.category))),
        timed(N_("Meetings that you noted"), times(_noted(day, {MEETING}, day.core_work))),
    )


def _noted_kind(day: Known) -> tuple[Term, ...]:
    captured = day.core_work if day.part in WORK else day.active
    return (timed(N_("Noted, and not captured"), times(_noted(day, {day.part}, captured))),)


def _hours(day: Known) -> tuple[Term, ...]:
    return _by_category(day, _in_hours(day), lambda data: top_level(data.category))


def _core_hours(day: Known) -> tuple[Term, ...]:
    tops = frozenset(map(top_level, day.core))
    return _by_category(
        day, _in_hours(day), lambda data: top_level(data.category), lambda data: top_level(data.category) in tops
    )


_TERMS: Final[dict[str, Callable[[Known], tuple[Term, ...]]]] = {
    "active_time": _active,
    "utilisation": _utilisation,
    "on_task_share": _on_task,
    "focus_time": _focus,
    "focus_blocks": _focus_blocks,
    "longest_focus": _longest_focus,
    "recovery": _breaks,
    "breaks": _breaks,
    "break_time": _break_time,
    "longest_stretch": _longest_stretch,
    "away_time": _away,
    "category_time": _category,
    "app_time": _app,
    "meeting_time": _meetings,
    "noted_time": _noted_kind,
    "hour_time": _hours,
    "core_hours": _core_hours,
}


def _held(day: Known, wanted: Callable[[Data], bool]) -> tuple[Time, ...]:
    """Return the active times whose data are wanted."""
    is_wanted = np.array([wanted(each) for each in day.seen.data], np.bool_)
    return times(union([day.seen.active.where(is_wanted[day.seen.active.data])]))


def _by_category(
    day: Known, active: Intervals, name: Callable[[Data], str], wanted: Callable[[Data], bool] = lambda _data: True
) -> tuple[Term, ...]:
    """Return the wanted active times as a number for each category, the largest first; without any, one of nothing."""
    names = [name(each) if wanted(each) else None for each in day.seen.data]
    found = []
    for each in {each for each in names if each is not None}:
        is_it = np.array([each == other for other in names], np.bool_)
        if held := times(union([active.where(is_it[active.data])])):
            found.append(timed(N_("Active time"), held, each))
    ordered = sorted(found, key=lambda term: (-(term.seconds or 0), term.of or ""))
    return tuple(ordered) or (timed(N_("Active time"), ()),)


def _in_hours(day: Known) -> Intervals:
    """Return the activity within the chosen hours of the clock, as the figures of hours cut it."""
    of, wanted = day.seen.day, hours_of(day.part or "")
    edges, hours = local_hours(of.first_us, of.end_us, day.zone)
    ends = (*edges[1:-1], edges[-1] + OVERHANG_US)
    cells = [pair for *pair, hour in zip(edges, ends, hours, strict=False) if hour in wanted]
    return intersect(day.seen.active, explained.intervals((start, end) for start, end in cells))


def _noted(day: Known, kinds: Iterable[str | None], captured: Intervals) -> Intervals:
    """Return what notes of these kinds say of times that are not captured."""
    wanted = frozenset(kinds)
    spans = ((each.start_us, each.end_us) for each in day.seen.notes if each.kind in wanted)
    return without(union([explained.intervals(spans)]), captured)


def _paths(category: str) -> tuple[str, str]:
    return category, top_level(category)


def _app_of(data: Data) -> str:
    return data.app or UNKNOWN_APP


def _blocks(day: Known) -> tuple[Time, ...]:
    core = day.core_work
    return runs(core, focus_places(core))


def _rests(day: Known) -> tuple[Time, ...]:
    rests = explained.paused(day.active, day.unknown, day.seen.notes).rests
    return tuple(Time(start, end, end - start) for start, end in rests)
