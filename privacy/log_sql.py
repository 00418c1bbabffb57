"""The statements of an append, compiled once.

A commit is a handful of one-row statements; working each of them out again would cost more than the commit itself.
"""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, bindparam, insert, select, tuple_, update

from privacy.log_tables import ChainHeadRow, CheckpointRow, EntryRow, HeadRow, NodeRow
from privacy.statement import Statement

_head = HeadRow.__table__
_chain = ChainHeadRow.__table__
_here: Final = (_chain.c.subject_id == bindparam("subject"), _chain.c.chain == bindparam("of"))
_place: Final = tuple_(_chain.c.subject_id, _chain.c.chain)


class AppendStatements:
    """What every append runs, for the database of this connection."""

    def __init__(self, connection: Connection) -> None:
        columns = (_head.c.size, _head.c.root, _head.c.note, _head.c.day, _head.c.kept)
        moved = update(ChainHeadRow).where(*_here).values(sealed=bindparam("envelope"))
        self.lock_head = Statement(connection, select(*columns).with_for_update())
        self.update_head = Statement(connection, update(HeadRow), ["size", "root", "note", "day", "kept"])
        self.insert_entries = Statement(connection, insert(EntryRow))
        self.insert_nodes = Statement(connection, insert(NodeRow))
        self.insert_checkpoints = Statement(connection, insert(CheckpointRow))
        self.insert_chain_heads = Statement(connection, insert(ChainHeadRow))
        self.update_chain_heads = Statement(connection, moved)
        self._select_chain_heads: dict[int, Statement] = {}

    def chain_heads(self, connection: Connection, places: Sequence[tuple[str, str]]) -> list[tuple[Any, ...]]:
        """Return (subject, chain, sealed head) of those `places` that have a head."""
        count = 1 << (len(places) - 1).bit_length()  # few kinds of statement: the last place is asked for again
        if (statement := self._select_chain_heads.get(count)) is None:
            wanted = [tuple_(bindparam(f"subject_{n}"), bindparam(f"of_{n}")) for n in range(count)]
            found = select(_chain.c.subject_id, _chain.c.chain, _chain.c.sealed).where(_place.in_(wanted))
            statement = self._select_chain_heads[count] = Statement(connection, found)
        asked = [*places, *[places[-1]] * (count - len(places))]
        subjects = {f"subject_{n}": subject for n, (subject, _) in enumerate(asked)}
        return statement.fetch(connection, **subjects, **{f"of_{n}": chain for n, (_, chain) in enumerate(asked)})
