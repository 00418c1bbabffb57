"""What `sameview log verify` compares beyond the log stays sound after somebody was erased, and after a night."""

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import delete, update

from auth.models import Person
from portal import erasing, nightly, verifying
from privacy.chains import chain_head
from privacy.key_store import WrappedKey
from privacy.stores import writing
from privacy.tombstones import Tombstone
from privacy.vault_store import Manifest, SealedField
from tests.erasure.restored import put_back, save


@pytest.mark.parametrize("who", ["ben", "ana"])
def test_stores_and_log_agree_after_an_erasure_and_after_retention(house: Any, who: str) -> None:
    system, ben = house.running[0], house.id("ben")
    with writing(system.stores.data) as connection:
        system.gate.account(ben, connection)
    assert verifying.verify(system).problems == []

    erasing.erase(system, house.id(who), None)
    assert verifying.verify(system).problems == []
    house.clock.now = dt.datetime(2030, 1, 15, 3, tzinfo=dt.UTC)
    done = nightly.run(system, lambda _what, _done, _total: None, clock_is_right=True)

    assert done.expired >= 1
    assert (system.config.checkpoints / erasing.FILE).exists()
    assert verifying.verify(system).problems == []


@pytest.mark.parametrize(
    ("store", "tables", "found"),
    [
        ("data", [Person], "their account is"),
        ("data", [SealedField], "their stored data are"),
        ("data", [Manifest], "their stored data are"),
        ("keys", [WrappedKey], "their keys are"),
    ],
)
def test_whatever_of_an_erased_person_is_there_again_is_named(
    house: Any, store: str, tables: list[Any], found: str
) -> None:
    system, ben = house.running[0], house.id("ben")
    engine = getattr(system.stores, store)
    saved = save(engine, tables)
    erasing.erase(system, ben, None)

    put_back(engine, saved)

    reason = f"person {ben}: was erased, and {found} here again: an older state was put back"
    assert reason in verifying.verify(system).problems
    erasing.reapply(system)
    assert verifying.verify(system).problems == []


def test_an_erasure_of_which_only_the_log_or_only_the_key_store_knows_is_named(house: Any) -> None:
    system, ben = house.running[0], house.id("ben")
    receipt = erasing.erase(system, ben, None)
    finished = save(system.stores.keys, [Tombstone])

    with writing(system.stores.keys) as connection:
        connection.execute(delete(Tombstone))
    assert any(f"says entry {receipt.entry}, and the key store does" in each for each in named(system, ben))
    put_back(system.stores.keys, finished)
    assert named(system, ben) == []
    with writing(system.stores.log) as connection:
        connection.execute(delete(chain_head).where(chain_head.c.subject_id == ben))
    assert any("says the key store, and the log does not" in each for each in named(system, ben))


def test_an_erasure_that_is_not_finished_is_a_warning(house: Any) -> None:
    """It may be running in another process; what it has not come to is no attack."""
    system, ben = house.running[0], house.id("ben")
    saved = save(system.stores.data, [Person])
    erasing.erase(system, ben, None)
    with writing(system.stores.keys) as connection:
        connection.execute(update(Tombstone).values(finished=False))
    put_back(system.stores.data, saved)

    assert named(system, ben) == []
    assert any(f"person {ben}: the erasure is not finished" in each for each in verifying.verify(system).warnings)

    assert erasing.resume(system) == 1
    found = verifying.verify(system)
    assert list(found.problems) == list(found.warnings) == []


def named(system: Any, subject: str) -> list[str]:
    return [each for each in verifying.verify(system).problems if each.startswith(f"person {subject}: was erased")]
