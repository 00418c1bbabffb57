"""What is said to stand out is more than on every other day; mostly nothing is said."""

import datetime as dt
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.goals import Goals
from analytics.notable import LEAST_DAYS, notable
from analytics.rings import Own
from analytics.working import Working

OWN = Own(Working(), Goals(), frozenset({"Work"}))
FRIDAY = dt.date(2026, 11, 20)
BEFORE = [day for n in range(1, 60) if (day := FRIDAY - dt.timedelta(days=n)).weekday() < 5]
QUIET = {"seconds": 0, "longest_seconds": 0}


def payload(longest: float, stretch: float = 3600, active: float = 7 * 3600) -> dict[str, Any]:
    return {
        "fields": {
            "active_time": {"active_seconds": active},
            "focus": {**QUIET, "longest_seconds": longest},
            "recovery": {"breaks": 4, "longest_stretch_seconds": stretch},
        },
        "marks": {},
    }


def history(today: dict[str, Any], days: int = LEAST_DAYS) -> dict[dt.date, Any]:
    return {**{day: payload(3000 + n) for n, day in enumerate(BEFORE[:days])}, FRIDAY: today}


def test_a_figure_above_all_others_is_named_with_the_largest_of_them() -> None:
    found = notable(history(payload(6000)), FRIDAY, OWN)

    assert found is not None
    assert (found.measure.name, found.value, found.days) == ("longest_focus", 100, LEAST_DAYS)
    assert found.most * 60 == 3000 + LEAST_DAYS - 1


def test_nothing_is_said_of_a_day_like_the_others_or_equal_to_the_largest() -> None:
    assert notable(history(payload(3010)), FRIDAY, OWN) is None
    assert notable(history(payload(3000 + LEAST_DAYS - 1)), FRIDAY, OWN) is None


def test_nothing_is_said_before_twenty_working_days_are_known() -> None:
    assert notable(history(payload(6000), LEAST_DAYS - 1), FRIDAY, OWN) is None


def test_nothing_is_said_of_a_day_off_or_without_activity() -> None:
    off = Own(Working(days_off=frozenset({FRIDAY})), Goals(), OWN.core)

    assert notable(history(payload(6000)), FRIDAY, off) is None
    assert notable(history(payload(6000, active=0)), FRIDAY, OWN) is None
    assert notable({}, FRIDAY, OWN) is None


def test_days_off_that_were_worked_do_not_count_among_the_others() -> None:
    duty = FRIDAY - dt.timedelta(days=5)  # a Sunday
    found = notable({**history(payload(6000)), duty: payload(9000)}, FRIDAY, OWN)

    assert found is not None
    assert found.days == LEAST_DAYS


@settings(max_examples=60)
@given(st.lists(st.integers(0, 9000), min_size=LEAST_DAYS, max_size=40), st.integers(0, 9000), st.integers(0, 9000))
def test_whatever_is_said_is_true(others: list[int], longest: int, stretch: int) -> None:
    known = {day: payload(value, value) for day, value in zip(BEFORE, others, strict=False)}

    found = notable({**known, FRIDAY: payload(longest, stretch)}, FRIDAY, OWN)

    best = max(list(known.values()), key=lambda each: each["fields"]["focus"]["longest_seconds"])
    most = best["fields"]["focus"]["longest_seconds"]
    stands_out = {name for name, value in (("longest_focus", longest), ("longest_stretch", stretch)) if value > most}
    assert (found is None) == (not stands_out)
    if found is not None:
        assert found.measure.name in stands_out
        assert found.most * 60 == most
