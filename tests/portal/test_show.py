"""How figures are written: to the minute, in the locale's words, and never rounded into something else."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal import show


@pytest.mark.parametrize(
    ("seconds", "narrow", "long"),
    [
        (0, "0m", "0 minutes"),
        (0.3, "<1s", "<1 second"),
        (14.5, "15s", "15 seconds"),
        (45, "45s", "45 seconds"),
        (59.6, "1m", "1 minute"),
        (60, "1m", "1 minute"),
        (3599.9, "1h", "1 hour"),
        (12_000, "3h 20m", "3 hours 20 minutes"),
        (90_000, "25h", "25 hours"),
    ],
)
def test_a_duration_is_written_to_the_minute(seconds: float, narrow: str, long: str) -> None:
    assert (show.duration(seconds), show.spoken(seconds)) == (narrow, long)


@given(st.floats(60, 1e6))
def test_a_written_duration_is_off_by_half_a_minute_at_most(seconds: float) -> None:
    parts = dict((unit, int(number.replace(",", ""))) for number, unit in show.duration_parts(seconds))

    written = parts.get("h", 0) * 3600 + parts.get("m", 0) * 60

    assert abs(written - seconds) <= 30


@given(st.integers(0, 86_400_000 * 7))
def test_a_duration_is_written_the_same_by_way_of_minutes(milliseconds: int) -> None:
    seconds = milliseconds / 1000

    assert show.figure(seconds / 60, "minutes") == show.duration(seconds)


@pytest.mark.parametrize("seconds", [14.5, 90, 150, 12_030, 12_090])
def test_half_a_unit_is_written_upwards_whichever_way_it_came(seconds: float) -> None:
    assert show.figure(seconds / 60, "minutes") == show.duration(seconds) == show.duration(seconds + 0.1)


def test_a_week_is_named_with_its_days() -> None:
    assert show.week("2026-W46") == "Week 46 · 9–15 Nov 2026"
    assert show.week_short("2026-W46") == "Week 46"
    with pytest.raises(ValueError, match="does not match format"):
        show.week("2026-11-19")


def test_a_moment_is_on_the_readers_clock() -> None:
    at = dt.datetime(2026, 11, 18, 23, 30, tzinfo=dt.UTC)

    assert show.moment(at, ZoneInfo("Europe/Berlin")) == "19 Nov 2026, 00:30"


@pytest.mark.parametrize(
    ("value", "unit", "written"), [(200, "minutes", "3h 20m"), (52.4, "percent", "52%"), (3.0, "count", "3")]
)
def test_a_measure_is_written_in_its_unit(value: float, unit: str, written: str) -> None:
    assert show.figure(value, unit) == written


@pytest.mark.parametrize(("name", "letters"), [("Maya Lind", "ML"), ("Ana de la Cruz", "AC"), ("Cher", "C"), ("", "·")])
def test_initials_come_from_the_first_and_the_last_word(name: str, letters: str) -> None:
    assert show.initials(name) == letters


def test_days_and_spans_are_written_in_full_or_briefly() -> None:
    day = dt.date(2026, 11, 19)

    assert show.day(day, "MMMMEEEEd") == "Thursday 19 November"
    assert show.short_day(day) == "19 Nov"
    assert show.weekday(day) == "Thu"
    assert show.span(day, dt.date(2026, 11, 20)) == "19 Nov 2026"
    assert show.clock_ms(8 * 3_600_000 + 20 * 60_000) == "08:20"
