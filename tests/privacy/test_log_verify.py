"""Whatever is changed in the log's tables is found, and the place is named. Erased entries stay verifiable."""

import datetime as dt
import itertools
import random
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cast import ANA, CLEO, DAN
from conftest import Clock
from log_book import look, open_keys, open_log, own, told
from sqlalchemy import Column, Connection, Table, and_, delete, insert, select, update
from sqlalchemy.exc import StatementError

from privacy.access_log import AccessLog
from privacy.base import LogBase
from privacy.chains import chain_head
from privacy.fields import KeyClass
from privacy.keys import KeyRing
from privacy.log_problems import Problems
from privacy.log_tables import CheckpointRow
from privacy.log_tree import entry, head, node
from privacy.log_verify_tree import CHUNK_LEVEL, TreeCheck
from privacy.merkle import stored_place
from privacy.stores import Stores

TABLES = {table.name: table for table in LogBase.metadata.sorted_tables}
kept = CheckpointRow.__table__
Change = Any


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


def rows(stores: Stores, table: Table) -> list[dict[str, Any]]:
    with stores.log.connect() as connection:
        return [dict(row) for row in connection.execute(select(table).order_by(*table.primary_key)).mappings()]


def place(table: Table, row: dict[str, Any]) -> Any:
    return and_(*(column == row[column.name] for column in table.primary_key))


def changed(value: Any, column: Column[Any]) -> list[Any]:
    """Return other values of its kind that a column might be changed to."""
    if value is None:
        return [{bytes: b"\x01" * 16, dt.date: dt.date(2026, 11, 19), int: 3}[column.type.python_type]]
    if isinstance(value, bytes):
        return [value[:i] + bytes([value[i] ^ 1]) + value[i + 1 :] for i in (0, len(value) // 2, -1 % len(value))]
    if isinstance(value, str):
        return [
            value.replace("others", "self") if "others" in value else value[:-2] + chr(ord(value[-2]) ^ 1) + value[-1]
        ]
    if isinstance(value, dt.date):
        return [value + dt.timedelta(days=1), value - dt.timedelta(days=31)]
    return [value + 1, value + 1_000]


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


class tampered:
    """Change one row for a while. Is false if the database itself does not take the change."""

    def __init__(self, stores: Stores, table: Table, row: Change, values: Change, *, unchecked: bool = False) -> None:
        self.stores, self.table, self.row, self.values, self.unchecked = stores, table, row, values, unchecked

    def __enter__(self) -> bool:
        try:
            with self.stores.log.begin() as connection:
                self._write(connection)
        except StatementError:  # wrong type, a key that exists, a null where none may be
            self.values = {}
        return bool(self.values)

    def _write(self, connection: Connection) -> None:
        if not self.unchecked:
            connection.execute(update(self.table).where(place(self.table, self.row)).values(**self.values))
            return
        ((name, value),) = self.values.items()
        keys = " AND ".join(f'"{c.name}" = ?' for c in self.table.primary_key)
        found = [
            v.isoformat() if isinstance(v, dt.date) else v for v in (self.row[c.name] for c in self.table.primary_key)
        ]
        statement = f'UPDATE "{self.table.name}" SET "{name}" = ? WHERE {keys}'  # noqa: S608 - our own names
        connection.exec_driver_sql(statement, (value, *found))

    def __exit__(self, *_: object) -> None:
        moved = {c.name: self.values[c.name] for c in self.table.primary_key if c.name in self.values}
        restore(self.stores, self.table, [self.row], moved)


def restore(stores: Stores, table: Table, originals: list[dict[str, Any]], moved: Change = None) -> None:
    with stores.log.begin() as connection:
        for row in originals:
            connection.execute(update(table).where(place(table, row | (moved or {}))).values(**row))


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
        assert any(("chain" if table is chain_head else "node") in line for line in found), found


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


# Large logs, which are checked in chunks


SIZE = 45


@pytest.fixture
def large(sqlite_stores: Stores, tmp_path: Path, clock: Clock) -> Stores:
    """A log of several chunks, and a rest, if chunks are small."""
    open_log(sqlite_stores, tmp_path, clock).append_many([look()] * SIZE)
    return sqlite_stores


def tree_problems(stores: Stores) -> tuple[list[str], bytes | None]:
    found = Problems()
    with stores.log.connect() as connection:
        return found, TreeCheck(connection, SIZE, found, chunk_level=3).run()


def test_a_log_of_several_chunks_is_sound(large: Stores) -> None:
    assert tree_problems(large) == ([], rows(large, head)[0]["root"])


@pytest.mark.parametrize("column", ["leaf_hash", "commitment"])
def test_a_changed_leaf_is_named_in_any_chunk(large: Stores, column: str) -> None:
    for row in rows(large, entry):
        with tampered(large, entry, row, {column: bytes(32)}):
            found, _ = tree_problems(large)
            assert found[0] == f"entry {row['index']}: the leaf hash is not that of its commitment"
            assert len(found) <= 2


def test_missing_entries_are_named_in_any_chunk(large: Stores) -> None:
    for row in rows(large, entry):
        with stores_without(large, entry, [row]):
            assert tree_problems(large) == ([f"entry {row['index']}: missing"], None)


@pytest.mark.parametrize(("first", "last"), [(0, 7), (8, 23), (5, 17), (37, 44), (0, 44)])
def test_a_gap_is_one_line(large: Stores, first: int, last: int) -> None:
    with stores_without(large, entry, rows(large, entry)[first : last + 1]):
        found, root = tree_problems(large)

    assert [line for line in found if ": missing" in line] == [f"entry {first}: missing, with all up to entry {last}"]
    assert root is None


def test_every_node_is_checked_once_and_named(large: Stores) -> None:
    for row in rows(large, node):
        level, n = stored_place(row["number"])
        place_named = f"over entries {n << level} to {((n + 1) << level) - 1} is"
        with tampered(large, node, row, {"hash": bytes(32)}):
            found, root = tree_problems(large)
            assert [line for line in found if place_named in line] != []
            assert len(found) <= 2, "the node itself, and the one above"
            assert root == rows(large, head)[0]["root"], "rebuilt from the entries alone"
        with stores_without(large, node, [row]):
            found, _ = tree_problems(large)
            assert found == [f"entry {n << level}: the tree's node {place_named} missing"]


def test_whole_chunks_are_checked_as_they_are_in_use(sqlite_stores: Stores, tmp_path: Path, clock: Clock) -> None:
    log = open_log(sqlite_stores, tmp_path, clock)
    log.append_many([look()] * ((1 << CHUNK_LEVEL) + 20))

    assert log.verify(hashes_only=True).problems == []


@contextmanager
def stores_without(stores: Stores, table: Table, gone: list[dict[str, Any]]) -> Iterator[None]:
    with stores.log.begin() as connection:
        for row in gone:
            connection.execute(delete(table).where(place(table, row)))
    yield
    with stores.log.begin() as connection:
        connection.execute(insert(table), gone)
