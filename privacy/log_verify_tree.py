"""The first pass of checking a log: the tree, from the entries' commitments up to the root.

Leaves are read in chunks, whose inner nodes are computed at once and compared with what is stored as a whole. Only
where that differs, every node is compared with the hash of its two halves *as stored*, so that one changed byte is
reported where it is, not along its whole path to the root.
"""

import functools
import hashlib
from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import BigInteger, Connection, bindparam, func, or_, select

from privacy import merkle
from privacy.log_entries import LEAF_PREFIX
from privacy.log_problems import MOST, Problems, is_bytes, raw
from privacy.log_tree import entry, node
from privacy.merkle import Frontier, node_hash, parents, stored_count, stored_number, stored_place
from privacy.statement import Statement

CHUNK_LEVEL: Final = 12

_LOW: Final = bindparam("low", type_=BigInteger)
_HIGH: Final = bindparam("high", type_=BigInteger)
_LEAVES: Final = (
    select(*raw(entry.c.index, entry.c.leaf_hash, entry.c.commitment))
    .where(entry.c.index >= _LOW, entry.c.index < _HIGH)
    .order_by(entry.c.index)
)
_NODES: Final = (
    select(*raw(node.c.number, node.c.hash)).where(node.c.number >= _LOW, node.c.number < _HIGH).order_by(node.c.number)
)


@functools.cache
def _layout(chunk_level: int) -> tuple[list[int], Any]:
    """Return the relative numbers of a complete chunk's inner nodes, and what puts the nodes into that order.

    They are taken from a list of all inner nodes, level by level.
    """
    chunk = 1 << chunk_level
    places = sorted(
        (stored_number(level, n), chunk - (chunk >> (level - 1)) + n)
        for level in range(1, chunk_level + 1)
        for n in range(chunk >> level)
    )
    return [number for number, _ in places], itemgetter(*(place for _, place in places))


def _node_hash(left: Any, right: Any) -> bytes | None:
    return node_hash(left, right) if is_bytes(left, 32) and is_bytes(right, 32) else None


class TreeCheck:
    """Rebuilds the tree of `size` entries. `root` is None as long as a leaf is missing."""

    def __init__(self, connection: Connection, size: int, problems: Problems, chunk_level: int = CHUNK_LEVEL) -> None:
        self._connection = connection
        self._size = size
        self._problems = problems
        self._leaves, self._nodes = Statement(connection, _LEAVES), Statement(connection, _NODES)
        self._numbers, self._in_order = _layout(chunk_level)
        self._chunk_level, self._chunk = chunk_level, 1 << chunk_level
        self._tops = Frontier()  # over the roots of complete chunks
        self._stored_tops: dict[int, bytes] = {}  # those roots as stored, by their numbers; and all nodes above
        self._rest: list[bytes] = []
        self._gaps: list[tuple[int, int]] = []
        self._complete = True

    def run(self) -> bytes | None:
        """Report what does not fit; return the root of the entries, or None if one is missing."""
        low = 0
        while low < self._size:
            rows = self._rows(low)
            if rows:
                self._check_chunk(low, rows)
                low += self._chunk
            else:
                low = self._skip(low)
        self._report_gaps()
        self._check_above()
        self._check_beyond()
        if not self._complete:
            return None
        edge = Frontier()
        for leaf in self._rest:
            edge.append(leaf)
        return merkle.fold(self._tops.hashes + edge.hashes)

    def _rows(self, low: int) -> Sequence[tuple[Any, ...]]:
        return self._leaves.fetch(self._connection, low=low, high=min(low + self._chunk, self._size))

    def _skip(self, low: int) -> int:
        """Report a gap of whole chunks, and return where the next entry's chunk begins."""
        following = select(func.min(entry.c.index)).where(entry.c.index >= low, entry.c.index < self._size)
        found = self._connection.scalar(following)
        self._missing(low, self._size if found is None else found)
        return self._size if found is None else found // self._chunk * self._chunk

    def _missing(self, low: int, high: int) -> None:
        """Take up a gap; one that continues the last becomes one with it."""
        if low >= high:
            return
        self._complete = False
        if self._gaps and low <= self._gaps[-1][1]:
            self._gaps[-1] = (self._gaps[-1][0], max(high, self._gaps[-1][1]))
        else:
            self._gaps.append((low, high))

    def _report_gaps(self) -> None:
        for low, high in self._gaps:
            through = "" if high - low == 1 else f", with all up to entry {high - 1}"
            self._problems.report(low, f"missing{through}")

    def _check_chunk(self, low: int, rows: Sequence[tuple[Any, ...]]) -> None:
        high = min(low + self._chunk, self._size)
        leaves = [row[1] for row in rows]
        self._check_leaves(rows, leaves)
        if not self._complete or len(rows) != high - low:
            self._check_gaps(low, high, rows)
            self._check_each(low, high, {row[0]: row[1] for row in rows})
            return
        if len(leaves) < self._chunk:
            self._rest = leaves
            self._check_each(low, high, dict(enumerate(leaves, low)))
        else:
            self._check_whole(low, leaves)

    def _check_leaves(self, rows: Sequence[tuple[Any, ...]], leaves: list[bytes]) -> None:
        prefix, sha256 = b"\x00" + LEAF_PREFIX, hashlib.sha256
        try:
            if [sha256(prefix + row[2]).digest() for row in rows] == leaves:
                return
        except TypeError:  # a commitment that is no byte string
            pass
        for index, leaf, commitment in rows:
            if not (is_bytes(leaf, 32) and is_bytes(commitment, 32)):
                self._problems.report(index, "leaf hash or commitment is not 32 bytes")
                self._complete = False
            elif sha256(prefix + commitment).digest() != leaf:
                self._problems.report(index, "the leaf hash is not that of its commitment")

    def _check_gaps(self, low: int, high: int, rows: Sequence[tuple[Any, ...]]) -> None:
        expected = low
        for row in rows:
            self._missing(expected, row[0])
            expected = row[0] + 1
        self._missing(expected, high)

    def _check_whole(self, low: int, leaves: list[bytes]) -> None:
        """Compare all inner nodes of a complete chunk at once, and take up its root."""
        level, inner = leaves, []
        while len(level) > 1:
            level = parents(level)
            inner.extend(level)
        self._tops.append(level[0])
        base, end = stored_count(low), stored_count(low + self._chunk)
        stored = self._nodes.fetch(self._connection, low=base, high=end)
        within = len(self._numbers)
        fits = [row[1] for row in stored[:within]] == list(self._in_order(inner))
        if fits and [row[0] - base for row in stored[:within]] == self._numbers:
            self._stored_tops[stored[within - 1][0]] = level[0]
            self._stored_tops.update((row[0], row[1]) for row in stored[within:])
        else:
            self._check_each(low, low + self._chunk, dict(enumerate(leaves, low)))

    def _check_each(self, low: int, high: int, leaves: Mapping[int, bytes]) -> None:
        """Compare every inner node of a chunk with the hash of its halves as stored."""
        base, end = stored_count(low), stored_count(high)
        rows = self._nodes.fetch(self._connection, low=base, high=end)
        stored: dict[int, Any] = {row[0]: row[1] for row in rows}
        hashes = {stored_number(0, index): leaf for index, leaf in leaves.items()} | stored
        for level in range(1, self._chunk_level + 1):
            for n in range(low >> level, high >> level):
                self._check_node(level, n, hashes)
                stored.pop(stored_number(level, n), None)
        above = {number: hash_ for number, hash_ in stored.items() if stored_place(number)[0] > self._chunk_level}
        for number in stored.keys() - above.keys():
            self._problems.report(stored_place(number)[1], "an unexpected node of the tree is stored over it")
        if high - low == self._chunk and (top := stored_number(self._chunk_level, low >> self._chunk_level)) in hashes:
            above[top] = hashes[top]
        self._stored_tops.update(above)

    def _check_above(self) -> None:
        """Compare the nodes above the chunks."""
        hashes = self._stored_tops
        for level in range(self._chunk_level + 1, self._size.bit_length()):
            for n in range(self._size >> level):
                self._check_node(level, n, hashes)

    def _check_node(self, level: int, n: int, hashes: Mapping[int, Any]) -> None:
        first, last = n << level, ((n + 1) << level) - 1
        found = hashes.get(stored_number(level, n))
        left, right = (hashes.get(stored_number(level - 1, child)) for child in (2 * n, 2 * n + 1))
        if found is None:
            self._problems.report(first, f"the tree's node over entries {first} to {last} is missing")
        elif left is not None and right is not None and found != _node_hash(left, right):
            self._problems.report(first, f"the tree's node over entries {first} to {last} is not that of its halves")

    def _check_beyond(self) -> None:
        """Report entries and nodes outside the tree."""
        outside = or_(entry.c.index >= self._size, entry.c.index < 0)
        for index in self._connection.scalars(select(entry.c.index).where(outside).limit(MOST)):
            self._problems.report(index, f"outside the tree of {self._size} entries that the head states")
        outside = or_(node.c.number >= stored_count(self._size), node.c.number < 0)
        for number in self._connection.scalars(select(node.c.number).where(outside).limit(MOST)):
            first = max(stored_place(number)[1], 0) if number >= 0 else number
            self._problems.report(first, "an unexpected node of the tree is stored beyond the last entry")
