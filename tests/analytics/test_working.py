"""Planned time follows the pattern that holds on a day; a day off needs no reason and has none."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.public_holidays import Region, country_of, name_of
from analytics.working import FULL_TIME, Working, WorkingError, parse

MONDAY = dt.date(2026, 11, 16)
PART_TIME = (240, 240, 240, 0, 0, 0, 0)
DATES = st.dates(dt.date(2026, 1, 1), dt.date(2027, 1, 1))
WEEKS = st.lists(st.integers(0, 1440), min_size=7, max_size=7)


def test_somebody_without_a_pattern_works_full_time_from_monday_to_friday() -> None:
    week = [parse(None).planned_minutes(MONDAY + dt.timedelta(days=n)) for n in range(7)]

    assert week == [480, 480, 480, 480, 480, 0, 0]


def test_a_pattern_holds_from_its_date_on() -> None:
    working = Working().changed(MONDAY, PART_TIME).changed(MONDAY + dt.timedelta(days=7), FULL_TIME)

    assert working.planned_minutes(MONDAY - dt.timedelta(days=3)) == 480
    assert working.planned_minutes(MONDAY) == 240
    assert working.planned_minutes(MONDAY + dt.timedelta(days=3)) == 0
    assert working.planned_minutes(MONDAY + dt.timedelta(days=10)) == 480


def test_a_day_off_has_no_planned_time() -> None:
    working = Working().with_days_off([MONDAY])

    assert working.planned_minutes(MONDAY) == 0
    assert working.planned_minutes(MONDAY + dt.timedelta(days=1)) == 480


def test_a_change_holds_for_a_day_that_was_asked_about_before() -> None:
    working = Working()

    assert working.planned_minutes(MONDAY) == 480
    assert working.with_days_off([MONDAY]).planned_minutes(MONDAY) == 0
    assert working.changed(MONDAY, PART_TIME).planned_minutes(MONDAY) == 240
    assert (working.planned_minutes(MONDAY), working) == (480, Working())


@given(st.dictionaries(DATES, WEEKS, max_size=4), st.sets(DATES, max_size=4))
def test_what_is_sealed_is_what_is_read(patterns: dict[dt.date, list[int]], days_off: set[dt.date]) -> None:
    working = Working().with_days_off(days_off)
    for begin, minutes in patterns.items():
        working = working.changed(begin, minutes)

    assert parse(working.dump()) == working
    assert parse(parse(working.dump()).dump()).dump() == working.dump()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (b"{", "not JSON"),
        (b"[]", "no object"),
        (b'{"patterns": {}}', "patterns is no list"),
        (b'{"patterns": [[]]}', "a pattern is written"),
        (b'{"patterns": [{"from": "soon", "minutes": [0,0,0,0,0,0,0]}]}', "'soon' is no date"),
        (b'{"patterns": [{"minutes": [0,0,0,0,0,0,0]}]}', "None is no date"),
        (b'{"patterns": [{"from": "2026-01-05", "minutes": [480]}]}', "seven numbers"),
        (b'{"patterns": [{"from": "2026-01-05", "minutes": [0,0,0,0,0,0,1441]}]}', "1441 is no number of minutes"),
        (b'{"patterns": [{"from": "2026-01-05", "minutes": [0,0,0,0,0,0,true]}]}', "True is no number of minutes"),
        (b'{"days_off": ["2026-13-01"]}', "'2026-13-01' is no date"),
    ],
)
def test_a_pattern_that_cannot_be_is_refused(value: bytes, message: str) -> None:
    with pytest.raises(WorkingError, match=message):
        parse(value)


def test_two_patterns_cannot_begin_on_one_day() -> None:
    pattern = b'{"from": "2026-01-05", "minutes": [0,0,0,0,0,0,0]}'

    with pytest.raises(WorkingError, match="same date"):
        parse(b'{"patterns": [' + pattern + b"," + pattern + b"]}")


ADVENT = dt.date(2026, 12, 8)  # a Tuesday, and a public holiday in Austria


def test_a_public_holiday_has_no_planned_time_unless_the_person_works_on_it() -> None:
    working = Working().in_region(MONDAY, Region("AT"))

    assert (Working().planned_minutes(ADVENT), working.planned_minutes(ADVENT)) == (480, 0)
    assert working.working_on([ADVENT], [ADVENT]).planned_minutes(ADVENT) == 480
    assert working.working_on([ADVENT], [ADVENT]).working_on([], [ADVENT]).planned_minutes(ADVENT) == 0


def test_a_region_holds_from_its_date_on_and_earlier_days_keep_what_was_assumed() -> None:
    assumed = Working(assumed=((dt.date.min, Region("DE")),))
    unity, saints = dt.date(2025, 10, 3), dt.date(2027, 11, 1)

    moved = assumed.in_region(MONDAY, Region("DE", "BY"))

    assert moved.planned_minutes(unity) == assumed.planned_minutes(unity) == 0
    assert (moved.planned_minutes(saints), assumed.planned_minutes(saints)) == (0, 480)
    assert parse(moved.dump()).planned_minutes(unity) == 0
    assert assumed.in_region(MONDAY, None).planned_minutes(dt.date(2026, 12, 25)) == 480


def test_the_country_is_that_of_the_zone_where_the_zone_is_of_one() -> None:
    found = [country_of(zone) for zone in ("Europe/Vienna", "Asia/Calcutta", "Asia/Kolkata", "UTC", "Etc/GMT+5", "no")]

    assert found == ["AT", "IN", "IN", None, None, None]


def test_a_region_that_no_calendar_knows_has_no_holidays() -> None:
    working = Working(regions=((dt.date.min, Region("XX")), (MONDAY, Region("DE", "ZZ"))))

    assert working.planned_minutes(dt.date(2026, 12, 25)) == 480
    assert working.planned_minutes(dt.date(2026, 1, 1)) == 480
    assert Working(regions=((dt.date.min, Region("DE")),)).planned_minutes(dt.date(9000, 12, 25)) > 0


def test_holidays_are_named_in_the_language_of_the_reader() -> None:
    christmas = dt.date(2026, 12, 25)

    assert name_of(Region("DE"), christmas, "de") == "Erster Weihnachtstag"
    assert name_of(Region("DE"), christmas) == "Christmas Day"
    assert name_of(Region("DE"), dt.date(2026, 12, 24)) is None


def test_values_of_earlier_versions_are_read_and_written_as_they_were() -> None:
    old = b'{"patterns":[{"from":"2026-01-05","minutes":[480,480,480,480,480,0,0]}],"days_off":["2026-12-24"]}'

    assert parse(old).dump() == old
