"""Flooding, union and intersection give what aw-core's own functions give."""

import datetime as dt
import logging
from collections.abc import Iterator

import aw_transform
import numpy as np
import pytest
from aw_core.models import Event
from hypothesis import example, given, settings
from hypothesis import strategies as st

from analytics.transforms import NOTHING, Intervals, flood, intersect, overlay, union

EPOCH = dt.datetime(2025, 3, 30, tzinfo=dt.UTC)
MS = 1_000
SECOND = 1_000_000

STARTS = st.one_of(st.integers(0, 40).map(lambda n: n * SECOND), st.integers(0, 20_000).map(lambda n: n * MS))
LENGTHS = st.one_of(
    st.just(0),
    st.integers(-3, 12).map(lambda n: n * SECOND),
    st.integers(0, 6_000).map(lambda n: n * MS),
    st.integers(-2 * SECOND, 8 * SECOND),
)
ROWS = st.lists(st.tuples(STARTS, LENGTHS, st.integers(0, 2)), max_size=25, unique_by=lambda row: row[:2])

Row = tuple[int, int, int]


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    logging.disable(logging.WARNING)  # aw-core warns of every overlap
    yield
    logging.disable(logging.NOTSET)


def _events(rows: list[Row]) -> list[Event]:
    return [
        Event(
            timestamp=EPOCH + dt.timedelta(microseconds=at), duration=dt.timedelta(microseconds=length), data={"x": x}
        )
        for at, length, x in rows
    ]


def _columns(rows: list[Row]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    table = np.array(sorted(rows), np.int64).reshape(-1, 3)
    return table[:, 0], table[:, 1], table[:, 2].astype(np.int32)


def _flooded(rows: list[Row]) -> Intervals:
    return flood(*_columns(rows))


def _shape(events: list[Event]) -> list[list[int]]:
    """Return aw-core's events as [start, end, data], neighbours that touch and are equal joined."""
    micro = dt.timedelta(microseconds=1)
    rows = [((each.timestamp - EPOCH) // micro, each.duration // micro, each.data.get("x", 0)) for each in events]
    return _joined([(at, at + length, x) for at, length, x in rows])


def _rows(intervals: Intervals) -> list[list[int]]:
    return _joined(list(zip(*(column.tolist() for column in intervals), strict=True)))


def _joined(rows: list[tuple[int, int, int]]) -> list[list[int]]:
    joined: list[list[int]] = []
    for start, end, x in rows:
        if joined and joined[-1][1:] == [start, x]:
            joined[-1][1] = end
        else:
            joined.append([start, end, x])
    return joined


@settings(max_examples=400, deadline=None)
@given(ROWS)
@example([(0, 1_100 * MS, 0), (SECOND, 5 * SECOND, 1)])  # an overlap of 100 ms is an overlap
@example([(0, 1_099 * MS, 0), (SECOND, 5 * SECOND, 1)])  # and a shorter one is split
def test_flooding_is_that_of_aw_core(rows: list[Row]) -> None:
    assert _rows(_flooded(rows)) == _shape(aw_transform.flood(_events(rows)))


@settings(max_examples=100, deadline=None)
@given(ROWS, st.data())
def test_flooding_with_copies_of_events_is_that_of_aw_core(rows: list[Row], data: st.DataObject) -> None:
    """Copies are no noise: aw-core floors the start of what it has changed, and a copy brings the lost end back."""
    copies = data.draw(st.lists(st.sampled_from(rows), max_size=8)) if rows else []

    assert _rows(_flooded(rows + copies)) == _shape(aw_transform.flood(_events(rows + copies)))


@settings(max_examples=150, deadline=None)
@given(ROWS, ROWS)
def test_intersection_and_union_are_those_of_aw_core(rows: list[Row], others: list[Row]) -> None:
    events, filters = aw_transform.flood(_events(rows)), aw_transform.flood(_events(others))
    shown, present = _flooded(rows), _flooded(others)

    covered = aw_transform.period_union(events, filters)

    assert _rows(union([shown, present])) == _shape(covered)
    assert _rows(intersect(shown, union([present]))) == _shape(
        aw_transform.filter_period_intersect(events, aw_transform.period_union(filters, []))
    )


@settings(max_examples=100, deadline=None)
@given(st.lists(ROWS.map(_flooded), max_size=3))
def test_hosts_laid_over_each_other_hold_each_moment_once(layers: list[Intervals]) -> None:
    laid = overlay(layers)

    assert (laid.end_us > laid.start_us).all()
    assert (laid.end_us[:-1] <= laid.start_us[1:]).all()
    assert _rows(union([laid])) == _rows(union(layers))
    for moment in {*laid.start_us.tolist()}:
        owners = [
            (int(start), number, int(x))
            for number, layer in enumerate([each for each in layers if each.start_us.size])
            for start, end, x in zip(*layer, strict=True)
            if start <= moment < end
        ]
        assert laid.data[np.searchsorted(laid.start_us, moment)] == max(owners)[2]


def test_nothing_stays_nothing() -> None:
    empty = _flooded([])

    assert empty is NOTHING
    assert union([]) is NOTHING
    assert union([NOTHING]) is NOTHING
    assert not intersect(NOTHING, NOTHING).start_us.size
    assert overlay([]) is NOTHING
