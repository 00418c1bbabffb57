"""The statements of an append, compiled once.

A commit is a handful of one-row statements; working each of them out again would cost more than the commit itself.
"""

from typing import Final

from sqlalchemy import Connection, bindparam, insert, select, update

from privacy.log_tables import ChainHeadRow, EntryRow, HeadRow, NodeRow
from privacy.statement import Statement

_head = HeadRow.__table__
_chain = ChainHeadRow.__table__
_here: Final = (_chain.c.subject_id == bindparam("subject"), _chain.c.chain == bindparam("of"))


class AppendStatements:
    """What every append runs, for the database of this connection."""

    def __init__(self, connection: Connection) -> None:
        columns = (_head.c.size, _head.c.root, _head.c.note, _head.c.day, _head.c.kept)
        one = select(_chain.c.subject_id, _chain.c.chain, _chain.c.sealed).where(*_here)
        moved = update(ChainHeadRow).where(*_here).values(sealed=bindparam("envelope"))
        self.lock_head = Statement(connection, select(*columns).with_for_update())
        self.update_head = Statement(connection, update(HeadRow), ["size", "root", "note", "day", "kept"])
        self.insert_entries = Statement(connection, insert(EntryRow))
        self.insert_nodes = Statement(connection, insert(NodeRow))
        self.select_chain_head = Statement(connection, one)
        self.update_chain_heads = Statement(connection, moved)
