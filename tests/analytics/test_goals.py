"""Own goals: days that are over keep the goal of then, and no day off, holiday or pause ever makes anything less."""

import datetime as dt
import itertools
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.baseline import baseline
from analytics.goal_view import goal_view
from analytics.goal_weeks import State, row, so_far, week, weeks_of
from analytics.goals import AIMS, Direction, Goal, GoalError, Goals, Pause, focus_goal, parse
from analytics.measured import measured_days
from analytics.measures import measure
from analytics.public_holidays import Region
from analytics.rings import Own, figures, rings
from analytics.working import Working
from privacy.period import Period

MONDAY = dt.date(2026, 10, 5)
TODAY = dt.date(2026, 11, 19)
WEEKDAYS = (60, 60, 60, 60, 60, None, None)
GOAL = Goal("focus_time", ((MONDAY, WEEKDAYS),))
FULL = Working()
WHOLE = Period(MONDAY, dt.date(2026, 11, 16))  # six weeks
DAYS = st.sampled_from(list(WHOLE.days()))
MINUTES = st.dictionaries(DAYS, st.sampled_from([0.0, 30.0, 60.0, 90.0]), max_size=42)
PATTERNS = st.sampled_from(
    [(480,) * 5 + (0, 0), (240, 240, 240, 0, 0, 0, 0), (0, 480, 0, 480, 0, 0, 0), (480,) + (0,) * 6]
)


def days(count: int, monday: dt.date = MONDAY) -> list[dt.date]:
    return [monday + dt.timedelta(days=n) for n in range(count)]


def judged(met: int, missed: int, working: Working = FULL, goal: Goal = GOAL) -> State:
    values = dict(zip(days(met + missed), [60.0] * met + [10.0] * missed, strict=True))
    return week(goal, values, working, MONDAY).state


@pytest.mark.parametrize(
    ("met", "missed", "state"),
    [
        (5, 0, State.COUNTS),
        (4, 1, State.COUNTS),
        (3, 2, State.OTHER),
        (2, 1, State.COUNTS),
        (1, 2, State.OTHER),
        (1, 1, State.HELD),  # too few recorded days
        (0, 2, State.HELD),
        (0, 0, State.HELD),
    ],
)
def test_a_week_counts_with_one_miss_at_most_and_is_held_where_too_little_is_known(
    met: int, missed: int, state: State
) -> None:
    assert judged(met, missed) is state


def test_a_week_with_a_day_off_a_holiday_or_a_pause_is_held_and_never_breaks() -> None:
    off = Working().with_days_off([MONDAY + dt.timedelta(days=4)])
    holiday = Working(regions=((dt.date.min, Region("AT")),))  # 26 October is a Monday
    values = dict.fromkeys(days(5, dt.date(2026, 10, 26)), 10.0)
    paused = replace(GOAL, pauses=(Pause(MONDAY + dt.timedelta(days=4), MONDAY + dt.timedelta(days=9)),))

    assert judged(1, 3, off) is State.HELD
    assert week(GOAL, values, Working(), dt.date(2026, 10, 26)).state is State.OTHER
    assert week(GOAL, values, holiday, dt.date(2026, 10, 26)).because == "off"
    assert judged(1, 3, goal=paused) is State.HELD
    assert judged(1, 3, goal=replace(GOAL, terms=((MONDAY + dt.timedelta(days=1), WEEKDAYS),))) is State.HELD


def test_part_time_counts_like_full_time() -> None:
    two_days = Working().changed(dt.date(2026, 1, 1), (480, 480, 0, 0, 0, 0, 0))
    one_day = Working().changed(dt.date(2026, 1, 1), (480, 0, 0, 0, 0, 0, 0))

    assert judged(2, 0, two_days) is State.COUNTS
    assert judged(1, 1, two_days) is State.OTHER
    assert judged(1, 0, one_day) is State.COUNTS


def test_held_weeks_neither_add_nor_break_and_a_row_may_reach_further_back() -> None:
    values = {day: 60.0 for day in WHOLE.days() if day.weekday() < 5 and day.isocalendar().week != 43}

    found = row(GOAL, weeks_of(GOAL, values, Working(), WHOLE))
    broken = row(GOAL, weeks_of(GOAL, values | dict.fromkeys(days(5, dt.date(2026, 10, 12)), 1.0), Working(), WHOLE))

    assert (found.weeks, found.most, found.reaches_back) == (5, 5, False)
    assert (broken.weeks, broken.most, broken.reaches_back) == (3, 3, False)
    old = replace(GOAL, terms=((dt.date(2026, 1, 1), WEEKDAYS),))
    assert row(old, weeks_of(old, values, Working(), WHOLE)).reaches_back


@settings(max_examples=150)
@given(values=MINUTES, off=st.sets(DAYS, max_size=6), more=st.sets(DAYS, min_size=1, max_size=4), pattern=PATTERNS)
def test_another_day_off_never_makes_fewer_weeks_in_a_row(
    values: dict[dt.date, float], off: set[dt.date], more: set[dt.date], pattern: tuple[int, ...]
) -> None:
    before = Working().changed(dt.date(2026, 1, 1), pattern).with_days_off(off)
    after = before.with_days_off(off | more)

    had, has = (row(GOAL, weeks_of(GOAL, values, each, WHOLE)) for each in (before, after))

    assert has.weeks >= had.weeks
    assert has.most >= had.most


def test_another_day_off_never_takes_a_week_back_whatever_was_recorded() -> None:
    """Every week of five days that are missing, missed or met, with any one of them off before, and any one after."""
    week_days = days(5)
    for outcomes in itertools.product((None, 10.0, 60.0), repeat=5):
        values = {day: value for day, value in zip(week_days, outcomes, strict=True) if value is not None}
        for off in (frozenset[dt.date](), *(frozenset({day}) for day in week_days)):
            had = week(GOAL, values, Working(days_off=off), MONDAY).state
            for day in week_days:
                has = week(GOAL, values, Working(days_off=off | {day}), MONDAY).state
                assert has is State.COUNTS or (had is not State.COUNTS and has is State.HELD)


@settings(max_examples=60)
@given(values=MINUTES, country=st.sampled_from(["AT", "DE", "PT", "US", "JP", "IL"]))
def test_public_holidays_never_make_fewer_weeks_in_a_row(values: dict[dt.date, float], country: str) -> None:
    without, with_them = Working(), Working(regions=((dt.date.min, Region(country)),))

    had, has = (row(GOAL, weeks_of(GOAL, values, each, WHOLE)).weeks for each in (without, with_them))

    assert has >= had


def payload(focus_minutes: float) -> dict[str, Any]:
    fields = {
        "active_time": {"active_seconds": 20_000},
        "category_detail": {"Work": 15_000},
        "focus": {"blocks": 1, "seconds": focus_minutes * 60, "longest_seconds": 60},
        "recovery": {"breaks": 3, "seconds": 1500, "longest_stretch_seconds": 5000},
    }
    return {"fields": fields, "marks": {}}


@settings(max_examples=60)
@given(values=MINUTES, off=st.sets(DAYS, min_size=1, max_size=6), country=st.sampled_from([None, "AT", "DE"]))
def test_days_off_on_which_nothing_was_recorded_change_no_usual_and_no_ring(
    values: dict[dt.date, float], off: set[dt.date], country: str | None
) -> None:
    region = None if country is None else Region(country)
    after = Working(days_off=frozenset(off), regions=((dt.date.min, region),))
    known = {day: value for day, value in values.items() if not after.is_off(day)}
    history = {day: payload(value) for day, value in known.items()} | {TODAY: payload(45)}

    def seen(working: Working) -> object:
        own = Own(working, Goals((GOAL,)), frozenset({"Work"}))
        shown = {day: figures(each, day, own) for day, each in sorted(history.items())}
        return baseline(known, TODAY, working), rings(shown, TODAY, own, False, {})

    assert seen(after) == seen(Working())


@given(values=MINUTES, off=st.sets(DAYS, max_size=10))
def test_what_is_usual_ignores_days_off_and_days_without_figures(
    values: dict[dt.date, float], off: set[dt.date]
) -> None:
    working = Working(days_off=frozenset(off))
    kept = {day: value for day, value in values.items() if working.planned_minutes(day)}
    holes: dict[dt.date, float | None] = {**dict.fromkeys(WHOLE.days()), **values}

    assert baseline(holes, TODAY, working) == baseline(kept, TODAY, working)


def test_a_running_day_counts_once_at_least_is_reached_and_never_for_at_most() -> None:
    at_most = Goal("longest_stretch", GOAL.terms)
    values = {MONDAY: 60.0, MONDAY + dt.timedelta(days=1): 10.0}

    assert so_far(GOAL, values, Working(), MONDAY, MONDAY) == (1, 1)
    assert so_far(GOAL, values, Working(), MONDAY, MONDAY + dt.timedelta(days=1)) == (1, 1)
    assert so_far(at_most, values, Working(), MONDAY, MONDAY + dt.timedelta(days=1)) == (1, 1)
    assert so_far(at_most, values, Working(), MONDAY, MONDAY + dt.timedelta(days=2)) == (2, 2)


def test_a_day_that_is_over_keeps_the_goal_of_then() -> None:
    later = GOAL.changed(TODAY, (120,) * 7, TODAY)

    assert later.value_on(TODAY - dt.timedelta(days=1)) == 60
    assert later.value_on(TODAY) == 120
    assert later.value_on(MONDAY - dt.timedelta(days=1)) is None
    assert GOAL.value_on(dt.date(2026, 11, 21)) is None  # a Saturday without a goal


def test_a_goal_that_is_to_change_twice_keeps_the_later_word() -> None:
    twice = GOAL.changed(dt.date(2026, 12, 1), (90,) * 7, TODAY).changed(dt.date(2026, 11, 25), (70,) * 7, TODAY)

    assert twice.value_on(dt.date(2026, 12, 2)) == 70


@pytest.mark.parametrize("name", AIMS)
def test_every_goal_is_a_measure_and_says_which_way(name: str) -> None:
    goal = Goals().setting(name, TODAY, [30] * 7, TODAY).of(name)

    assert goal is not None
    assert goal.of is measure(name)
    assert goal.reached(TODAY, 31) is (goal.direction is Direction.AT_LEAST)
    assert goal.reached(TODAY, 30) is True
    assert goal.reached(TODAY - dt.timedelta(days=1), 30) is None


def refused(call: Any, *arguments: Any) -> tuple[str, str]:
    with pytest.raises(GoalError) as caught:
        call(*arguments)
    return caught.value.place, str(caught.value)


def test_what_cannot_be_says_where_and_what_to_change() -> None:
    yesterday, day = TODAY - dt.timedelta(days=1), dt.timedelta(days=1)
    paused = GOAL.paused(TODAY, TODAY + 9 * day, TODAY)

    assert refused(Goals().setting, "focus_time", TODAY, [1800] * 7, TODAY) == (
        "values",
        "A day’s goal has at most 16 hours.",
    )
    assert refused(Goals().setting, "recovery", TODAY, [101] * 7, TODAY)[0] == "values"
    assert refused(Goals().setting, "breaks", TODAY, [None] * 7, TODAY)[0] == "values"
    assert refused(Goals().setting, "utilisation", TODAY, [50] * 7, TODAY)[0] == "measure"
    assert refused(GOAL.changed, yesterday, WEEKDAYS, TODAY)[0] == "first"
    assert refused(GOAL.paused, TODAY, TODAY + 90 * day, TODAY) == ("last", "A pause has at most 90 days.")
    assert refused(GOAL.paused, TODAY, yesterday, TODAY)[0] == "last"
    assert refused(paused.paused, TODAY + 9 * day, TODAY + 12 * day, TODAY)[0] == "first"
    assert GOAL.paused(TODAY, TODAY + 89 * day, TODAY).pause_on(TODAY + 89 * day) is not None


def test_a_pause_that_ends_early_stays_where_it_was() -> None:
    paused = GOAL.paused(TODAY, TODAY + dt.timedelta(days=9), TODAY)

    resumed = paused.resumed(TODAY + dt.timedelta(days=3))

    assert resumed.pauses == (Pause(TODAY, TODAY + dt.timedelta(days=2)),)
    assert paused.resumed(TODAY).pauses == ()


TERMS = st.dictionaries(
    st.dates(dt.date(2026, 1, 1), dt.date(2027, 1, 1)),
    st.lists(st.none() | st.integers(1, 50), min_size=7, max_size=7).filter(any),
    min_size=1,
    max_size=4,
)


@given(st.dictionaries(st.sampled_from(list(AIMS)), TERMS, max_size=4))
def test_what_is_sealed_is_what_is_read(found: dict[str, dict[dt.date, list[int | None]]]) -> None:
    goals = Goals()
    for name, terms in found.items():
        goals = goals.with_goal(Goal(name, tuple(sorted((day, tuple(each)) for day, each in terms.items()))))
    if (some := next(iter(goals.goals), None)) is not None:
        goals = goals.with_goal(replace(some, pauses=(Pause(TODAY, TODAY),)))

    assert parse(goals.dump()) == goals


def test_the_value_of_earlier_versions_is_a_goal_of_always() -> None:
    old = parse(b'{"focus_minutes":240}')

    assert old == focus_goal(240)
    assert old.focus_seconds(dt.date(2020, 2, 2)) == 4 * 3600
    assert parse(b'{"focus_minutes":0}') == Goals() == parse(None)


@pytest.mark.parametrize("value", [b"{", b"[]", b"{}", b'{"goals":[{"measure":"breaks","terms":[],"pauses":[]}]}'])
def test_a_value_that_is_none_is_refused(value: bytes) -> None:
    with pytest.raises(GoalError, match="no value of goals"):
        parse(value)


def test_the_view_is_of_whole_weeks_and_of_a_day_that_still_runs() -> None:
    history = {day: payload(90) for day in WHOLE.days() if day.weekday() < 5} | {TODAY: payload(45)}
    own = Own(Working(), Goals((GOAL,)), frozenset({"Work"}))

    seen = goal_view(GOAL, history, own, TODAY)

    assert (seen.value, seen.wanted, seen.reached) == (45.0, 60, False)
    assert (seen.met, seen.judged) == (0, 0)
    assert (seen.row.weeks, len(seen.weeks)) == (6, 6)
    assert measured_days(GOAL.of, {TODAY: {"fields": {}, "marks": {}}}, own) == {}
