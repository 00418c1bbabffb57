"""Releases of units as the close of a week makes them: cells that `Publisher` decides, in the form that is kept."""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from analytics.team_figures import BANDS, GROUPS, asked, categories_of, day_number, payload
from privacy.aggregates import Publisher
from privacy.canonical import canonical
from privacy.period import week_of
from privacy.release_store import FOUR_WEEKS, WEEK, Closing, Release, statement
from privacy.stores import writing

CATEGORIES: Final = ("Work", "Comms", "Media")
PARTS: Final = tuple(BANDS)
Day = Mapping[str, Mapping[str, float]]
"""By measure what a person's day is made of, in the measure's unit."""
Recorded = Callable[[str, dt.date], Day | None]
"""A person's day, None if nothing is known of it."""


def steady(person: str, day: dt.date) -> Day | None:
    """A day of somebody who works from Monday to Friday, a little different from person to person."""
    if day.weekday() >= 5:
        return None
    more = sum(map(ord, person)) % 7
    parts = dict(zip(PARTS, (20.0 + more, 90.0 + more, 70.0, 80.0, 19.0 + more), strict=True))
    return {
        "active_time": {"Work": 200.0 + 2 * more, "Comms": 60.0 + more, "Media": 55.0 + more},
        "utilisation": {"": 45.0 + more},
        "focus_time": {"": 90.0 + 2 * more},
        "rhythm": parts,
    }


@dataclass
class Releases:
    """Releases in the order in which they are asked for, by publishers with one memory."""

    publishers: dict[str, Publisher] = field(
        default_factory=lambda: {
            each.name: Publisher(categories_of(each.name, CATEGORIES), cap=each.cap, width=each.width)
            for each in GROUPS
        }
    )

    def make(
        self, unit: str, monday: dt.date, people: Collection[str], recorded: Recorded = steady, weeks: int = 1
    ) -> bytes:
        """Return the release of one week or of four, of people who were in the unit on every day."""
        days = [monday + dt.timedelta(days=n) for n in range(7 * weeks)]
        known = {(who, day): found for who in people for day in days if (found := recorded(who, day))}
        roster = {day_number(day): frozenset(people) for day in days}
        decided = {
            (group.name, measure): self.publishers[group.name].aggregate(
                roster,
                {(who, day_number(day)): of[group.name] for (who, day), of in known.items()},
                (day_number(days[0]), day_number(days[-1])),
                measure,
            )
            for group in GROUPS
            for measure in asked(group.name)
        }
        periods = [week_of(monday + dt.timedelta(weeks=n)) for n in range(weeks)]
        kind = WEEK if weeks == 1 else FOUR_WEEKS
        return canonical(payload(unit, kind, periods, decided, len({who for who, _day in known}), 3))


def aligned(day: dt.date) -> dt.date:
    """Return the first day of the four weeks that `day` falls into."""
    return day - dt.timedelta(days=day_number(day) % 28)


def file(system: Any, *payloads: bytes) -> None:
    """File releases as the close of a week does; what is of one period is filed together."""
    periods: dict[tuple[str, str], list[Release]] = defaultdict(list)
    for each in payloads:
        found = msgspec.json.decode(each)
        periods[found["kind"], found["period"][0]].append(Release(found["unit"], each, "sha256:" + "0" * 64))
    for (kind, first), releases in periods.items():
        first_day = dt.date.fromisoformat(first)
        closing = Closing(kind, first_day, 1, statement(kind, first_day, releases))
        with writing(system.stores.data) as connection:
            system.releases.put(connection, closing, releases)
