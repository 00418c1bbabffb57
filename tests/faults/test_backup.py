"""kill -9 in a backup: nothing takes it for one, and the next backup beside it leaves no name and no key of it."""

import shutil
from pathlib import Path

import dying
import pytest
from installation import NOW

from portal import backup, backup_files, backup_partials
from portal.backup_files import BackupRefused, Contents
from portal.config import Config
from portal.wiring import build


def quietly(_what: str, _done: float, _total: float) -> None:
    """Report no progress."""


def save(config: Config, folder: Path, name: str) -> None:
    system = build(config, lambda: NOW)
    try:
        backup.save(system, folder / "data" / name, folder / "keys" / name, quietly)
    finally:
        system.close()


def saving(config: Config, folder: Path, name: str) -> dying.Operation:
    return lambda _tell: save(config, folder, name)


def names(folder: Path) -> set[str]:
    return {each.name for each in folder.iterdir()} if folder.exists() else set()


@pytest.fixture
def config(sqlite_home: Path, tmp_path: Path) -> Config:
    return Config(home=Path(shutil.copytree(sqlite_home, tmp_path / "home")))


def test_what_a_killed_backup_left_is_gone_after_the_next_one_beside_it(config: Config, tmp_path: Path) -> None:
    left = 0
    for number, death in enumerate(dying.deaths(saving(config, tmp_path / "first", "monday"))):
        folder = tmp_path / f"again{number}"
        dying.run(saving(config, folder, "monday"), death)
        left += any(each.startswith(".") for part in ("data", "keys") for each in names(folder / part))

        save(config, folder, "tuesday")

        for part, contents in (("data", Contents.DATA), ("keys", Contents.KEYS)):
            there = names(folder / part)
            assert there - {".monday.partial"} <= {"monday", "tuesday"}, (death, there)
            assert names(folder / part / ".monday.partial") <= {f"{backup_partials.MARKER}.new"}, "no name, and no key"
            for each in there - {".monday.partial"}:
                assert backup_files.read_manifest(folder / part / each, contents), (death, each)
    assert left


def test_a_backup_of_the_same_name_can_be_made_after_one_that_was_killed(config: Config, tmp_path: Path) -> None:
    for number, death in enumerate(dying.deaths(saving(config, tmp_path / "first", "monday"))[:4]):
        folder = tmp_path / f"again{number}"
        dying.run(saving(config, folder, "monday"), death)

        save(config, folder, "monday")

        assert [names(folder / part) for part in ("data", "keys")] == [{"monday"}, {"monday"}], death


def test_a_backup_that_is_running_is_left_alone(config: Config, tmp_path: Path) -> None:
    folder = tmp_path / "backups" / "data"
    with backup_files.new_folder(folder / "monday") as partial:
        backup_files.write_file(partial / "data.db", b"half of it")

        save(config, tmp_path / "backups", "tuesday")
        assert (partial / "data.db").read_bytes() == b"half of it"
        with (
            pytest.raises(BackupRefused, match="another backup writes it now"),
            backup_files.new_folder(folder / "monday"),
        ):
            raise AssertionError

    assert names(folder) == {"monday", "tuesday"}
    assert names(folder / "monday") == {"data.db"}


@pytest.mark.parametrize("stranger", ["no marker", "another marker", "a file of somebody's", "a link"])
def test_what_is_not_ours_is_not_removed(config: Config, tmp_path: Path, stranger: str) -> None:
    folder = tmp_path / "backups" / "data"
    theirs = folder / ".theirs.partial"
    theirs.mkdir(parents=True)
    (theirs / "data.db").write_bytes(b"theirs")
    content = b"sameview: a backup is being written here\n"
    if stranger != "no marker":
        (theirs / backup_partials.MARKER).write_bytes(b"something else" if stranger == "another marker" else content)
    if stranger == "a file of somebody's":
        (theirs / "thesis.txt").write_bytes(b"theirs")
    if stranger == "a link":
        theirs.rename(tmp_path / "elsewhere")
        theirs.symlink_to(tmp_path / "elsewhere")

    save(config, tmp_path / "backups", "tuesday")

    assert (theirs / "data.db").read_bytes() == b"theirs"
