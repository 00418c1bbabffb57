"""How a measure's value comes from the figures of a day; `measures` says what each is for.

Values are in minutes, per cent or a count; None where the day cannot say: a missing or withheld figure is never 0.
"""

from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from analytics.categories import top_level
from analytics.own_times import stem
from privacy.fields import Field

Figures = Mapping[Field, Mapping[str, Any]]

ACTIVE_SECONDS_PER_BREAK: Final = 3_600
"""One break of at least five minutes is recommended for each hour of activity."""
MEETING_NAMES: Final = frozenset({"meeting", "meetings", "call", "calls", "video calls"})
"""A category is of meetings if the last part of its path is one of these, in whatever case."""
MEETING: Final = "meeting"
"""The kind of a note that says somebody was in a meeting."""


@dataclass(frozen=True, slots=True)
class Day:
    """What a measure may read of a day: its figures, the core categories and planned time.

    `part` is what a measure is of that has to be told so: a category (a top-level one, or a whole path), an
    application, the kind of a note, or hours of the clock ("9", "10-12").
    """

    figures: Figures
    core: Set[str] = frozenset({"Work"})
    planned_minutes: int = 0
    part: str | None = None


Formula = Callable[[Day], float | None]


def core_seconds(figures: Figures, core: Set[str]) -> float | None:
    """Return the active seconds in core categories: by whole path where that is known, else by top level."""
    sums = figures.get(Field.CATEGORY_DETAIL, figures.get(Field.CATEGORIES))
    return None if sums is None else sum(seconds for name, seconds in sums.items() if name in core)


def annotated_seconds(figures: Mapping[Any, Mapping[str, Any]]) -> float:
    """Return the work away from the desk that the person noted; 0 where nothing is noted."""
    return float(figures.get(Field.ANNOTATIONS, {}).get("annotated_seconds", 0))


def worked_seconds(figures: Mapping[Any, Mapping[str, Any]], core: Set[str]) -> float | None:
    """Return core time and noted work; of a day of which nothing was captured, noted work alone."""
    captured, noted = core_seconds(figures, core), annotated_seconds(figures)
    return (captured or 0) + noted if captured is not None or noted else None


def recommended_breaks(active_seconds: float) -> int:
    """Return the breaks that are recommended for this much activity: one for each full hour."""
    return int(active_seconds // ACTIVE_SECONDS_PER_BREAK)


def team_utilisation(persons: Iterable[float | None]) -> float | None:
    """Return a team's utilisation: the mean of its persons' own percentages, each capped at 100."""
    known = [min(percent, 100.0) for percent in persons if percent is not None]
    return sum(known) / len(known) if known else None


def _read(day: Day, field: Field, key: str) -> float | None:
    """Return one number of a field; None where the field or the number is missing."""
    value = day.figures.get(field, {}).get(key)
    return None if value is None else float(value)


def minutes(field: Field, key: str) -> Formula:
    """Return the formula that reads seconds of a field as minutes."""

    def value(day: Day) -> float | None:
        seconds = _read(day, field, key)
        return None if seconds is None else seconds / 60

    return value


def count(field: Field, key: str) -> Formula:
    """Return the formula that reads a number of a field as it is."""
    return lambda day: _read(day, field, key)


def utilisation(day: Day) -> float | None:
    """Return core time and annotated work against planned time; more than 100 is possible for one person."""
    worked = worked_seconds(day.figures, day.core)
    if worked is None or not day.planned_minutes:
        return None
    return worked / (day.planned_minutes * 60) * 100


def on_task_share(day: Day) -> float | None:
    """Return core time against active time."""
    core, active = core_seconds(day.figures, day.core), _read(day, Field.ACTIVE_TIME, "active_seconds")
    return None if core is None or not active else core / active * 100


def recovery(day: Day) -> float | None:
    """Return breaks taken against the recommended; None for a day too short to need one."""
    taken, active = _read(day, Field.RECOVERY, "breaks"), _read(day, Field.ACTIVE_TIME, "active_seconds")
    if taken is None or active is None or not recommended_breaks(active):
        return None
    return min(taken / recommended_breaks(active) * 100, 100.0)


def category_time(day: Day) -> float | None:
    """Return active time in the chosen category; 0 where the day is known and the category is not in it."""
    known = [day.figures[field] for field in (Field.CATEGORIES, Field.CATEGORY_DETAIL) if field in day.figures]
    if day.part is None or not known:
        return None
    return next((float(sums[day.part]) / 60 for sums in known if day.part in sums), 0.0)


def app_time(day: Day) -> float | None:
    """Return active time in the chosen application, however it was spelled; None where no names of any are kept."""
    known = day.figures.get(Field.APPS)
    if day.part is None or known is None:
        return None
    wanted = stem(day.part)
    return float(sum(seconds for name, seconds in known.items() if stem(name) == wanted)) / 60


def apps_together(seconds: Mapping[str, float]) -> dict[str, float]:
    """Return the time in each application, called as it was spelled for longest: of one, two spellings are one."""
    names: dict[str, str] = {}
    together: dict[str, float] = {}
    for name, spent in sorted(seconds.items(), key=lambda each: (-each[1], each[0])):
        called = names.setdefault(stem(name), name)
        together[called] = together.get(called, 0.0) + spent
    return together


def meeting_time(day: Day) -> float | None:
    """Return active time in categories of meetings, and meetings away from the desk that the person noted."""
    sums = day.figures.get(Field.CATEGORY_DETAIL, day.figures.get(Field.CATEGORIES, {}))
    noted: float | None = day.figures.get(Field.ANNOTATIONS, {}).get("by_kind", {}).get(MEETING)
    if noted is None and not any(sums.values()):
        return None
    captured: float = sum(seconds for name, seconds in sums.items() if is_meeting(name))
    return (captured + (noted or 0.0)) / 60


def noted_time(day: Day) -> float | None:
    """Return what counts of the notes of one kind; None where nothing of it is noted."""
    seconds = day.figures.get(Field.ANNOTATIONS, {}).get("by_kind", {}).get(day.part)
    return None if seconds is None else float(seconds) / 60


def hour_time(day: Day) -> float | None:
    """Return active time within the chosen hours of the clock; None where the day knows no hours."""
    return _in_hours(day, None)


def core_hours(day: Day) -> float | None:
    """Return active time in core categories within the chosen hours of the clock."""
    return _in_hours(day, frozenset(map(top_level, day.core)))


def hours_of(part: str) -> frozenset[int]:
    """Return the hours that a choice means: "9", or "10-12" until before twelve; ValueError for anything else."""
    first, dash, end = part.partition("-")
    start, stop = int(first), int(end) if dash else int(first) + 1
    if not (0 <= start < 24 and 0 <= stop <= 24 and start != stop):
        raise ValueError(f"{part!r} are no hours of a day")
    return frozenset(hour % 24 for hour in range(start, stop if stop > start else stop + 24))


@lru_cache(1024)
def is_meeting(category: str) -> bool:
    """Tell whether a category, given as its whole path, is of meetings."""
    return category.rpartition(" > ")[2].casefold() in MEETING_NAMES or top_level(category).casefold() in MEETING_NAMES


def _in_hours(day: Day, tops: Set[str] | None) -> float | None:
    known = day.figures.get(Field.RHYTHM, {}).get("hours")
    if day.part is None or not known:
        return None
    wanted = hours_of(day.part)
    parts = [(name, seconds) for hour, sums in known.items() if int(hour) in wanted for name, seconds in sums.items()]
    return float(sum(seconds for name, seconds in parts if tops is None or name in tops)) / 60
