"""Organisations at random, with everything that makes figures of groups hard, and their true figures computed anew."""

import random
import statistics
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product

from privacy.aggregates import Cell, Publisher, Window

CATEGORIES = ("Work", "Comms", "Rare")
CAP = 480.0
WINDOWS: list[Window] = [*((7 * week, 7 * week + 6) for week in range(4)), (0, 27)]


@dataclass
class Organisation:
    """People who join, leave and change units; units that are nested or cross; weeks away; categories few people use.

    `tidy` is as the release job asks: the whole before its parts, and weeks before the four weeks that they make.
    """

    seed: int
    tidy: bool = False
    rosters: dict[str, dict[int, frozenset[int]]] = field(default_factory=dict)
    values: dict[tuple[int, int], dict[str, float]] = field(default_factory=dict)
    asked: list[tuple[Window, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        chance = random.Random(self.seed)
        people = range(chance.randint(8, 26))
        self.rosters = self._nested(chance, people) if self.tidy or chance.random() < 0.5 else _crossing(chance, people)
        likely = [chance.choice((0.2, 0.5, 1.0)) for _ in CATEGORIES]
        for person in people:
            does = [name for name, share in zip(CATEGORIES, likely, strict=True) if chance.random() < share]
            away = chance.randrange(4) if chance.random() < 0.15 else None
            for day in range(28):
                if day % 7 < 5 and day // 7 != away and chance.random() < 0.95:
                    self.values[person, day] = {name: chance.uniform(-5, 200) for name in does}
        self.asked = list(product(WINDOWS, self.rosters))
        if not self.tidy:
            chance.shuffle(self.asked)

    def _nested(self, chance: random.Random, people: range) -> dict[str, dict[int, frozenset[int]]]:
        units = chance.randint(2, 3)
        home: dict[int, int | None] = {person: chance.randrange(units) for person in people}
        found: dict[str, dict[int, frozenset[int]]] = {name: {} for name in ("all", *map(str, range(units)))}
        for day in range(28):
            home |= {each: chance.choice([None, *range(units)]) for each in people if chance.random() < 0.004}
            found["all"][day] = frozenset(each for each in people if home[each] is not None)
            for unit in range(units):
                found[str(unit)][day] = frozenset(each for each in people if home[each] == unit)
        return found

    def published(self, publisher: Publisher) -> Iterator[tuple[Window, str, list[Cell]]]:
        """Ask for everything in turn, and yield the mean and the categories of each group and period."""
        for window, unit in self.asked:
            cells = [self.cells(publisher, window, unit, measure) for measure in ("mean", "by_cat")]
            yield window, unit, [*cells[0], *cells[1]]

    def cells(self, publisher: Publisher, window: Window, unit: str, measure: str = "mean") -> list[Cell]:
        return publisher.aggregate(self.rosters[unit], self.values, window, measure)

    def own(self, window: Window, unit: str) -> dict[int, list[float]]:
        """Return the true mean of a day of each contributor, in all and by category."""
        days = range(window[0], window[1] + 1)
        found = {}
        for person in frozenset.intersection(*(self.rosters[unit][day] for day in days)):
            known = [self.values[person, day] for day in days if (person, day) in self.values]
            if len(known) >= 3 * (len(days) // 7):
                parts = [[max(day.get(name, 0.0), 0.0) for name in CATEGORIES] for day in known]
                rows = [[min(sum(day), CAP), *(min(each, CAP) for each in day)] for day in parts]
                found[person] = [statistics.fmean(column) for column in zip(*rows, strict=True)]
        return found

    def columns(self, window: Window, unit: str, part: int | None = None) -> frozenset[tuple[int, tuple[int, str]]]:
        """Return of whom, which week and which category there is something in a figure; without a part, any data."""
        return frozenset(
            (person, (day // 7, name))
            for person in self.own(window, unit)
            for day in range(window[0], window[1] + 1)
            for name, minutes in ({"": 1.0} if part is None else {}).items()
            | self.values.get((person, day), {}).items()
            if (person, day) in self.values and minutes > 0 and (not part or name == CATEGORIES[part - 1])
        )


def _crossing(chance: random.Random, people: range) -> dict[str, dict[int, frozenset[int]]]:
    now = {name: {each for each in people if chance.random() < chance.choice((0.3, 0.6, 0.9))} for name in "abcd"}
    found: dict[str, dict[int, frozenset[int]]] = {name: {} for name in now}
    for day in range(28):
        if day and day % 7 == 0 and chance.random() < 0.5:
            now = {
                name: {each for each in people if (each in who) != (chance.random() < 0.05)}
                for name, who in now.items()
            }
        for name, who in now.items():
            found[name][day] = frozenset(who)
    return found
