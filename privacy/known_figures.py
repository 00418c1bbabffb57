"""What a figure of a group tells somebody who may read some of its people one by one (pure).

Rule 2b of docs/releases.md: a reader subtracts those whom they read, and themselves. What is left has to be nobody's,
or could be published alone.
"""

import heapq
from collections.abc import Callable, Collection, Iterable, Mapping
from itertools import chain
from typing import TypeAlias

from privacy.contributions import Person
from privacy.limits import Limits

Readers: TypeAlias = Mapping[Person, Collection[Person]]
"""By person: who may read them by name. A reader is among their own readers."""


def hold_for_readers(
    limits: Limits, people: Iterable[Person], figure: Callable[[Person], float], readers: Readers
) -> bool:
    """Tell whether for every reader what they cannot read of a group is nobody's or could stand alone.

    `people` are iterated several times. The first of them that would stand with anybody added tell of all readers but
    those who read one of these few: so it is linear in people, and mostly takes far fewer.
    """
    if not readers:
        return True
    few = _first_that_stand(limits, people, figure)
    suspects = frozenset(reader for person in few for reader in readers.get(person, ()))
    return all(
        is_nobodys_or_holds(limits, (figure(each) for each in people if reader not in readers.get(each, ())))
        for reader in suspects
    )


def is_nobodys_or_holds(limits: Limits, figures: Iterable[float]) -> bool:
    """Tell whether there are no figures, or a sum of them could stand alone."""
    rest = iter(figures)
    first = next(rest, None)
    return first is None or limits.hold(chain((first,), rest))


def _first_that_stand(limits: Limits, people: Iterable[Person], figure: Callable[[Person], float]) -> list[Person]:
    """Return the first people who are enough for any sum that they are part of; everybody if they are not."""
    found, largest, enough = list[Person](), list[float](), 0.0
    for person in people:
        found.append(person)
        value = figure(person)
        if len(largest) <= limits.colluders:
            heapq.heappush(largest, value)
            continue
        enough += heapq.heappushpop(largest, value)
        if len(found) >= limits.least and enough > limits.surely:
            break
    return found
