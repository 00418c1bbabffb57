"""What each person contributes to the figures of their groups: taken at first sight of an ISO week, and never again.

A figure of four weeks is made of the same four weeks. So neither late data nor an erasure can make two figures of one
group differ by somebody's change, and what was published of a week can be held against what is asked for later.
"""

import math
import sys
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from typing import Final, TypeAlias

Person: TypeAlias = Hashable
"""An int or a str, if the memory is to be written down."""
Vector: TypeAlias = tuple[float, ...]
"""Minutes a day: in all, in each category in their order, and in whatever is in none of them."""
Week: TypeAlias = tuple[int, Vector]
"""Days with data, and the sums over them."""
Values: TypeAlias = Mapping[tuple[Person, int], Mapping[str, float]]

WEEK_DAYS: Final = 7
WEEKS: Final = 4
BLOCK_DAYS: Final = WEEKS * WEEK_DAYS
LEAST_DAYS: Final = 3
"""Days with data in a week that make somebody a contributor."""
TOTAL: Final = 0
_TRACE: Final = sys.float_info.min
"""What is left of a figure that was forgotten."""


class Contributions:
    """The persons' own figures in one block of four weeks: windows 0 to 3 are its weeks, and 4 is all of it."""

    def __init__(self, block: int, categories: Sequence[str], cap: float) -> None:
        self.block, self.categories, self.cap = block, categories, cap
        self._known = frozenset(categories)
        self.weeks: tuple[dict[Person, Week], ...] = tuple({} for _ in range(WEEKS))
        self.means: tuple[dict[Person, Vector], ...] = tuple({} for _ in range(WEEKS + 1))
        """The mean of a day by window; only of those who have enough days."""

    def take(self, window: int, people: Collection[Person], values: Values) -> None:
        """Take what is known of some people in a window, unless it was taken before. ValueError: minutes not finite."""
        found = {
            week: {each: self._week(week, each, values) for each in people if each not in self.weeks[week]}
            for week in (range(WEEKS) if window == WEEKS else (window,))
        }
        for week, taken in found.items():
            self._keep(week, taken)
        if window == WEEKS:
            for person in people:
                self._keep_block(person)

    def takes_part(self, week: int, part: int, person: Person) -> bool:
        """Tell whether anything is known of somebody's part in a week, with too few days of data as well."""
        days, sums = self.weeks[week].get(person, (0, ()))
        return days > 0 and (part == TOTAL or sums[part] > 0)

    def restore(self, week: int, taken: Mapping[Person, Week]) -> None:
        """Put back what was written down of a week."""
        self._keep(week, taken)

    def restore_block(self, people: Iterable[Person]) -> None:
        """Put the figures of four weeks back for people, all of whose weeks are there."""
        for person in people:
            self._keep_block(person)

    def forget(self, person: Person) -> None:
        """Keep of somebody that they contributed to a part, and no figure.

        What was published with them would otherwise look as if it could be told of fewer people than it can.
        """
        for week in self.weeks:
            if person in week:
                days, sums = week[person]
                week[person] = days, _trace(sums)
        for means in self.means:
            if person in means:
                means[person] = _trace(means[person])

    def is_forgotten(self, window: int, person: Person) -> bool:
        """Tell whether figures of a contributor were forgotten, so that no sum with them is a true one any more."""
        weeks = self.weeks if window == WEEKS else self.weeks[window : window + 1]
        return any(person in week and week[person][1][TOTAL] == _TRACE for week in weeks)

    def _keep(self, week: int, taken: Mapping[Person, Week]) -> None:
        self.weeks[week].update(taken)
        for person, (days, sums) in taken.items():
            if days >= LEAST_DAYS:
                self.means[week][person] = tuple(value / days for value in sums)

    def _keep_block(self, person: Person) -> None:
        if person in self.means[WEEKS]:
            return
        weeks = [self.weeks[week][person] for week in range(WEEKS)]
        days = sum(each for each, _ in weeks)
        if days >= LEAST_DAYS * WEEKS:
            sums = zip(*(sums for _, sums in weeks), strict=True)
            self.means[WEEKS][person] = tuple(sum(each) / days for each in sums)

    def _week(self, week: int, person: Person, values: Values) -> Week:
        first = self.block * BLOCK_DAYS + week * WEEK_DAYS
        found = [values[person, day] for day in range(first, first + WEEK_DAYS) if (person, day) in values]
        if not found:
            return 0, (0.0,) * (len(self.categories) + 2)
        return len(found), tuple(sum(each) for each in zip(*map(self._day, found), strict=True))

    def _day(self, minutes: Mapping[str, float]) -> list[float]:
        """Return the minutes of a day, each cut at the cap."""
        if not all(map(math.isfinite, minutes.values())):
            raise ValueError("minutes of a category and day are finite numbers; correct the values and ask again")
        known = [max(float(minutes.get(name, 0.0)), 0.0) for name in self.categories]
        rest = sum((max(float(value), 0.0) for name, value in minutes.items() if name not in self._known), 0.0)
        return [min(value, self.cap) for value in (sum(known) + rest, *known, rest)]


def _trace(figures: Vector) -> Vector:
    """Return the least that still says which figures there were."""
    return tuple(_TRACE if value > 0 else 0.0 for value in figures)
