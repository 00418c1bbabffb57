"""An installation of before people's rows carried stamps: upgraded, or restored, it stamps everybody once."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from alembic import command
from click.testing import Result
from command_line import sameview
from installation import Copies, subject_of
from sqlalchemy import Engine, text

from auth import genuine
from portal import backup_files, person_stamps, schema, staging, tables
from portal.backup_files import Contents
from portal.config import Config
from portal.wiring import System, build
from privacy.log_entries import Chain, Entry
from privacy.log_read import Filter
from privacy.stores import open_engine, writing
from privacy.vault import ORGANISATION
from tests.backup.places import Office

BEFORE_STAMPS = "0007"


def take_stamps(engine: Engine) -> None:
    """Leave a data store as the version before stamps wrote it."""
    with writing(engine) as connection:
        command.downgrade(schema._config("data", connection), BEFORE_STAMPS)


@pytest.fixture
def older(copies: Copies, tmp_path: Path) -> Iterator[Office]:
    """Ana, Ben, who has lived by another clock, and Oda, in stores of before stamps, on both engines."""
    made = Office(copies(), tmp_path / "backups")
    with made.open() as system:
        with system.people.changing(None) as changes:
            changes.update(subject_of(system, "ben"), timezone="Asia/Tokyo")
        take_stamps(system.stores.data)
    yield made
    made.close()


def run(config: Config, *arguments: str) -> Result:
    """Run a command of `sameview` on an installation."""
    withheld = ("KEY_PASSPHRASE", "KEY_CLASSES")
    given = {"HOME": str(config.home), "DATABASE_URL": config.database_url, "KEY_DATABASE_URL": config.key_database_url}
    settings = {f"SAMEVIEW_{name}": value for name, value in (given | dict.fromkeys(withheld)).items()}
    return sameview(*arguments, env=settings)


def migrate(office: Office) -> Result:
    return run(office.config, "migrate")


def save_older(office: Office) -> None:
    """Make a backup as the version before stamps made it."""
    with staging.opened(office.config, "data", staged=False) as engine:
        schema.upgrade_store("data", engine)
    office.save()
    with staging.opened(office.config, "data", staged=False) as engine:
        take_stamps(engine)
    manifest = backup_files.read_manifest(office.data, Contents.DATA)
    copied = open_engine(f"sqlite:///{office.data / 'data.db'}")
    take_stamps(copied)
    copied.dispose()
    tables.close_file(office.data / "data.db")
    (office.data / backup_files.MANIFEST).unlink()
    revisions = manifest.revisions | {"data": BEFORE_STAMPS}
    backup_files.write_manifest(office.data, msgspec.structs.replace(manifest, revisions=revisions))


def said(system: System) -> tuple[Entry, ...]:
    """Return the entries that say that everybody was stamped."""
    wanted = Filter(subject=ORGANISATION, outcome=person_stamps.STAMPED, chains=(Chain.ORGANISATION,))
    return system.log.read(wanted).entries


def forge(system: System) -> str:
    """Take every stamp away and change Ben's address; return the sentence that names Ben."""
    ben = subject_of(system, "ben")
    with system.stores.data.begin() as connection:
        connection.execute(text("UPDATE person SET stamp = NULL, former_zones = NULL"))
        moved = text("UPDATE person SET email = 'mallory@evil.example' WHERE subject_id = :ben")
        connection.execute(moved, {"ben": ben})
    return genuine.changed(ben)


def test_migrating_stamps_everybody_with_their_former_zones_once(older: Office) -> None:
    first, again = migrate(older), migrate(older)

    assert (first.exit_code, first.stderr) == (0, "")
    assert first.stdout.splitlines() == [
        "3 people were stamped as they stand: look through their addresses, time zones and days once",
        "brought up to date: data",
    ]
    assert (again.stdout, again.stderr) == ("nothing to do: the schema is up to date\n", "")
    with older.open() as system:
        assert (person_stamps.problems(system), len(said(system))) == ([], 1)
        with system.people.changing(None) as changes:
            changes.update(subject_of(system, "ben"), timezone="Europe/Vienna")
        assert person_stamps.problems(system) == []


def test_a_migration_that_broke_off_is_finished_though_somebody_has_come_since(older: Office) -> None:
    with staging.opened(older.config, "data", staged=False) as engine:
        schema.upgrade_store("data", engine)  # and is killed before anybody is stamped
    with older.open() as system, system.people.changing(None) as changes:
        changes.create("eva@example.org", "Eva", "Europe/Vienna")

    assert migrate(older).stdout.startswith("3 people were stamped")

    with older.open() as system:
        assert person_stamps.problems(system) == []


def test_a_store_that_was_put_back_to_before_stamps_is_migrated_and_stamps_nobody(older: Office) -> None:
    migrate(older)
    with older.open() as system:
        take_stamps(system.stores.data)

    again = migrate(older)

    assert (again.stdout, again.stderr.count("were not written by the portal")) == ("brought up to date: data\n", 3)
    with older.open() as system:
        assert (len(person_stamps.problems(system)), len(said(system))) == (3, 1)


def test_a_restored_backup_of_before_stamps_is_stamped_as_often_as_it_is_restored(older: Office) -> None:
    save_older(older)
    migrate(older)

    for times in (2, 3):
        problems = older.restore().problems

        assert not [each for each in problems if "were not written by the portal" in each]
        with older.open() as system:
            assert (person_stamps.problems(system), len(said(system))) == ([], times)


def test_a_backup_whose_stamps_were_taken_away_is_restored_with_nobody_stamped(older: Office) -> None:
    """The log had said before it was made that everybody was stamped."""
    migrate(older)
    with older.open() as system:
        named = forge(system)
    older.save()

    assert named in older.restore().problems

    with older.open() as system:
        assert (named in person_stamps.problems(system), len(said(system))) == (True, 1)


def test_a_new_installation_says_so_before_there_is_anybody(tmp_path: Path) -> None:
    """A setup that is interrupted leaves nobody whose stamps could be taken away and made anew by `migrate`."""
    config = Config(home=tmp_path / "home")
    assert run(config, "init", "--organisation", "Example", "--admin", "oda@example.org").exit_code == 0

    system = build(config)
    try:
        (stamped,) = said(system)
        subject = system.people.everybody()[0].subject
        of_oda = system.log.read(Filter(subject=subject, chains=tuple(Chain))).entries
        assert stamped.index < min(each.index for each in of_oda)
    finally:
        system.close()
