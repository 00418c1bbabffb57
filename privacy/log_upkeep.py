"""Erasing from the log: rows are emptied in the transaction of the entry that says so."""

import datetime as dt
from collections.abc import Collection
from typing import Final

from sqlalchemy import Connection, delete, select, update

from privacy.chains import Heads, chain_head, erasure_digest
from privacy.log_entries import LOG_FIELD, Chain, Draft
from privacy.log_read import LogReader
from privacy.log_seals import LogSeals, is_own_read
from privacy.log_tables import ChainHeadRow, EntryRow
from privacy.log_tree import entry
from privacy.policy import Purpose, Relation

ERASED: Final = "erased"
_ROWS_A_STATEMENT: Final = 5_000


class Erasure:
    """Erases rows in the transaction of the entry that records it."""

    def __init__(self, seals: LogSeals, subject: str, chains: Collection[Chain], before: dt.date | None) -> None:
        self._seals = seals
        self._subject = subject
        self._chains = chains
        self._before = before
        self._indices: list[int] = []

    def draft(self) -> Draft:
        return Draft(None, None, Relation.OPERATIONS, [LOG_FIELD], Purpose.OPERATIONS, None, ERASED)

    def digest(self, heads: Heads) -> str:
        """Find the rows, and return the digest over their indices."""
        rows = LogReader(heads.connection, self._seals).rows_of(self._subject)
        self._indices = [
            row.index
            for row in rows
            if (Chain.SELF if is_own_read(row.sealed) else Chain.OTHERS) in self._chains
            and (self._before is None or row.day < self._before)
        ]
        return erasure_digest(self._indices)

    def write(self, connection: Connection, index: int) -> None:
        """Empty the rows, and end the chains, or seal their heads under a key that is not about to be destroyed."""
        empty = {"sealed": None, "subject_tag": None, "viewer_tag": None, "day": None, "erased_by": index}
        for start in range(0, len(self._indices), _ROWS_A_STATEMENT):
            some = self._indices[start : start + _ROWS_A_STATEMENT]
            connection.execute(update(EntryRow).where(entry.c.index.in_(some)).values(**empty))
        for chain in self._chains:
            here = (chain_head.c.subject_id == self._subject, chain_head.c.chain == chain)
            sealed = connection.scalar(select(chain_head.c.sealed).where(*here))
            if sealed is not None and self._before is None:
                connection.execute(delete(ChainHeadRow).where(*here))
            elif sealed is not None and self._before is not None:
                head = self._seals.open_head(self._subject, chain, sealed)
                resealed = self._seals.seal_head(self._subject, chain, self._before, head)
                connection.execute(update(ChainHeadRow).where(*here).values(sealed=resealed))
