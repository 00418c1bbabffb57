"""Erasures of a version without stamps: what the log confirms is stamped, and nothing else is obeyed."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from command_line import sameview
from installation import NOW, subject_of
from sqlalchemy import update

from portal import erasing, known_erasures, retention, schema, verifying
from portal.config import Config
from portal.wiring import System, build
from privacy import tombstones
from privacy.stores import writing
from privacy.tombstones import Expired, Expiry, Stone, Tombstone, TombstoneStamps

LATER = dt.datetime(2028, 1, 15, 3, 0, tzinfo=dt.UTC)


def take_stamps(system: System) -> None:
    """Leave the key store as an upgrade does."""
    with writing(system.stores.keys) as connection:
        connection.execute(update(Tombstone).values(stamp=None))
        connection.execute(update(Expiry).values(stamp=None))


def kept(system: System) -> tuple[list[Stone], list[Expired]]:
    with system.stores.keys.connect() as connection:
        return tombstones.read(connection), tombstones.expired(connection)


def test_what_the_log_confirms_is_stamped_as_it_was(house: Any) -> None:
    system, ben = house.running[0], house.id("ben")
    house.clock.now = LATER
    retention.expire(system)
    erasing.erase(system, ben, None)
    erasing.erase(system, house.id("ana"), None)
    before = kept(system)
    take_stamps(system)
    assert known_erasures.stones(system) == known_erasures.expiries(system) == []

    assert known_erasures.learn(system) == 0  # nobody is new, and nothing is done again

    assert kept(system) == before
    assert len(known_erasures.stones(system)) == len(known_erasures.expiries(system)) == 2
    assert erasing.resume(system) == 0
    assert verifying.verify(system).problems == []


def test_what_the_log_does_not_confirm_orders_nothing_and_is_named(house: Any) -> None:
    """An erasure that was interrupted before its entry, and an expiry of which no entry says just that."""
    system, ben = house.running[0], house.id("ben")
    house.clock.now = LATER
    retention.expire(system)
    with writing(system.stores.keys) as connection:
        tombstones.put(connection, Stone(ben, NOW.date(), None, (), False))
        connection.execute(update(Expiry).values(before_epoch=Expiry.before_epoch + 1, stamp=None))

    assert (erasing.resume(system), erasing.reapply(system)) == (0, 0)

    assert known_erasures.stones(system) == known_erasures.expiries(system) == []
    assert system.people.find("ben@example.org") is not None
    named = [each.partition(" ")[0] for each in verifying.verify(system, hashes_only=True).problems]
    assert named == ["tombstone", "expiry", "expiry"]
    erasing.erase(system, ben, None)  # who wants it is erased, and the genuine tombstone takes that one's place
    assert [each.subject for each in known_erasures.stones(system)] == [ben]


def test_a_tombstone_that_was_changed_is_mended_from_the_log(house: Any) -> None:
    system, ben = house.running[0], house.id("ben")
    erasing.erase(system, ben, None)
    before = kept(system)
    known_erasures.beside_checkpoints(system.config)[0].path.unlink()
    with writing(system.stores.keys) as connection:
        connection.execute(update(Tombstone).values(day=dt.date(2020, 1, 1)))
    assert [each for each in known_erasures.problems(system) if f"tombstone of {ben}" in each]

    assert erasing.resume(system) == 1

    assert kept(system) == before
    assert verifying.verify(system).problems == []
    assert known_erasures.beside_checkpoints(system.config)  # a file that is gone is written anew


@pytest.fixture
def older(sqlite_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    """An installation in which Ben was erased, as the version before stamps left it."""
    import shutil

    config = Config(home=Path(shutil.copytree(sqlite_home, tmp_path / "home")))
    system = build(config, lambda: NOW)
    ben, ana = subject_of(system, "ben"), subject_of(system, "ana")
    erasing.erase(system, ben, None)
    with writing(system.stores.keys) as connection:
        tombstones.put(connection, TombstoneStamps(bytes(32)).stone(Stone(ana, NOW.date(), None, (), False)))
    with writing(system.stores.keys) as connection:
        command.downgrade(schema._config("keys", connection), "0001")
    system.close()
    path = config.checkpoints / "tombstones.json"
    line = f'{{"day":"2026-11-19","entry":0,"finished":true,"rows":[],"subject":"{ben}"}}'
    path.write_text(f'{{"expiries":[],"tombstones":[{line}]}}')
    for name in ("DATABASE_URL", "KEY_PASSPHRASE", "KEY_CLASSES"):
        monkeypatch.delenv(f"SAMEVIEW_{name}", raising=False)
    monkeypatch.setenv("SAMEVIEW_HOME", str(config.home))
    return config


def test_a_migration_stamps_what_the_log_confirms_and_names_the_rest(older: Config) -> None:
    migrated = sameview("migrate")

    assert (migrated.exit_code, migrated.stdout) == (0, "brought up to date: keys\n")
    (problem,) = migrated.stderr.splitlines()
    assert "was not written by the portal, and the log does not confirm it" in problem
    system = build(older, lambda: NOW)
    ana = subject_of(system, "ana")
    assert ana in problem
    (stone,) = known_erasures.stones(system)
    assert (stone.subject != ana, stone.finished) == (True, True)
    with writing(system.stores.keys) as connection:
        connection.execute(Tombstone.__table__.delete().where(Tombstone.subject_id == ana))
    system.close()

    again = sameview("migrate")

    assert (again.stdout, again.stderr) == ("nothing to do: the schema is up to date\n", "")


def test_commands_name_what_is_forged_and_check_is_a_fault(older: Config) -> None:
    sameview("migrate")

    key = sameview("log", "checkpoint", "--key")
    checked = sameview("check")

    assert (key.exit_code, key.stderr.count("tombstone of ")) == (0, 1)
    assert (checked.exit_code, checked.stdout.count("tombstone of ")) == (1, 1)
