"""An experiment compares working days with working days, and calls nothing a difference that chance would make."""

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.experiments import DAYS, Experiment, ExperimentError, begun, compare
from analytics.working import Working

START = dt.date(2026, 11, 2)
OVER = dt.date(2026, 11, 19)
TRY = Experiment(1, "Mail at eleven and at four", "focus_time", START)


def values(before: float, during: float, span: int = 60) -> dict[dt.date, float | None]:
    found: dict[dt.date, float | None] = {}
    for number in range(-span, DAYS):
        day = START + dt.timedelta(days=number)
        if day.weekday() < 5:
            found[day] = during if number >= 0 else before + day.weekday()  # so that days differ
    return found


def test_two_weeks_stand_beside_two_weeks() -> None:
    found = compare(TRY, values(100, 150), Working(), OVER)

    assert (found.before.days, found.during.days) == (10, 10)
    assert (found.before.median, found.before.low, found.before.high) == (102, 100, 104)
    assert (found.during.median, found.above, found.stands_out) == (150, 10, "above")


def test_days_inside_the_usual_range_are_no_difference() -> None:
    found = compare(TRY, values(100, 102), Working(), OVER)

    assert (found.inside, found.stands_out) == (10, None)


def test_eight_days_inside_do_not_stand_out() -> None:
    days = values(100, 102)
    for day in (START, START + dt.timedelta(days=1)):
        days[day] = 300

    found = compare(TRY, days, Working(), OVER)

    assert (found.inside, found.above, found.stands_out) == (8, 2, None)


def test_nothing_is_said_before_ten_usual_days_or_with_too_few_on_a_side() -> None:
    early = compare(TRY, values(100, 300, span=11), Working(), OVER)
    leave = Working(days_off=frozenset(START + dt.timedelta(days=n) for n in range(9)))

    assert (early.usual, early.enough, early.stands_out) == (None, False, None)
    assert compare(TRY, values(100, 300), leave, OVER).stands_out is None


def test_a_running_day_is_no_figure_yet() -> None:
    assert compare(TRY, values(100, 300), Working(), START + dt.timedelta(days=2)).during.days == 2


@settings(max_examples=60)
@given(off=st.sets(st.dates(START - dt.timedelta(days=60), START + dt.timedelta(days=13)), max_size=20))
def test_days_off_and_missing_days_are_left_out_on_both_sides(off: set[dt.date]) -> None:
    everything = values(100, 150)
    without: dict[dt.date, float | None] = {day: each for day, each in everything.items() if day not in off}
    holes = {day: None if day in off else each for day, each in everything.items()}

    expected = compare(TRY, without, Working(), OVER)

    assert compare(TRY, holes, Working(), OVER) == expected
    assert compare(TRY, everything, Working(days_off=frozenset(off)), OVER) == expected


def test_chance_alone_stands_out_as_seldom_as_the_page_says() -> None:
    """Ten days, each beyond the range on either side once in ten: at least four on one side, computed exactly."""
    from math import comb

    beyond = sum(comb(10, n) * 0.1**n * 0.9 ** (10 - n) for n in range(4, 11))

    assert 1 / 45 < 2 * beyond < 1 / 35


def test_experiments_follow_one_another() -> None:
    one = begun((), "walks", "breaks", START, START)
    two = begun(one, "  tea  ", "focus_time", START + dt.timedelta(days=DAYS), START)

    assert [(each.number, each.text) for each in two] == [(1, "walks"), (2, "tea")]
    assert Experiment.from_json(two[1].as_json()) == two[1]
    with pytest.raises(ExperimentError) as caught:
        begun(one, "tea", "breaks", START + dt.timedelta(days=DAYS - 1), START)
    assert caught.value.place == "start"
