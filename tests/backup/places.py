"""An installation with its backups, and what its stores hold."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conftest import Clock
from installation import NOW, subject_of
from sqlalchemy import select

from portal import backup, schema, staging
from portal.backup import Saved
from portal.config import Config
from portal.restoring import Restored, Source, restore
from portal.wiring import System, build
from privacy.access_log import Draft
from privacy.fields import Field
from privacy.period import Period
from privacy.policy import Purpose
from privacy.stores import open_engine

DAY = dt.date(2026, 11, 9)
Rows = dict[str, list[tuple[Any, ...]]]


def quietly(_what: str, _done: float, _total: float) -> None:
    """Report no progress."""


@dataclass
class Office:
    """An installation that is opened and closed as a test needs it. Backups get the names `data` and `keys`."""

    config: Config
    folder: Path
    clock: Clock = field(default_factory=lambda: Clock(NOW))
    _systems: list[System] = field(default_factory=list)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def keys(self) -> Path:
        return self.folder / "keys"

    @contextmanager
    def open(self) -> Iterator[System]:
        system = build(self.config, self.clock)
        self._systems.append(system)
        try:
            yield system
        finally:
            system.close()

    def close(self) -> None:
        for system in self._systems:
            system.close()

    def save(self, data: str = "data", keys: str | None = "keys") -> Saved:
        """Make a backup of both kinds."""
        with self.open() as system:
            return backup.save(system, self.folder / data, None if keys is None else self.folder / keys, quietly)

    def restore(self, config: Config | None = None, **source: Any) -> Restored:
        """Restore the backup `data` into this installation, or into another one."""
        given = {"folder": self.data, **source}
        return restore(config or self.config, Source(**given), quietly, self.clock)

    def subject(self, name: str) -> str:
        with self.open() as system:
            return subject_of(system, name)

    def append(self, count: int = 1) -> None:
        """Let something be written into the log that belongs to nobody."""
        draft = Draft(None, None, "operations", [], "operations", None, "released", chain="organisation")
        with self.open() as system:
            system.log.append_many([draft] * count)

    def lose(self, *names: str) -> None:
        """Lose the files of stores (SQLite)."""
        for name in names:
            live = staging.live_file(self.config, name)
            assert live is not None
            live.unlink()


def read(system: System, subject: str, day: dt.date = DAY) -> Any:
    """Return what somebody reads of a day of their own, None if there is nothing."""
    found = system.gate.disclose(subject, subject, [Field.ACTIVE_TIME], Purpose.OWN_REVIEW, Period.day(day))
    return dict(found.values) or None


def contents(config: Config, name: str) -> Rows:
    """Return every row of a live store, by table."""
    with staging.opened(config, name, staged=False) as engine:
        return _rows(engine, name)


def contents_of_file(path: Path, name: str) -> Rows:
    """Return every row of a store in a SQLite file, by table."""
    engine = open_engine(f"sqlite:///{path}")
    try:
        return _rows(engine, name)
    finally:
        engine.dispose()


def _rows(engine: Any, name: str) -> Rows:
    with engine.connect() as connection:
        return {
            table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for table in schema.metadata_of(name).sorted_tables
        }
