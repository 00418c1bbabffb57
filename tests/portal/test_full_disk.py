"""A full disk: every command and page says what to do, and nothing that was done before is lost."""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from command_line import sameview
from sqlalchemy import Engine, event
from sqlalchemy.exc import OperationalError

from portal import full_disk

EXPORT = Path(__file__).resolve().parent.parent / "data" / "edge_cases.aw-export.json"
FULL = sqlite3.OperationalError("database or disk is full")
FULL.sqlite_errorcode = sqlite3.SQLITE_FULL
BROKEN = sqlite3.OperationalError("disk I/O error")
BROKEN.sqlite_errorcode = sqlite3.SQLITE_IOERR_WRITE
LOCKED = sqlite3.OperationalError("database is locked")
LOCKED.sqlite_errorcode = sqlite3.SQLITE_BUSY


@contextmanager
def no_space() -> Iterator[None]:
    """SQLite refuses to grow any file, as on a disk without space."""

    def refuse_growth(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA max_page_count = 1").close()  # as many as there are

    event.listen(Engine, "connect", refuse_growth)
    try:
        yield
    finally:
        event.remove(Engine, "connect", refuse_growth)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (FULL, full_disk.FULL),
        (BROKEN, full_disk.FULL_OR_FAILING),
        (psycopg.errors.DiskFull("could not extend file"), full_disk.FULL),
        (OSError(errno.ENOSPC, "No space left on device"), full_disk.FULL),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), full_disk.FULL),
        (LOCKED, None),
        (psycopg.errors.UniqueViolation("duplicate key"), None),
        (OSError(errno.EACCES, "Permission denied"), None),
    ],
)
def test_a_full_disk_is_told_from_other_failures_on_both_engines(error: Exception, said: str | None) -> None:
    wrapped = OperationalError("INSERT", {}, error)
    beneath = RuntimeError("the log cannot be written")
    beneath.__cause__ = wrapped

    assert [full_disk.sentence(each) for each in (error, wrapped, beneath)] == [said] * 3


def test_a_command_on_a_full_disk_names_the_fix_and_can_be_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAMEVIEW_HOME", str(tmp_path / "home"))
    assert sameview("init", "--organisation", "Example Mutual", "--admin", "ann@example.test").exit_code == 0
    with no_space():
        refused = sameview("import", EXPORT, "--employee", "ann@example.test")
    repeated = sameview("import", EXPORT, "--employee", "ann@example.test")

    assert refused.exit_code == 1
    assert refused.stderr == f"sameview: {full_disk.FULL}\n"
    assert repeated.exit_code == 0, repeated.stderr
    assert sameview("log", "verify").exit_code == 0


@pytest.mark.parametrize("path", ["/", "/api/v1/me/days/2026-11-12"])
def test_a_page_on_a_full_disk_says_that_nothing_was_opened(
    office: Any, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    def append(*_arguments: object) -> None:
        raise OperationalError("INSERT", {}, FULL)

    monkeypatch.setattr(office.system.log, "append", append)

    answer = office.client("ben").get(path)

    assert answer.status_code == 503
    assert "disk or quota of this server is full" in answer.text
    assert "Whoever runs it frees space" in answer.text
