"""What a release says: intervals and never points, changes only where ranges do not touch, and one silence."""

import datetime as dt
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics import released
from analytics.released import Cell, Change, Interval, State, change
from privacy.aggregates import Publisher
from privacy.canonical import canonical
from privacy.period import Period
from tests import made_releases
from tests.made_releases import Releases

MONDAY = made_releases.aligned(dt.date(2026, 9, 21))
TEN = [f"p{n}" for n in range(10)]
bounds = st.tuples(st.floats(0, 480), st.floats(0, 480)).filter(lambda each: each[0] != each[1]).map(sorted)
intervals = bounds.map(lambda each: Interval(*each))
cells = st.one_of(
    intervals.map(lambda each: Cell("", State.BETWEEN, each)),
    st.floats(1, 240).map(lambda high: Cell("", State.BELOW, Interval(0.0, high))),
    st.floats(240, 479).map(lambda low: Cell("", State.ABOVE, Interval(low, 480.0))),
    st.just(released.withheld()),
)


def payload(*found: tuple[list[str], float | None, float | None, float | None], counted: int | None = 9) -> bytes:
    written = [dict(zip(("key", "value", "low", "high"), each, strict=True)) for each in found]
    measures = {"active_time": {"unit": "minutes", "cap": 480, "cells": written}}
    of = {"unit": "claims", "kind": "week", "weeks": ["2026-W46"], "period": ["2026-11-09", "2026-11-16"]}
    return canonical({**of, "counted": counted, "measures": measures, "policy": 3})


def only(*found: Any) -> Cell:
    figures = released.read(payload(*found)).figures("active_time")
    assert figures is not None
    return figures.cells[0]


def test_a_release_is_read_as_it_was_made() -> None:
    found = released.read(Releases().make("claims", MONDAY, TEN))

    assert (found.unit, found.kind, found.counted, found.policy) == ("claims", "week", 10, 3)
    assert found.period == Period(MONDAY, MONDAY + dt.timedelta(days=7))
    assert found.name == found.weeks[0]
    assert set(found.measures) == {"active_time", "category_time", "utilisation", "focus_time", "rhythm"}
    categories = found.measures["category_time"]
    assert [each.name for each in categories.cells] == [each.name for each in categories.shares]
    assert [each.name for each in found.measures["rhythm"].cells] == list(made_releases.PARTS)
    assert found.figures("breaks") is None


@pytest.mark.parametrize(
    ("cell", "state"),
    [
        ((["mean"], 312.0, 300.0, 324.0), State.BETWEEN),
        ((["mean"], None, 0.0, 48.0), State.BELOW),
        ((["mean"], None, 432.0, 480.0), State.ABOVE),
        ((["mean"], None, None, None), State.WITHHELD),
    ],
)
def test_a_cell_says_between_below_above_or_nothing(cell: Any, state: State) -> None:
    assert only(cell).state is state


@given(st.floats(48, 432), bounds)
def test_the_point_inside_of_an_interval_is_left_behind(value: float, between: list[float]) -> None:
    one, other = only((["mean"], value, *between)), only((["mean"], between[0], *between))

    assert one == other
    assert one.interval == Interval(*between)


@pytest.mark.parametrize("broken", [b"{}", b"", payload()[:-1], payload().replace(b'"counted":9', b'"counted":"n"')])
def test_what_is_no_release_is_not_shown(broken: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        released.read(broken)


@given(intervals)
def test_the_mean_is_never_outside_of_the_bounds_as_they_are_written(interval: Interval) -> None:
    low, high = interval.written

    assert low <= interval.low + 1e-6
    assert interval.high - 1e-6 <= high
    assert (interval.low - low < 1, high - interval.high < 1) == (True, True)


@given(st.lists(st.floats(0, 480), min_size=5, max_size=30))
def test_the_true_mean_of_a_published_figure_is_inside_of_its_interval(minutes: list[float]) -> None:
    people = {f"p{n}": value for n, value in enumerate(minutes)}
    roster = {day: frozenset(people) for day in range(7)}
    values = {(who, day): {"Work": value} for who, value in people.items() for day in range(5)}
    [(key, value, low, high)] = Publisher(["Work"]).aggregate(roster, values, (0, 6), "mean")

    cell = only((list(key), value, low, high))

    if cell.interval is not None:
        mean = sum(minutes) / len(minutes)
        assert cell.interval.low - 1e-6 <= mean <= cell.interval.high + 1e-6


@given(cells, cells)
def test_a_change_is_named_only_between_ranges_that_do_not_touch(before: Cell, after: Cell) -> None:
    found = change(before, after)

    if before.interval is None or after.interval is None:
        assert found is Change.UNKNOWN
    elif found is Change.HIGHER:
        assert after.interval.low > before.interval.high
        assert after.interval.written[0] >= before.interval.written[1]
    elif found is Change.LOWER:
        assert after.interval.high < before.interval.low
        assert after.interval.written[1] <= before.interval.written[0]
    else:
        apart = max(before.interval.low, after.interval.low) - min(before.interval.high, after.interval.high)
        assert apart <= 2  # rounding outwards takes at most one unit from either side


@given(cells, cells)
def test_a_change_read_the_other_way_round_is_the_opposite(before: Cell, after: Cell) -> None:
    opposite = {Change.HIGHER: Change.LOWER, Change.LOWER: Change.HIGHER}

    assert change(after, before) is opposite.get(change(before, after), change(before, after))
    assert change(before, before) in (Change.NOISE, Change.UNKNOWN)


def test_ranges_that_touch_are_no_change() -> None:
    cell = Cell("", State.BETWEEN, Interval(47.5, 52.5))

    assert change(cell, Cell("", State.BETWEEN, Interval(52.5, 57.5))) is Change.NOISE
    assert change(cell, Cell("", State.BETWEEN, Interval(53.5, 57.5))) is Change.HIGHER


def test_ranges_that_overlap_as_they_are_written_are_no_change() -> None:
    """49 to 51 and 50 to 52 on the page: nobody could see why that should be a change."""
    before, after = Interval(49.6, 50.4), Interval(50.5, 51.3)

    assert (before.written, after.written) == ((49, 51), (50, 52))
    assert change(Cell("", State.BETWEEN, before), Cell("", State.BETWEEN, after)) is Change.NOISE


def test_a_category_that_is_new_is_compared_with_nothing() -> None:
    known = [Cell("Work", State.BETWEEN, Interval(10, 20)), Cell("Gone", State.BETWEEN, Interval(10, 20))]
    now = [Cell("Work", State.BETWEEN, Interval(30, 40)), Cell("New", State.BETWEEN, Interval(30, 40))]

    assert [(one.name, change(one, two)) for one, two in released.pairs(known, now)] == [
        ("Work", Change.HIGHER),
        ("New", Change.UNKNOWN),
    ]


def test_what_is_withheld_is_the_same_whatever_the_reason() -> None:
    nobody = released.read(Releases().make("claims", MONDAY, TEN, lambda _who, _day: None))
    four = released.read(Releases().make("claims", MONDAY, TEN[:4]))
    one = released.read(Releases().make("claims", MONDAY, TEN, _one_alone))

    assert nobody == four
    assert nobody.counted is None
    assert {cell.state for each in nobody.measures.values() for cell in (*each.cells, *each.shares)} == {State.WITHHELD}
    assert nobody.measures["utilisation"] == one.measures["utilisation"]


def _one_alone(who: str, day: dt.date) -> Any:
    """One person who has everything, and nine who have nothing."""
    found = made_releases.steady(who, day)
    return found if found is None or who == "p0" else {name: dict.fromkeys(of, 0.0) for name, of in found.items()}
