"""Installations to save and to restore, on both engines."""

import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from installation import Copies, config_of, drop_database, make_database

from portal.config import Config
from tests.backup.places import Office

_numbers = itertools.count()


@pytest.fixture
def office(copies: Copies, tmp_path: Path) -> Iterator[Office]:
    """An installation on SQLite and on PostgreSQL in turn, on a Thursday in November, and places for its backups."""
    made = Office(copies(), tmp_path / "backups")
    yield made
    made.close()


@pytest.fixture
def small(sqlite_home: Path, tmp_path: Path) -> Iterator[Office]:
    """The same, for what does not depend on the engine."""
    made = Office(Config(home=Path(shutil.copytree(sqlite_home, tmp_path / "small"))), tmp_path / "backups")
    yield made
    made.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def elsewhere(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Config]:
    """Another host with nothing on it, on SQLite and on PostgreSQL in turn."""
    if request.param == "sqlite":
        yield Config(home=tmp_path / "elsewhere")
        return
    url, number = request.getfixturevalue("postgres_url"), next(_numbers)
    names = [f"elsewhere_{number}_{part}" for part in ("data", "keys")]
    for name in names:
        make_database(url, name)
    yield config_of(tmp_path / "elsewhere", url, *names)
    for name in names:
        drop_database(url, name)
