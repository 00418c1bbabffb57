"""Offices with secrets, and attackers who have the published cells, the rosters, and what colluders tell them.

Each attack takes one office and returns its best estimate of one person's mean, or None where nothing was published
that it could use. Other people do the same every day unless an attack says otherwise: that is the attacker's best case.
"""

import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from privacy.aggregates import Cell, Publisher, Window

CAP = 480.0
LOW, HIGH = 150.0, 390.0
"""Between these minutes everybody is, and everybody knows: a guess in the middle of it costs nothing."""
GUESS = (LOW + HIGH) / 2
CLOSE = 0.05 * CAP
TARGET = 0
OTHERS = range(1, 10)
TEAM = range(10)
"""The target and the others."""
Roster: TypeAlias = Mapping[int, frozenset[int]]


def week(number: int) -> Window:
    return 7 * number, 7 * number + 6


FOUR_WEEKS: Window = (0, 27)


def withheld(cells: list[Cell]) -> bool:
    return all(value is low is high is None for _, value, low, high in cells)


@dataclass
class Office:
    """People with a secret mean each, of whom one is the target, and a publisher of their figures."""

    random: random.Random
    categories: tuple[str, ...] = ("Work",)
    publisher: Publisher = field(init=False)
    means: dict[int, float] = field(default_factory=dict)
    values: dict[tuple[int, int], dict[str, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.publisher = Publisher(self.categories)

    @property
    def secret(self) -> float:
        return self.means[TARGET]

    def hire(self, people: Iterable[int], weeks: Iterable[int] = range(4), unrest: float = 0.0) -> None:
        """Let people work on each day of some weeks; `unrest` is how far their weeks differ from their mean."""
        weeks = list(weeks)
        for person in people:
            mean = self.means.setdefault(person, self.random.uniform(LOW, HIGH))
            for number in weeks:
                minutes = min(max(mean + self.random.gauss(0, unrest), 0.0), CAP)
                self.values |= {(person, 7 * number + day): {self.categories[0]: minutes} for day in range(5)}

    def publish(self, people: Iterable[int] | Roster, window: Window, measure: str = "mean") -> list[Cell]:
        """Return what is published of people who are there all the time, or of a roster by day."""
        days = range(window[0], window[1] + 1)
        roster = people if isinstance(people, Mapping) else dict.fromkeys(days, frozenset(people))
        return self.publisher.aggregate(roster, self.values, window, measure)

    def mean(self, people: Iterable[int] | Roster, window: Window) -> float | None:
        return middle(self.publish(people, window)[0])


def middle(cell: Cell) -> float | None:
    """Return what an attacker takes a cell for: its value, or the middle of where the mean is."""
    _, value, low, high = cell
    if value is not None:
        return value
    return None if low is None or high is None else (low + high) / 2


def hits(attack: Callable[[Office], float | None], offices: int, **kind: object) -> tuple[int, int]:
    """Return how often an attack comes close to the target's mean, and how often the guess does, in as many offices.

    An attacker without a result guesses, and believes no result that everybody knows to be impossible.
    """
    close = guessed = 0
    for number in range(offices):
        office = Office(random.Random(number), **kind)  # type: ignore[arg-type]
        estimate = attack(office)
        estimate = GUESS if estimate is None else min(max(estimate, LOW), HIGH)
        close += abs(estimate - office.secret) <= CLOSE
        guessed += abs(GUESS - office.secret) <= CLOSE
    return close, guessed
