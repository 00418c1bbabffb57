"""The tree as it is stored: its head, and the hashes of its complete subtrees."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, select

from privacy.log_sql import AppendStatements
from privacy.log_tables import EntryRow, HeadRow, NodeRow
from privacy.merkle import EMPTY_ROOT, Frontier, HashReader, stored_place
from privacy.statement import Question

_NUMBERS_A_QUERY: Final = 5_000

entry = EntryRow.__table__
node = NodeRow.__table__
head = HeadRow.__table__

_SELECT_HEAD: Final = Question(select(head.c.size, head.c.root, head.c.note, head.c.day, head.c.kept))


@dataclass(slots=True)
class Head:
    """The head row: see `log_tables.HeadRow`."""

    size: int = 0
    root: bytes = EMPTY_ROOT
    note: str = ""
    day: dt.date = dt.date.min
    kept: int = 0


def read_head(connection: Connection) -> Head | None:
    """Return the head, or None in an empty log."""
    rows = _SELECT_HEAD.ask(connection)
    return Head(*rows[0]) if rows else None


def lock_head(connection: Connection, statements: AppendStatements) -> Head | None:
    """Return the head, and keep other writers waiting until the transaction ends."""
    rows = statements.lock_head.fetch(connection)
    if not rows:
        return None
    found = Head(*rows[0])
    found.day = dt.date.fromisoformat(found.day) if isinstance(found.day, str) else found.day
    return found


def read_hashes(connection: Connection, numbers: Sequence[int]) -> list[bytes]:
    """Return stored hashes in the order of their numbers; LookupError if one is missing.

    Those of single leaves stand beside their entries, the others in the table of nodes.
    """
    places = {number: stored_place(number) for number in numbers}
    leaves = {n: number for number, (level, n) in places.items() if level == 0}
    inner = [number for number, (level, _) in places.items() if level]
    found: dict[int, bytes] = {}
    for some in _slices(list(leaves)):
        rows = connection.execute(select(entry.c.index, entry.c.leaf_hash).where(entry.c.index.in_(some)))
        found.update((leaves[index], hash_) for index, hash_ in rows)
    for some in _slices(inner):
        rows = connection.execute(select(node.c.number, node.c.hash).where(node.c.number.in_(some)))
        found.update((number, hash_) for number, hash_ in rows)
    return [found[number] for number in numbers]


def reader(connection: Connection) -> HashReader:
    """Return a reader of stored hashes for the functions of `merkle`."""
    return lambda numbers: read_hashes(connection, numbers)


def read_frontier(connection: Connection, size: int) -> Frontier:
    """Return the right edge of the tree of `size` leaves; LookupError if a stored hash is missing."""
    return Frontier(size, read_hashes(connection, Frontier.numbers(size)))


def _slices(numbers: list[int]) -> list[list[int]]:
    return [numbers[i : i + _NUMBERS_A_QUERY] for i in range(0, len(numbers), _NUMBERS_A_QUERY)]
