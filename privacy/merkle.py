"""Merkle trees as RFC 9162 §2.1 defines them: hashes, roots, inclusion and consistency proofs. Pure functions.

A log stores the hash of every *complete* subtree, and nothing else of the tree: the subtree of level L and number n
covers the leaves n·2^L up to (n+1)·2^L. Stored hashes are numbered in the order in which an append-only log completes
them (as golang.org/x/mod/sumdb/tlog does), so that a log of any size only ever adds to them. Proofs read what they need
through a `HashReader`, in one call.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Final

HASH_BYTES: Final = 32
_CHUNK: Final = 1 << 12  # leaves; a power of two, so that a chunk is a complete subtree
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()

HashReader = Callable[[Sequence[int]], Sequence[bytes]]
"""Returns the stored hashes with these numbers, in the same order; raises LookupError if one is missing."""


class ProofBroken(Exception):
    """A proof does not prove what it was given for."""


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of a leaf (RFC 9162 §2.1.1: SHA-256 of 0x00 and the data)."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node (RFC 9162 §2.1.1: SHA-256 of 0x01, left and right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def parents(hashes: Sequence[bytes]) -> list[bytes]:
    """Return the hashes one level up; the last of an odd number has no parent yet."""
    sha256 = hashlib.sha256
    pairs = zip(hashes[::2], hashes[1::2], strict=False)
    return [sha256(b"\x01" + left + right).digest() for left, right in pairs]


# Numbers of stored hashes


def stored_number(level: int, n: int) -> int:
    """Return the number under which the hash of the n-th complete subtree of `level` is stored."""
    last = ((n + 1) << level) - 1  # the leaf that completes it
    return stored_count(last) + level


def stored_count(size: int) -> int:
    """Return how many hashes a tree of `size` leaves stores: size/1 + size/2 + size/4 …, each rounded down."""
    return 2 * size - size.bit_count()


def stored_place(number: int) -> tuple[int, int]:
    """Return (level, n) of a stored hash: the inverse of `stored_number`."""
    leaf = number // 2  # at most the leaf that completes it, short by about a logarithm
    while stored_count(leaf + 1) <= number:
        leaf += 1
    level = number - stored_count(leaf)
    return level, leaf >> level


class Frontier:
    """The right edge of a growing tree: the hashes of its complete subtrees, largest first."""

    __slots__ = ("hashes", "size")

    def __init__(self, size: int = 0, hashes: Iterable[bytes] = ()) -> None:
        self.size = size
        self.hashes = list(hashes)
        if len(self.hashes) != size.bit_count():
            raise ValueError(f"a tree of {size} leaves has {size.bit_count()} complete subtrees at its edge")

    @staticmethod
    def numbers(size: int) -> list[int]:
        """Return the numbers of the stored hashes that make the frontier of a tree of `size` leaves."""
        return [stored_number(level, n) for level, n in _complete(0, size)]

    def copy(self) -> "Frontier":
        return Frontier(self.size, self.hashes)

    def append(self, leaf: bytes) -> list[tuple[int, bytes]]:
        """Add a leaf's hash; return (number, hash) of what is to be stored: the leaf's, then those it completes."""
        number = stored_count(self.size)
        stored = [(number, leaf)]
        remaining = self.size
        while remaining & 1:
            leaf = node_hash(self.hashes.pop(), leaf)
            number += 1
            stored.append((number, leaf))
            remaining >>= 1
        self.hashes.append(leaf)
        self.size += 1
        return stored

    def root(self) -> bytes:
        return fold(self.hashes)


# Roots and proofs from stored hashes


def root_hash(size: int, read: HashReader) -> bytes:
    """Return the root of the first `size` leaves."""
    return _range_hashes([(0, size)], read)[0] if size else EMPTY_ROOT


def root_of(leaves: Iterable[bytes]) -> bytes:
    """Return the root of a whole tree from its leaves' hashes.

    Whole chunks are hashed level by level, which is more than twice as fast as leaf by leaf.
    """
    following, tops = iter(leaves), Frontier()
    while len(level := list(islice(following, _CHUNK))) == _CHUNK:
        while len(level) > 1:
            level = parents(level)
        tops.append(level[0])
    edge = Frontier()
    for leaf in level:
        edge.append(leaf)
    return fold(tops.hashes + edge.hashes)


def prove_inclusion(size: int, index: int, read: HashReader) -> list[bytes]:
    """Return the inclusion proof of leaf `index` in the first `size` leaves, leaf upwards (RFC 9162 §2.1.3.1)."""
    if not 0 <= index < size:
        raise ValueError(f"no leaf {index} in a tree of {size}")
    ranges, low, high = [], 0, size
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            ranges.append((middle, high))
            high = middle
        else:
            ranges.append((low, middle))
            low = middle
    return _range_hashes(ranges[::-1], read)


def prove_consistency(old: int, size: int, read: HashReader) -> list[bytes]:
    """Return the proof that the first `old` leaves begin the tree of `size` (RFC 9162 §2.1.4.1)."""
    if not 0 < old <= size:
        raise ValueError(f"no consistency proof from {old} to {size} leaves")
    ranges, low, high = [], 0, size
    while old != high:
        middle = low + _split(high - low)
        if old <= middle:
            ranges.append((middle, high))
            high = middle
        else:
            ranges.append((low, middle))
            low = middle
    if low:
        ranges.append((low, high))
    return _range_hashes(ranges[::-1], read)


def check_inclusion(proof: Sequence[bytes], size: int, root: bytes, index: int, leaf: bytes) -> None:
    """Raise ProofBroken unless `proof` shows the leaf with this hash at `index` (RFC 9162 §2.1.3.2)."""
    if not 0 <= index < size:
        raise ProofBroken(f"no leaf {index} in a tree of {size}")
    first, second = index, size - 1
    result = leaf
    for sibling in _hashes(proof):
        if second == 0:
            raise ProofBroken("the inclusion proof is too long")
        if first & 1 or first == second:
            result = node_hash(sibling, result)
            while not first & 1 and first:
                first, second = first >> 1, second >> 1
        else:
            result = node_hash(result, sibling)
        first, second = first >> 1, second >> 1
    if second:
        raise ProofBroken("the inclusion proof is too short")
    if result != root:
        raise ProofBroken(f"leaf {index} is not in the tree with this root")


def check_consistency(proof: Sequence[bytes], old: int, old_root: bytes, size: int, root: bytes) -> None:
    """Raise ProofBroken unless `proof` shows that the old tree begins the new one (RFC 9162 §2.1.4.2)."""
    if not 0 < old <= size:
        raise ProofBroken(f"no consistency proof from {old} to {size} leaves")
    if old == size:
        if proof or old_root != root:
            raise ProofBroken("two trees of one size have different roots, or a proof that none needs")
        return
    hashes = list(_hashes(proof))
    if old & (old - 1) == 0:
        hashes.insert(0, old_root)
    if not hashes:
        raise ProofBroken("the consistency proof is too short")
    found_old, found = _replay(hashes, old - 1, size - 1)
    if found_old != old_root or found != root:
        raise ProofBroken(f"the tree of {old} leaves is not the beginning of the tree of {size}")


def _replay(hashes: list[bytes], first: int, second: int) -> tuple[bytes, bytes]:
    """Return the old and the new root that a consistency proof leads to."""
    while first & 1:
        first, second = first >> 1, second >> 1
    old = new = hashes[0]
    for sibling in hashes[1:]:
        if second == 0:
            raise ProofBroken("the consistency proof is too long")
        if first & 1 or first == second:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while not first & 1 and first:
                first, second = first >> 1, second >> 1
        else:
            new = node_hash(new, sibling)
        first, second = first >> 1, second >> 1
    if second:
        raise ProofBroken("the consistency proof is too short")
    return old, new


def _hashes(proof: Sequence[bytes]) -> Sequence[bytes]:
    if any(len(each) != HASH_BYTES for each in proof):
        raise ProofBroken("a hash of the proof has not 32 bytes")
    return proof


def _split(size: int) -> int:
    """Return the largest power of two smaller than `size` (RFC 9162 §2.1.1, there called k)."""
    return 1 << ((size - 1).bit_length() - 1)


def _complete(low: int, high: int) -> list[tuple[int, int]]:
    """Return (level, n) of the complete subtrees that make up leaves `low` to `high`, left to right."""
    found = []
    while low < high:
        level = (high - low).bit_length() - 1
        found.append((level, low >> level))
        low += 1 << level
    return found


def fold(hashes: Sequence[bytes]) -> bytes:
    """Return the root over complete subtrees, largest first: the right edge of a tree."""
    if not hashes:
        return EMPTY_ROOT
    result = hashes[-1]
    for left in hashes[-2::-1]:
        result = node_hash(left, result)
    return result


def _range_hashes(ranges: Sequence[tuple[int, int]], read: HashReader) -> list[bytes]:
    """Return the hash of each range of leaves, reading all stored hashes at once."""
    parts = [[stored_number(level, n) for level, n in _complete(low, high)] for low, high in ranges]
    numbers = [number for part in parts for number in part]
    found = iter(read(numbers) if numbers else ())
    return [fold([next(found) for _ in part]) for part in parts]
