"""An office to attack: that of the portal's tests, with an administrator who writes to its databases directly.

The administrator has every statement of SQL on the data store and on the log, and not the keys, where a test does not
say otherwise.
"""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from portal import verifying
from portal.config import Config
from portal.wiring import System, build
from tests.portal.conftest import Office, furnished, opened

__all__ = ["furnished"]


@dataclass
class Attacked:
    """An office, what an administrator does to its files, and what `sameview log verify` then says."""

    office: Office
    home: Path

    def __getitem__(self, name: str) -> str:
        """Return the subject id of somebody."""
        return self.office.ids[name]

    @property
    def system(self) -> System:
        return self.office.system

    def sql(self, statement: str, *values: Any, store: str = "data/sameview.db") -> list[tuple[Any, ...]]:
        """Run a statement as whoever has the database, and nothing else, does."""
        with closing(sqlite3.connect(self.home / store)) as database, database:
            return database.execute(statement, values).fetchall()

    def log_sql(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        return self.sql(statement, *values, store="data/log.db")

    def copy(self, *stores: str) -> dict[str, bytes]:
        """Return files as they are now: a backup of yesterday."""
        for store in ("data/sameview.db", "data/log.db", "keys/keys.db"):
            self.sql("PRAGMA wal_checkpoint(TRUNCATE)", store=store)
        return {store: (self.home / store).read_bytes() for store in stores}

    def put_back(self, backup: dict[str, bytes]) -> None:
        """Put files back in the place of those of now, while nothing runs."""
        self.system.close()
        for store, content in backup.items():
            for rest in (self.home / store).parent.glob(Path(store).name + "-*"):
                rest.unlink()
            (self.home / store).write_bytes(content)

    def verify(self) -> list[str]:
        """Return what `sameview log verify` names, in a process of its own that opens the files as they are now."""
        system = build(Config(home=self.home), self.office.clock)
        try:
            return list(verifying.verify(system).problems)
        finally:
            system.close()


@pytest.fixture
def attacked(furnished: Path, tmp_path: Path, clock: Any) -> Iterator[Attacked]:
    """A fresh office on a Thursday in November."""
    with opened(furnished, tmp_path / "home", clock) as office:
        yield Attacked(office, tmp_path / "home")


@pytest.fixture
def another(attacked: Attacked) -> Callable[[str], Attacked]:
    """Return how to make a second copy of the office as it is now: another history of the same log."""

    def fork(name: str) -> Attacked:
        attacked.copy()
        home = attacked.home.parent / name
        shutil.copytree(attacked.home, home)
        return Attacked(attacked.office, home)

    return fork
