"""Events are cut at local days exactly as aw-core's storage trims what a query of each day returns."""

import datetime as dt
import tempfile
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.events import DAY_US, borders_us, cut, duration_us
from tests.analytics.oracle import oracle

VIENNA = ZoneInfo("Europe/Vienna")
MIDNIGHT = dt.time(0)
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
SECOND = 1_000_000
FIRST = dt.date(2025, 3, 28)
SPRING = dt.date(2025, 3, 30)


def _us(day: dt.date) -> int:
    return borders_us(day, VIENNA, MIDNIGHT)[0]


def _cut(*rows: tuple[int, int]) -> list[tuple[str, int, int, int]]:
    """Cut (start, duration) and return (day, µs after the day's start, duration, before) of every part."""
    table = np.array(rows, np.int64).reshape(-1, 2)
    parts = cut(table[:, 0], table[:, 1], VIENNA, MIDNIGHT)
    found = []
    for day, start, length, before in zip(parts.day, parts.start_us, parts.duration_us, parts.before_us, strict=True):
        date = dt.date.fromordinal(int(day))
        found.append((date.isoformat(), int(start) - _us(date), int(length), int(before)))
    return found


def test_an_event_over_midnight_has_a_part_in_each_day() -> None:
    parts = _cut((_us(SPRING) - 60 * SECOND, 100 * SECOND))

    assert parts == [
        ("2025-03-29", DAY_US - 60 * SECOND, 60 * SECOND + 1_000, 0),
        ("2025-03-30", 0, 40 * SECOND, 60 * SECOND),
    ]


def test_an_event_that_touches_midnight_leaves_its_mark_on_the_other_side() -> None:
    ends, begins = (_us(SPRING) - 5 * SECOND, 5 * SECOND), (_us(SPRING) + 1_000, 7 * SECOND)

    assert _cut(ends)[1] == ("2025-03-30", 0, 0, 5 * SECOND)
    assert _cut(begins)[0] == ("2025-03-29", DAY_US + 1_000, 0, 0)


def test_an_event_reaches_only_into_days_that_begin_within_24_hours() -> None:
    endless = 400 * DAY_US

    assert [part[0] for part in _cut((_us(FIRST), endless))] == ["2025-03-27", "2025-03-28", "2025-03-29"]
    assert [part[0] for part in _cut((_us(SPRING) - 1_000, endless))] == ["2025-03-29", "2025-03-30", "2025-03-31"]


def test_a_negative_duration_belongs_to_the_day_that_holds_both_ends() -> None:
    inside, across = (_us(SPRING) + 10 * SECOND, -3 * SECOND), (_us(SPRING) + 2 * SECOND, -3 * SECOND)

    assert _cut(inside) == [("2025-03-30", 10 * SECOND, -3 * SECOND, 0)]
    assert _cut(across) == []


def test_days_have_23_24_and_25_hours() -> None:
    hours = [(borders_us(day, VIENNA, MIDNIGHT)) for day in (SPRING, FIRST, dt.date(2025, 10, 26))]

    assert [(end - first) // (3_600 * SECOND) for first, end in hours] == [23, 24, 25]


@settings(max_examples=200)
@given(st.floats(-1e7, 1e7, allow_nan=False))
def test_seconds_are_rounded_as_timedelta_does(seconds: float) -> None:
    assert duration_us(np.array([seconds]))[0] == dt.timedelta(seconds=seconds) // dt.timedelta(microseconds=1)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from((FIRST, FIRST + dt.timedelta(days=1), SPRING)),
            st.one_of(st.integers(-3, 3), st.integers(-90_000_000, 90_000_000), st.integers(-2_000, 2_000)),
            st.one_of(st.just(0), st.integers(-3_000_000, 80_000_000_000), st.integers(-3_000, 3_000)),
            st.booleans(),
        ),
        min_size=1,
        max_size=20,
        unique_by=lambda row: row[:2],
    )
)
def test_parts_are_what_aw_core_returns_for_the_day(rows: list[tuple[dt.date, int, int, bool]]) -> None:
    """Ends within microseconds of a border are drawn on purpose: SQLite's rounding decides their day."""
    starts = [_us(day) + offset * 1_000 for day, offset, _, _ in rows]
    lengths = [
        _us(row[0]) - at + row[2] if row[3] and abs(row[2]) < 4_000 else row[2]
        for row, at in zip(rows, starts, strict=True)
    ]
    events = [
        {"timestamp": EPOCH + dt.timedelta(microseconds=at), "duration": length / 1e6, "data": {"n": number}}
        for number, (at, length) in enumerate(zip(starts, lengths, strict=True))
    ]
    parts = cut(np.array(starts), np.array(lengths), VIENNA, MIDNIGHT)
    ours = set(zip(*(column.tolist() for column in parts[:4]), strict=True))

    bucket = {"window": {"type": "currentwindow", "hostname": "desk", "events": events}}
    with tempfile.TemporaryDirectory() as folder, oracle(bucket, [], Path(folder)) as theirs:
        expected = {
            (number, (FIRST + dt.timedelta(days=offset)).toordinal(), at, length)
            for offset in range(-2, 6)
            for number, at, length in theirs.trimmed("window", FIRST + dt.timedelta(days=offset), VIENNA, MIDNIGHT)
        }

    assert {part for part in ours if part[1] in range(FIRST.toordinal() - 2, FIRST.toordinal() + 6)} == expected


def test_nothing_to_cut() -> None:
    assert _cut() == []
