"""Keys in files: what is unsafe, damaged or out of its place is refused with the file and the fix.

What a passphrase adds is in test_key_passphrase.py.
"""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from cast import BEN

from privacy.fields import KeyClass
from privacy.file_keys import FileKeyProvider, KeyFileRefused
from privacy.key_provider import KeyGone, KeyRefused
from privacy.seal import aad

DEK = b"d" * 32
BOUND = aad("wrapped_key", 1, BEN, "shared", 24322)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "kek"


def test_files_are_readable_by_their_owner_alone(directory: Path) -> None:
    FileKeyProvider(directory).create()

    assert directory.stat().st_mode & 0o777 == 0o700
    assert {path.name for path in directory.iterdir()} == {f"kek-{c}-1" for c in KeyClass}
    assert {path.stat().st_mode & 0o777 for path in directory.iterdir()} == {0o600}


def test_creating_again_changes_nothing(directory: Path) -> None:
    FileKeyProvider(directory).create()
    before = {path.name: path.read_bytes() for path in directory.iterdir()}

    FileKeyProvider(directory).create()

    assert {path.name: path.read_bytes() for path in directory.iterdir()} == before


@pytest.mark.parametrize(
    ("spoil", "fix"),
    [
        pytest.param(lambda kek: kek.chmod(0o640), r"kek-shared-1 can be read by others .*chmod 600", id="group"),
        pytest.param(lambda kek: kek.chmod(0o604), r"kek-shared-1 can be read by others .*chmod 600", id="world"),
        pytest.param(lambda kek: kek.write_bytes(kek.read_bytes()[:-1]), r"kek-shared-1 is truncated", id="short"),
        pytest.param(lambda kek: kek.write_bytes(b""), r"kek-shared-1 is truncated", id="empty"),
        pytest.param(lambda kek: kek.write_bytes(b"x" + kek.read_bytes()[1:]), r"damaged: move it away", id="mark"),
        pytest.param(
            lambda kek: kek.write_bytes(kek.read_bytes()[:9] + b"xx" + kek.read_bytes()[11:]),
            r"kek-shared-1 is truncated or damaged: move it away, and recover",
            id="key",
        ),
        pytest.param(lambda kek: kek.parent.chmod(0o777), r"written by others: chmod 700", id="directory"),
        pytest.param(lambda kek: (kek.parent / "keys.db").touch(), r"keys.db is a database", id="database"),
        pytest.param(
            lambda kek: (kek.parent / "x").write_bytes(b"SQLite format 3\0"), r"SAMEVIEW_KEY_DIR", id="renamed"
        ),
    ],
)
def test_unsafe_or_damaged_is_refused_with_the_file_and_the_fix(
    directory: Path, spoil: Callable[[Path], object], fix: str
) -> None:
    FileKeyProvider(directory).create()
    spoil(directory / "kek-shared-1")

    with pytest.raises(KeyFileRefused, match=fix):
        FileKeyProvider(directory).check()
    with pytest.raises(KeyFileRefused, match=fix):
        FileKeyProvider(directory).wrap(KeyClass.SHARED, DEK, BOUND)


def test_missing_file_is_named(directory: Path) -> None:
    FileKeyProvider(directory).create()
    (directory / "kek-shared-1").unlink()

    with pytest.raises(KeyGone, match=r"kek-shared-\* is missing: recover it"):
        FileKeyProvider(directory).check()
    with pytest.raises(KeyGone, match=r"kek-shared-\* is missing: recover it"):
        FileKeyProvider(directory).wrap(KeyClass.SHARED, DEK, BOUND)


def test_wrapping_is_bound_to_its_version_even_if_two_versions_were_the_same_key(directory: Path) -> None:
    provider = FileKeyProvider(directory).create()
    version, wrapped = provider.wrap(KeyClass.SHARED, DEK, BOUND)
    copied = directory / "kek-shared-2"
    copied.write_bytes((directory / "kek-shared-1").read_bytes())
    copied.chmod(0o600)

    with pytest.raises(KeyRefused):
        provider.unwrap(KeyClass.SHARED, version + 1, wrapped, BOUND)


@pytest.mark.parametrize(
    ("put", "fix"),
    [
        pytest.param(lambda kek: kek.symlink_to(kek.parent / "kek-text-1"), "symbolic link: put the", id="link"),
        pytest.param(lambda kek: os.mkfifo(kek, 0o600), "is not a file: move it away", id="pipe"),
        pytest.param(lambda kek: kek.mkdir(0o700), "is not a file: move it away", id="folder"),
    ],
)
def test_what_is_no_file_is_not_followed_nor_waited_for(
    directory: Path, put: Callable[[Path], object], fix: str
) -> None:
    provider = FileKeyProvider(directory).create()
    (directory / "kek-shared-1").unlink()
    put(directory / "kek-shared-1")

    with pytest.raises(KeyFileRefused, match=f"kek-shared-1 .*{fix}"):
        provider.check()


def test_file_of_another_user_is_refused(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    provider = FileKeyProvider(directory).create()
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 4711)

    with pytest.raises(KeyFileRefused, match=r"kek-audit-1 belongs to user \d+: chown it"):
        provider.check()


def test_key_comes_back_from_the_escrow_as_it_left(directory: Path, tmp_path: Path) -> None:
    provider = FileKeyProvider(directory).create()
    version, wrapped = provider.wrap(KeyClass.SHARED, DEK, BOUND)
    elsewhere = FileKeyProvider(tmp_path / "restored")

    assert elsewhere.adopt(KeyClass.SHARED, version, provider.export(KeyClass.SHARED, version))

    assert elsewhere.unwrap(KeyClass.SHARED, version, wrapped, BOUND) == DEK
    assert (tmp_path / "restored" / "kek-shared-1").stat().st_mode & 0o777 == 0o600


def test_key_that_comes_back_never_replaces_another(directory: Path) -> None:
    provider = FileKeyProvider(directory).create()
    key = provider.export(KeyClass.SHARED, 1)

    assert not provider.adopt(KeyClass.SHARED, 1, key)
    with pytest.raises(KeyFileRefused, match=r"kek-shared-1 is another key: move it away"):
        provider.adopt(KeyClass.SHARED, 1, DEK)
    with pytest.raises(KeyFileRefused, match=r"has 31 bytes, not 32"):
        provider.adopt(KeyClass.SHARED, 2, DEK[1:])

    assert provider.export(KeyClass.SHARED, 1) == key
    assert provider.versions(KeyClass.SHARED) == [1]


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("dies_in", ["urandom", "fsync", "unlink"])
def test_a_key_whose_destruction_was_killed_is_out_of_use_and_the_next_start_overwrites_it(
    directory: Path, monkeypatch: pytest.MonkeyPatch, dies_in: str
) -> None:
    provider = FileKeyProvider(directory).create()
    provider.rotate(KeyClass.SHARED)
    calls, syncs = iter(range(9)), os.fsync

    def die(*given: int) -> None:
        if dies_in == "fsync" and next(calls) == 0:  # of the directory, after the renaming
            return syncs(*given)
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr(Path if dies_in == "unlink" else os, dies_in, die)
        with pytest.raises(Killed):
            provider.destroy(KeyClass.SHARED, 1)
    (left,) = directory.glob(".kek-shared-1*")
    with left.open("rb") as still_open:
        key = still_open.read()

        after = FileKeyProvider(directory)

        still_open.seek(0)
        assert still_open.read() != key
    after.check()
    assert after.versions(KeyClass.SHARED) == [2]
    assert {path.name for path in directory.iterdir()} == {f"kek-{c}-{1 + (c == 'shared')}" for c in KeyClass}
