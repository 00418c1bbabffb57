"""A baseline is somebody's own usual, says nothing too early, and looks at working days alone."""

import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.baseline import baseline, percentiles
from analytics.working import Working

TODAY = dt.date(2026, 11, 23)  # a Monday
FULL_TIME = Working()


def _weekdays(count: int) -> list[dt.date]:
    """Return the last `count` weekdays before today, newest first."""
    days = (TODAY - dt.timedelta(days=n) for n in range(1, 200))
    return [day for day in days if day.weekday() < 5][:count]


def test_nothing_is_said_before_ten_working_days() -> None:
    days = _weekdays(10)

    assert baseline(dict.fromkeys([*days[:9], TODAY], 50.0), TODAY, FULL_TIME) is None
    assert baseline(dict.fromkeys(days, 50.0), TODAY, FULL_TIME) is not None


def test_weekends_days_off_and_missing_days_do_not_count() -> None:
    days = _weekdays(12)
    values: dict[dt.date, float | None] = dict.fromkeys(days, 100.0)
    values |= {day + dt.timedelta(days=5 - day.weekday()): 0.0 for day in days}
    values |= {days[0]: None, days[1]: 0.0}

    found = baseline(values, TODAY, FULL_TIME.with_days_off([days[1]]))

    assert found is not None
    assert (found.low, found.median, found.high, found.days) == (100.0, 100.0, 100.0, 10)


def test_only_the_last_sixty_days_count_and_today_does_not() -> None:
    days = _weekdays(100)
    values: dict[dt.date, float | None] = {
        day: 10.0 if TODAY - day <= dt.timedelta(days=60) else 900.0 for day in days
    } | {TODAY: 900.0}

    found = baseline(values, TODAY, FULL_TIME)

    assert found is not None
    assert found.high == 10.0


def test_the_normal_range_is_from_the_tenth_to_the_ninetieth_percentile() -> None:
    values: dict[dt.date, float | None] = {day: float(n) for n, day in enumerate(_weekdays(11))}

    found = baseline(values, TODAY, FULL_TIME)

    assert found is not None
    assert (found.low, found.median, found.high) == (1.0, 5.0, 9.0)
    assert [found.place_of(value) for value in (0.5, 1.0, 9.0, 9.5)] == ["below", "within", "within", "above"]


@given(st.lists(st.floats(0, 1000), min_size=10, max_size=40))
def test_the_median_lies_within_the_range(numbers: list[float]) -> None:
    values: dict[dt.date, float | None] = dict(zip(_weekdays(len(numbers)), numbers, strict=True))

    found = baseline(values, TODAY, FULL_TIME)

    assert found is not None
    assert min(numbers) <= found.low <= found.median <= found.high <= max(numbers)


@given(
    st.lists(st.floats(-1e9, 1e9) | st.integers(0, 20), min_size=1, max_size=45),
    st.lists(st.sampled_from((0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0)), min_size=1, max_size=4),
)
def test_percentiles_are_those_of_numpy_to_the_last_bit(numbers: list[float], shares: list[float]) -> None:
    assert percentiles(numbers, shares) == np.quantile(numbers, shares).tolist()


def test_no_values_have_no_percentile() -> None:
    with pytest.raises(ValueError, match="no values"):
        percentiles([], (0.5,))
