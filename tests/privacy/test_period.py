"""Periods: ISO weeks, and the moment from which a week may be shared."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.period import (
    Period,
    is_week,
    iso_week,
    local_day,
    oldest_readable,
    shared_from,
    starts_at,
    week_name,
    week_of,
)

BERLIN = ZoneInfo("Europe/Berlin")
dates = st.dates(dt.date(1990, 1, 1), dt.date(2090, 12, 31))


def test_a_period_is_half_open() -> None:
    period = Period(dt.date(2026, 11, 16), dt.date(2026, 11, 18))

    assert list(period.days()) == [dt.date(2026, 11, 16), dt.date(2026, 11, 17)]
    assert period.last == dt.date(2026, 11, 17)
    assert dt.date(2026, 11, 18) not in period


@pytest.mark.parametrize("end", [dt.date(2026, 11, 16), dt.date(2026, 11, 15)])
def test_an_empty_period_is_refused(end: dt.date) -> None:
    with pytest.raises(ValueError, match="ends after it begins"):
        Period(dt.date(2026, 11, 16), end)


@given(dates)
def test_every_day_is_in_exactly_the_week_of_its_name(day: dt.date) -> None:
    week = week_of(day)

    assert day in week
    assert iso_week(week_name(week)) == week
    assert week_name(week) == "{:04}-W{:02}".format(*day.isocalendar()[:2])


@pytest.mark.parametrize("name", ["2026-W54", "2025-W53", "2026-W00", "2026W46", "2026-W4", "2026-46", "", "2026-W46 "])
def test_names_of_no_week_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        iso_week(name)


@given(dates, st.integers(1, 20))
def test_only_seven_days_from_a_monday_are_a_week(first: dt.date, days: int) -> None:
    period = Period(first, first + dt.timedelta(days=days))

    assert is_week(period) == (days == 7 and first.weekday() == 0)


@pytest.mark.parametrize(
    ("day", "hours"),
    [
        pytest.param(dt.date(2026, 3, 29), 23, id="clocks go forward"),
        pytest.param(dt.date(2026, 10, 25), 25, id="clocks go back"),
        pytest.param(dt.date(2026, 11, 19), 24, id="a usual day"),
    ],
)
def test_days_are_as_long_as_they_are_in_the_zone(day: dt.date, hours: int) -> None:
    length = starts_at(day + dt.timedelta(days=1), BERLIN) - starts_at(day, BERLIN)

    assert length == dt.timedelta(hours=hours)


def test_a_week_may_be_shared_48_hours_after_its_end_in_the_persons_zone() -> None:
    week = iso_week("2026-W46")

    assert shared_from(week, BERLIN) == dt.datetime(2026, 11, 17, 23, tzinfo=dt.UTC)
    assert shared_from(week, ZoneInfo("America/New_York")) == dt.datetime(2026, 11, 18, 5, tzinfo=dt.UTC)
    assert shared_from(week, BERLIN, dt.time(4)) == dt.datetime(2026, 11, 18, 3, tzinfo=dt.UTC)


def test_the_local_day_begins_at_the_day_start() -> None:
    at = dt.datetime(2026, 11, 19, 2, 30, tzinfo=dt.UTC)

    assert local_day(at, BERLIN) == dt.date(2026, 11, 19)
    assert local_day(at, BERLIN, dt.time(4)) == dt.date(2026, 11, 18)
    assert local_day(at, ZoneInfo("America/New_York")) == dt.date(2026, 11, 18)


def test_eight_closed_weeks_can_be_read() -> None:
    assert oldest_readable(dt.date(2026, 11, 19)) == iso_week("2026-W39")
