"""Large logs are checked in chunks, and what is wrong is named in any of them."""

from pathlib import Path

import pytest
from conftest import Clock
from log_book import look, open_log

from privacy.log_problems import Problems
from privacy.log_tree import entry, head, node
from privacy.log_verify_tree import CHUNK_LEVEL, TreeCheck
from privacy.merkle import stored_place
from privacy.stores import Stores
from tests.privacy.tampering import rows, stores_without, tampered

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
