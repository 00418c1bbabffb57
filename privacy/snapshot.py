"""A person's sealed rows as one moment had them, for a reader who takes longer than a transaction may.

It is a copy of ciphertext in a temporary database without a name, which the system removes with its last reader: there
is nothing in it that a thief of the disk could open, and once a key is destroyed nothing of the copy opens either.
Rejected: one long reading transaction, since on SQLite whoever reads slowly would keep what others had erased in the
journal (`privacy.stores.StillRead`).
"""

import datetime as dt
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, cast

from sqlalchemy import Engine, StaticPool, Table, create_engine, insert, select

from privacy import vault_store
from privacy.fields import Field, Tier
from privacy.vault_store import Manifest, SealedField

_COPIED: Final = (Manifest, SealedField)
_ROWS: Final = 500
"""So many rows are in memory at once while they are copied."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The copy of one subject's rows and manifests. `days` are plain; opening a row is the gate's."""

    subject: str
    engine: Engine

    def days(self, field: Field, tier: Tier) -> list[dt.date]:
        """Return the days for which a field is filed, oldest first; opens nothing."""
        with self.engine.connect() as connection:
            return vault_store.days(connection, self.subject, field, tier)


@contextmanager
def snapshot(source: Engine, subject: str) -> Iterator[Snapshot]:
    """Copy what is filed of a subject in one reading transaction, and drop the copy at the end of the block."""
    options: dict[str, Any] = {"check_same_thread": False}  # a response may be sent by another thread than began it
    engine = create_engine("sqlite://", creator=lambda: sqlite3.connect("", **options), poolclass=StaticPool)
    try:
        _copy(source, engine, subject)
        yield Snapshot(subject, engine)
    finally:
        engine.dispose()


def _copy(source: Engine, copy: Engine, subject: str) -> None:
    with vault_store.snapshot(source) as reading, copy.begin() as writing:
        for model in _COPIED:
            table = cast(Table, model.__table__)
            table.create(writing)
            asked = select(table).where(table.c.subject_id == subject)
            found = reading.execution_options(yield_per=_ROWS).execute(asked).mappings()
            for rows in found.partitions():
                writing.execute(insert(table), [dict(row) for row in rows])
