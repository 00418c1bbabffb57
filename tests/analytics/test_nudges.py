"""A nudge is earned, comes once a day at most, and never during focus, after hours, or before a usual is known."""

import datetime as dt
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.goals import Goals
from analytics.nudges import nudge
from analytics.rings import Own
from analytics.timeline import MINUTE_MS, Segment
from analytics.working import Working

OWN = Own(Working(), Goals(), frozenset({"Work"}))
FRIDAY = dt.date(2026, 11, 20)


def history(days: int = 40, minutes: int = 70) -> dict[dt.date, Any]:
    fields = {"active_time": {"active_seconds": 20_000}, "recovery": {"longest_stretch_seconds": minutes * 60}}
    found = (FRIDAY - dt.timedelta(days=n) for n in range(1, days))
    return {day: {"fields": fields, "marks": {}} for day in found if day.weekday() < 5}


def mail(start: int, end: int) -> Segment:
    return start * MINUTE_MS, end * MINUTE_MS, "Comms"


def work(start: int, end: int) -> Segment:
    return start * MINUTE_MS, end * MINUTE_MS, "Work"


def at(minute: int, *segments: Segment, own: Own = OWN, **known: int) -> Any:
    return nudge(history(**known), FRIDAY, own, segments, minute * MINUTE_MS)


def test_more_without_a_break_than_is_usual_earns_it() -> None:
    found = at(620, mail(540, 618))

    assert found is not None
    assert (found.since_ms, found.active_seconds) == (540 * MINUTE_MS, 78 * 60)
    assert at(605, mail(540, 605)) is None


def test_a_break_ends_it_and_there_is_no_second_one() -> None:
    morning = mail(540, 620)

    assert at(626, morning) is None
    assert at(730, morning, mail(640, 730)) is None


def test_never_during_focus() -> None:
    assert at(621, mail(540, 590), work(590, 620)) is None
    assert at(621, mail(540, 600), work(600, 620)) is not None


def test_never_after_the_planned_time_and_never_on_a_day_off() -> None:
    off = Own(Working(days_off=frozenset({FRIDAY})), OWN.goals, OWN.core)
    short = Own(Working().changed(FRIDAY, [75] * 7), OWN.goals, OWN.core)

    assert at(620, mail(540, 620), own=off) is None
    assert at(620, mail(540, 620), own=short) is None


def test_never_before_a_usual_is_known_and_never_for_less_than_an_hour() -> None:
    assert at(620, mail(540, 620), days=10) is None
    assert at(590, mail(540, 590), minutes=20) is None


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(1, 130), st.integers(1, 30)), max_size=6))
def test_at_most_one_stretch_of_a_day_is_ever_named(parts: list[tuple[int, int]]) -> None:
    reached, segments = 480, list[Segment]()
    for length, pause in parts:
        segments.append(mail(reached, reached + length))
        reached += length + pause

    named = {
        found.since_ms
        for minute in range(480, reached + 10, 3)
        if (found := at(minute, *(each for each in segments if each[0] < minute * MINUTE_MS))) is not None
    }

    assert len(named) <= 1
