"""What the Today page says: figures beside one's own usual, and marks instead of zeros."""

import datetime as dt
import re
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics import timeline
from analytics.drawing import scale, smooth, spark
from analytics.goals import Goals, focus_goal
from analytics.palette import categories, largest, tones_of
from analytics.rings import Own, figures
from analytics.today import Today, today
from analytics.working import Working

BERLIN = ZoneInfo("Europe/Berlin")
THURSDAY = dt.date(2026, 11, 19)
OWN = Own(Working(), focus_goal(240), frozenset({"Work", "Work > ERP"}))
WITHOUT_A_GOAL = Own(Working(), Goals(), frozenset({"Work", "Work > ERP"}))
HOUR = 3_600_000


def payload(day: dt.date, core: float = 4 * 3600, breaks: int = 3, focus: float = 2 * 3600) -> dict[str, Any]:
    fields = {
        "active_time": {"active_seconds": core + 3600},
        "category_detail": {"Work > ERP": core, "Comms": 3600},
        "focus": {"blocks": 2, "seconds": focus, "longest_seconds": focus / 2},
        "recovery": {"breaks": breaks, "seconds": breaks * 400, "longest_stretch_seconds": 5000},
    }
    return {"date": day.isoformat(), "fields": fields, "marks": {}}


def working_days(count: int, before: dt.date = THURSDAY) -> list[dt.date]:
    days = (before - dt.timedelta(days=n) for n in range(1, 100))
    return [day for day in days if day.weekday() < 5][:count]


def view(history: dict[dt.date, dict[str, Any]], day: dt.date = THURSDAY, own: Own = OWN, **changes: Any) -> Today:
    begins = dt.datetime.combine(day, dt.time(), BERLIN)
    given_ = {"now": begins.replace(hour=15), "current": day, "begins": begins} | changes
    return today(history, day, own, **given_)


def test_nothing_is_called_usual_before_ten_working_days() -> None:
    nine, ten = ({day: payload(day) for day in [THURSDAY, *working_days(count)]} for count in (9, 10))

    early, later = view(nine), view(ten)

    assert (early.focus.usual, early.focus.learned, early.trends) == (None, 9, ())
    assert later.focus.usual is not None
    assert later.focus.usual.days == 10
    assert len(later.trends) == 2


def test_a_running_day_is_not_placed_against_whole_days() -> None:
    history = {day: payload(day) for day in working_days(20)} | {THURSDAY: payload(THURSDAY, focus=60.0)}

    running, over = view(history), view(history, current=THURSDAY + dt.timedelta(days=1))

    assert (running.focus.stands, over.focus.stands) == (None, "below")


def test_a_missing_figure_keeps_its_mark_and_is_never_zero() -> None:
    missing = {"date": "2026-11-19", "fields": {}, "marks": {"focus": "missing", "categories": "private"}}

    shown = view({THURSDAY: missing})

    assert (shown.captured, shown.focus.value, shown.focus.share, shown.focus.mark) == (False, None, None, "missing")
    assert (shown.on_task.value, shown.on_task.mark) == (None, "private")


def test_utilisation_is_core_over_planned_time_whatever_was_active() -> None:
    found = figures(payload(THURSDAY, core=4 * 3600), THURSDAY, OWN)

    assert found.on_task == pytest.approx(0.5)


def test_a_day_off_has_no_utilisation() -> None:
    off = Own(Working(days_off=frozenset({THURSDAY})), Goals(), OWN.core)

    shown = view({THURSDAY: payload(THURSDAY)}, own=off)

    assert shown.off
    assert shown.on_task.value is None


def test_recovery_compares_with_one_break_an_hour() -> None:
    found = figures(payload(THURSDAY, core=4 * 3600, breaks=3), THURSDAY, OWN)

    assert (found.breaks, found.recommended, found.recovery) == (3, 5, pytest.approx(0.6))


def test_more_than_the_goal_fills_the_ring_once() -> None:
    shown = view({THURSDAY: payload(THURSDAY, focus=9 * 3600)})

    assert (shown.focus.share, shown.focus.value) == (100.0, 9 * 3600)


def test_the_week_strip_tells_missing_from_off_and_from_what_is_to_come() -> None:
    shown = view({THURSDAY: payload(THURSDAY)})

    assert [each.state for each in shown.week] == ["missing"] * 3 + ["captured"] + ["ahead"] * 3
    assert [each.current for each in shown.week] == [False] * 3 + [True] + [False] * 3
    past = view({}, day=THURSDAY - dt.timedelta(days=7), current=THURSDAY)
    assert [each.state for each in past.week] == ["missing"] * 5 + ["off"] * 2
    assert (shown.later, past.later) == (None, THURSDAY)


def test_a_missing_working_day_breaks_the_line_of_the_trend() -> None:
    days = working_days(15)
    history = {day: payload(day) for day in [THURSDAY, *days]}
    del history[days[4]]

    chart = view(history, current=THURSDAY + dt.timedelta(days=1)).trends[0]

    assert (len(chart.lines), len(chart.missing), chart.count) == (2, 1, 15)


def test_a_running_day_is_a_point_and_no_fall_of_the_line() -> None:
    history = {day: payload(day) for day in [THURSDAY, *working_days(15)]}

    running = view(history).trends[0]

    assert len(running.lines) == 2
    assert running.lines[1].count("C") == 0


def test_hours_are_in_the_order_of_the_clock() -> None:
    day = payload(THURSDAY)
    day["fields"]["rhythm"] = {"hours": {"10": {"Work": 1}, "7": {"Work": 2}}, "first": None, "last": None}

    assert [hour for hour, _ in view({THURSDAY: day}).hours] == [7, 10]


def segments(*spans: tuple[float, float, str]) -> list[timeline.Segment]:
    return [(round(a * HOUR), round(b * HOUR), name) for a, b, name in spans]


def test_short_gaps_are_breaks_and_long_ones_are_away() -> None:
    read = timeline.read(segments((9, 10, "Work"), (10.1, 11, "Work"), (12, 13, "Comms")), {"Work"})

    assert read.breaks == [(10 * HOUR, round(10.1 * HOUR))]
    assert read.away == [(11 * HOUR, 12 * HOUR)]


def test_a_focus_block_bears_two_minutes_of_interruption_and_no_more() -> None:
    minute = 60_000

    borne = timeline.focus_blocks([(0, 13 * minute), (15 * minute, 30 * minute)])
    broken = timeline.focus_blocks([(0, 13 * minute), (16 * minute, 30 * minute)])

    assert (borne, broken) == ([(0, 30 * minute)], [])


@pytest.mark.parametrize(
    ("day", "expected"),
    [(dt.date(2026, 3, 29), "18:00"), (dt.date(2026, 10, 25), "18:00"), (THURSDAY, "18:00")],
    ids=["23 hours", "25 hours", "24 hours"],
)
def test_the_hours_of_the_drawing_are_the_clocks_on_days_of_23_and_25_hours(day: dt.date, expected: str) -> None:
    begins = dt.datetime.combine(day, dt.time(), BERLIN)
    until = dt.datetime.combine(day, dt.time(18), BERLIN)
    end = round((until.astimezone(dt.UTC) - begins.astimezone(dt.UTC)).total_seconds() * 1000)
    read = timeline.read([(end - 8 * HOUR, end, "Work")], {"Work"})

    drawn = timeline.draw(read, begins, None, timeline.WIDE)

    at_end = [
        label for x, label in drawn.hours if abs(x - (20 + 720 * (end - read.first) / (read.end - read.first))) < 1
    ]
    assert at_end == [expected]


spans_of_a_day = st.lists(
    st.tuples(st.integers(0, 1439), st.integers(1, 300), st.sampled_from(["Work", "Comms", "Media"])), max_size=30
)


@given(spans_of_a_day)
def test_no_bar_is_higher_than_its_step(raw: list[tuple[int, int, str]]) -> None:
    cursor, found = 0, []
    for gap, length, name in raw:
        start = cursor + gap % 40
        end = min(start + length, 1440)
        if start < end:
            found.append((start * 60_000, end * 60_000, name))
            cursor = end
    if not found:
        return

    drawn = timeline.bars(timeline.read(found, {"Work"}), {"Work": "focus"})

    frame = drawn.frame
    tops = [float(y) for d in drawn.tones.values() for y in re.findall(r"M[\d.]+ (-?[\d.]+)", d)]
    assert tops
    assert min(tops) >= frame.top - 3 * 1.5  # a part of a step is at least 1.5 high, so that it is seen


@given(st.lists(st.floats(0, 1e5), min_size=2, max_size=20))
def test_a_spark_stays_in_its_box(values: list[float]) -> None:
    drawn = spark(values, None)

    assert drawn is not None
    ys = [float(y) for y in re.findall(r"[\d.]+ (-?[\d.]+)", drawn.line)]
    assert 3.9 <= min(ys) <= max(ys) <= 30.1


def test_one_value_is_no_line() -> None:
    assert spark([1.0], (0.0, 2.0)) is None
    assert smooth([]) == ""


@given(st.floats(0, 40_000), st.floats(0, 40_000))
def test_an_axis_holds_what_it_shows(a: float, b: float) -> None:
    low, high = min(a, b), max(a, b)

    lines = scale(low, high, (900, 1800, 3600, 7200, 14400))

    assert lines[0] <= low <= high <= lines[-1]
    assert 2 <= len(lines) <= 6


@given(st.dictionaries(st.sampled_from(["Work", "Comms", "Media", "A", "B", "Uncategorized"]), st.floats(0, 9e4)))
def test_categories_fill_the_bar_without_overlap(seconds: dict[str, float]) -> None:
    found = categories(seconds, frozenset({"Work"}))

    edge = 0.0
    for each in found:
        assert each.offset == pytest.approx(edge, abs=0.06)
        edge = each.offset + each.share
    assert not found or edge == pytest.approx(100, abs=0.1)


def test_core_comes_first_and_has_its_own_tone() -> None:
    found = categories({"Comms": 900, "Work": 10, "Other": 5, "Empty": 0}, frozenset({"Work"}))

    assert [each.name for each in found] == ["Work", "Comms", "Other"]
    assert list(tones_of(["Work"], frozenset({"Work"})).values()) == ["focus"]


def test_the_largest_are_shares_of_the_largest() -> None:
    assert largest({"a": 50, "b": 100, "c": 0}, 2) == (("b", 100, 100.0), ("a", 50, 50.0))


def test_a_day_of_the_week_says_of_what_its_rings_are_parts_and_never_0_for_what_is_not_known() -> None:
    saturday = THURSDAY - dt.timedelta(days=5)
    history = {day: payload(day) for day in [THURSDAY, *working_days(20)]} | {saturday: payload(saturday)}
    wished, usual, new = (
        view(history if own is not None else {THURSDAY: payload(THURSDAY)}, own=own or WITHOUT_A_GOAL).week[3]
        for own in (OWN, WITHOUT_A_GOAL, None)
    )
    free = view(history, saturday, current=THURSDAY).week[5]

    assert (wished.of_goal, wished.shares[0]) == (True, 50.0)
    assert (usual.of_goal, usual.shares[0]) == (False, 100.0)
    assert (new.of_goal, new.shares[0]) == (False, None)
    assert free.shares[1:] == (None, 60.0)
