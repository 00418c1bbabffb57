"""Engines for the three stores, with the durability that each promise needs."""

import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, cast

from sqlalchemy import Connection, Engine, FromClause, Table, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from privacy.base import KEY_SCHEMA, LOG_SCHEMA

BUSY_TIMEOUT_MS = 30_000
READERS_TIMEOUT_MS = 5_000
_COMMON: Final[dict[str, Any]] = {
    "pool_size": 8,
    "max_overflow": 24,
    "pool_use_lifo": True,  # the connection that wrote last knows the pages: SQLite's others would read them again
    "hide_parameters": True,  # an error's text goes to logs and terminals: it must not quote a row
}


class StillRead(Exception):
    """Somebody reads an older state of a store, so that what was deleted is still in its journal."""


@dataclass(frozen=True, slots=True)
class Stores:
    """The data, the access log and the key store."""

    data: Engine
    log: Engine
    keys: Engine

    def dispose(self) -> None:
        for engine in (self.data, self.log, self.keys):
            engine.dispose()


def open_engine(url: str, **options: Any) -> Engine:
    """Open a store: SQLite with WAL, synchronous=FULL and explicit transactions, or PostgreSQL.

    On SQLite the log's and keys' schemas fold into their files. An acknowledged commit is durable on both engines.
    """
    if make_url(url).get_backend_name() != "sqlite":
        durable = {"options": "-c synchronous_commit=on"}  # whatever the server's default is
        return create_engine(url, connect_args=durable, **(_COMMON | options))
    engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000}, **(_COMMON | options))
    event.listen(engine, "connect", _configure_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine.execution_options(schema_translate_map={LOG_SCHEMA: None, KEY_SCHEMA: None})


def _configure_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver must not begin transactions on its own
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "secure_delete=ON",
        f"busy_timeout={BUSY_TIMEOUT_MS}",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    mode = connection.get_execution_options().get("sqlite_begin", "DEFERRED")
    text = "BEGIN" if mode == "DEFERRED" else f"BEGIN {mode}"
    try:
        connection.connection.cursor().execute(text)  # the short way: this is done for every call of a watcher
    except sqlite3.OperationalError as error:
        raise OperationalError(text, None, error, hide_parameters=True) from error


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One write transaction. On SQLite the lock is taken at once, so that a read never fails to become a write."""
    with engine.connect().execution_options(sqlite_begin="IMMEDIATE") as connection, connection.begin():
        yield connection


def purge(engine: Engine, tables: Iterable[FromClause]) -> None:
    """Take deleted and replaced values of `tables` off the disk too, as far as a database can.

    SQLite overwrites what it deletes (secure_delete), and its journal is emptied here. PostgreSQL keeps old versions of
    rows in the tables' files until these are written anew. Its own journal keeps them until it is recycled, and so does
    every backup: there only the destroyed keys help. StillRead if somebody keeps SQLite's journal from being emptied.
    """
    empty_journal(engine)
    if engine.dialect.name == "sqlite":
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for each in tables:
            connection.exec_driver_sql(
                f"VACUUM (FULL) {connection.dialect.identifier_preparer.format_table(cast(Table, each))}"
            )


def empty_journal(engine: Engine) -> None:
    """Empty SQLite's write-ahead log, which still holds what was deleted; PostgreSQL has no such file.

    StillRead after READERS_TIMEOUT_MS, if somebody reads on: such as a backup, which keeps its state of the store.
    """
    if engine.dialect.name != "sqlite":
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"PRAGMA busy_timeout={READERS_TIMEOUT_MS}")
        deadline = time.monotonic() + READERS_TIMEOUT_MS / 1000
        try:
            # SQLite waits for readers and writers, but not for another process that empties it at the same moment.
            while busy := connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one().busy:
                if time.monotonic() >= deadline:
                    break
                time.sleep(0.01)
        finally:
            connection.exec_driver_sql(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    if busy:
        raise StillRead(
            f"{engine.url.database}-wal still holds what was deleted, because somebody reads an older state of the"
            " store: let the backup or the command that is running end; the next start or night empties it"
        )
