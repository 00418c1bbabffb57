"""What can be computed from figures that are published together: no part of a group may come apart alone.

One `Linked` per block of four weeks knows who is in which published groups. People who are in the same groups of a
window and part (the mean, or a category) form a class. Publishing a further group cuts classes in two, and it is
admitted only if no half can be told by sums and differences for fewer than k people, or for one who dominates it:

1. Each half is either nobody, or could be published by itself; and so is what is left of it for whoever may read some
   of its people by name (`privacy.known_figures`).
2. Between periods: a group's four weeks are its weeks together, so what is left of the one without the other is told.
3. Between parts: a mean is its categories together, so what a group withholds is told as the rest of what it shows.

For 2 and 3, classes are nodes, and each person joins those nodes in which they take part, and the node OPEN for what of
theirs is published nowhere. Sums and differences that cancel everybody but a set S exist only if without S the halves
hang together no more: so they must hang together by at least k people, or be told by each other entirely, which says
nothing new. Whatever joins k people of what hangs together hangs together with it: that is never too little, and it is
linear in people, where ranks of matrices are not.

References: Denning, Denning and Schwartz, *The Tracker* (1979); Hundepool et al., *Statistical Disclosure Control*
(2012), section 4.3, linked tables.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Final, TypeAlias

from privacy.contributions import TOTAL, WEEKS, Contributions, Person
from privacy.known_figures import Readers, hold_for_readers
from privacy.limits import Limits

Node: TypeAlias = int
Links: TypeAlias = Callable[[Person], Iterator[Node]]
"""The nodes that somebody joins."""

OPEN: Final = 0


@dataclass
class Linked:
    """Who is in which published groups of one block of four weeks."""

    own: Contributions
    limits: Limits
    readers: Readers = field(default_factory=dict)
    """Who may read whom in the window that is decided about; given anew with each question, and not remembered."""
    _held: defaultdict[tuple[int, int], dict[Person, Node]] = field(default_factory=lambda: defaultdict(dict))
    """By window and part: the class that somebody is in; not there for whoever is in no published group."""
    _withheld: defaultdict[tuple[int, int], set[Person]] = field(default_factory=lambda: defaultdict(set))
    """By window and part: who is in a group that withholds the part and shows its mean."""
    _people: dict[Node, dict[Person, None]] = field(default_factory=dict)
    _numbers: Iterator[Node] = field(default_factory=lambda: count(OPEN + 1))

    def admit(self, window: int, part: int, people: Sequence[Person]) -> bool:
        """Publish a part of a group, those of whom contribute to it, unless something could come apart; tell which."""
        if window == WEEKS and self._is_withheld_in_a_week(part, people):
            return False
        held, halves = self._held[window, part], list[tuple[Node, list[Person]]]()
        for node, half in _by_node(held, people).items():
            if node != OPEN and len(half) == len(self._people[node]):
                continue
            if not self._may_stand(window, part, half):
                return False
            rest = () if node == OPEN else _Without(self._people[node], frozenset(half))
            if node != OPEN and not self._may_stand(window, part, rest):
                return False
            halves.append((node, half))
        done = list[tuple[Node, Node]]()
        for node, half in halves:
            done.append((node, self._cut(window, part, node, half)))
            if not self._hangs_together(window, part, *done[-1]):
                for into, out_of in reversed(done):
                    self._join(window, part, into, out_of)
                return False
        return True

    def publish(self, window: int, part: int, people: Iterable[Person]) -> None:
        """Publish what was admitted before: when a memory is read back."""
        for node, half in _by_node(self._held[window, part], people).items():
            if node == OPEN or len(half) < len(self._people[node]):
                self._cut(window, part, node, half)

    def withhold(self, window: int, part: int, people: Iterable[Person]) -> None:
        """Remember that a group withholds a part beside its mean."""
        self._withheld[window, part].update(people)

    def _may_stand(self, window: int, part: int, people: Iterable[Person]) -> bool:
        means = self.own.means[window]

        def figure(person: Person) -> float:
            return means[person][part]

        return self.limits.hold(map(figure, people)) and hold_for_readers(self.limits, people, figure, self.readers)

    def _cut(self, window: int, part: int, node: Node, half: Iterable[Person]) -> Node:
        new = next(self._numbers)
        self._people[new] = dict.fromkeys(half)
        for person in half:
            self._held[window, part][person] = new
            if node != OPEN:
                del self._people[node][person]
        return new

    def _join(self, window: int, part: int, into: Node, node: Node) -> None:
        for person in self._people.pop(node):
            if into == OPEN:
                del self._held[window, part][person]
            else:
                self._held[window, part][person] = into
                self._people[into][person] = None

    def _hangs_together(self, window: int, part: int, node: Node, new: Node) -> bool:
        def between_periods(person: Person) -> Iterator[Node]:
            return self._between_periods(part, person)

        def between_parts(person: Person) -> Iterator[Node]:
            return self._between_parts(window, person)

        return all(self._is_joined(new, node, links) for links in (between_periods, between_parts))

    def _is_joined(self, new: Node, node: Node, links: Links) -> bool:
        reached, is_all = self._reach(new, node, links)
        if is_all or node in reached:
            return True
        return OPEN in reached and OPEN in self._reach(node, OPEN, links)[0]

    def _reach(self, start: Node, goal: Node, links: Links) -> tuple[set[Node], bool]:
        """Return what hangs together with a node by k people, until the goal is found, and whether nobody leads out."""
        reached, shared, seen = {start}, Counter[Node](), set[Person]()
        waiting = [iter(self._people[start])]
        while waiting:
            for person in waiting[-1]:
                if person in seen:
                    continue
                seen.add(person)
                found = list[Node]()
                for node in set(links(person)) - reached:
                    shared[node] += 1
                    if shared[node] >= self.limits.least:
                        reached.add(node)
                        if node == goal:
                            return reached, False
                        if node != OPEN:
                            found.append(node)
                if found:
                    waiting += (iter(self._people[node]) for node in found)
                    break
            else:
                waiting.pop()
        return reached, OPEN not in reached and not shared.keys() - reached

    def _between_periods(self, part: int, person: Person) -> Iterator[Node]:
        yield self._held[WEEKS, part].get(person, OPEN)
        for week in range(WEEKS):
            if self.own.takes_part(week, part, person):
                yield self._held[week, part].get(person, OPEN)

    def _between_parts(self, window: int, person: Person) -> Iterator[Node]:
        figures = self.own.means[window][person]
        yield self._held[window, TOTAL].get(person, OPEN)
        for part in range(1, len(figures)):
            if figures[part] > 0:
                yield self._held[window, part].get(person, OPEN)

    def _is_withheld_in_a_week(self, part: int, people: Iterable[Person]) -> bool:
        """Tell whether a group with some of these people withheld a part beside its mean in a week of the block.

        If four weeks told it, what stood in for another part in that week would stand in no more.
        """
        withheld = [self._withheld[week, part] for week in range(WEEKS)]
        return any(person in each for each in withheld if each for person in people)


def _by_node(held: dict[Person, Node], people: Iterable[Person]) -> dict[Node, list[Person]]:
    found: defaultdict[Node, list[Person]] = defaultdict(list)
    for person in people:
        found[held.get(person, OPEN)].append(person)
    return found


@dataclass(frozen=True, slots=True)
class _Without:
    """A class without the half that is cut from it; nothing is copied."""

    people: Iterable[Person]
    half: Collection[Person]

    def __iter__(self) -> Iterator[Person]:
        return (person for person in self.people if person not in self.half)
