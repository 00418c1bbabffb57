"""`keys …` as an operator uses it: what it shows, refuses and writes, and that lost keys come back."""

import errno
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from command_line import sameview

from portal.config import Config
from portal.escrow_files import EscrowFolder
from portal.wiring import build
from privacy import escrow
from privacy.access_log import Filter, LogUnavailable
from privacy.fields import KeyClass
from privacy.file_keys import FileKeyProvider

Run = Callable[..., Result]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command in an installation that was just set up."""
    monkeypatch.setenv("SAMEVIEW_HOME", str(home))
    sameview("init", "--organisation", "Example Mutual", "--admin", "ann@example.test")
    return sameview


def outcomes(home: Path, *wanted: str) -> list[tuple[str, tuple[str, ...]]]:
    """The entries of the organisation with these outcomes, oldest first: outcome and fields."""
    system = build(Config(home=home))
    try:
        assert system.log.verify().problems == []
        entries = reversed(system.log.read(Filter(limit=1000)).entries)
        return [(each.outcome, each.fields) for each in entries if each.outcome in wanted]
    finally:
        system.close()


@pytest.fixture
def escrowed(run: Run, tmp_path: Path) -> Callable[[], Path]:
    """An escrow with a key in two of three shares, in a folder beside the home; each call hands out another."""
    assert run("keys", "escrow-key", "--output", tmp_path / "safe", "--shares", "3", "--threshold", "2").exit_code == 0
    numbers = iter(range(10))

    def hand_out() -> Path:
        file = tmp_path / f"escrow-{next(numbers)}.json"
        assert run("keys", "escrow", "--output", file).exit_code == 0
        return file

    return hand_out


def two_shares(tmp_path: Path) -> list[str]:
    return [f"--share={tmp_path}/safe/escrow-share-{number}-of-3.txt" for number in (1, 3)]


def test_status_shows_versions_days_and_that_there_is_no_escrow(run: Run) -> None:
    shown = run("keys", "status").stdout

    for words in ("audit", "private", "0 d", "here", "no backup older than 30 days", "There is no escrow"):
        assert words in shown


def test_rotation_is_logged_and_loses_nothing(run: Run, home: Path) -> None:
    done = run("keys", "rotate", "--class", "shared", "--class", "audit")

    assert done.stdout.splitlines() == [
        "kek-audit-2 wraps now; destroyed: kek-audit-1",
        "kek-shared-2 wraps now; destroyed: kek-shared-1",
    ]
    assert outcomes(home, "rotated", "key-destroyed") == [
        ("rotated", ("kek-audit-2",)),
        ("key-destroyed", ("kek-audit-1",)),
        ("rotated", ("kek-shared-2",)),
        ("key-destroyed", ("kek-shared-1",)),
    ]
    assert run("log", "verify").exit_code == 0
    assert "destroyed" in run("keys", "status").stdout


def test_kept_versions_are_destroyed_one_by_one_once_somebody_says_yes(run: Run, home: Path) -> None:
    run("keys", "rotate", "--class", "audit", "--keep-old")

    assert run("keys", "destroy", "audit", "1", input="n\n").exit_code == 1
    assert (home / "kek" / "kek-audit-1").exists()
    assert run("keys", "destroy", "audit", "1", "--yes").stdout == "kek-audit-1 was destroyed\n"

    assert not (home / "kek" / "kek-audit-1").exists()
    assert outcomes(home, "key-destroyed") == [("key-destroyed", ("kek-audit-1",))]


@pytest.mark.parametrize(
    ("version", "reason"), [("1", "kek-audit-1 is the newest"), ("7", "no kek-audit-7; audit has version 1")]
)
def test_what_is_needed_or_not_there_is_not_destroyed(run: Run, home: Path, version: str, reason: str) -> None:
    refused = run("keys", "destroy", "audit", version, "--yes")

    assert refused.exit_code == 1
    assert reason in refused.stderr
    assert outcomes(home, "key-destroyed") == []


def test_a_confined_process_says_which_setting_withholds_the_class(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMEVIEW_KEY_CLASSES", "shared,granted,audit")

    for command in (("rotate", "--class", "private"), ("destroy", "private", "1", "--yes")):
        refused = run("keys", *command)
        assert refused.exit_code == 1
        assert "private keys: name that class in SAMEVIEW_KEY_CLASSES" in refused.stderr
    assert "not given to this process" in run("keys", "status").stdout
    assert run("keys", "rotate", "--class", "shared").exit_code == 0


def test_an_interrupted_rotation_says_so_and_the_next_goes_on(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> bytes:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(FileKeyProvider, "wrap", interrupted)
        stopped = run("keys", "rotate", "--class", "audit")

    assert stopped.exit_code == 1
    assert "interrupted at the audit keys: nothing is lost" in stopped.stderr
    assert run("keys", "rotate", "--class", "audit").stdout == "kek-audit-2 wraps now; destroyed: kek-audit-1\n"
    assert outcomes(home, "rotated") == [("rotated", ("kek-audit-2",))]


def test_lost_keys_come_back_from_the_escrow_and_two_shares(
    run: Run, home: Path, tmp_path: Path, escrowed: Callable[[], Path]
) -> None:
    run("keys", "rotate", "--class", "audit", "--keep-old")
    file = escrowed()
    before = {path.name: path.read_bytes() for path in (home / "kek").iterdir()}
    shutil.rmtree(home / "kek")
    assert run("log", "verify").exit_code == 1

    drilled = run("keys", "drill", file, *two_shares(tmp_path))
    recovered = run("keys", "recover", file, *two_shares(tmp_path))

    assert drilled.exit_code == 0, drilled.stderr
    assert "everything would open again" in drilled.stdout
    assert recovered.exit_code == 0, recovered.stderr
    assert {path.name: path.read_bytes() for path in (home / "kek").iterdir()} == before
    assert run("log", "verify").exit_code == 0
    assert run("keys", "recover", file, *two_shares(tmp_path)).stdout == "written: nothing was missing\n"
    assert [outcome for outcome, _ in outcomes(home, "escrow-key-made", "escrowed")] == ["escrow-key-made", "escrowed"]


def test_a_recovery_is_in_the_log_before_the_first_file_is_written(
    run: Run, home: Path, tmp_path: Path, escrowed: Callable[[], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = escrowed()
    (home / "kek" / "kek-shared-1").unlink()

    def full(*_: object) -> bool:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(FileKeyProvider, "adopt", full)
        stopped = run("keys", "recover", file, *two_shares(tmp_path))
    assert stopped.exit_code == 1
    assert not (home / "kek" / "kek-shared-1").exists()
    recovered = run("keys", "recover", file, *two_shares(tmp_path))

    assert recovered.stdout == "written: kek-shared-1\n"
    assert run("keys", "recover", file, *two_shares(tmp_path)).stdout == "written: nothing was missing\n"
    assert [outcome for outcome, _ in outcomes(home, "recovered")] == ["recovered", "recovered"]


def test_a_recovery_of_the_logs_own_keys_is_in_the_log_as_soon_as_it_can_be_written(
    run: Run, home: Path, tmp_path: Path, escrowed: Callable[[], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = escrowed()
    shutil.rmtree(home / "kek")

    first = run("keys", "recover", file, *two_shares(tmp_path))
    assert [outcome for outcome, _ in outcomes(home, "recovered")] == ["recovered"]
    (home / "kek" / "kek-text-1").unlink()
    with monkeypatch.context() as patched:
        patched.setattr("privacy.access_log.AccessLog.append", _unavailable)
        unlogged = run("keys", "recover", file, *two_shares(tmp_path))

    assert first.stderr == ""
    assert unlogged.stdout == "written: kek-text-1\n"
    assert "the log could not be written" in unlogged.stderr


def _unavailable(*_: object) -> None:
    raise LogUnavailable("the log cannot be written")


def test_a_drill_names_what_an_old_escrow_would_lose_and_writes_nothing(
    run: Run, home: Path, tmp_path: Path, escrowed: Callable[[], Path]
) -> None:
    file = escrowed()
    run("keys", "rotate")
    before = sorted((home / "kek").iterdir())

    drilled = run("keys", "drill", file, *two_shares(tmp_path))

    assert drilled.exit_code == 1
    assert "audit: 0 data keys open; LOST:" in drilled.stdout
    assert "of kek-audit-2" in drilled.stdout
    assert "would be lost: make a new escrow" in drilled.stderr
    assert sorted((home / "kek").iterdir()) == before


def test_what_was_destroyed_is_not_recovered_and_no_file_is_written_over(
    run: Run, home: Path, tmp_path: Path, escrowed: Callable[[], Path]
) -> None:
    file = escrowed()
    run("keys", "rotate", "--class", "text")
    kek = home / "kek" / "kek-shared-1"
    kek.unlink()
    FileKeyProvider(home / "kek").create()  # somebody made another key in its place
    other = kek.read_bytes()

    refused = run("keys", "recover", file, *two_shares(tmp_path))
    kek.unlink()
    recovered = run("keys", "recover", file, *two_shares(tmp_path))

    assert refused.exit_code == 1
    assert "kek-shared-1 is another key" in refused.stderr
    assert recovered.stdout.splitlines() == [
        "written: kek-shared-1",
        "left out, because they were destroyed: kek-text-1",
    ]
    assert kek.read_bytes() != other
    assert not (home / "kek" / "kek-text-1").exists()


def test_the_private_key_leaves_the_machine_readable_by_its_owner_alone(run: Run, home: Path, tmp_path: Path) -> None:
    inside = run("keys", "escrow-key", "--output", home / "escrow")
    made = run("keys", "escrow-key", "--output", tmp_path / "safe")
    again = run("keys", "escrow-key", "--output", tmp_path / "other")
    written_over = run("keys", "escrow-key", "--output", tmp_path / "safe", "--replace")
    key = tmp_path / "safe" / "escrow-key.txt"

    assert "must lie apart from what it opens" in inside.stderr
    assert made.stdout == f"{key}\n"
    assert key.stat().st_mode & 0o077 == 0
    assert "already: --replace makes another" in again.stderr
    assert "is not written over" in written_over.stderr
    assert {each.exit_code for each in (inside, again, written_over)} == {1}
    printed = [line for line in key.read_text().splitlines() if line[:2] in ("1:", "2:", "3:")]
    assert not any(line[3:] in path.read_text() for line in printed for path in (home / "escrow").iterdir())


def test_on_a_full_disk_nothing_half_written_stays_and_the_command_can_be_repeated(
    run: Run, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    shares = ("keys", "escrow-key", "--output", str(tmp_path / "safe"), "--shares", "3", "--threshold", "2")
    with monkeypatch.context() as patched:
        patched.setattr("portal.escrow_files.os.fsync", full)
        refused = run(*shares)

    assert refused.exit_code == 1
    assert "the disk or quota is full: free space" in refused.stderr
    assert list((tmp_path / "safe").iterdir()) == []
    assert not (home / "escrow" / "public-key.json").exists()
    assert run(*shares).exit_code == 0


def test_shares_of_a_key_that_could_not_be_logged_do_not_stay(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("privacy.access_log.AccessLog.append", _unavailable)
        refused = run("keys", "escrow-key", "--output", tmp_path / "safe")

    assert refused.exit_code == 1
    assert list((tmp_path / "safe").iterdir()) == []


def test_a_whole_key_opens_the_escrow(run: Run, tmp_path: Path) -> None:
    run("keys", "escrow-key", "--output", tmp_path / "safe")
    run("keys", "escrow", "--output", tmp_path / "escrow.json")

    drilled = run("keys", "drill", tmp_path / "escrow.json", "--key", tmp_path / "safe" / "escrow-key.txt")

    assert drilled.exit_code == 0, drilled.stderr


def test_an_escrow_needs_a_key_and_every_class_and_is_not_written_over(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_key = run("keys", "escrow", "--output", tmp_path / "escrow.json")
    run("keys", "escrow-key", "--output", tmp_path / "safe")
    run("keys", "escrow", "--output", tmp_path / "escrow.json")
    again = run("keys", "escrow", "--output", tmp_path / "escrow.json")
    monkeypatch.setenv("SAMEVIEW_KEY_CLASSES", "shared,granted,audit")
    confined = run("keys", "escrow", "--output", tmp_path / "other.json")

    assert "sameview keys escrow-key" in without_key.stderr
    assert "is not written over" in again.stderr
    assert "SAMEVIEW_KEY_CLASSES" in confined.stderr
    assert {each.exit_code for each in (without_key, again, confined)} == {1}
    assert not (tmp_path / "other.json").exists()


@pytest.mark.parametrize(
    "wrong",
    [
        ("escrow-key", "--output", "safe", "--shares", "3"),
        ("escrow-key", "--output", "safe", "--shares", "2", "--threshold", "3"),
        ("drill",),
        ("drill", "--token", "other", "--share", "nowhere"),
        ("destroy", "shared", "0"),
        ("destroy", "everything", "1"),
        ("rotate", "--class", "everything"),
    ],
)
def test_wrong_usage_is_told_from_a_refusal(run: Run, wrong: tuple[str, ...]) -> None:
    assert run("keys", *wrong).exit_code == 2


def test_a_drill_without_enough_shares_opens_nothing(run: Run, tmp_path: Path, escrowed: Callable[[], Path]) -> None:
    refused = run("keys", "drill", escrowed(), two_shares(tmp_path)[0])

    assert refused.exit_code == 1
    assert "2 different shares are needed, 1 given" in refused.stderr


def forged(home: Path, file: Path, version: int, key_class: KeyClass = KeyClass.PRIVATE) -> Path:
    """Make an escrow as anybody can who has read the public key."""
    public, system = EscrowFolder(home).public(), build(Config(home=home))
    assert public is not None
    sealed = escrow.seal(
        system.organisation.origin, system.clock().date(), public.loaded, {(key_class, version): bytes(32)}
    )
    system.close()
    file.write_bytes(sealed.encoded())
    return file


@pytest.mark.parametrize(("key_class", "version"), [("private", 99), ("audit", 1), ("text", 1)])
def test_a_key_of_a_forged_escrow_is_left_out(
    run: Run, home: Path, tmp_path: Path, escrowed: Callable[[], Path], key_class: str, version: int
) -> None:
    """A version that nobody made, one that wraps keys which it does not open, and one that wraps nothing."""
    genuine = escrowed()
    run("keys", "status")
    file = forged(home, tmp_path / "forged.json", version, KeyClass(key_class))
    kek = home / "kek" / f"kek-{key_class}-{version}"
    kek.unlink(missing_ok=True)

    recovered = run("keys", "recover", file, *two_shares(tmp_path))

    assert f"nothing shows that they are genuine: {kek.name}" in recovered.stdout
    assert not kek.exists()
    assert run("keys", "recover", genuine, *two_shares(tmp_path)).exit_code == 0
    assert kek.exists() == (version == 1)
