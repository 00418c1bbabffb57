"""Disclosure control for team figures: what may be said of a group without saying anything about one of its people.

One `Publisher` decides about one measure (docs/releases.md says the rules in plain words), with a memory: what was
published of a block of four weeks limits what else may be. It is pure: no clock, no store, no reason for what it
withholds.

- Only whole ISO weeks and aligned periods of four; people who are on the roster of all of it; at least three days of
  data a week; the mean of the persons' own means, each day cut at the cap.
- At least k contributors, and three besides `colluders` who compare what they know; nobody dominates a figure.
- Rounded to a grid as wide as `width` of one person's largest possible share, and coded at both ends.
- What could be computed from figures that are published together is held to the same (`linked_releases`).
- Computed once for a period and a group of people, and never again: not with late data, and not in another order.

Reference: Hundepool et al., *Statistical Disclosure Control* (2012), chapter 4.
"""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, TypeAlias

import msgspec

from privacy.contributions import BLOCK_DAYS, TOTAL, WEEK_DAYS, WEEKS, Contributions, Person, Values, Vector, Week
from privacy.known_figures import Readers, hold_for_readers, is_nobodys_or_holds
from privacy.limits import Limits
from privacy.linked_releases import Linked

Window: TypeAlias = tuple[int, int]
"""The first and the last day, both inside; day 0 is a Monday."""
Cell: TypeAlias = tuple[tuple[str, ...], float | None, float | None, float | None]
"""Key, value, and the bounds of the true mean. Bounds alone: bottom- or top-coded, the mean is only said to lie there.
Three times None: withheld."""

NOBODY_READS: Final[Readers] = MappingProxyType({})

MEASURES: Final = ("mean", "by_cat", "share")
CODED: Final = 0.1
"""Below this part of the cap, and within it of the cap, it is only said that the mean is there."""


class Figure(msgspec.Struct, frozen=True, array_like=True):
    """A published mean as it is rounded, in minutes a day; coded at an end if there is no value."""

    value: float | None
    low: float
    high: float


class _State(msgspec.Struct, array_like=True):
    """The memory, in an order that depends on nothing but what is in it. People are numbers in their list."""

    categories: list[str]
    options: tuple[int, int, float, float, float]
    forgotten: int | None
    people: list[int | str]
    weeks: list[tuple[int, int, dict[int, Week]]]
    releases: list[tuple[Window, list[int], dict[int, Figure]]]


@dataclass
class Publisher:
    """Publishes one measure of groups. `cap` is the most minutes that a person can have a day.

    `categories` is the fixed list of top-level categories. ValueError for settings that would protect nobody.
    """

    categories: Sequence[str]
    k: int = 5
    colluders: int = 2
    dominance: float = 0.15
    width: float = 0.5
    cap: float = 480.0
    _blocks: dict[int, Linked] = field(default_factory=dict, repr=False)
    _releases: dict[tuple[Window, frozenset[Person]], dict[int, Figure]] = field(default_factory=dict, repr=False)
    _forgotten: int | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.k < 5 or self.colluders < 2 or not self.dominance >= 0.15 or not self.width >= 0.5:
            raise ValueError("k, colluders, dominance and width may be raised, never lowered")
        if not (math.isfinite(self.cap) and self.cap > 0):
            raise ValueError("the cap is a positive number")
        if len(set(self.categories)) != len(self.categories):
            raise ValueError("every category is named once")
        self.categories, self.cap = tuple(self.categories), float(self.cap)
        self.dominance, self.width = float(self.dominance), float(self.width)

    def aggregate(
        self,
        roster_by_day: Mapping[int, Iterable[Person]],
        values: Values,
        window: Window,
        measure: str,
        readers: Readers = NOBODY_READS,
    ) -> list[Cell]:
        """Return the cells of one group and period, in a fixed order; what is withheld keeps its place.

        `roster_by_day` maps each day to who belonged to the group on it, managers left out, and a day without an entry
        had nobody; `values` maps each person and day of which something is known to minutes per category. `readers`
        are by person who may read that period of theirs by name, for everybody in the organisation. ValueError for a
        measure that is not registered, and for minutes that are not finite; then nothing was remembered.
        """
        if measure not in MEASURES:
            raise ValueError(f"{measure!r} is no registered measure; there are {', '.join(MEASURES)}")
        figures = self._decided(roster_by_day, values, window, readers) if _is_period(window) else {}
        if measure == "mean":
            return [_cell(("mean",), figures.get(TOTAL), 1.0)]
        kind, scale = ("cat", 1.0) if measure == "by_cat" else ("share", 100 / self.cap)
        return [_cell((kind, name), figures.get(part), scale) for part, name in enumerate(self.categories, 1)]

    def contributors(self, roster_by_day: Mapping[int, Iterable[Person]], window: Window) -> frozenset[Person]:
        """Return whose figures are in those of a group and period that was decided about."""
        block = self._blocks.get(window[0] // BLOCK_DAYS)
        return frozenset() if block is None else _cohort(roster_by_day, window) & block.own.means[_place(window)].keys()

    def require(self, k: int) -> None:
        """Ask for more people from now on, if it is more than before."""
        self.k = max(self.k, k)
        for each in self._blocks.values():
            each.limits = self._limits

    def dump(self) -> bytes:
        """Return the memory as bytes. It holds figures of persons: whoever stores it seals it. TypeError for a person
        who is neither an int nor a str."""
        taken = [(n, week, each) for n, at in self._blocks.items() for week, each in enumerate(at.own.weeks) if each]
        everybody = {person for *_, each in taken for person in each}.union(*(who for _, who in self._releases))
        people = sorted(map(_writable, everybody), key=lambda person: (isinstance(person, str), person))
        place: dict[Person, int] = {person: n for n, person in enumerate(people)}
        weeks = [(n, week, dict(sorted((place[who], own) for who, own in each.items()))) for n, week, each in taken]
        releases = [(w, sorted(place[p] for p in cohort), found) for (w, cohort), found in self._releases.items()]
        options = (self.k, self.colluders, self.dominance, self.width, self.cap)
        return msgspec.msgpack.encode(
            _State(
                list(self.categories),
                options,
                self._forgotten,
                people,
                sorted(weeks, key=lambda each: each[:2]),
                sorted(releases, key=lambda each: each[:2]),
            )
        )

    @classmethod
    def load(cls, dumped: bytes) -> "Publisher":
        """Return the publisher of which these bytes are the memory."""
        state = msgspec.msgpack.decode(dumped, type=_State)
        found = cls(state.categories, *state.options)
        found._forgotten = state.forgotten
        for block, week, taken in state.weeks:
            found._block(block).own.restore(week, {state.people[n]: own for n, own in taken.items()})
        for window, cohort, figures in state.releases:
            found._remember(window, frozenset(state.people[n] for n in cohort), figures)
        return found

    def forget(self, before: int) -> None:
        """Forget the figures of persons in blocks that ended before a day. What was published of them stays; whatever
        else is asked of those blocks is withheld."""
        first = before // BLOCK_DAYS
        self._forgotten = first if self._forgotten is None else max(self._forgotten, first)
        self._blocks = {block: each for block, each in self._blocks.items() if block >= self._forgotten}

    def erase(self, person: Person) -> None:
        """Forget the figures of somebody who was erased. What was published with them stays as it is."""
        for each in self._blocks.values():
            each.own.forget(person)

    def knows(self, person: Person) -> bool:
        """Tell whether figures of somebody are in the memory."""
        return any(person in week for each in self._blocks.values() for week in each.own.weeks)

    def _decided(
        self, roster_by_day: Mapping[int, Iterable[Person]], values: Values, window: Window, readers: Readers
    ) -> Mapping[int, Figure]:
        window, cohort = (window[0], window[1]), _cohort(roster_by_day, window)
        if (found := self._releases.get((window, cohort))) is not None:
            return found
        figures: dict[int, Figure] = {}
        if cohort and not self._is_forgotten(window):
            block = self._block(window[0] // BLOCK_DAYS)
            block.readers = readers
            block.own.take(_place(window), cohort, values)
            figures = self._figures(block, _place(window), cohort)
        self._releases[window, cohort] = figures
        return figures

    def _figures(self, block: Linked, window: int, cohort: frozenset[Person]) -> dict[int, Figure]:
        """Decide about a group and period: the largest categories first, so that the smallest stand in for others.

        Of a group with somebody whose figures were forgotten nothing more is told: it would be too little by theirs.
        """
        means = block.own.means[window]
        people = {person: means[person] for person in cohort if person in means}
        if any(block.own.is_forgotten(window, person) for person in people):
            return {}
        if not self._limits.hold(own[TOTAL] for own in people.values()) or not block.admit(window, TOTAL, list(people)):
            return {}
        sums = [math.fsum(part) for part in zip(*people.values(), strict=True)]
        figures = {TOTAL: self._figure(sums[TOTAL], len(people))}
        parts = range(1, len(self.categories) + 1)
        hidden = set(range(1, len(sums)))
        for part in sorted(parts, key=lambda part: (-sums[part], part)):
            having = [person for person, own in people.items() if own[part] > 0]
            if (
                self._limits.hold(people[person][part] for person in having)
                and self._may_be_told(people, hidden - {part}, block.readers)
                and block.admit(window, part, having)
            ):
                hidden.remove(part)
                figures[part] = self._figure(sums[part], len(people))
            else:
                block.withhold(window, part, having)
        return dict(sorted(figures.items()))

    def _may_be_told(self, people: Mapping[Person, Vector], parts: Collection[int], readers: Readers) -> bool:
        """Tell whether what these parts are together could stand alone, or is nobody's; for readers of people, too."""
        rest = {who: left for who, own in people.items() if (left := math.fsum(own[part] for part in parts)) > 0}
        limits = self._limits
        return is_nobodys_or_holds(limits, rest.values()) and hold_for_readers(limits, rest, rest.__getitem__, readers)

    def _figure(self, total: float, count: int) -> Figure:
        mean, base = total / count, self.width * self.cap / count
        coded = min(max(CODED * self.cap, base), self.cap / 2)
        if mean < coded:
            return Figure(None, 0.0, coded)
        if mean > self.cap - coded:
            return Figure(None, self.cap - coded, self.cap)
        value = round(mean / base) * base
        return Figure(value, max(0.0, value - base / 2), min(self.cap, value + base / 2))

    def _block(self, number: int) -> Linked:
        if number not in self._blocks:
            self._blocks[number] = Linked(Contributions(number, self.categories, self.cap), self._limits)
        return self._blocks[number]

    @property
    def _limits(self) -> Limits:
        return Limits(self.k, self.colluders, self.dominance, self.cap)

    def _remember(self, window: Window, cohort: frozenset[Person], figures: dict[int, Figure]) -> None:
        """Put a release back as it was decided."""
        self._releases[window, cohort] = figures
        if not cohort or self._is_forgotten(window):
            return
        block, place = self._block(window[0] // BLOCK_DAYS), _place(window)
        if place == WEEKS:
            block.own.restore_block(cohort)
        means = block.own.means[place]
        people = [person for person in cohort if person in means]
        for part in range(len(self.categories) + 1) if figures else ():
            having = [each for each in people if part == TOTAL or means[each][part] > 0]
            (block.publish if part in figures else block.withhold)(place, part, having)

    def _is_forgotten(self, window: Window) -> bool:
        return self._forgotten is not None and window[0] // BLOCK_DAYS < self._forgotten


def _cohort(roster_by_day: Mapping[int, Iterable[Person]], window: Window) -> frozenset[Person]:
    first, last = window
    return frozenset.intersection(*(frozenset(roster_by_day.get(day, ())) for day in range(first, last + 1)))


def _is_period(window: Window) -> bool:
    first, last = window
    return any(first % days == 0 and last - first + 1 == days for days in (WEEK_DAYS, BLOCK_DAYS))


def _place(window: Window) -> int:
    """Return which window of its block a period is: 0 to 3 for its weeks, 4 for all of it."""
    first, last = window
    return WEEKS if last - first + 1 == BLOCK_DAYS else first % BLOCK_DAYS // WEEK_DAYS


def _cell(key: tuple[str, ...], figure: Figure | None, scale: float) -> Cell:
    if figure is None:
        return key, None, None, None
    return key, None if figure.value is None else figure.value * scale, figure.low * scale, figure.high * scale


def _writable(person: Person) -> int | str:
    if not isinstance(person, int | str):
        raise TypeError(f"a person is an int or a str in a memory that is written down, not {type(person).__name__}")
    return person
