"""Changes to rows of the log, as somebody with the database makes them, and back again."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Column, Connection, Table, and_, delete, insert, select, update
from sqlalchemy.exc import StatementError

from privacy.base import LogBase
from privacy.log_tables import CheckpointRow
from privacy.stores import Stores

TABLES = {table.name: table for table in LogBase.metadata.sorted_tables}
kept = CheckpointRow.__table__
Change = Any


def rows(stores: Stores, table: Table) -> list[dict[str, Any]]:
    with stores.log.connect() as connection:
        return [dict(row) for row in connection.execute(select(table).order_by(*table.primary_key)).mappings()]


def place(table: Table, row: dict[str, Any]) -> Any:
    return and_(*(column == row[column.name] for column in table.primary_key))


def changed(value: Any, column: Column[Any]) -> list[Any]:
    """Return other values of its kind that a column might be changed to."""
    if value is None:
        return [{bytes: b"\x01" * 16, dt.date: dt.date(2026, 11, 19), int: 3}[column.type.python_type]]
    if isinstance(value, bytes):
        return [value[:i] + bytes([value[i] ^ 1]) + value[i + 1 :] for i in (0, len(value) // 2, -1 % len(value))]
    if isinstance(value, str):
        return [
            value.replace("others", "self") if "others" in value else value[:-2] + chr(ord(value[-2]) ^ 1) + value[-1]
        ]
    if isinstance(value, dt.date):
        return [value + dt.timedelta(days=1), value - dt.timedelta(days=31)]
    return [value + 1, value + 1_000]


class tampered:
    """Change one row for a while. Is false if the database itself does not take the change."""

    def __init__(self, stores: Stores, table: Table, row: Change, values: Change, *, unchecked: bool = False) -> None:
        self.stores, self.table, self.row, self.values, self.unchecked = stores, table, row, values, unchecked

    def __enter__(self) -> bool:
        try:
            with self.stores.log.begin() as connection:
                self._write(connection)
        except StatementError:  # wrong type, a key that exists, a null where none may be
            self.values = {}
        return bool(self.values)

    def _write(self, connection: Connection) -> None:
        if not self.unchecked:
            connection.execute(update(self.table).where(place(self.table, self.row)).values(**self.values))
            return
        ((name, value),) = self.values.items()
        keys = " AND ".join(f'"{c.name}" = ?' for c in self.table.primary_key)
        found = [
            v.isoformat() if isinstance(v, dt.date) else v for v in (self.row[c.name] for c in self.table.primary_key)
        ]
        statement = f'UPDATE "{self.table.name}" SET "{name}" = ? WHERE {keys}'  # noqa: S608 - our own names
        connection.exec_driver_sql(statement, (value, *found))

    def __exit__(self, *_: object) -> None:
        moved = {c.name: self.values[c.name] for c in self.table.primary_key if c.name in self.values}
        restore(self.stores, self.table, [self.row], moved)


def restore(stores: Stores, table: Table, originals: list[dict[str, Any]], moved: Change = None) -> None:
    with stores.log.begin() as connection:
        for row in originals:
            connection.execute(update(table).where(place(table, row | (moved or {}))).values(**row))


@contextmanager
def stores_without(stores: Stores, table: Table, gone: list[dict[str, Any]]) -> Iterator[None]:
    with stores.log.begin() as connection:
        for row in gone:
            connection.execute(delete(table).where(place(table, row)))
    yield
    with stores.log.begin() as connection:
        connection.execute(insert(table), gone)
