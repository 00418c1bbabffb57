"""Whatever is changed in the log's tables is found, and the place is named. Erased entries stay verifiable."""

import datetime as dt
import itertools
import random
import re
from pathlib import Path
from typing import Any

import pytest
from cast import ANA, CLEO, DAN
from conftest import Clock
from log_book import look, open_keys, open_log, own, told
from sqlalchemy import Table, delete, insert, update

from privacy.access_log import AccessLog
from privacy.chains import chain_head
from privacy.fields import KeyClass
from privacy.keys import KeyRing
from privacy.log_tables import CheckpointRow
from privacy.log_tree import entry, head, node
from privacy.stores import Stores
from tests.privacy.tampering import TABLES, Change, changed, place, restore, rows, tampered

kept = CheckpointRow.__table__


@pytest.fixture
def log(stores: Stores, tmp_path: Path, clock: Clock) -> AccessLog:
    return written(stores, tmp_path, clock)


@pytest.fixture
def sqlite_log(sqlite_stores: Stores, tmp_path: Path, clock: Clock) -> AccessLog:
    return written(sqlite_stores, tmp_path, clock)


def written(stores: Stores, folder: Path, clock: Clock) -> AccessLog:
    """A log of four days with all three chains, closing entries, and one person who was erased."""
    log = open_log(stores, folder, clock)
    log.append_many([look(), look(subject=DAN), own(), own(DAN), told()])
    log.close_day(clock.now.date())
    clock.advance(days=1)
    log.append_many([look(CLEO), own(), look(CLEO, DAN), own(ANA)])
    log.close_day(clock.now.date())
    clock.advance(days=1)
    log.erase(DAN)
    clock.advance(days=1)
    log.append_many([look(), told(), own()])
    return log


def problems(log: AccessLog) -> list[str]:
    return log.verify().problems


def test_an_untouched_log_is_sound(log: AccessLog) -> None:
    found, hashes = log.verify(), log.verify(hashes_only=True)

    assert (found.problems, found.unopened, found.sound) == ([], 0, True)
    assert (hashes.problems, hashes.unopened) == ([], None)
    assert found.size == hashes.size == log.size
    assert found.root == hashes.root == log.signer.verifier.open_checkpoint(log.checkpoint()).root


def test_an_empty_log_is_sound(stores: Stores, tmp_path: Path, clock: Clock) -> None:
    assert open_log(stores, tmp_path, clock).verify().problems == []


# One change anywhere


@pytest.mark.parametrize("name", TABLES)
def test_any_changed_column_of_any_row_is_found(log: AccessLog, stores: Stores, name: str) -> None:
    table = TABLES[name]
    for row in rows(stores, table):
        for column in table.columns:
            for value in changed(row[column.name], column):
                with tampered(stores, table, row, {column.name: value}) as did:
                    if did:
                        assert_named(problems(log), table, row)
    assert problems(log) == []


@pytest.mark.parametrize("name", TABLES)
def test_any_emptied_column_is_found(log: AccessLog, stores: Stores, name: str) -> None:
    table = TABLES[name]
    for row in rows(stores, table):
        for column in [c for c in table.columns if c.nullable and row[c.name] is not None]:
            with tampered(stores, table, row, {column.name: None}):
                assert_named(problems(log), table, row)


@pytest.mark.parametrize("name", TABLES)
def test_any_removed_row_is_found(log: AccessLog, stores: Stores, name: str) -> None:
    table = TABLES[name]
    for row in rows(stores, table):
        with stores.log.begin() as connection:
            connection.execute(delete(table).where(place(table, row)))

        assert_named(problems(log), table, row)

        with stores.log.begin() as connection:
            connection.execute(insert(table), row)
    assert problems(log) == []


@pytest.mark.parametrize(
    ("table", "other"),
    [
        (entry, {"index": 17}),
        (entry, {"index": -1}),
        (entry, {"index": 2**40}),
        (node, {"number": 2**40}),
        (node, {"number": 0}),
        (node, {"number": -1}),
        (chain_head, {"subject_id": CLEO}),
        (chain_head, {"chain": "strangers"}),
        (kept, {"day": dt.date(2026, 10, 1)}),
        (kept, {"day": dt.date(2027, 1, 1)}),
    ],
    ids=lambda v: v.name if isinstance(v, Table) else next(iter(v)),
)
def test_any_inserted_row_is_found(log: AccessLog, stores: Stores, table: Table, other: Change) -> None:
    first = rows(stores, table)[0]
    with stores.log.begin() as connection:
        connection.execute(insert(table), first | other)

    assert problems(log) != []


@pytest.mark.parametrize("name", ["entry", "node", "chain_head", "checkpoint"])
def test_any_two_rows_that_change_places_are_found(log: AccessLog, stores: Stores, name: str) -> None:
    table = TABLES[name]
    keys = {column.name for column in table.primary_key}
    stored = rows(stores, table)
    for first, second in itertools.pairwise(stored):
        with stores.log.begin() as connection:
            for here, there in ((first, second), (second, first)):
                values = {k: v for k, v in there.items() if k not in keys}
                connection.execute(update(table).where(place(table, here)).values(**values))

        if {k: v for k, v in first.items() if k not in keys} != {k: v for k, v in second.items() if k not in keys}:
            assert_named(problems(log), table, first, second)

        restore(stores, table, [first, second])
    assert problems(log) == []


def test_random_flips_of_any_byte_are_found(sqlite_log: AccessLog, sqlite_stores: Stores) -> None:
    chance = random.Random(20261122)
    places = [
        (table, row, name, value)
        for table in TABLES.values()
        for row in rows(sqlite_stores, table)
        for name, value in row.items()
        if isinstance(value, bytes)
    ]

    for _ in range(120):
        table, row, name, value = chance.choice(places)
        flipped = bytearray(value)
        flipped[chance.randrange(len(value))] ^= 1 << chance.randrange(8)
        with tampered(sqlite_stores, table, row, {name: bytes(flipped)}):
            assert_named(problems(sqlite_log), table, row)


@pytest.mark.parametrize("value", ["text", 7, 1.5, b""], ids=repr)
def test_a_value_of_another_type_is_reported_like_any_other(
    sqlite_log: AccessLog, sqlite_stores: Stores, value: object
) -> None:
    for table in TABLES.values():
        for row in rows(sqlite_stores, table)[:3]:
            for column in [c for c in table.columns if not c.primary_key]:
                with tampered(sqlite_stores, table, row, {column.name: value}, unchecked=True):
                    assert_named(problems(sqlite_log), table, row)


def assert_named(found: list[str], table: Table, *changed_rows: dict[str, Any]) -> None:
    """The problems name the entry, or the part of the log, that was changed."""
    assert found != [], (table.name, changed_rows)
    if table is entry:
        assert any(names(line, row["index"]) for line in found for row in changed_rows), found
    elif table is head:
        assert any(line.startswith("head:") or "outside the tree" in line for line in found), found
    elif table is kept:
        days = [str(row["day"]) for row in changed_rows]
        assert any(line.startswith("head: states") or any(day in line for day in days) for line in found), found
    else:
        word = {"chain_head": "chain", "closing": "clos"}.get(table.name, "node")
        assert any(word in line for line in found), found


def names(problem: str, index: int) -> bool:
    """Tell whether a problem names an entry, alone or within a range."""
    place = re.match(r"entry (-?\d+):", problem)
    through = re.search(r"entries (\d+) to (\d+)|up to entry (?P<last>\d+)", problem)
    if place is None:
        return False
    last = int(through["last"] or through[2]) if through else int(place[1])
    return int(place[1]) <= index <= last


# More than one change at a time


def test_a_tail_that_was_cut_with_its_tree_and_checkpoint_is_found(
    log: AccessLog, stores: Stores, clock: Clock
) -> None:
    stored, nodes, (before,) = rows(stores, entry), rows(stores, node), rows(stores, head)
    log.append_many([look(), look(CLEO)])
    with stores.log.begin() as connection:
        connection.execute(delete(entry).where(entry.c.index >= len(stored)))
        connection.execute(delete(node).where(node.c.number > nodes[-1]["number"]))
        connection.execute(update(head).values(**before))

    assert log.verify(hashes_only=True).problems == []
    assert any("counts 2 entries after it, which are missing" in line for line in problems(log))


def test_an_older_state_of_everything_does_not_lead_to_the_checkpoint_that_somebody_kept(log: AccessLog) -> None:
    with pytest.raises(ValueError, match="no consistency proof"):
        log.export_bundle([0], old_size=log.size + 1)


def test_a_removed_checkpoint_is_found_by_the_hashes_alone(log: AccessLog, stores: Stores) -> None:
    with stores.log.begin() as connection:
        connection.execute(delete(kept).where(kept.c.day == dt.date(2026, 11, 21)))

    assert log.verify(hashes_only=True).problems == ["head: states 3 kept checkpoints, there are 2"]


def test_entries_emptied_without_a_record_are_found(log: AccessLog, stores: Stores) -> None:
    empty = {"sealed": None, "day": None, "subject_tag": None, "viewer_tag": None}
    (record,) = {row["erased_by"] for row in rows(stores, entry)} - {None}
    with stores.log.begin() as connection:
        connection.execute(update(entry).where(entry.c.index == 0).values(**empty, erased_by=record))

    assert problems(log)[0] == f"entry 0: erased, but entry {record} does not record the erasure of these rows"


def test_an_erased_row_that_is_filled_again_is_found(log: AccessLog, stores: Stores) -> None:
    erased, whole = rows(stores, entry)[1], rows(stores, entry)[0]
    filled = {name: whole[name] for name in ("sealed", "day", "subject_tag", "viewer_tag", "erased_by")}
    with stores.log.begin() as connection:
        connection.execute(update(entry).where(entry.c.index == erased["index"]).values(**filled))

    assert any(line.startswith("entry 1: does not open") for line in problems(log))


def test_a_log_whose_head_was_signed_by_another_key_is_found(
    log: AccessLog, stores: Stores, tmp_path: Path, clock: Clock
) -> None:
    (stored,) = rows(stores, head)
    forged = type(log.signer)(log.signer.origin, bytes(32)).sign(stored["size"], stored["root"])
    with stores.log.begin() as connection:
        connection.execute(update(head).values(note=forged))

    assert problems(log) == [f"head: the signed note does not open: no signature by {key_name(log)}"]


def key_name(log: AccessLog) -> str:
    return "+".join(str(log.signer.verifier).split("+")[:2])


def test_a_destroyed_key_whose_rows_were_not_erased_is_found(log: AccessLog, stores: Stores, tmp_path: Path) -> None:
    open_keys(stores, tmp_path).destroy(ANA)
    other = open_log(stores, tmp_path, lambda: dt.datetime.now(dt.UTC))

    assert any(line.startswith("entry 9: does not open") for line in problems(other))


def test_a_process_without_a_class_counts_what_it_cannot_open(
    log: AccessLog, stores: Stores, tmp_path: Path, clock: Clock
) -> None:
    whole = open_keys(stores, tmp_path)
    without = KeyRing(stores.keys, whole.provider, classes={KeyClass.AUDIT})

    found = AccessLog(stores.log, without, log.signer, clock).verify()

    assert (found.problems, found.unopened) == ([], 4)
