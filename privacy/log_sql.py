"""Statements that are compiled once: those of an append, and those that read the whole tree.

A commit is a handful of one-row statements; working each of them out again would cost more than the commit itself. They
are written in SQLAlchemy's own terms, so that both databases get theirs, and handed straight to the driver.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, cast

from sqlalchemy import Connection, Executable, bindparam, insert, select, update
from sqlalchemy.sql import ClauseElement

from privacy.log_tables import ChainHeadRow, EntryRow, HeadRow, NodeRow

_head = HeadRow.__table__
_chain = ChainHeadRow.__table__
_here: Final = (_chain.c.subject_id == bindparam("subject"), _chain.c.chain == bindparam("of"))


class Statement:
    """One statement for one engine. Its rows come and go as the driver has them: days as ISO 8601 text on SQLite."""

    def __init__(self, connection: Connection, statement: Executable, columns: Iterable[str] | None = None) -> None:
        compiled = cast(ClauseElement, statement).compile(
            dialect=connection.dialect,
            column_keys=None if columns is None else list(columns),
            schema_translate_map=connection.get_execution_options().get("schema_translate_map", {}),
            render_schema_translate=True,
        )
        self._text = str(compiled)
        self._order: Sequence[str] | None = getattr(compiled, "positiontup", None)

    def fetch(self, connection: Connection, **parameters: Any) -> list[tuple[Any, ...]]:
        """Execute inside the connection's transaction and return the rows. Errors are the driver's own."""
        cursor = connection.connection.cursor()
        cursor.execute(self._text, self._parameters(parameters))
        return list(cursor.fetchall())

    def run(self, connection: Connection, *rows: Mapping[str, Any]) -> None:
        """Execute inside the connection's transaction, once for each row of parameters."""
        cursor = connection.connection.cursor()
        if len(rows) == 1:
            cursor.execute(self._text, self._parameters(rows[0]))
        else:
            cursor.executemany(self._text, [self._parameters(row) for row in rows])

    def _parameters(self, row: Mapping[str, Any]) -> Any:
        if self._order is None:
            return dict(row)
        return tuple(_plain(row[name]) for name in self._order)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value


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
