"""Joining rows of a stream: a union in which order leaves no trace, copies count by the import with most of them."""

import datetime as dt
import random
from collections import Counter
from itertools import chain

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.captured import Rows, captured_day, joined, no_rows, numbered, rows_of
from analytics.events import Data
from analytics.ledger import Ledger

KEY = ("pc", "currentwindow", "aw-watcher-window_pc")
RULE = "title-to-category"
MONDAY = int(dt.datetime(2026, 11, 16, tzinfo=dt.UTC).timestamp()) * 1_000_000

Row = tuple[int, int, int]
"""Start, duration, and the number of what it says."""

ROWS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 1), st.integers(0, 2)), max_size=12)
IMPORTS = st.lists(ROWS, min_size=1, max_size=4)


def data_in(order: list[int]) -> list[Data]:
    return [Data("EXCEL.EXE", f"title {number}", None, None, None, "Work", b"") for number in order]


def block(rows: list[Row], order: list[int]) -> Rows:
    """Return what one import brings of a stream; rows that say number 1 have been coarsened."""
    if not rows:
        return no_rows()
    places = {number: place for place, number in enumerate(order)}
    start, duration, number = np.array(rows, np.int64).T
    by_row = np.lexsort((number, duration, start))
    copy = np.empty(len(rows), np.int64)
    copy[by_row] = numbered(start[by_row], duration[by_row], number[by_row])
    data = np.array([places[each] for each in number.tolist()], np.int64)
    before = np.zeros(len(rows), np.int64)
    return Rows(MONDAY + start, duration, before, data, copy, {RULE: number == 1}, np.arange(len(rows)))


def said(rows: Rows, order: list[int]) -> list[Row]:
    columns = (rows.start_us - MONDAY, rows.duration_us, np.array(order, np.int64)[rows.data])
    return list(zip(*(each.tolist() for each in columns), strict=True))


@settings(max_examples=150, deadline=None)
@given(IMPORTS, st.permutations(range(3)), st.randoms(use_true_random=False))
def test_each_row_is_there_as_often_as_in_the_import_that_has_most_of_it(
    imports: list[list[Row]], order: list[int], source: random.Random
) -> None:
    most = Counter[Row]()
    for rows in imports:
        most |= Counter(rows)
    shuffled = source.sample(imports, len(imports))

    at_once = joined([block(rows, order) for rows in imports], data_in(order))
    one_by_one = no_rows()
    for rows in shuffled:
        one_by_one = joined([one_by_one, block(rows, order)], data_in(order))

    assert said(at_once, order) == sorted(most.elements())
    assert said(one_by_one, order) == said(at_once, order)
    np.testing.assert_array_equal(one_by_one.coarsened.get(RULE, []), at_once.coarsened.get(RULE, []))


@settings(max_examples=100, deadline=None)
@given(IMPORTS)
def test_a_stored_day_comes_back_with_its_copies_and_counts_each_event_once(imports: list[list[Row]]) -> None:
    order = [0, 1, 2]
    rows = joined([block(each, order) for each in imports], data_in(order))

    day = captured_day((MONDAY, MONDAY + 1), {KEY: rows}, data_in(order), Ledger())
    back = rows_of(day, data_in(order).index)[KEY]

    different = set(chain(*imports))
    assert (said(back, order), back.copy.tolist()) == (said(rows, order), rows.copy.tolist())
    assert day.ledger.kept == len(different)
    assert day.ledger.totals()["coarsened"] == ({RULE: n} if (n := sum(each[2] == 1 for each in different)) else {})
    for rule, bits in rows.coarsened.items():
        np.testing.assert_array_equal(back.coarsened.get(rule, np.zeros(len(back), bool)), bits)


def test_rows_that_are_in_order_already_are_taken_as_they_are() -> None:
    order = [0, 1, 2]
    rows = block([(0, 1, 2), (1, 0, 1), (2, 0, 1)], order)

    assert joined([no_rows(), rows], data_in(order)) is rows
