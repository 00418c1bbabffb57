"""Stores copied table by table, from and to either engine: the form in which backups are made and restored."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, MetaData, Table, delete, func, insert, select
from sqlalchemy.exc import SQLAlchemyError

from portal import schema
from privacy.stores import open_engine, writing

Step = Callable[[str, float, float], None]
ROWS_A_STATEMENT: Final = 500


class CopyFailed(Exception):
    """A table cannot be copied; the text names it."""


def copy(source: Connection, target: Connection, metadata: MetaData, what: str, step: Step) -> int:
    """Copy all tables of a store in the transactions of both connections, and return how many rows there were.

    The target has the tables, empty. Parents go before what refers to them.
    """
    tables = metadata.sorted_tables
    total, done = sum(_count(source, table) for table in tables), 0
    for table in tables:
        rows = source.execute(select(table).execution_options(yield_per=ROWS_A_STATEMENT))
        for portion in rows.mappings().partitions(ROWS_A_STATEMENT):
            _write(target, table, [dict(row) for row in portion])
            done += len(portion)
            step(what, done, total)
        if _count(target, table) != _count(source, table):
            raise CopyFailed(f"table {table.name}: not every row arrived")
    return done


def copy_to_file(source: Connection, path: Path, name: str, step: Step) -> int:
    """Copy the store `name` into a new SQLite file with the newest schema; return how many rows there were."""
    engine = open_engine(f"sqlite:///{path}")
    try:
        schema.upgrade_store(name, engine)
        with writing(engine) as target:
            count = copy(source, target, schema.metadata_of(name), f"saving {name}", step)
    finally:
        engine.dispose()
    close_file(path)
    return count


def empty(target: Connection, metadata: MetaData) -> None:
    """Delete every row of a store, children first."""
    for table in reversed(metadata.sorted_tables):
        target.execute(delete(table))


def close_file(path: Path) -> None:
    """Bring a SQLite file into one piece: what its write-ahead log held is in it, and it can be moved alone."""
    with closing(sqlite3.connect(path)) as file:
        file.execute("PRAGMA journal_mode=DELETE")


def _write(target: Connection, table: Table, rows: list[dict[str, object]]) -> None:
    try:
        target.execute(insert(table), rows)
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", error)).partition("\n")[0]
        raise CopyFailed(f"table {table.name} cannot be written: {reason}") from error


def _count(connection: Connection, table: Table) -> int:
    return connection.scalar(select(func.count()).select_from(table)) or 0
