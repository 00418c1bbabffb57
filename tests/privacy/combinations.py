"""An oracle that knows nothing of the code it judges: what sums and differences of published groups come down to.

A published mean is a row of ones over columns: one for each person, week and category of which there is something. A
combination that cancels everybody but a set of people exists exactly if the rows have a smaller rank without these
people's columns. People with equal columns are cancelled together or not at all, so only unions of such classes count.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import TypeAlias

import numpy as np

Column: TypeAlias = tuple[Hashable, Hashable]
"""Whose, and of what."""
Row: TypeAlias = frozenset[Column]


def come_down_to(rows: Sequence[Row], fewer_than: int) -> list[frozenset[Hashable]]:
    """Return sets of fewer people that some combination of the rows is about, and about nobody else."""
    columns: defaultdict[Hashable, dict[Hashable, tuple[bool, ...]]] = defaultdict(dict)
    for person, what in frozenset[Column]().union(*rows):
        columns[person][what] = tuple((person, what) in row for row in rows)
    classes: defaultdict[frozenset[tuple[Hashable, tuple[bool, ...]]], list[Hashable]] = defaultdict(list)
    for person, each in columns.items():
        classes[frozenset(each.items())].append(person)
    small = [people for people in classes.values() if len(people) < fewer_than]
    whole = _rank(columns, frozenset())
    return [alone for alone in _unions(small, fewer_than - 1) if _rank(columns, alone) < whole]


def _rank(columns: Mapping[Hashable, Mapping[Hashable, tuple[bool, ...]]], without: frozenset[Hashable]) -> int:
    left = {column for person, each in columns.items() if person not in without for column in each.values()}
    return int(np.linalg.matrix_rank(np.array(sorted(left), dtype=float))) if left else 0


def _unions(small: Sequence[Sequence[Hashable]], room: int) -> Iterator[frozenset[Hashable]]:
    """Yield the largest unions only: whatever a smaller one tells, they tell as well."""

    def grow(chosen: tuple[int, ...], left: int) -> Iterator[frozenset[Hashable]]:
        first = chosen[-1] + 1 if chosen else 0
        if chosen and all(len(each) > left for n, each in enumerate(small) if n not in chosen):
            yield frozenset(person for n in chosen for person in small[n])
        for n in range(first, len(small)):
            if len(small[n]) <= left:
                yield from grow((*chosen, n), left - len(small[n]))

    yield from grow((), room)
