"""A snapshot: what was filed of one person at one moment, sealed as it was, whatever is written or destroyed later."""

import contextlib
import datetime as dt
import os
from pathlib import Path

import pytest
from cast import BEN, DAN
from conftest import Clock
from sqlalchemy import event, func, insert, select

from privacy.disclosure import Gate
from privacy.fields import Field, Tier
from privacy.file_keys import FileKeyProvider
from privacy.keys import KeyGone, KeyRing
from privacy.period import Period
from privacy.policy import Purpose
from privacy.snapshot import snapshot
from privacy.stores import Stores, empty_journal, writing
from privacy.vault import Place, Row, Subject, Vault
from privacy.vault_store import SealedField
from tests.privacy.gates import FakeDirectory, MemoryLog

FIRST = dt.date(2026, 11, 1)
MONTH = Period(FIRST, dt.date(2026, 12, 1))
DAYS = [FIRST + dt.timedelta(days=n) for n in range(30)]


@pytest.fixture
def vault(stores: Stores, tmp_path: Path) -> Vault:
    """A vault in which Ben and Dan have a month."""
    with writing(stores.data) as connection:
        connection.execute(insert(Subject), [{"id": each, "created_day": FIRST} for each in (BEN, DAN)])
    found = Vault(stores.data, KeyRing(stores.keys, FileKeyProvider(tmp_path / "kek").create()))
    for subject in (BEN, DAN):
        put(found, subject, *(row(day, b"as it was") for day in DAYS))
    return found


def row(day: dt.date, text: bytes) -> Row:
    return Row(Field.FOCUS, Tier.SUMMARY, day, 0, text)


def put(vault: Vault, subject: str, *rows: Row, remove: tuple[Place, ...] = ()) -> None:
    with writing(vault.engine) as connection:
        vault.put(connection, subject, rows, remove)


def opened(vault: Vault, clock: Clock, then: object = None, subject: str = BEN) -> dict[dt.date, bytes]:
    gate = Gate(vault, MemoryLog(), FakeDirectory(), clock)  # type: ignore[arg-type]
    opening = gate.begin(subject, subject, {Field.FOCUS}, Purpose.SUBJECT_REQUEST, MONTH)
    found = opening.part(MONTH, then=then)  # type: ignore[arg-type]
    return {day: value for (day, _field), value in found.values.items()}


def test_what_is_written_and_removed_meanwhile_is_not_in_it(vault: Vault, clock: Clock) -> None:
    with snapshot(vault.engine, BEN) as then:
        put(vault, BEN, row(DAYS[0], b"changed"), remove=(Place(Field.FOCUS, Tier.SUMMARY, DAYS[1]),))

        assert opened(vault, clock, then) == dict.fromkeys(DAYS, b"as it was")
        assert then.days(Field.FOCUS, Tier.SUMMARY) == DAYS
        assert opened(vault, clock)[DAYS[0]] == b"changed"
        assert DAYS[1] not in opened(vault, clock)


def test_rows_and_manifests_are_of_the_same_moment(vault: Vault, clock: Clock) -> None:
    """Somebody writes between the reading of the manifests and that of the rows."""
    written = []

    def write(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if "FROM manifest" in statement and not written:
            written.append(statement)
            put(vault, BEN, row(DAYS[0], b"changed"))

    event.listen(vault.engine, "after_cursor_execute", write)
    try:
        with snapshot(vault.engine, BEN) as then:
            assert opened(vault, clock, then) == dict.fromkeys(DAYS, b"as it was")
    finally:
        event.remove(vault.engine, "after_cursor_execute", write)
    assert written


def test_it_holds_one_person_and_is_opened_for_no_other(vault: Vault, clock: Clock) -> None:
    with snapshot(vault.engine, BEN) as then, then.engine.connect() as connection:
        counted = connection.execute(select(SealedField.subject_id, func.count()).group_by(SealedField.subject_id))

        assert counted.all() == [(BEN, 30)]
        with pytest.raises(ValueError, match="a snapshot of b"):
            opened(vault, clock, then, DAN)


def test_nothing_of_it_opens_once_the_keys_are_destroyed(vault: Vault, clock: Clock) -> None:
    with snapshot(vault.engine, BEN) as then:
        vault.keys.destroy(BEN)

        with pytest.raises(KeyGone):
            opened(vault, clock, then)


def test_it_keeps_no_journal_from_being_emptied(vault: Vault, clock: Clock) -> None:
    with snapshot(vault.engine, BEN) as then:
        put(vault, BEN, row(DAYS[0], b"changed"))
        empty_journal(vault.engine)  # StillRead if a transaction were open

        assert opened(vault, clock, then)[DAYS[0]] == b"as it was"


def temporary_files() -> list[Path]:
    """Return the files of SQLite's own names that this process has open, whatever folder they are in."""
    return [each for each in Path("/proc/self/fd").iterdir() if each.is_symlink() and "etilqs" in os.readlink(each)]


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="open files are looked up in /proc: run it on Linux")
def test_what_does_not_fit_into_memory_lies_sealed_in_a_file_without_a_name_until_its_end(vault: Vault) -> None:
    secret = b"Plan for Ben " * 20_000
    put(vault, BEN, *(row(day, secret) for day in DAYS))

    with contextlib.suppress(ZeroDivisionError), snapshot(vault.engine, BEN):
        (file,) = temporary_files()
        assert os.readlink(file).endswith(" (deleted)")
        assert len(content := file.read_bytes()) > 1_000_000
        assert secret[:13] not in content
        raise ZeroDivisionError  # however it ends

    assert temporary_files() == []
