"""The parts of a day that nobody has explained yet, and what its applications were taken for (pure).

Gaps are those of the drawing, to the minute: between activity, without what is noted and without what is private.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from analytics.activity import activity
from analytics.corrected import Said, corrected
from analytics.events import DayEvents
from analytics.own_times import stem
from analytics.timeline import AWAY_MS, BREAK_MS, Gap, Segment, outside


class Unexplained(NamedTuple):
    """A gap of which nobody says anything, in ms since the day began; `is_away` if it is too long for a break."""

    start: int
    end: int
    is_away: bool

    @property
    def seconds(self) -> float:
        """How long it is."""
        return (self.end - self.start) / 1000


class AppTime(NamedTuple):
    """How long an application was used for one category."""

    app: str
    category: str
    seconds: float


def unexplained(segments: Sequence[Segment], noted: Iterable[Gap], private: Iterable[Gap] = ()) -> list[Unexplained]:
    """Return the gaps of 5 minutes and more between activity, or what notes and private times leave of them."""
    ordered = sorted(segments)
    apart = [(a[1], b[0]) for a, b in pairwise(ordered) if b[0] - a[1] >= BREAK_MS]
    spans = sorted((start, end) for start, end, _ in (*noted, *private))
    left = [part for gap in apart for part in outside(gap, spans)]
    return [Unexplained(a, b, b - a > AWAY_MS) for a, b in left if b - a >= BREAK_MS]


def app_times(day: DayEvents, said: Said) -> list[AppTime]:
    """Return how long each application was used for each category, as its person corrected it, the longest first."""
    active, data = corrected(activity(day).active, day.data, said)
    total: Counter[tuple[str, str]] = Counter()
    names: dict[str, str] = {}
    for start, end, place in zip(*(column.tolist() for column in active), strict=True):
        if (app := data[place].app) is not None:
            total[names.setdefault(stem(app), app), data[place].category] += end - start
    found = [AppTime(app, category, us / 1e6) for (app, category), us in total.items()]
    return sorted(found, key=lambda each: (-each.seconds, each))


def added(days: Iterable[Iterable[AppTime]]) -> list[AppTime]:
    """Return the times of several days together, the longest first."""
    total: defaultdict[tuple[str, str], float] = defaultdict(float)
    names: dict[str, str] = {}
    for each in (each for day in days for each in day):
        total[names.setdefault(stem(each.app), each.app), each.category] += each.seconds
    return sorted((AppTime(*key, seconds) for key, seconds in total.items()), key=lambda each: (-each.seconds, each))
