"""Key files that a passphrase wraps: it is needed, it never is the key, and a forged header costs nothing."""

import hashlib
import struct
from pathlib import Path

import pytest
from cast import BEN
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from privacy import key_files
from privacy.fields import KeyClass
from privacy.file_keys import FileKeyProvider, KeyFileRefused
from privacy.key_files import INSECURE_COST_FOR_TESTS, STANDARD_COST, Cost
from privacy.key_provider import KeyRefused
from privacy.seal import aad

DEK = b"d" * 32
BOUND = aad("wrapped_key", 1, BEN, "shared", 24322)
PASSPHRASE = "seven brown otters swim uphill"
ALL = frozenset(KeyClass)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "kek"


def opened(directory: Path, passphrase: str | None = PASSPHRASE) -> FileKeyProvider:
    return FileKeyProvider(directory, ALL, passphrase, INSECURE_COST_FOR_TESTS)


def forge(path: Path, body: bytes) -> None:
    """Write a key file whose check is right, as somebody does who knows the format."""
    path.write_bytes(body + hashlib.sha256(body).digest()[:4])


def test_key_is_in_no_file(directory: Path) -> None:
    provider = opened(directory).create()

    for key_class in KeyClass:
        assert provider.export(key_class, 1) not in (directory / f"kek-{key_class}-1").read_bytes()


def test_passphrase_is_not_the_key(tmp_path: Path) -> None:
    here, there = opened(tmp_path / "here").create(), opened(tmp_path / "there").create()

    version, wrapped = here.wrap(KeyClass.SHARED, DEK, BOUND)

    with pytest.raises(KeyRefused):
        there.unwrap(KeyClass.SHARED, version, wrapped, BOUND)


@pytest.mark.parametrize("cost", [STANDARD_COST, Cost(1024, 2, 2)], ids=["standard", "chosen"])
def test_what_the_derivation_costs_is_in_the_file_and_not_in_the_program(directory: Path, cost: Cost) -> None:
    before = FileKeyProvider(directory, {KeyClass.SHARED}, PASSPHRASE, cost).create()

    after = FileKeyProvider(directory, {KeyClass.SHARED}, PASSPHRASE, INSECURE_COST_FOR_TESTS)

    assert after.export(KeyClass.SHARED, 1) == before.export(KeyClass.SHARED, 1)


def test_wrong_passphrase_says_so(directory: Path) -> None:
    version, wrapped = opened(directory).create().wrap(KeyClass.SHARED, DEK, BOUND)
    provider = opened(directory, "eight brown otters swim uphill")

    for asked in (provider.check, lambda: provider.unwrap(KeyClass.SHARED, version, wrapped, BOUND)):
        with pytest.raises(KeyFileRefused, match=r"kek-\w+-1 does not open with this passphrase: correct SAMEVIEW_KEY"):
            asked()


def test_missing_passphrase_says_how_to_give_it(directory: Path) -> None:
    opened(directory).create()

    with pytest.raises(KeyFileRefused, match=r"wrapped by a passphrase: set SAMEVIEW_KEY_PASSPHRASE or .*_FILE"):
        opened(directory, None).check()


def test_file_that_was_renamed_is_refused(directory: Path) -> None:
    provider = opened(directory).create()
    (directory / "kek-shared-1").rename(directory / "kek-shared-2")

    with pytest.raises(KeyFileRefused, match=r"kek-shared-2 does not open .*renamed"):
        provider.check()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(data=st.data())
def test_no_byte_of_a_file_can_be_changed(directory: Path, data: st.DataObject) -> None:
    provider = opened(directory).create()
    path = directory / "kek-shared-1"
    before = path.read_bytes()
    position = data.draw(st.integers(0, len(before) - 5))
    flipped = bytes([before[position] ^ data.draw(st.integers(1, 255))])

    forge(path, before[:position] + flipped + before[position + 1 : -4])

    with pytest.raises(KeyFileRefused, match=r"kek-shared-1"):
        provider.export(KeyClass.SHARED, 1)
    path.write_bytes(before)
    assert len(provider.export(KeyClass.SHARED, 1)) == 32


@pytest.mark.parametrize(
    ("memory_kib", "passes", "lanes"),
    [
        (2**32 - 1, 1, 1),
        (262_145, 3, 4),
        (65_536, 2**32 - 1, 4),
        (65_536, 17, 4),
        (65_536, 3, 255),
        (7, 1, 1),
        (8, 0, 1),
    ],
)
def test_forged_header_exhausts_nothing(
    directory: Path, monkeypatch: pytest.MonkeyPatch, memory_kib: int, passes: int, lanes: int
) -> None:
    provider = opened(directory).create()
    path = directory / "kek-shared-1"
    content = path.read_bytes()
    forge(path, content[:6] + struct.pack(">IIB", memory_kib, passes, lanes) + content[15:-4])
    monkeypatch.setattr(key_files, "Argon2id", lambda **_: pytest.fail("memory was spent on a forged header"))

    with pytest.raises(KeyFileRefused, match=rf"asks for {memory_kib} KiB and {passes} passes"):
        provider.export(KeyClass.SHARED, 1)


def test_passphrase_is_changed_by_a_rotation_that_knows_both(directory: Path) -> None:
    version, wrapped = opened(directory).create().wrap(KeyClass.SHARED, DEK, BOUND)
    new = "eight brown otters swim uphill"
    both = FileKeyProvider(directory, ALL, new, INSECURE_COST_FOR_TESTS, former=PASSPHRASE)

    assert both.unwrap(KeyClass.SHARED, version, wrapped, BOUND) == DEK
    for key_class in KeyClass:
        both.rotate(key_class)
        both.destroy(key_class, 1)

    opened(directory, new).check()
    with pytest.raises(KeyFileRefused, match="does not open with this passphrase"):
        opened(directory).check()


class TestPassphraseThatIsSetLater:
    def test_what_is_there_is_read_and_nothing_new_is_wrapped_by_it(self, directory: Path) -> None:
        version, wrapped = opened(directory, None).create().wrap(KeyClass.SHARED, DEK, BOUND)
        provider = opened(directory)

        assert provider.unwrap(KeyClass.SHARED, version, wrapped, BOUND) == DEK
        for asked in (provider.check, lambda: provider.wrap(KeyClass.SHARED, DEK, BOUND)):
            with pytest.raises(KeyFileRefused, match=r"not wrapped by the passphrase: .* run `sameview keys rotate`"):
                asked()

    def test_rotation_wraps_the_new_key_and_the_old_one_is_named_until_it_is_destroyed(self, directory: Path) -> None:
        opened(directory, None).create()
        provider = opened(directory)

        for key_class in KeyClass:
            provider.rotate(key_class)
        provider.check()
        named = provider.warnings()
        for key_class in KeyClass:
            provider.destroy(key_class, 1)

        assert len(named) == len(KeyClass)
        assert all("-1 is not wrapped by the passphrase" in each for each in named)
        assert provider.warnings() == []
        assert (directory / "kek-shared-2").read_bytes()[:6] == b"SVKEK\x02"

    def test_key_planted_as_the_newest_wraps_nothing(self, directory: Path) -> None:
        provider = opened(directory).create()
        planted = directory / "kek-shared-2"
        forge(planted, b"SVKEK\x01" + DEK)
        planted.chmod(0o600)

        with pytest.raises(KeyFileRefused, match=r"kek-shared-2 .* find out who put the file there"):
            provider.wrap(KeyClass.SHARED, DEK, BOUND)
