"""Keys that are damaged, lost or too old, as an operator meets them: named with their fix, and in nobody else's way."""

import datetime as dt
import os
from pathlib import Path

import pytest
from command_line import sameview
from conftest import Clock
from sqlalchemy import text

from portal import key_life, key_records
from portal.config import Config
from portal.founding import found
from portal.wiring import build
from privacy.fields import KeyClass
from privacy.stores import writing


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation that was just set up."""
    monkeypatch.setenv("SAMEVIEW_HOME", str(tmp_path / "home"))
    assert sameview("init", "--organisation", "Example Mutual", "--admin", "ann@example.test").exit_code == 0
    return tmp_path / "home"


def break_data_keys(home: Path, key_class: str) -> None:
    """Put noise in the place of every wrapped key of a class; there is at least one."""
    system = build(Config(home=home))
    system.keys.ensure("7" * 32, [(KeyClass(key_class), 24_000)])
    with writing(system.stores.keys) as connection:
        statement = text("UPDATE wrapped_key SET wrapped = :noise WHERE key_class = :of")
        assert connection.execute(statement, {"noise": os.urandom(60), "of": key_class}).rowcount
    system.close()


def test_a_key_file_that_is_damaged_is_named_by_status_too(home: Path) -> None:
    (home / "kek" / "kek-private-1").write_bytes(os.urandom(10))

    shown = sameview("keys", "status")

    assert shown.exit_code == 1
    assert "kek-private-1 is truncated or damaged" in shown.stderr
    assert "keys recover" in shown.stderr


def test_a_class_that_cannot_be_rotated_keeps_no_other_from_it(home: Path) -> None:
    break_data_keys(home, "private")

    done = sameview("keys", "rotate")

    assert done.exit_code == 1
    assert [line.partition(" ")[0] for line in done.stdout.splitlines()] == [
        f"kek-{each}-2" for each in ("audit", "granted", "shared", "text")
    ]
    assert "private: " in done.stderr
    assert "put them back from a backup of the key store" in done.stderr


def test_data_keys_that_do_not_unwrap_are_a_fault_of_the_check(home: Path) -> None:
    break_data_keys(home, "private")

    checked = sameview("check")

    assert checked.exit_code == 1
    assert "data key of class private cannot be unwrapped" in checked.stdout
    assert "Put the key store back from its newest backup" in checked.stdout


def test_a_missing_class_is_not_said_to_be_in_a_backup(home: Path) -> None:
    (home / "kek" / "kek-shared-1").unlink()

    refused = sameview("keys", "destroy", "shared", "1", "--yes")

    assert refused.exit_code == 1
    assert "no key-encryption key of class shared is here" in refused.stderr
    assert "no `sameview backup` holds such keys" in refused.stderr


def test_what_was_destroyed_is_told_with_its_day(home: Path) -> None:
    sameview("keys", "rotate", "--class", "shared")

    refused = sameview("keys", "destroy", "shared", "1", "--yes")

    assert f"destroyed on {dt.datetime.now(dt.UTC).date()}: kek-shared-1" in refused.stderr


def test_status_promises_no_horizon_that_is_not_kept(tmp_path: Path, clock: Clock) -> None:
    system = found(Config(home=tmp_path / "home"), "Example Mutual", clock=clock)
    sentences = []
    for days in (0, 40):
        clock.advance(days=days)
        sentences.append(key_life.reach(key_records.states(system), clock().date(), 30))
    system.close()

    assert sentences[0] == "What was erased opens from no backup older than 30 days: no key lives longer."
    assert "should open from no backup older than 30 days, and opens from those of 40 days" in sentences[1]
    assert "sameview jobs nightly" in sentences[1]


def test_a_server_that_lacks_a_key_says_so_before_it_serves(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    served = []
    monkeypatch.setattr("portal.serving.serve", lambda *where: served.append(where))
    break_data_keys(home, "private")

    started = sameview("serve", "--port", "8123")

    assert served == [("127.0.0.1", 8123, 1)]
    assert "fault: 1 data key of class private cannot be unwrapped" in started.stderr
