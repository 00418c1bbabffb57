"""A backup: everything that was there, while others write, apart from the keys, or nothing at all."""

import json
import resource
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
from command_line import sameview
from installation import subject_of

from auth.permissions import Role
from portal import backup, tables
from portal.backup_files import BackupRefused
from portal.config import Config
from privacy.checkpoint import Verifier
from privacy.stores import writing
from tests.backup.places import Office, contents, contents_of_file, quietly

FILES = {"data.db", "log.db", "checkpoint.txt", "tombstones.json", "backup.json"}


@pytest.mark.parametrize("name", ["data", "log", "keys"])
def test_a_backup_holds_every_row_of_every_table(office: Office, name: str) -> None:
    before = contents(office.config, name)

    saved = office.save()

    folder = office.keys if name == "keys" else office.data
    assert contents_of_file(folder / f"{name}.db", name) == before
    assert saved.rows[name] == sum(map(len, before.values())) > 0


def test_a_backup_is_its_owners_alone_and_has_these_files(small: Office) -> None:
    small.save()

    assert {each.name for each in small.data.iterdir()} == FILES
    assert {each.name for each in small.keys.iterdir()} == FILES - {"data.db", "log.db"} | {"keys.db"}
    for each in (*small.data.iterdir(), *small.keys.iterdir()):
        assert each.stat().st_mode & 0o777 == 0o600, each


def test_data_and_keys_are_apart_and_key_encryption_keys_are_in_neither(small: Office) -> None:
    small.save()

    with closing(sqlite3.connect(small.config.keys_url.removeprefix("sqlite:///"))) as file:
        wrapped = [row[0] for row in file.execute("SELECT wrapped FROM wrapped_key")]
    keks = [each.read_bytes()[6:38] for each in small.config.kek_dir.iterdir()]
    data = b"".join(each.read_bytes() for each in small.data.iterdir())
    keys = b"".join(each.read_bytes() for each in small.keys.iterdir())
    assert wrapped
    assert not any(each in data for each in wrapped)
    assert not any(each in data + keys for each in keks)


def test_the_checkpoint_beside_the_log_is_signed_and_is_that_of_the_copy(small: Office) -> None:
    saved = small.save()

    with small.open() as system:
        verifier = Verifier.parse(str(system.log.signer.verifier))
    stated = verifier.open_checkpoint((small.data / "checkpoint.txt").read_text())
    assert stated.size == saved.log_size == json.loads((small.data / "backup.json").read_text())["log_size"]


@pytest.mark.parametrize(
    ("data", "keys"), [("one", "one"), ("one", "one/keys"), ("one/data", "one")], ids=["same", "inside", "around"]
)
def test_keys_inside_the_datas_folder_are_refused(small: Office, data: str, keys: str) -> None:
    with pytest.raises(BackupRefused, match="one place"):
        small.save(data, keys)

    assert not (small.folder / "one").exists()


def test_nothing_is_saved_beside_the_key_encryption_keys(small: Office) -> None:
    with small.open() as system, pytest.raises(BackupRefused, match="key-encryption keys"):
        backup.save(system, small.data, small.config.kek_dir / "backup", quietly)


def test_a_folder_that_is_there_is_never_written_over(small: Office) -> None:
    small.save()
    before = (small.data / "data.db").read_bytes()

    with pytest.raises(BackupRefused, match="name a new folder"):
        small.save(keys="other")

    assert (small.data / "data.db").read_bytes() == before
    assert not (small.folder / "other").exists()


def test_a_backup_that_ends_early_leaves_nothing(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_arguments: object) -> int:
        raise KeyboardInterrupt

    with office.open() as system, monkeypatch.context() as patch:
        patch.setattr(tables, "_write", interrupted)
        with pytest.raises(KeyboardInterrupt):
            backup.save(system, office.data, office.keys, quietly)

    assert list(office.folder.iterdir()) == []
    office.save()


def test_a_full_disk_is_told_and_leaves_nothing(small: Office) -> None:
    """The process may write files of 100 kB at most: the kernel refuses what a full disk would refuse."""
    command = [sys.executable, "-m", "portal.cli", "backup", "--output", str(small.data), "--keys", str(small.keys)]

    def limited() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    done = subprocess.run(
        command,
        env={"SAMEVIEW_HOME": str(small.config.home)},
        cwd=Path(__file__).parents[2],
        preexec_fn=limited,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 1
    assert done.stderr.startswith(f"sameview: {small.data} cannot be written: ")
    assert "nothing was kept" in done.stderr
    assert list(small.folder.iterdir()) == []


def test_others_write_while_a_backup_is_made_and_it_restores(small: Office) -> None:
    """A role is given and taken all the time, which writes to data, log and keys: each copy is of one moment."""
    done = threading.Event()

    with small.open() as system:
        ben = subject_of(system, "ben")

        def write() -> None:
            number = 0
            while not done.is_set():
                number += 1
                with system.people.changing(None) as changes:
                    (changes.grant if number % 2 else changes.revoke)(ben, Role.REVIEWER)

        writer = threading.Thread(target=write)
        writer.start()
        try:
            backup.save(system, small.data, small.keys, quietly)
        finally:
            done.set()
            writer.join()

    assert small.restore().problems == []


def test_a_log_that_does_not_verify_is_not_saved(small: Office) -> None:
    with small.open() as system, writing(system.stores.log) as connection:
        connection.exec_driver_sql('UPDATE entry SET leaf_hash = zeroblob(32) WHERE "index" = 2')

    with pytest.raises(BackupRefused, match=r"entry 2: .*sameview log verify"):
        small.save()

    assert list(small.folder.iterdir()) == []


def test_the_command_says_what_was_saved_and_until_when_keys_are_kept(
    small: Office, monkeypatch: pytest.MonkeyPatch
) -> None:

    monkeypatch.setenv("SAMEVIEW_HOME", str(small.config.home))
    done = sameview("backup", "--output", small.data, "--keys", small.keys)

    assert done.exit_code == 0, done.output
    assert "entries of the log, verified" in done.stdout
    assert "delete it by " in done.stdout
    assert Config(home=small.config.home).erasure_horizon == 30
