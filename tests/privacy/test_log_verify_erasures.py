"""What is empty in a log is what a record states, and nothing else: whoever empties rows with SQL alone is found."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest
from cast import BEN, DAN
from conftest import Clock
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from log_book import keep_busy, look, open_log, own, told
from sqlalchemy import delete, update

from privacy.access_log import AccessLog, Chain, Filter
from privacy.chains import chain_head, ended
from privacy.log_tree import entry
from privacy.period import Period
from privacy.stores import Stores

EMPTY = {"sealed": None, "day": None, "subject_tag": None, "viewer_tag": None}
END = dt.date(2026, 11, 1)


@pytest.fixture
def log(stores: Stores, tmp_path: Path, clock: Clock) -> AccessLog:
    """A log with entries of several people and two months, and entries of the organisation between and after them."""
    log = keep_busy(open_log(stores, tmp_path, clock), clock)
    log.append_many([told(), look(), own(), told()])
    return log


def empty(stores: Stores, records: dict[int, int]) -> None:
    """Empty rows as an erasure does; `records` says which entry each row then names."""
    with stores.log.begin() as connection:
        for index, record in records.items():
            connection.execute(update(entry).where(entry.c.index == index).values(**EMPTY, erased_by=record))


def organisations(log: AccessLog) -> list[int]:
    return sorted(each.index for each in log.read(Filter(chains=[Chain.ORGANISATION])).entries)


def named(log: AccessLog, index: int) -> bool:
    return any(each.startswith(f"entry {index}: erased") for each in log.verify().problems)


def test_a_row_that_names_itself_is_found(log: AccessLog, stores: Stores) -> None:
    for index in range(log.size):
        whole = Restored(stores)
        empty(stores, {index: index})

        assert named(log, index)
        whole.put_back()


def test_rows_that_name_each_other_are_found(log: AccessLog, stores: Stores) -> None:
    empty(stores, {0: 3, 3: 0})

    assert named(log, 0)
    assert named(log, 3)


def test_rows_that_name_an_entry_of_the_organisation_beside_them_are_found(log: AccessLog, stores: Stores) -> None:
    first, *_, last = organisations(log)

    empty(stores, {0: last, 8: first})

    assert named(log, 0)
    assert named(log, 8)


def test_a_row_added_to_what_a_genuine_record_states_is_found(log: AccessLog, stores: Stores) -> None:
    record, rows = log.erase(BEN)
    kept = next(index for index in range(log.size) if index not in {*rows, record})

    empty(stores, {kept: record})

    assert named(log, min(kept, *rows))


def test_an_emptied_record_excuses_no_row_any_more(log: AccessLog, stores: Stores) -> None:
    record, rows = log.erase(BEN)

    empty(stores, {record: record})

    assert named(log, rows[0])


def test_no_entry_of_the_organisation_is_missing_beside_any_number_of_erased_rows(
    log: AccessLog, stores: Stores
) -> None:
    """Its chain has no gap that another's erasure or an expiry could explain."""
    log.expire([Chain.OTHERS, Chain.SELF], END, ["access_log"], Period(dt.date(2026, 1, 1), END))
    log.erase(DAN)
    assert log.verify().problems == []
    first, second, *_ = organisations(log)

    with stores.log.begin() as connection:
        connection.execute(delete(entry).where(entry.c.index == first))

    assert f"entry {second}: 1 entries of its chain are missing before it" in log.verify().problems


def test_a_gap_in_a_chain_is_not_excused_by_rows_that_went_with_somebody_else(log: AccessLog, stores: Stores) -> None:
    """Dan's row lies between two that others read of Ben, and was none of them."""
    _, gone = log.erase(DAN)
    assert 1 in gone

    with stores.log.begin() as connection:
        connection.execute(delete(entry).where(entry.c.index == 3))

    assert "entry 4: 1 entries of its chain are missing before it" in log.verify().problems


@pytest.mark.parametrize("record", [Chain.OTHERS, Chain.ORGANISATION])
def test_a_chain_that_ends_with_no_erasure_is_found(log: AccessLog, stores: Stores, record: Chain) -> None:
    number = organisations(log)[0] if record is Chain.ORGANISATION else 0

    with stores.log.begin() as connection:
        connection.execute(update(chain_head).where(chain_head.c.subject_id == BEN).values(sealed=ended(number)))

    assert any(f"ended by entry {number}, which records no erasure" in each for each in log.verify().problems)


def test_what_was_erased_and_what_expired_is_given_to_whoever_compares(log: AccessLog) -> None:
    expiry = log.expire([Chain.OTHERS], END, ["access_log"], Period(dt.date(2026, 1, 1), END))
    record, _ = log.erase(DAN)

    found = log.verify()

    assert found.problems == []
    assert found.ledger is not None
    assert found.ledger.ended == {DAN: record}
    assert expiry not in found.ledger.expired
    assert found.ledger.may_have_held(BEN, 0)
    assert not found.ledger.may_have_held(BEN, record)
    assert not found.ledger.is_shortened(DAN)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(records=st.dictionaries(st.integers(0, 13), st.integers(-1, 15), min_size=1, max_size=5))
def test_no_set_of_emptied_rows_is_sound_whatever_they_name(
    sqlite_stores: Stores, written: Callable[[], AccessLog], records: dict[int, int]
) -> None:
    log, whole = written(), Restored(sqlite_stores)

    empty(sqlite_stores, records)

    assert not log.verify().sound
    whole.put_back()


@pytest.fixture
def written(sqlite_stores: Stores, tmp_path: Path, clock: Clock) -> Callable[[], AccessLog]:
    """Return a log on SQLite, written once."""
    log = keep_busy(open_log(sqlite_stores, tmp_path, clock), clock)
    log.append_many([told(), look(), own(), told()])
    return lambda: log


class Restored:
    """All rows of entries as they are now, to be put back."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        with stores.log.connect() as connection:
            self._rows = [dict(row) for row in connection.execute(entry.select()).mappings()]

    def put_back(self) -> None:
        with self._stores.log.begin() as connection:
            for row in self._rows:
                connection.execute(update(entry).where(entry.c.index == row["index"]).values(**row))
