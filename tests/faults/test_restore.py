"""kill -9 in a restore: what was there is served, or nothing is until the next run has finished it."""

import itertools
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dying
import pytest
from installation import NOW, Copies, config_of, drop_database, make_database, subject_of
from sqlalchemy import select
from sqlalchemy.engine import make_url

from portal import backup, checks, erasing, leftovers, nightly, occupancy, staging, verifying
from portal.config import Config
from portal.restoring import Source, restore
from portal.wiring import NotInitialised, System, build
from privacy.log_tables import EntryRow

_numbers = itertools.count()


def quietly(_what: str, _done: float, _total: float) -> None:
    """Report no progress."""


@dataclass(frozen=True)
class Saved:
    """An installation that was saved and then lived on: Dan came, and Ben was erased."""

    config: Config
    backups: Path
    ben: str
    dan: str


def live_on(config: Config, backups: Path) -> Saved:
    system = build(config, lambda: NOW)
    ben = subject_of(system, "ben")
    backup.save(system, backups / "data", backups / "keys", quietly)
    dan = system.people.create("dan@example.org", "Dan", "UTC")
    erasing.erase(system, ben, by=None)
    (backups / "kept.txt").write_text(system.log.checkpoint())
    system.close()
    return Saved(config, backups, ben, dan)


@pytest.fixture
def again(copies: Copies, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Callable[[], Saved]]:
    """Copies of such an installation, as it stands, on SQLite and on PostgreSQL in turn."""
    mold = live_on(copies(), tmp_path / "backups")
    made: list[str] = []

    def copy() -> Saved:
        number, config = next(_numbers), mold.config
        home = Path(shutil.copytree(config.home, tmp_path / f"again{number}"))
        if config.database_url is None:
            return Saved(Config(home=home), mold.backups, mold.ben, mold.dan)
        url = request.getfixturevalue("postgres_url")
        names = []
        for part, address in (("data", config.database_url), ("keys", config.key_database_url)):
            names.append(f"again_{number}_{part}")
            make_database(url, names[-1], like=str(make_url(str(address)).database))
        made.extend(names)
        return Saved(config_of(home, url, *names), mold.backups, mold.ben, mold.dan)

    yield copy
    for name in made:
        drop_database(request.getfixturevalue("postgres_url"), name)


def holding(home: Path, text: bytes) -> list[str]:
    """Return the files of an installation in which a text is."""
    return [path.name for path in home.rglob("*") if path.is_file() and text in path.read_bytes()]


def commitments(config: Config) -> list[Any]:
    """Return what the entries of the log commit to, in their order."""
    with staging.opened(config, "log", staged=False) as engine, engine.connect() as connection:
        return list(connection.scalars(select(EntryRow.commitment).order_by(EntryRow.index)))


def restoring(saved: Saved, **source: Any) -> dying.Operation:
    wanted = Source(saved.backups / "data", **source)
    return lambda _tell: restore(saved.config, wanted, quietly, lambda: NOW) and None


def opened(config: Config) -> System | None:
    """Open an installation as a server does; None if it says that a restore did not finish."""
    try:
        return build(config, lambda: NOW)
    except NotInitialised as refused:
        if "run `sameview restore` again" in str(refused):
            return None
        raise


def test_a_restore_that_is_killed_at_any_step_changed_nothing_or_is_finished(again: Callable[[], Saved]) -> None:
    whole = again()
    entries = commitments(whole.config)
    finished = cleared = 0
    for death in dying.deaths(restoring(whole), commits_only=whole.config.database_url is not None):
        saved = again()

        dying.run(restoring(saved), death)

        system = opened(saved.config)
        if system is None:
            done = restore(saved.config, Source(None), quietly, lambda: NOW)
            assert done.problems == [], death
            finished += 1
            system = build(saved.config, lambda: NOW)
        came = system.people.get(saved.dan) is not None
        erasing.resume(system)
        if left := leftovers.find(saved.config):  # killed before its exchange: names and wrapped keys of the backup
            assert any("nightly` removes it" in each.fix for each in checks.inspect(system)), death
            nightly.run(system, quietly)
            cleared += 1
        assert leftovers.find(saved.config) == [], (death, left)
        assert holding(saved.config.home, b"ben@example.org") == [], death
        assert verifying.verify(system).problems == [], death
        assert system.people.find("ben@example.org") is None, death
        system.close()
        assert commitments(saved.config)[: len(entries)] == entries, death
        if came:  # as it was; the restore can be made again
            assert restore(saved.config, Source(saved.backups / "data"), quietly, lambda: NOW).problems == [], death
    assert finished
    assert cleared


def test_an_erasure_reaches_what_a_killed_restore_left(again: Callable[[], Saved]) -> None:
    saved = again()
    dying.run(restoring(saved), dying.Death(0, "", after=True))
    assert leftovers.find(saved.config) != []
    system = build(saved.config, lambda: NOW)

    erasing.erase(system, saved.dan, by=None)

    assert leftovers.find(saved.config) == []
    system.close()


def test_what_a_restore_is_staging_is_left_alone(again: Callable[[], Saved]) -> None:
    """Whoever holds the installation alone, as the second half of a restore does, removes nothing."""
    saved = again()
    dying.run(restoring(saved), dying.Death(0, "", after=True))
    staged = leftovers.find(saved.config)
    with occupancy.alone(saved.config.home):
        system = build(saved.config, lambda: NOW, restoring=True)

        assert leftovers.discard(system) == []

        system.close()
    assert leftovers.find(saved.config) == staged != []


def test_a_restore_of_everything_that_is_killed_at_any_step_is_finished(sqlite_home: Path, tmp_path: Path) -> None:
    """Data, log and keys are lost: files are exchanged one after the other, and nobody opens some of them."""
    home = Path(shutil.copytree(sqlite_home, tmp_path / "mold"))
    mold = live_on(Config(home=home), tmp_path / "backups")
    for name in ("data/sameview.db", "data/log.db", "keys/keys.db"):
        (home / name).unlink()
    losses = {
        "keys_folder": mold.backups / "keys",
        "checkpoint": mold.backups / "kept.txt",
        "lost_entries": True,
        "lost_keys": True,
    }

    def again() -> Saved:
        copy = Path(shutil.copytree(home, tmp_path / f"again{next(_numbers)}"))
        return Saved(Config(home=copy), mold.backups, mold.ben, mold.dan)

    for number, death in enumerate(dying.deaths(restoring(again(), **losses))):
        saved = again()

        dying.run(restoring(saved, **losses), death)

        there = (saved.config.home / "data" / "sameview.db").exists()
        if there and opened(saved.config) is None:  # with the same words, and with none, in turn
            wanted = Source(None) if number % 2 else Source(saved.backups / "data", **losses)
            done = restore(saved.config, wanted, quietly, lambda: NOW)
            assert done.lost_entries, death
        elif not there:
            done = restore(saved.config, Source(saved.backups / "data", **losses), quietly, lambda: NOW)
        system = build(saved.config, lambda: NOW)
        assert verifying.verify(system).problems == [], death
        assert system.people.find("ben@example.org") is None, death
        assert "are lost" in system.announcements.of(subject_of(system, "ana"))[0].sentence, death
        system.close()
