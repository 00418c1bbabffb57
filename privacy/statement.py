"""Statements that are compiled once and handed straight to the driver, for what every page or every append asks.

Working a statement out again costs more than a small answer does, and so do the transaction and the result that
SQLAlchemy builds around it. They are written in its terms all the same, so that both databases get theirs. Rejected:
SQL as text, which would name tables and columns a second time.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from functools import lru_cache
from typing import Any, Final, cast

from sqlalchemy import Connection, Date, Engine, Executable
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.selectable import SelectBase

Tuples = list[tuple[Any, ...]]


class Statement:
    """One statement for one engine. Its rows come and go as the driver has them: days as ISO 8601 text on SQLite."""

    def __init__(
        self, source: Connection | Engine, statement: Executable, columns: Iterable[str] | None = None
    ) -> None:
        compiled = cast(ClauseElement, statement).compile(
            dialect=source.dialect,
            column_keys=None if columns is None else list(columns),
            schema_translate_map=source.get_execution_options().get("schema_translate_map", {}),
            render_schema_translate=True,
        )
        self._text = str(compiled)
        written = cast(Mapping[str, Any], getattr(compiled, "params", {}))
        self._constants = {name: value for name, value in written.items() if value is not None}
        self._order: Sequence[str] | None = getattr(compiled, "positiontup", None)
        # PostgreSQL's own form of bytes and numbers: half the size of text, and nothing to parse
        self._form: dict[str, Any] = {"binary": True} if source.dialect.name == "postgresql" else {}

    def fetch(self, connection: Connection, **parameters: Any) -> Tuples:
        """Execute inside the connection's transaction and return the rows. Errors are the driver's own."""
        return self.fetch_raw(connection.connection, parameters)

    def fetch_raw(self, raw: Any, parameters: Mapping[str, Any]) -> Tuples:
        """Execute on a connection of the driver and return the rows."""
        cursor = raw.cursor(**self._form)
        cursor.execute(self._text, self._parameters(parameters))
        return list(cursor.fetchall())

    def run(self, connection: Connection, *rows: Mapping[str, Any]) -> None:
        """Execute inside the connection's transaction, once for each row of parameters."""
        cursor = connection.connection.cursor()
        if len(rows) == 1:
            cursor.execute(self._text, self._parameters(rows[0]))
        else:
            cursor.executemany(self._text, [self._parameters(row) for row in rows])

    def error(self, source: Engine, error: BaseException, disconnected: bool) -> DBAPIError:
        """Return SQLAlchemy's error around a driver's, without the parameters."""
        base = cast(Any, source.dialect).loaded_dbapi.Error
        found = DBAPIError.instance(
            self._text,
            None,
            cast(Exception, error),
            base,
            hide_parameters=True,
            connection_invalidated=disconnected,
            dialect=source.dialect,
        )
        return cast(DBAPIError, found)

    def _parameters(self, row: Mapping[str, Any]) -> Any:
        if self._constants:
            row = {**self._constants, **row}
        if self._order is None:
            return row
        return tuple(_plain(row[name]) for name in self._order)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value


@contextmanager
def together(connection: Connection) -> Iterator[None]:
    """Let PostgreSQL take the statements inside in one round trip; they answer nothing, and fail at the end.

    All of it is inside the connection's transaction.
    """
    raw: Any = connection.connection.dbapi_connection
    with raw.pipeline() if connection.dialect.name == "postgresql" else nullcontext():
        yield


class Question:
    """A SELECT that is asked often and alone. It sees one state of the database, as every single statement does.

    Rows are the same on both databases, and the errors are SQLAlchemy's.
    """

    def __init__(self, statement: SelectBase) -> None:
        self._statement = statement
        self._days: Final = [n for n, column in enumerate(statement.selected_columns) if isinstance(column.type, Date)]
        self._compiled: dict[str, Statement] = {}  # by database: what a table is called depends on nothing else

    def ask(self, source: Engine | Connection, **parameters: Any) -> Tuples:
        """Return the rows: those of its transaction if a connection is given, else read in none."""
        name = source.dialect.name
        if (statement := self._compiled.get(name)) is None:
            statement = self._compiled[name] = Statement(source, cast(Executable, self._statement))
        lent = _inside(source, statement) if isinstance(source, Connection) else _alone(source, statement)
        with lent as raw:
            rows = statement.fetch_raw(raw, parameters)
        return self._with_days(rows) if self._days and name == "sqlite" else rows

    def _with_days(self, rows: Tuples) -> Tuples:
        for n in self._days:
            rows = [(*row[:n], _day(row[n]), *row[n + 1 :]) for row in rows]
        return rows


@lru_cache(4096)
def _day(text: str | None) -> dt.date | None:
    return None if text is None else dt.date.fromisoformat(text)


@contextmanager
def _inside(connection: Connection, statement: Statement) -> Iterator[Any]:
    """Lend a connection's own connection of the driver; its transaction begins now if none runs."""
    if not connection.in_transaction():
        connection.begin()
    raw: Any = connection.connection.dbapi_connection
    try:
        yield raw
    except cast(Any, connection.dialect).loaded_dbapi.Error as e:
        if disconnected := connection.dialect.is_disconnect(e, raw, None):
            connection.invalidate(e)
        raise statement.error(connection.engine, e, disconnected) from e


@contextmanager
def _alone(engine: Engine, statement: Statement) -> Iterator[Any]:
    """Lend a connection of the driver on which a statement is a transaction of its own, without a round trip more."""
    held = engine.raw_connection()
    raw: Any = held.dbapi_connection
    server = engine.dialect.name == "postgresql"
    try:
        if server:
            raw.autocommit = True
        yield raw
        if server:
            raw.autocommit = False
    except cast(Any, engine.dialect).loaded_dbapi.Error as e:
        disconnected = engine.dialect.is_disconnect(e, raw, None)
        held.invalidate(e)  # in doubt, a new one
        if disconnected:
            engine.dispose()  # those that wait in the pool have lost the server, too
        raise statement.error(engine, e, disconnected) from e
    finally:
        held.close()
