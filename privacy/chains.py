"""Chains: each person's entries are numbered from 0, and each carries the commitment of the one before.

An inclusion proof shows that an entry is in the tree; only the chain shows that none is missing. Within a commit the
heads are read once, moved on in memory, and written back once.
"""

import datetime as dt
import hashlib
from collections.abc import Collection, Iterable
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, func, select

from privacy.key_provider import KeyGone, KeyRefused
from privacy.log_seals import SUBJECT_TAG, ChainHead, LogSeals
from privacy.log_sql import AppendStatements
from privacy.log_tables import ChainHeadRow
from privacy.seal import SealBroken


class ChainEnded(KeyGone):
    """Nothing is written to this chain any more: the person was erased."""


Place = tuple[str, str]
"""(subject, chain)."""

chain_head = ChainHeadRow.__table__

_ENDED: Final = b"\0"  # no envelope begins so
_ENDED_BYTES: Final = 9
_COLUMNS: Final = (chain_head.c.subject_id, chain_head.c.chain, chain_head.c.sealed)


def is_begun(connection: Connection, subject: str, chain: str) -> bool:
    """Tell whether a chain of somebody has any entry; nothing of it is opened."""
    found = select(chain_head.c.chain).where(chain_head.c.subject_id == subject, chain_head.c.chain == str(chain))
    return connection.execute(found.limit(1)).first() is not None


class End(NamedTuple):
    """The end of a chain, as the closing of a day states it: whose, how many entries, the last one's commitment."""

    tag: bytes
    length: int
    commitment: bytes


class Heads:
    """The heads of chains inside one transaction, which holds the lock on the log's head."""

    def __init__(self, connection: Connection, seals: LogSeals, statements: AppendStatements) -> None:
        self.connection = connection
        self._statements = statements
        self._seals = seals
        self._stored: dict[Place, bytes] = {}
        self._opened: dict[Place, ChainHead] = {}
        self._moved: dict[Place, dt.date] = {}
        self.broken: dict[Place, str] = {}

    def read(self, places: Collection[Place] | None = None) -> None:
        """Fetch the sealed heads of `places`, or all, in one query."""
        rows: Iterable[Any]
        if places is None:
            rows = self.connection.execute(select(*_COLUMNS))
        else:
            rows = self._statements.chain_heads(self.connection, list(places)) if places else ()
        for subject, chain, sealed in rows:
            self._stored.setdefault((subject, chain), sealed)

    def head(self, place: Place) -> ChainHead:
        """Return the head of a chain; a new one for a chain without entries.

        SealBroken if it does not open, ChainEnded if its person was erased.
        """
        if (found := self._opened.get(place)) is None:
            sealed = self._stored.get(place)
            if sealed is not None and (record := ended_by(sealed)) is not None:
                raise ChainEnded(f"the person was erased, see entry {record}")
            found = ChainHead() if sealed is None else self._seals.open_head(*place, sealed)
            self._opened[place] = found
        return found

    def move(self, place: Place, commitment: bytes, day: dt.date) -> None:
        """Take up an entry as the new end of its chain."""
        head = self._opened[place]
        head.sequence += 1
        head.commitment = commitment
        self._moved[place] = max(day, self._moved.get(place, day))

    def write(self) -> None:
        """Write back the heads that moved."""
        fresh, changed = [], []
        for place, day in self._moved.items():
            sealed = self._seals.seal_head(*place, day, self._opened[place])
            if place in self._stored:
                changed.append({"subject": place[0], "of": place[1], "envelope": sealed})
            else:
                fresh.append({"subject_id": place[0], "chain": place[1], "sealed": sealed})
        if fresh:
            self._statements.insert_chain_heads.run(self.connection, *fresh)
        if changed:
            self._statements.update_chain_heads.run(self.connection, *changed)

    def ends(self, day: dt.date) -> list[End]:
        """Return the ends of all chains as they are now, with the tags of their subjects in the month of `day`.

        A chain whose end does not open is among `broken` instead, with the reason.
        """
        self.read()
        found: list[End] = []
        living = {place for place, sealed in self._stored.items() if ended_by(sealed) is None}
        for place in sorted(living | self._opened.keys()):
            try:
                head = self.head(place)
                if head.sequence >= 0:
                    tag = self._seals.tag(SUBJECT_TAG, place[0], day, create=True)
                    found.append(End(tag, head.sequence + 1, head.commitment))
            except (SealBroken, KeyGone, KeyRefused) as error:
                self.broken[place] = str(error)
        return found


def ended(record: int) -> bytes:
    """Return what stands in the place of a sealed head from the entry on that records its person's erasure."""
    return _ENDED + record.to_bytes(_ENDED_BYTES - len(_ENDED), "big")


def ended_by(sealed: bytes) -> int | None:
    """Return the entry that ended a chain, None for a chain that goes on."""
    if len(sealed) != _ENDED_BYTES or not sealed.startswith(_ENDED):
        return None
    return int.from_bytes(sealed[len(_ENDED) :], "big")


LIVING: Final = func.length(chain_head.c.sealed) != _ENDED_BYTES
"""The condition that a chain goes on."""


def erasure_digest(indices: Iterable[int]) -> str:
    """Return the digest with which the entry of an erasure states what was erased: SHA-256 over sorted u64 indices."""
    return "sha256:" + hashlib.sha256(b"".join(i.to_bytes(8, "big") for i in sorted(indices))).hexdigest()
