"""A lost key or a lost store: nothing is made in its place, and every message says how it comes back."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from command_line import sameview
from installation import Copies, subject_of
from sqlalchemy import delete

from portal import erasing, founding, schema
from portal.config import Config
from portal.wiring import NotInitialised, build, open_stores
from privacy.fields import KeyClass
from privacy.file_keys import FileKeyProvider
from privacy.key_provider import KeyGone
from privacy.log_tables import LogKeyRow
from privacy.stores import Stores, writing
from tests.backup.places import Office

Run = Callable[..., Result]
SETUP = ("init", "--organisation", "Example Mutual", "--admin", "ann@example.test")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command in an installation of its own, which was set up."""
    monkeypatch.setenv("SAMEVIEW_HOME", str(home))
    for name in ("SAMEVIEW_DATABASE_URL", "SAMEVIEW_KEY_PASSPHRASE", "SAMEVIEW_KEY_CLASSES"):
        monkeypatch.delenv(name, raising=False)

    assert sameview(*SETUP).exit_code == 0
    return sameview


@pytest.fixture
def without_key_store(copies: Copies) -> Config:
    """Return an installation whose key store is gone."""
    config = copies()
    _empty_keys(config)
    return config


def _empty_keys(config: Config) -> None:
    stores = open_stores(config)
    if stores.keys.dialect.name == "sqlite":
        stores.dispose()
        for path in (config.home / "keys").iterdir():
            path.unlink()
        return
    with writing(stores.keys) as connection:
        connection.exec_driver_sql("DROP SCHEMA key_store CASCADE")
    stores.dispose()


def test_a_second_setup_beside_a_lost_key_makes_no_key(run: Run, home: Path) -> None:
    """A destroyed number that came back would open old backups, and look as if somebody had kept it."""
    run("keys", "rotate", "--class", "private")
    (home / "kek" / "kek-private-2").unlink()
    before = sorted((home / "kek").iterdir())

    again = run(*SETUP)

    assert again.exit_code == 1
    assert "belong to Example Mutual already" in again.stderr
    assert sorted((home / "kek").iterdir()) == before


def test_advice_for_a_lost_key_is_the_escrow_or_the_folders_own_copy(run: Run, home: Path) -> None:
    run("keys", "rotate", "--class", "private")
    (home / "kek" / "kek-private-2").unlink()

    checked = run("check")

    assert checked.exit_code == 1
    assert "kek-private-* is missing: recover it from the escrow with `sameview keys recover`" in checked.stdout
    assert "no `sameview backup` holds such keys" in checked.stdout
    assert "kek-private-1" not in checked.stdout
    assert "sameview init" not in checked.stdout + checked.stderr


def test_a_provider_makes_no_first_key_of_a_class_that_had_one(tmp_path: Path) -> None:
    provider = FileKeyProvider(tmp_path / "kek")

    with pytest.raises(KeyGone, match=r"kek-text-.*keys recover"):
        provider.create(known={KeyClass.TEXT})

    assert provider.versions(KeyClass.TEXT) == []


def test_a_setup_on_stores_that_know_versions_makes_none_of_them_again(copies: Copies) -> None:
    """The data are gone, the key store is here: what was destroyed under a number stays destroyed."""
    config = copies()
    stores = open_stores(config)
    with writing(stores.data) as connection:
        for table in reversed(schema.metadata_of("data").sorted_tables):
            connection.execute(delete(table))
    stores.dispose()
    for path in config.kek_dir.iterdir():
        path.unlink()

    with pytest.raises(KeyGone, match="is missing: recover it"):
        founding.found(config, "Example Insurance")

    assert list(config.kek_dir.iterdir()) == []


def test_without_its_key_store_an_installation_names_the_restore_and_no_migration(without_key_store: Config) -> None:
    with pytest.raises(NotInitialised, match=r"key store is lost.*sameview restore --from DIR --keys DIR") as refused:
        build(without_key_store)

    assert "migrate" not in str(refused.value)


def test_an_empty_key_store_is_as_good_as_none(copies: Copies) -> None:
    """Whoever made its tables anew must not get a new signing key into them with the next command."""
    config = copies()
    _empty_keys(config)
    stores = open_stores(config)
    schema.upgrade_store("keys", stores.keys)

    with pytest.raises(NotInitialised, match="key store is lost"):
        build(config)

    with stores.keys.connect() as connection:
        assert connection.execute(LogKeyRow.__table__.select()).all() == []
    stores.dispose()


@pytest.mark.parametrize("store", ["keys", "log"])
def test_no_migration_makes_an_empty_store_beside_data(run: Run, home: Path, store: str) -> None:
    for path in home.glob(f"keys/{store}.db*" if store == "keys" else f"data/{store}.db*"):
        path.unlink()

    migrated = run("migrate")

    assert migrated.exit_code == 1
    assert f"{'key store' if store == 'keys' else 'access log'} is lost" in migrated.stderr
    assert schema.revision(store, _engine(open_stores(Config(home=home)), store)) is None


def _engine(stores: Stores, name: str) -> object:
    return {"keys": stores.keys, "log": stores.log}[name]


def test_an_empty_key_store_is_replaced_by_its_backup(office: Office) -> None:
    office.save()
    _empty_keys(office.config)
    stores = open_stores(office.config)
    schema.upgrade_store("keys", stores.keys)
    stores.dispose()

    done = office.restore(keys_folder=office.keys)

    assert (done.took_keys, done.problems) == (True, [])


def test_older_data_come_back_under_newer_keys_when_the_log_here_is_whole(office: Office) -> None:
    """The backup's own log still has entries of somebody whom the newest keys do not know any more; it is not taken."""
    office.save(keys=None)
    with office.open() as system:
        erasing.erase(system, subject_of(system, "ben"), by=None)
    office.save("later", "keys")
    _empty_keys(office.config)

    done = office.restore(keys_folder=office.keys)

    assert (done.took_log, done.took_keys, done.erased_again, done.problems) == (False, True, 1, [])
