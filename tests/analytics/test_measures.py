"""Every measure says what it is, whom it is for and what it must not be used for, and computes what it says."""

import datetime as dt
from typing import Any

import pytest

from analytics.formulas import Day, hours_of, recommended_breaks, team_utilisation
from analytics.measures import COUNT, MEASURES, MINUTES, PERCENT, measure
from privacy.fields import SHARED_FIELDS, Field

FIGURES: dict[Field, dict[str, Any]] = {
    Field.ACTIVE_TIME: {"active_seconds": 18_000.0},
    Field.AWAY_TIME: {"afk_seconds": 1_800.0},
    Field.CATEGORIES: {"Work": 10_800.0, "Comms": 7_200.0},
    Field.CATEGORY_DETAIL: {"Work": 3_600.0, "Work > ERP": 7_200.0, "Comms > Email": 5_400.0, "Comms > Calls": 1_800.0},
    Field.FOCUS: {"blocks": 2, "seconds": 4_200.0, "longest_seconds": 2_400.0},
    Field.RECOVERY: {"breaks": 3, "seconds": 1_500.0, "longest_stretch_seconds": 6_000.0},
    Field.ANNOTATIONS: {
        "annotated_seconds": 3_600.0,
        "by_kind": {"phone": 3_000.0, "meeting": 600.0},
        "original": {},
    },
    Field.APPS: {"EXCEL.EXE": 9_000.0, "OUTLOOK.EXE": 9_000.0},
    Field.RHYTHM: {"hours": {"9": {"Work": 3_000.0, "Comms": 300.0}, "10": {"Comms": 1_200.0}}},
}
CORE = frozenset({"Work", "Work > ERP"})
PARTS = {"category": "Work", "app": "EXCEL.EXE", "kind": "phone", "hour": "9-11"}


def day_of(name: str) -> Day:
    """Return the day with what the measure is of."""
    return Day(FIGURES, CORE, planned_minutes=480, part=PARTS.get(measure(name).part or ""))


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
    "meeting_time": 40.0,
    "app_time": 150.0,
    "noted_time": 50.0,
    "hour_time": 75.0,
    "core_hours": 50.0,
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
    assert measure(name).value(day_of(name)) == pytest.approx(value)


def test_every_measure_is_tried() -> None:
    assert {each.name for each in MEASURES} == EXPECTED.keys()


@pytest.mark.parametrize("each", MEASURES, ids=lambda each: each.name)
def test_a_day_that_cannot_say_is_not_zero(each: Any) -> None:
    assert each.value(Day({}, CORE, planned_minutes=480, part=PARTS.get(each.part or ""))) is None


def test_unknown_away_time_is_not_zero() -> None:
    assert measure("away_time").value(Day({Field.AWAY_TIME: {"afk_seconds": None}})) is None


def test_a_day_without_planned_time_has_no_utilisation() -> None:
    assert measure("utilisation").value(Day(FIGURES, CORE)) is None


def test_core_time_is_judged_by_whole_path_and_by_top_level_where_that_is_all() -> None:
    shared = {field: FIGURES[field] for field in SHARED_FIELDS}

    assert measure("on_task_share").value(Day(FIGURES, frozenset({"Comms > Email"}))) == pytest.approx(30)
    assert measure("on_task_share").value(Day(shared, CORE)) == pytest.approx(60)


def test_one_break_is_recommended_for_each_hour_of_activity() -> None:
    assert [recommended_breaks(seconds) for seconds in (0, 3_599, 3_600, 18_000)] == [0, 0, 1, 5]
    short: dict[Field, dict[str, Any]] = {**FIGURES, Field.ACTIVE_TIME: {"active_seconds": 1_200.0}}
    assert measure("recovery").value(Day(short)) is None


def test_a_category_without_time_is_zero_on_a_known_day() -> None:
    assert measure("category_time").value(Day(FIGURES, part="Media")) == 0
    assert measure("category_time").value(Day(FIGURES, part="Work > ERP")) == 120


def test_a_measure_of_one_among_several_has_no_value_before_one_is_chosen() -> None:
    unchosen = Day(FIGURES, CORE, planned_minutes=480)

    assert [each.name for each in MEASURES if each.part and each.value(unchosen) is not None] == []
    assert [each.name for each in MEASURES if not each.part and each.value(unchosen) is None] == []


@pytest.mark.parametrize(
    ("part", "hours"), [("9", {9}), ("10-12", {10, 11}), ("23-1", {23, 0}), ("0-24", set(range(24)))]
)
def test_hours_are_those_of_the_clock(part: str, hours: set[int]) -> None:
    assert hours_of(part) == hours


@pytest.mark.parametrize("part", ["", "24", "-1", "9-9", "9-25", "nine", "9-", "9-10-11"])
def test_other_hours_there_are_not(part: str) -> None:
    with pytest.raises(ValueError, match=r"hours|invalid"):
        hours_of(part)


def test_a_team_is_the_mean_of_its_persons_each_capped() -> None:
    assert team_utilisation([50.0, 150.0, None]) == 75.0
    assert team_utilisation([None]) is None
