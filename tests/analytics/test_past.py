"""Weeks, months and half-years compare a person with themselves, and a day off or missing is never a low figure."""

import datetime as dt
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from analytics import past
from analytics.goals import Goals
from analytics.measures import measure
from analytics.rings import Own
from analytics.trends import trend
from analytics.working import Working
from privacy.period import Period, week_of

TODAY = dt.date(2026, 11, 20)  # a Friday
OWN = Own(Working(), Goals(), frozenset({"Work"}))
WEEK = week_of(TODAY)
FOCUS = measure("focus_time")


def payload(focus: float, **fields: Any) -> dict[str, Any]:
    found = {
        "active_time": {"active_seconds": 7 * 3600.0},
        "categories": {"Work": 4 * 3600.0, "Meetings": 3 * 3600.0},
        "category_detail": {"Work": 4 * 3600.0, "Comms > Meetings": 3 * 3600.0},
        "focus": {"seconds": focus, "blocks": 2, "longest_seconds": focus / 2},
        "recovery": {"breaks": 4, "longest_stretch_seconds": 3600 + focus},
        "rhythm": {"hours": {"9": {"Work": 3000.0}, "10": {"Work": 3000.0, "Meetings": 600.0}, "14": {"Work": 1200.0}}},
    }
    return {"fields": {**found, **fields}, "marks": {}}


def history(days: int = 70, focus: float = 3600) -> dict[dt.date, dict[str, Any]]:
    found = (TODAY - dt.timedelta(days=n) for n in range(days))
    return {day: payload(focus + day.day) for day in found if day.weekday() < 5}


def test_the_running_day_is_no_figure_yet() -> None:
    known = {**history(), TODAY: payload(0)}

    (found,) = past.compared(known, WEEK, (FOCUS,), OWN, TODAY)
    (*_, friday, _saturday, _sunday) = past.calendar(known, trend(known, FOCUS, WEEK, OWN, TODAY), OWN, TODAY)

    assert found.days == 4
    assert (friday.state, friday.value, friday.level) == (past.CAPTURED, None, 0)


def test_a_week_is_compared_with_the_days_before_it_alone() -> None:
    known = history(focus=3600)
    known |= {day: payload(9000) for day in WEEK.days() if day in known}

    (found,) = past.compared(known, WEEK, (FOCUS,), OWN, TODAY)

    assert found.stands == "above"
    assert found.usual is not None
    assert found.usual.high * 60 <= 3600 + 31


def test_nothing_is_judged_before_ten_working_days() -> None:
    (found,) = past.compared(history(days=17), WEEK, (FOCUS,), OWN, TODAY)

    assert found.value is not None
    assert (found.usual, found.stands) == (None, None)


@settings(max_examples=40)
@given(st.sets(st.sampled_from([day for day in history() if day < TODAY]), max_size=12))
def test_leave_lowers_nothing(off: set[dt.date]) -> None:
    """Days off leave the middle day of what is left, and nothing else: as if the days had not been planned."""
    known = {day: each for day, each in history().items() if day not in off}
    with_leave = Own(Working(days_off=frozenset(off)), OWN.goals, OWN.core)

    (found,) = past.compared(known, WEEK, (FOCUS,), with_leave, TODAY)
    (without,) = past.compared(known, WEEK, (FOCUS,), OWN, TODAY)

    assert (found.value, found.usual, found.stands) == (without.value, without.usual, without.stands)
    shown = trend(known, FOCUS, WEEK, with_leave, TODAY)
    states = {each.date: each.state for each in past.calendar(known, shown, with_leave, TODAY)}
    assert all(states[day] == past.OFF for day in off if day in WEEK)


def test_shades_are_quarters_of_the_own_values() -> None:
    monday = WEEK.first - dt.timedelta(weeks=2)
    known = {monday + dt.timedelta(days=n): payload(1000.0 * (n + 1)) for n in range(4)}
    period = Period(monday, monday + dt.timedelta(days=7))

    found = past.calendar(known, trend(known, FOCUS, period, OWN, TODAY), OWN, TODAY)

    assert [each.level for each in found] == [1, 2, 3, 4, 0, 0, 0]
    assert [each.state for each in found[4:]] == [past.MISSING, past.OFF, past.OFF]


def test_the_best_hours_are_two_in_a_row_with_most_core_work() -> None:
    found = past.hours(history(), Period(TODAY - dt.timedelta(days=70), TODAY), OWN, TODAY)

    assert found.best == 9
    assert found.best_share == 6000 / 7200
    assert dict(found.seconds)[10] == 3000.0
    assert past.hours(history(days=9), Period(TODAY - dt.timedelta(days=9), TODAY), OWN, TODAY).best is None


def test_a_day_that_was_noted_alone_says_nothing_of_best_hours() -> None:
    period = Period(TODAY - dt.timedelta(days=70), TODAY)
    noted = {"annotated_seconds": 3600.0, "by_kind": {"meeting": 3600.0}, "original": {}}
    alone = {"fields": {"annotations": noted}, "marks": {}}

    assert past.hours(history() | {TODAY - dt.timedelta(days=1): alone}, period, OWN, TODAY) == past.hours(
        {day: each for day, each in history().items() if day != TODAY - dt.timedelta(days=1)}, period, OWN, TODAY
    )


def test_meetings_are_captured_and_noted_ones() -> None:
    monday = WEEK.first
    noted = {"annotated_seconds": 3600.0, "by_kind": {"meeting": 3600.0}, "original": {}}
    found = past.meetings({monday: payload(0, annotations=noted)}, WEEK)

    assert found.seconds == 4 * 3600
    assert found.share == 0.5
    assert past.meetings({}, WEEK).share is None


def test_a_weekday_needs_three_days() -> None:
    found = past.weekdays(trend(history(days=15), FOCUS, Period(TODAY - dt.timedelta(days=15), TODAY), OWN, TODAY), OWN)

    assert [each.median is None for each in found] == [True] * 7
    full = past.weekdays(trend(history(), FOCUS, Period(TODAY - dt.timedelta(days=70), TODAY), OWN, TODAY), OWN)
    assert [each.median is not None for each in full] == [True] * 5 + [False] * 2


def test_the_longest_day_is_the_whole_width_and_parts_do_not_overlap() -> None:
    known = {WEEK.first: payload(0), WEEK.first + dt.timedelta(days=1): payload(0, categories={"Work": 3600.0})}

    monday, tuesday, *_ = past.day_parts(known, WEEK, OWN, TODAY)

    assert round(sum(each.share for each in monday.parts), 1) == 100
    assert round(sum(each.share for each in tuesday.parts), 1) == round(100 / 7, 1)
    assert monday.parts[1].offset == monday.parts[0].share
