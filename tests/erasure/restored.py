"""Rows as a backup brings them back."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Engine, insert, select, update

from privacy.stores import writing

Saved = Mapping[Any, Sequence[Mapping[str, Any]]]
"""The rows of some tables."""


def save(engine: Engine, tables: Sequence[Any]) -> Saved:
    """Return all rows of the tables."""
    with engine.connect() as connection:
        return {t: [dict(row) for row in connection.execute(select(_table(t))).mappings()] for t in tables}


def put_back(engine: Engine, saved: Saved) -> None:
    """Put rows back as they were, as a restored backup does; rows that are there are changed."""
    with writing(engine) as connection:
        for table, rows in saved.items():
            of_rows = _table(table)
            key = [column.name for column in of_rows.primary_key]
            for row in rows:
                here = [of_rows.c[name] == row[name] for name in key]
                if not connection.execute(update(of_rows).where(*here).values(**row)).rowcount:
                    connection.execute(insert(of_rows).values(**row))


def _table(table: Any) -> Any:
    return getattr(table, "__table__", table)
