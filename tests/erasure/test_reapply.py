"""Whatever an old backup brings back is erased again; and no page of a database still holds a name."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, delete, func, select, text

from auth.models import Announcement, Membership, Person, SignInSession
from portal import erasing
from portal.wiring import System
from privacy import tombstone_file, tombstones
from privacy.chains import chain_head
from privacy.key_store import WrappedKey
from privacy.log_tree import entry
from privacy.stamp_key import tombstone_stamps
from privacy.stores import writing
from privacy.vault_store import Manifest, SealedField
from tests.erasure.restored import put_back, save

DATA = (SealedField, Manifest, Person, Announcement, SignInSession, Membership)


def count(engine: Engine, table: Any, subject: str) -> int:
    with engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(table).where(table.subject_id == subject)) or 0


def left(system: System, subject: str) -> list[int]:
    return [
        *(count(system.stores.data, each, subject) for each in DATA if each is not Person),
        count(system.stores.keys, WrappedKey, subject),
    ]


def test_restored_data_of_an_erased_person_are_erased_again(house: Any) -> None:
    system, ben, ana = house.running[0], house.id("ben"), house.id("ana")
    system.sessions.start(ben)
    old, hers = save(system.stores.data, DATA), left(system, ana)
    first = erasing.erase(system, ben, None)
    put_back(system.stores.data, old)
    assert system.people.find("ben@example.org") is not None

    assert erasing.reapply(system) == 1

    assert left(system, ben) == [0] * len(DATA)
    assert system.people.find("ben@example.org") is None
    assert (left(system, ana)[0], left(system, ana)[-1]) == (hers[0], hers[-1])
    assert erasing.receipt(system, ben).entry == first.entry
    assert system.log.verify().problems == []
    assert erasing.reapply(system) == 0


def test_restored_keys_of_an_erased_person_are_destroyed_again(house: Any) -> None:
    system, ben = house.running[0], house.id("ben")
    old = save(system.stores.keys, [WrappedKey])
    erasing.erase(system, ben, None)
    put_back(system.stores.keys, old)
    assert count(system.stores.keys, WrappedKey, ben) > 0

    assert erasing.reapply(system) == 1

    assert left(system, ben) == [0] * len(DATA)
    assert system.log.verify().problems == []


@pytest.mark.parametrize("with_keys", [False, True])
def test_entries_of_a_log_that_was_put_back_are_emptied_again(house: Any, with_keys: bool) -> None:
    system, ben = house.running[0], house.id("ben")
    keys, size = save(system.stores.keys, [WrappedKey]), system.log.size
    log = save(system.stores.log, [entry, chain_head])
    rows = len(system.log.of_subject(ben))
    first = erasing.erase(system, ben, None)
    put_back(system.stores.log, log)  # rows and heads of before; the entry of the erasure stays behind them
    if with_keys:
        put_back(system.stores.keys, keys)
    assert system.log.erasure_of(ben) is None

    assert erasing.reapply(system) == 1

    again = erasing.receipt(system, ben)
    assert (first.entries, again.entries) == (rows, rows)
    assert again.entry > first.entry >= size
    assert system.log.of_subject(ben) == []
    with system.stores.log.connect() as connection:
        full = select(func.count()).select_from(entry).where(entry.c.sealed.is_not(None))
        assert connection.scalar(full) == system.log.size - rows
    assert erasing.reapply(system) == 0


def test_a_stranger_s_entry_is_never_emptied_for_a_tombstone_of_a_longer_log(house: Any) -> None:
    system, ben = house.running[0], house.id("ben")
    hers = [each.index for each in system.log.of_subject(house.id("ana"))]
    first = erasing.erase(system, ben, None)
    with writing(system.stores.log) as connection:  # the end of Ben's chains is lost, as with an older log
        connection.execute(delete(chain_head).where(chain_head.c.subject_id == ben))
    stamps = tombstone_stamps(system.keys)
    with writing(system.stores.keys) as connection:
        tombstones.note(connection, stamps, ben, first.entry, hers)  # numbers that are another's now

    erasing.reapply(system)

    assert [each.index for each in system.log.of_subject(house.id("ana"))] == hers


def test_the_file_beside_the_checkpoints_names_number_entry_and_rows(house: Any) -> None:
    system, ben = house.running[0], house.id("ben")

    receipt = erasing.erase(system, ben, None)

    (stone,) = tombstone_file.load((system.config.checkpoints / "tombstones.json").read_bytes()).tombstones
    assert (stone.subject, stone.entry, len(stone.rows), stone.finished) == (ben, receipt.entry, receipt.entries, True)


def pages(system: System) -> list[Path]:
    """Return the files in which a database keeps its tables; a journal of the server is not among them."""
    if system.stores.data.dialect.name == "sqlite":
        return [path for path in system.config.home.rglob("*") if path.is_file()]
    with system.stores.data.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("CHECKPOINT"))
        folder = Path(str(connection.scalar(text("SHOW data_directory"))))
        number = connection.scalar(text("SELECT oid FROM pg_database WHERE datname = current_database()"))
    return [path for path in (folder / "base" / str(number)).rglob("*") if path.is_file()]


def test_no_page_of_the_database_holds_the_name_any_more(house: Any) -> None:
    system, ben = house.running[0], house.id("ben")
    with system.people.changing(None) as changes:
        changes.update(ben, email="canary.7f3a@example.org", name="Canary Quillfeather")
    canaries = (b"canary.7f3a", b"Quillfeather")
    assert all(any(each in path.read_bytes() for path in pages(system)) for each in canaries)

    erasing.erase(system, ben, None)

    assert [path.name for path in pages(system) if any(each in path.read_bytes() for each in canaries)] == []


def test_an_erased_day_is_the_day_of_the_request_and_the_horizon_follows_the_setting(house: Any) -> None:
    receipt = erasing.erase(house.running[0], house.id("ben"), None)

    assert receipt.erased_on == house.clock.now.date()
    assert receipt.horizon == receipt.erased_on + dt.timedelta(days=house.config.erasure_horizon)
