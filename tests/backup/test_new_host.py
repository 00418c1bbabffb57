"""The whole host is lost: an escrow, the shares of its key, two backups and a checkpoint are all that is left."""

import datetime as dt
import shutil
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
from click.testing import Result
from command_line import sameview
from installation import figures, subject_of

from portal import erasing, escrowing, recovery, restore_keys, staging, verifying
from portal.backup_files import BackupRefused
from portal.config import Config
from portal.recovery import Recovered
from portal.restore_log import RestoreRefused
from privacy import escrow
from privacy.escrow_key import EscrowRefused
from privacy.fields import KeyClass, Tier
from privacy.stores import writing
from privacy.vault import Row
from tests.backup.places import DAY, Office, contents, read


@dataclass
class Left:
    """What is left of a lost host, and the new one."""

    office: Office
    new: Config
    ben: str
    ana: str

    @property
    def escrow(self) -> Path:
        return self.office.folder / "escrow.json"

    @property
    def shares(self) -> list[Path]:
        return [self.office.folder / "safe" / f"escrow-share-{number}-of-3.txt" for number in (1, 3)]

    @property
    def checkpoint(self) -> Path:
        return self.office.folder / "checkpoint.txt"

    def recover(self, keys: Path | None = None, days: int = 0) -> Recovered:
        """Recover the keys on the new host, some days after the backup."""
        today = self.office.clock().date() + dt.timedelta(days=days)
        return recovery.recover_on_new_host(self.new, self.escrow, self.shares, keys or self.office.keys, today)


@pytest.fixture
def left(small: Office, tmp_path: Path) -> Left:
    """Ana and Ben have figures; a backup `before` has both. Then Ben is erased, everything saved, and the host lost."""
    with small.open() as system:
        ana, ben = subject_of(system, "ana"), subject_of(system, "ben")
        rows = [Row(field, Tier.SUMMARY, DAY, 0, msgspec.json.encode(value)) for field, value in figures(DAY).items()]
        with writing(system.stores.data) as connection:
            system.vault.put(connection, ana, rows)
        escrowing.make_key(system, small.folder / "safe", 2, 3)
        assert read(system, ben) is not None
    small.save("before", None)
    with small.open() as system:
        erasing.erase(system, ben, by=None)
        escrowing.hand_out(system, small.folder / "escrow.json")
    small.save()
    with small.open() as system:
        (small.folder / "checkpoint.txt").write_text(system.log.checkpoint())
    shutil.rmtree(small.config.home)
    return Left(small, Config(home=tmp_path / "new"), ben, ana)


def assert_whole(left: Left) -> None:
    """Ana's figures open, Ben is erased, and everything verifies."""
    small = Office(left.new, left.office.folder, left.office.clock)
    with small.open() as system:
        assert system.log.verify().problems == []
        assert verifying.verify(system).problems == []
        assert read(system, left.ana) is not None
        assert system.people.find("ben@example.org") is None
        assert system.log.of_subject(left.ben) == []
    assert not any(left.ben in row for row in contents(left.new, "keys")["wrapped_key"])


def test_a_lost_host_comes_back_from_what_was_kept_elsewhere(left: Left) -> None:
    recovered = left.recover()
    done = left.office.restore(left.new, keys_folder=left.office.keys, checkpoint=left.checkpoint)

    assert {key_class for key_class, _ in recovered.written} == {KeyClass.AUDIT, KeyClass.PRIVATE, KeyClass.SHARED}
    assert recovered.unproven == [(KeyClass.GRANTED, 1), (KeyClass.TEXT, 1)]  # nobody has anything of these classes
    assert (done.took_log, done.took_keys, done.lost_entries, done.problems) == (True, True, 0, [])
    assert_whole(left)


def test_a_log_of_before_an_erasure_is_refused_under_the_newer_keys(left: Left) -> None:
    left.recover()

    with pytest.raises(RestoreRefused, match=r"before/log\.db does not verify .* take another backup"):
        left.office.restore(
            left.new,
            folder=left.office.folder / "before",
            keys_folder=left.office.keys,
            checkpoint=left.checkpoint,
            lost_entries=True,
        )

    assert not (left.new.home / "data" / "sameview.db").exists()


def test_a_key_that_opens_nothing_of_the_backup_is_not_adopted(left: Left) -> None:
    """Whoever has the public key can seal keys of his own to it: under a number of today, or a later one."""
    read_back = recovery.open_escrow([escrow.read(left.escrow.read_bytes(), "").origin], left.escrow, left.shares)
    store = restore_keys.read_backup(left.new, left.office.keys, left.office.clock().date())
    copy = left.office.folder / "copy.db"
    restore_keys.copy_store(left.office.keys, store, "keys", copy)
    planted = {**read_back, (KeyClass.SHARED, 1): b"p" * 32, (KeyClass.AUDIT, 9): b"p" * 32}

    with staging.opened_file(copy) as engine:
        done = recovery.recover(left.new, engine, planted, lambda: None, handed_out=False)

    assert {(KeyClass.AUDIT, 9), (KeyClass.SHARED, 1)} <= set(done.unproven)
    assert not (left.new.kek_dir / "kek-shared-1").exists()
    assert not (left.new.kek_dir / "kek-audit-9").exists()


@pytest.mark.parametrize("name", ["keys.db", "backup.json"])
def test_a_damaged_key_backup_recovers_nothing_and_leaves_nothing(left: Left, name: str) -> None:
    file = left.office.keys / name
    content = bytearray(file.read_bytes())
    content[0] ^= 1
    file.write_bytes(content)

    with pytest.raises(BackupRefused, match=name):
        left.recover()

    assert [each.name for each in left.new.home.iterdir()] == ["lock"]


def test_a_backup_of_the_data_or_one_past_the_horizon_or_another_organisations_is_refused(left: Left) -> None:
    with pytest.raises(BackupRefused, match="is a backup of the data, not of the keys"):
        left.recover(left.office.data)
    with pytest.raises(RestoreRefused, match="31 days old, the erasure horizon is 30 days"):
        left.recover(days=31)
    with pytest.raises(EscrowRefused, match=r"this is the escrow of .*, not of sameview/elsewhere"):
        recovery.open_escrow(["sameview/elsewhere-00000000"], left.escrow, left.shares)

    assert [each.name for each in left.new.home.iterdir()] == ["lock"]


def test_where_the_key_store_is_no_backup_stands_in_for_it(left: Left) -> None:
    left.recover()
    left.office.restore(left.new, keys_folder=left.office.keys, checkpoint=left.checkpoint)

    with pytest.raises(RestoreRefused, match="the key store is here, and newer than any backup of it"):
        left.recover()


def test_the_commands_of_the_manual_lead_from_nothing_to_a_verified_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(*arguments: object) -> Result:
        done = sameview(*arguments)
        assert done.exit_code == 0, done.output
        return done

    monkeypatch.setenv("SAMEVIEW_HOME", str(tmp_path / "old"))
    file, data, keys, checkpoint = (tmp_path / name for name in ("escrow.json", "data", "keys", "checkpoint.txt"))
    shares = [f"--share={tmp_path}/safe/escrow-share-{number}-of-3.txt" for number in (2, 3)]
    run("init", "--organisation", "Example Mutual", "--admin", "ann@example.test")
    run("keys", "escrow-key", "--output", tmp_path / "safe", "--shares", 3, "--threshold", 2)
    run("keys", "escrow", "--output", file)
    run("backup", "--output", data, "--keys", keys)
    checkpoint.write_text(run("log", "checkpoint").stdout)
    shutil.rmtree(tmp_path / "old")
    monkeypatch.setenv("SAMEVIEW_HOME", str(tmp_path / "new"))

    without = sameview("keys", "recover", file, *shares)
    recovered = run("keys", "recover", file, *shares, "--keys", keys)
    restored = run("restore", "--from", data, "--keys", keys, "--checkpoint", checkpoint)
    run("log", "verify")
    completed = run("keys", "recover", file, *shares)

    assert without.exit_code == 1
    assert "run `sameview keys recover` with --keys DIR" in without.stderr
    assert "kek-audit-1" in recovered.stdout
    assert "verified: every entry of the log" in restored.stdout
    assert "left out" not in completed.stdout
    assert {f"kek-{each}-1" for each in KeyClass} == {each.name for each in (tmp_path / "new" / "kek").iterdir()}
