"""Closing a day: one entry commits to the end of every chain as it is then, so that a tail cut later shows.

The entry's digest is a Merkle root over (subject tag, count, last commitment) of every chain, sorted. The hashes of the
leaves are kept beside the log: with them each person gets a proof that their own last entry was counted, which says
nothing about anybody else. A leaf's hash holds a tag that only the subject's key makes: it cannot be guessed.
"""

import datetime as dt
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from sqlalchemy import Connection, insert, select

from privacy import merkle
from privacy.chains import End, Heads, Place
from privacy.log_entries import LOG_FIELD, Chain, Draft, Entry, entry_of
from privacy.log_read import LogReader
from privacy.log_seals import SUBJECT_TAG, Filed, LogSeals
from privacy.log_tables import ClosingRow
from privacy.period import Period
from privacy.policy import Purpose, Relation

CLOSED: Final = "closed"
closing = ClosingRow.__table__

_LEAF: Final = struct.Struct(">16sQ32s")


class NotClosed(LookupError):
    """There is no closing: no day was closed yet, or not the one asked for."""


def leaf_hashes(ends: Iterable[End]) -> list[bytes]:
    """Return the hashes of the closing leaves, in the order of the tree.

    A leaf is tag (16 bytes), length of the chain (u64) and commitment (32 bytes).
    """
    return [merkle.leaf_hash(_LEAF.pack(*end)) for end in sorted(ends)]


def closing_digest(leaves: Iterable[bytes]) -> str:
    """Return the digest of a closing entry over the hashes of its leaves."""
    return f"sha256:{merkle.root_of(leaves).hex()}"


def split_leaves(stored: bytes) -> list[bytes]:
    """Return the hashes of a stored row of leaves; ValueError if it does not hold whole hashes."""
    if len(stored) % merkle.HASH_BYTES:
        raise ValueError("not a row of hashes")
    return [stored[at : at + merkle.HASH_BYTES] for at in range(0, len(stored), merkle.HASH_BYTES)]


class Closing:
    """Closes a day in the transaction of the entry that says so."""

    def __init__(self, day: dt.date) -> None:
        self._day = day
        self._leaves: list[bytes] = []
        self.left_out: dict[Place, str] = {}
        """Chains whose end does not open, each with the reason: nothing can be said of them, and the others close."""

    def draft(self) -> Draft:
        fields, period = [LOG_FIELD], Period.day(self._day)
        return Draft(None, None, Relation.OPERATIONS, fields, Purpose.OPERATIONS, period, CLOSED)

    def digest(self, heads: Heads) -> str:
        """Read the ends of all chains, and return the digest over them."""
        self._leaves = leaf_hashes(heads.ends(self._day))
        self.left_out = heads.broken
        return closing_digest(self._leaves)

    def write(self, connection: Connection, index: int) -> None:
        """Keep the hashes of the leaves under the number of the entry."""
        row = {"entry": index, "day": self._day, "leaves": b"".join(self._leaves)}
        connection.execute(insert(ClosingRow), row)


class Kept(NamedTuple):
    """What is kept of a closing: the number of its entry, its day, the hashes of its leaves one after the other."""

    entry: int
    day: dt.date
    leaves: bytes


def closed(connection: Connection, day: dt.date | None = None) -> Kept | None:
    """Return what is kept of the last closing, or of the last one of `day`; None if there is none."""
    found = select(closing.c.entry, closing.c.day, closing.c.leaves).order_by(closing.c.entry.desc()).limit(1)
    row = connection.execute(found if day is None else found.where(closing.c.day == day)).one_or_none()
    return None if row is None else Kept(*row)


@dataclass(frozen=True, slots=True)
class Counted:
    """One chain of a person as a closing counted it, its place among the leaves, and the way from there to the root."""

    chain: Chain
    end: End
    index: int
    hashes: list[bytes]


@dataclass(frozen=True, slots=True)
class Closed:
    """A closing as it concerns one person: its entry, its day, how many chains it counted, and which are theirs."""

    entry: int
    day: dt.date
    size: int
    chains: list[Counted]


def find(connection: Connection, log: LogReader, seals: LogSeals, subject: str, day: dt.date | None) -> Closed:
    """Return how the last closing, or that of `day`, counted the chains of a person.

    NotClosed if no day, or not that one, was closed. LookupError if a chain did not end as its entries say now: they
    were changed or emptied since.
    """
    if (row := closed(connection, day)) is None:
        raise NotClosed("that day was not closed" if day else "no day was closed yet")
    opened = [(each, entry_of(each.index, log.unseal(each, subject)[1])) for each in log.rows_of(subject)]
    leaves = split_leaves(row.leaves)
    found = []
    for chain in (Chain.OTHERS, Chain.SELF):
        tag = seals.tag(SUBJECT_TAG, subject, row.day)
        end = _end_at(row.entry, tag, [each for each in opened if each[1].chain is chain])
        if end is not None:
            found.append(_counted(row.entry, chain, end, leaves))
    return Closed(row.entry, row.day, len(leaves), found)


def _end_at(at: int, tag: bytes, opened: Sequence[tuple[Filed, Entry]]) -> End | None:
    """Return the end of a chain when entry `at` was written; None if it had not begun.

    The last entry before it may be erased by now: then the first one after it still names what it continues.
    """
    if before := [each for each in opened if each[0].index < at]:
        row, entry = before[-1]
        return End(tag, entry.sequence + 1, row.commitment)
    if opened and opened[0][1].previous is not None:
        return End(tag, opened[0][1].sequence, bytes.fromhex(opened[0][1].previous))
    return None


def _counted(at: int, chain: Chain, end: End, leaves: list[bytes]) -> Counted:
    (leaf,) = leaf_hashes([end])
    if leaf not in leaves:
        raise LookupError(f"the closing in entry {at} does not count the chain “{chain}” as its entries stand")
    index = leaves.index(leaf)
    return Counted(chain, end, index, _path(leaves, index))


def _path(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """Return the inclusion proof of one of these leaves, leaf upwards (RFC 9162 §2.1.3.1)."""
    if len(leaves) == 1:
        return []
    middle = 1 << ((len(leaves) - 1).bit_length() - 1)
    if index < middle:
        return [*_path(leaves[:middle], index), merkle.root_of(leaves[middle:])]
    return [*_path(leaves[middle:], index - middle), merkle.root_of(leaves[:middle])]
