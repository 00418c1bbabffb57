"""What was erased is off the disk before its erasure counts as finished: SQLite's journal is empty, or says why not."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from installation import NOW, subject_of
from sqlalchemy import Engine

from portal import erasing, nightly
from portal.config import Config
from portal.wiring import System, build
from privacy import stores, tombstones
from privacy.stores import StillRead, Stores, purge, writing

NAME = b"Canary Quillfeather"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for no reader longer than it takes to see that there is one."""
    monkeypatch.setattr(stores, "READERS_TIMEOUT_MS", 50)


@pytest.fixture
def system(sqlite_home: Path, tmp_path: Path) -> Iterator[System]:
    """An installation in which Ben has a name that nobody else has."""
    made = build(Config(home=Path(shutil.copytree(sqlite_home, tmp_path / "home"))), lambda: NOW)
    with made.people.changing(None) as changes:
        changes.update(subject_of(made, "ben"), name=NAME.decode())
    yield made
    made.close()


@contextmanager
def read_elsewhere(engine: Engine) -> Iterator[None]:
    """Keep the present state of a store from changing for a reader in another process, such as a backup."""
    with closing(sqlite3.connect(str(engine.url.database), isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM sqlite_master").fetchall()
        yield


def on_disk(system: System) -> list[str]:
    return sorted(path.name for path in system.config.home.rglob("*") if path.is_file() and NAME in path.read_bytes())


def is_finished(system: System, subject: str) -> bool:
    with system.stores.keys.connect() as connection:
        stone = tombstones.of(connection, subject)
    assert stone is not None
    return stone.finished


def quietly(_what: str, _done: float, _total: float) -> None:
    """Report no progress."""


def test_a_journal_that_somebody_reads_is_not_taken_for_empty(sqlite_stores: Stores) -> None:
    engine = sqlite_stores.data
    with writing(engine) as connection:
        connection.exec_driver_sql("CREATE TABLE name (name TEXT)")
        connection.exec_driver_sql("INSERT INTO name VALUES (?)", (NAME.decode(),))
    with read_elsewhere(engine):
        with writing(engine) as connection:
            connection.exec_driver_sql("DELETE FROM name")

        with pytest.raises(StillRead, match=r"-wal still holds what was deleted.* let the backup"):
            purge(engine, [])

    purge(engine, [])
    files = Path(str(engine.url.database)).parent.iterdir()
    assert not any(NAME in path.read_bytes() for path in files)


@pytest.mark.parametrize("store", ["data", "keys", "log"])
def test_an_erasure_is_not_finished_while_somebody_reads_what_was_erased(system: System, store: str) -> None:
    ben = subject_of(system, "ben")
    with read_elsewhere(getattr(system.stores, store)):
        with pytest.raises(StillRead):
            erasing.erase(system, ben, by=None)

        assert not is_finished(system, ben)
        assert erasing.resume(system) == 0  # a start is not kept from serving by it
        assert not is_finished(system, ben)

    assert erasing.resume(system) == 1
    assert is_finished(system, ben)
    assert on_disk(system) == []


def test_the_night_finishes_such_an_erasure_and_names_a_journal_that_is_still_read(system: System) -> None:
    ben = subject_of(system, "ben")
    with read_elsewhere(system.stores.data):
        with pytest.raises(StillRead):
            erasing.erase(system, ben, by=None)
        assert on_disk(system) != []

        (problem,) = nightly.run(system, quietly).problems

        assert "sameview.db-wal still holds what was deleted" in problem
        assert not is_finished(system, ben)
    assert nightly.run(system, quietly).problems == ()
    assert is_finished(system, ben)
    assert on_disk(system) == []
