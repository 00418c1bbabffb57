"""What is too old and damaged stays, with its keys, until it is mended; everybody else's goes on its night."""

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update

from analytics.goals import focus_goal
from portal import retention
from portal.wiring import System
from privacy.fields import Field, KeyClass, Tier, epoch_of
from privacy.log_entries import Chain
from privacy.stores import writing
from privacy.vault import Row
from privacy.vault_store import SealedField
from tests.erasure.test_damage import damage_head
from tests.erasure.test_retention import LATER, epochs, expired, file_day, file_rows, read

DAY = dt.date(2026, 11, 3)
KEPT = (KeyClass.SHARED, KeyClass.PRIVATE)


@pytest.fixture
def two(house: Any) -> Any:
    """Ben has a goal and Oda a day, both of November 2026, and it is January 2028."""
    file_rows(house.running[0], house.id("ben"), [Row(Field.GOALS, Tier.SUMMARY, DAY, 0, focus_goal(60).dump())])
    file_day(house.running[0], house.id("oda"), DAY)
    house.clock.now = LATER
    return house


def old_epochs(system: System, subject: str, key_class: KeyClass) -> list[int]:
    return [each for each in epochs(system, key_class, subject) if each < epoch_of(key_class, dt.date(2026, 12, 1))]


def test_a_damaged_goal_keeps_its_own_class_of_its_own_person_and_nothing_else(two: Any) -> None:
    system, ben, oda = two.running[0], two.id("ben"), two.id("oda")
    here = (SealedField.subject_id == ben, SealedField.field == Field.GOALS)
    with writing(system.stores.data) as connection:
        (row,) = connection.execute(select(SealedField.__table__).where(*here)).mappings().all()
        changed = row["sealed"][:-1] + bytes([row["sealed"][-1] ^ 1])
        connection.execute(update(SealedField).where(*here).values(sealed=changed))
    told: list[str] = []

    assert retention.expire(system, told.append) == 2

    (named,) = told
    assert named.startswith(f"person {ben}: what is too old of the class private was not let go: sealed_field")
    assert [old_epochs(system, oda, each) for each in KEPT] == [[], []]
    assert [bool(old_epochs(system, ben, each)) for each in KEPT] == [False, True]
    assert read(system, ben, Field.ACTIVE_TIME) == {}
    entries = len(expired(system))
    assert retention.expire(system, told.append) == 0
    assert (len(expired(system)), told) == (entries, [named, named]), "every night names it, and writes no record of it"

    with writing(system.stores.data) as connection:
        connection.execute(delete(SealedField).where(*here))
        connection.execute(insert(SealedField.__table__).values(**row))
    assert retention.expire(system, told.append) == 1
    assert old_epochs(system, ben, KeyClass.PRIVATE) == []
    assert system.log.verify().problems == []


def test_the_key_of_a_chain_whose_head_is_damaged_stays_and_all_others_go(two: Any) -> None:
    system, ben, oda = two.running[0], two.id("ben"), two.id("oda")
    two.clock.now = dt.datetime(2026, 11, 19, 9, 30, tzinfo=dt.UTC)
    for subject in (ben, oda):
        read(system, subject, Field.ACTIVE_TIME)
    damage_head(system, ben, Chain.SELF)
    two.clock.now = LATER
    told: list[str] = []

    retention.expire(system, told.append)

    (named,) = told
    assert named.startswith(f"person {ben}: keys of the class private were not let go, their chain needs them:")
    assert (old_epochs(system, oda, KeyClass.PRIVATE), old_epochs(system, ben, KeyClass.SHARED)) == ([], [])
    assert old_epochs(system, ben, KeyClass.PRIVATE) != []
    entries = len(expired(system))
    retention.expire(system, told.append)
    assert len(expired(system)) == entries
