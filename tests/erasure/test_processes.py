"""Erased here, forgotten everywhere: what another process still holds, writes or is about to write."""

import datetime as dt
import threading
from typing import Any

import pytest
from installation import NOW
from sqlalchemy import event, func, select

from portal import erasing
from portal.wiring import System
from privacy import key_store, tombstones
from privacy.fields import CLASS_OF, Field, KeyClass, Tier, epoch_of
from privacy.key_store import WrappedKey
from privacy.keys import CACHE_SECONDS, KeyGone
from privacy.log_entries import LogUnavailable
from privacy.period import Period
from privacy.policy import Purpose
from privacy.stamp_key import tombstone_stamps
from privacy.stores import writing
from privacy.tombstones import SubjectErased
from privacy.vault import Row
from privacy.vault_store import SealedField

DAY = dt.date(2026, 11, 9)
TODAY = dt.date(2026, 11, 19)
FIELDS = (Field.ACTIVE_TIME, Field.APPS)


def read(system: System, subject: str, session: str | None = None) -> dict[Any, bytes]:
    """Open a day of somebody as they do themselves."""
    disclosed = system.gate.disclose(subject, subject, FIELDS, Purpose.OWN_REVIEW, Period.day(DAY), session=session)
    return dict(disclosed.values)


def write(system: System, subject: str) -> None:
    """Write a day about somebody, as an import does."""
    with writing(system.stores.data) as connection:
        system.vault.put(connection, subject, [Row(Field.APPS, Tier.SUMMARY, TODAY, 0, b"{}")])
        system.gate.account(subject, connection, fields=["apps"])


def rows(system: System, subject: str) -> tuple[int, int]:
    """Return how many sealed rows and wrapped keys there are of somebody."""
    found = []
    for engine, table in ((system.stores.data, SealedField), (system.stores.keys, WrappedKey)):
        with engine.connect() as connection:
            wanted = select(func.count()).select_from(table).where(table.subject_id == subject)
            found.append(connection.scalar(wanted) or 0)
    return found[0], found[1]


def test_another_process_opens_nothing_any_more_after_60_seconds(house: Any) -> None:
    here, there, ben = house.running[0], house.process(), house.id("ben")
    assert len(read(there, ben, session="one")) == 2  # its keys are at hand, and its entry of the day

    erasing.erase(here, ben, None)
    house.monotonic.now += CACHE_SECONDS

    for field in FIELDS:
        key_class = CLASS_OF[field]
        with pytest.raises(KeyGone):
            there.keys.field_key(ben, key_class, epoch_of(key_class, DAY), field)
    for session in ("one", "two", None):
        with pytest.raises(LogUnavailable):
            read(there, ben, session=session)


def test_another_process_writes_nothing_about_the_person_with_the_keys_that_it_still_has(house: Any) -> None:
    here, there, ben = house.running[0], house.process(), house.id("ben")
    write(there, ben)
    erasing.erase(here, ben, None)

    with pytest.raises((LogUnavailable, KeyGone)):
        write(there, ben)
    house.monotonic.now += CACHE_SECONDS
    with pytest.raises((LogUnavailable, KeyGone)):
        write(there, ben)

    assert rows(here, ben) == (0, 0)
    assert here.log.verify().problems == []
    assert len(read(there, house.id("ana"))) == 0  # everybody else goes on


@pytest.mark.parametrize("step", range(1, len(erasing.STEPS) + 1))
def test_an_import_between_any_two_steps_brings_nothing_back(
    house: Any, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    here, there, ben = house.running[0], house.process(), house.id("ben")
    write(there, ben)

    def importing(_system: System, subject: str, _by: str | None) -> None:
        with pytest.raises((LogUnavailable, KeyGone)):
            write(there, subject)

    monkeypatch.setattr(erasing, "STEPS", (*erasing.STEPS[:step], importing, *erasing.STEPS[step:]))
    erasing.erase(here, ben, None)

    assert rows(here, ben) == (0, 0)
    assert here.log.verify().problems == []


def test_no_key_is_made_from_the_tombstone_on(house: Any) -> None:
    here, there, ben = house.running[0], house.process(), house.id("ben")
    stamps = tombstone_stamps(here.keys)
    with writing(here.stores.keys) as connection:
        tombstones.begin(connection, stamps, ben, NOW.date())

    with pytest.raises(SubjectErased):
        there.keys.ensure(ben, [(KeyClass.TEXT, 1)])

    with there.stores.keys.connect() as connection:
        assert key_store.read(connection, ben, [(KeyClass.TEXT, 1)]) == []


def test_a_key_that_is_being_filed_while_the_tombstone_is_written_does_not_outlive_it(house: Any) -> None:
    here, there, ben = house.running[0], house.process(), house.id("ben")
    reached, go_on = threading.Event(), threading.Event()

    def hold(_connection: Any) -> None:
        if threading.current_thread() is maker:
            reached.set()
            go_on.wait(10)

    maker = threading.Thread(target=there.keys.ensure, args=(ben, [(KeyClass.TEXT, 1)]))
    event.listen(there.stores.keys, "commit", hold)
    maker.start()
    assert reached.wait(10)
    eraser = threading.Thread(target=erasing.erase, args=(here, ben, None))
    eraser.start()
    eraser.join(0.5)
    waiting = eraser.is_alive()
    go_on.set()
    maker.join()
    eraser.join()

    assert waiting  # the tombstone waits for whoever files
    assert rows(here, ben) == (0, 0)


def test_two_processes_that_erase_or_finish_at_once_agree(house: Any) -> None:
    here, there, ben = house.running[0], house.process(), house.id("ben")
    receipts: list[Any] = []
    threads = [
        threading.Thread(target=lambda s=each: receipts.append(erasing.erase(s, ben, None))) for each in (here, there)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(receipts) == 2
    assert receipts[0].entry == receipts[1].entry
    assert [erasing.resume(each) for each in (here, there)] == [0, 0]
    assert here.log.verify().problems == []
