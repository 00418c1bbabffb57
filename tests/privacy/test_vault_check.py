"""Checking the vault without opening a row: what was written agrees with its manifests, what was changed does not."""

import datetime as dt

import pytest
from cast import BEN
from log_book import open_keys
from sqlalchemy import delete, func, insert, select, update

from privacy import vault_check
from privacy.fields import Field, KeyClass, Tier
from privacy.key_store import WrappedKey
from privacy.keys import KeyRing
from privacy.stores import Stores, writing
from privacy.vault import Place, Row, Subject, Vault
from privacy.vault_store import Manifest, SealedField

DAYS = [dt.date(2026, month, day) for month in (10, 11) for day in (2, 3)]


@pytest.fixture
def vault(stores: Stores, tmp_path) -> Vault:
    """Ben's vault, with a few days in two months and two classes."""
    found = Vault(stores.data, open_keys(stores, tmp_path))
    rows = [Row(f, Tier.SUMMARY, day, 0, b"{}") for f in (Field.ACTIVE_TIME, Field.APPS) for day in DAYS]
    with writing(stores.data) as connection:
        connection.execute(insert(Subject).values(id=BEN, created_day=DAYS[0]))
        found.put(connection, BEN, rows)
        found.put(connection, BEN, remove=[Place(Field.APPS, Tier.SUMMARY, DAYS[0])])
    return found


def problems(vault: Vault) -> list[str]:
    with vault.engine.connect() as connection:
        assert vault_check.subjects(connection) == [BEN]
        return list(vault_check.incomplete(connection, vault.keys, BEN))


def test_a_vault_that_nobody_touched_is_complete(vault: Vault) -> None:
    assert problems(vault) == []


CHANGES = [
    pytest.param(delete(SealedField).where(SealedField.day == DAYS[1]), "was removed", id="removed"),
    pytest.param(update(SealedField).values(sealed=bytes(64)), "replaced or rolled back", id="replaced"),
    pytest.param(
        update(SealedField).where(SealedField.day == DAYS[1]).values(day=dt.date(2026, 10, 9)), "not listed", id="moved"
    ),
    pytest.param(update(SealedField).values(field="nonsense"), "not of its type", id="no such field"),
    pytest.param(delete(Manifest).where(Manifest.key_epoch > 0), "manifest", id="manifests removed"),
    pytest.param(delete(Manifest), "not listed", id="all manifests removed"),
    pytest.param(update(Manifest).values(sealed=bytes(64)), "manifest", id="manifests replaced"),
]


@pytest.mark.parametrize(("statement", "reason"), CHANGES)
def test_what_was_changed_is_named(vault: Vault, statement, reason: str) -> None:
    if "nonsense" in str(statement.compile().params.values()):
        statement = statement.where(SealedField.day == DAYS[0], SealedField.field == Field.ACTIVE_TIME)
    with vault.engine.begin() as connection:
        connection.execute(statement)

    assert any(reason in each for each in problems(vault))


def test_classes_without_keys_here_are_left_to_whoever_has_them(vault: Vault, stores: Stores) -> None:
    with vault.engine.begin() as connection:
        connection.execute(delete(SealedField).where(SealedField.key_class == "private"))
    confined = Vault(stores.data, KeyRing(stores.keys, vault.keys.provider, classes={KeyClass.SHARED}))

    assert problems(confined) == []
    assert problems(vault) != []


def test_a_key_that_does_not_unwrap_is_named(vault: Vault, stores: Stores) -> None:
    with stores.keys.connect() as connection:
        assert list(vault_check.unwrappable(connection, vault.keys)) == []
        assert connection.scalar(select(func.count()).select_from(WrappedKey)) == 6

    with stores.keys.begin() as connection:
        connection.execute(update(WrappedKey).where(WrappedKey.key_class == "shared").values(wrapped=bytes(48)))

    with stores.keys.connect() as connection:
        (problem,) = vault_check.unwrappable(connection, vault.keys)
    assert problem.startswith(f"wrapped_key subject={BEN} class=shared:")
