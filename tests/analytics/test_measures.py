"""Every measure says what it is, whom it is for and what it must not be used for, and computes what it says."""

import datetime as dt
from typing import Any

import pytest

from analytics.formulas import Day, recommended_breaks, team_utilisation
from analytics.measures import COUNT, MEASURES, MINUTES, PERCENT, measure
from privacy.fields import SHARED_FIELDS, Field

FIGURES: dict[Field, dict[str, Any]] = {
    Field.ACTIVE_TIME: {"active_seconds": 18_000.0},
    Field.AWAY_TIME: {"afk_seconds": 1_800.0},
    Field.CATEGORIES: {"Work": 10_800.0, "Comms": 7_200.0},
    Field.CATEGORY_DETAIL: {"Work": 3_600.0, "Work > ERP": 7_200.0, "Comms > Email": 7_200.0},
    Field.FOCUS: {"blocks": 2, "seconds": 4_200.0, "longest_seconds": 2_400.0},
    Field.RECOVERY: {"breaks": 3, "seconds": 1_500.0, "longest_stretch_seconds": 6_000.0},
    Field.ANNOTATIONS: {"annotated_seconds": 3_600.0, "by_kind": {"phone": 3_600.0}, "original": {}},
}
CORE = frozenset({"Work", "Work > ERP"})
DAY = Day(FIGURES, CORE, planned_minutes=480, category="Work")

EXPECTED = {
    "active_time": 300.0,
    "utilisation": 50.0,
    "on_task_share": 60.0,
    "focus_time": 70.0,
    "focus_blocks": 2.0,
    "longest_focus": 40.0,
    "recovery": 60.0,
    "breaks": 3.0,
    "break_time": 25.0,
    "longest_stretch": 100.0,
    "away_time": 30.0,
    "category_time": 180.0,
}


def test_every_measure_is_complete() -> None:
    for each in MEASURES:
        texts = (each.name, each.title, each.definition, each.formula, each.not_for)
        charter = (each.charter.who, each.charter.when, each.charter.decision, each.charter.owner)
        assert all(texts), each.name
        assert all(charter), each.name
        assert each.charter.review > dt.date(2026, 11, 1)
        assert each.unit in (MINUTES, PERCENT, COUNT)
        assert each.sensible_range[0] < each.sensible_range[1]
        assert each.fields
        assert all(use in each.not_for for use in ("discipline", "pay", "ranking"))


@pytest.mark.parametrize(("name", "value"), EXPECTED.items(), ids=EXPECTED.keys())
def test_a_measure_computes_what_its_definition_says(name: str, value: float) -> None:
    assert measure(name).value(DAY) == pytest.approx(value)


def test_every_measure_is_tried() -> None:
    assert {each.name for each in MEASURES} == EXPECTED.keys()


@pytest.mark.parametrize("each", MEASURES, ids=lambda each: each.name)
def test_a_day_that_cannot_say_is_not_zero(each: Any) -> None:
    assert each.value(Day({}, CORE, planned_minutes=480, category="Work")) is None


def test_unknown_away_time_is_not_zero() -> None:
    assert measure("away_time").value(Day({Field.AWAY_TIME: {"afk_seconds": None}})) is None


def test_a_day_without_planned_time_has_no_utilisation() -> None:
    assert measure("utilisation").value(Day(FIGURES, CORE)) is None


def test_core_time_is_judged_by_whole_path_and_by_top_level_where_that_is_all() -> None:
    shared = {field: FIGURES[field] for field in SHARED_FIELDS}

    assert measure("on_task_share").value(Day(FIGURES, frozenset({"Comms > Email"}))) == pytest.approx(40)
    assert measure("on_task_share").value(Day(shared, CORE)) == pytest.approx(60)


def test_one_break_is_recommended_for_each_hour_of_activity() -> None:
    assert [recommended_breaks(seconds) for seconds in (0, 3_599, 3_600, 18_000)] == [0, 0, 1, 5]
    short: dict[Field, dict[str, Any]] = {**FIGURES, Field.ACTIVE_TIME: {"active_seconds": 1_200.0}}
    assert measure("recovery").value(Day(short)) is None


def test_a_category_without_time_is_zero_on_a_known_day() -> None:
    assert measure("category_time").value(Day(FIGURES, category="Media")) == 0
    assert measure("category_time").value(Day(FIGURES, category="Work > ERP")) == 120


def test_a_team_is_the_mean_of_its_persons_each_capped() -> None:
    assert team_utilisation([50.0, 150.0, None]) == 75.0
    assert team_utilisation([None]) is None
