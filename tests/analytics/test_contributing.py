"""What somebody's days contribute to team figures: the measures of the table, and what is missing is never 0."""

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.contributing import contributions
from analytics.figures import dump
from analytics.team_figures import (
    ACTIVE,
    BANDS,
    CATEGORIES,
    FOCUS,
    GROUPS,
    RHYTHM,
    UTILISATION,
    asked,
    categories_of,
    day_number,
    payload,
    shown_groups,
)
from analytics.working import Working
from privacy.aggregates import Cell
from privacy.disclosure import Disclosed
from privacy.fields import Field, Tier
from privacy.period import iso_week
from privacy.policy import TEAM_FIELDS, Purpose, Relation

WEEK = iso_week("2026-W46")
MONDAY, SATURDAY = WEEK.first, WEEK.first + dt.timedelta(days=5)
CORE = frozenset({"Work", "Work > ERP"})
FULL: dict[Field, Any] = {
    Field.ACTIVE_TIME: {"active_seconds": 18_000},
    Field.CATEGORIES: {"Work": 12_000, "Comms": 6_000},
    Field.CATEGORY_DETAIL: {"Work > ERP": 12_000, "Comms": 6_000},
    Field.FOCUS: {"blocks": 2, "seconds": 3_000, "longest_seconds": 1_800},
    Field.RHYTHM: {
        "hours": {"8": {"Work": 600}, "9": {"Work": 3_000, "Comms": 600}, "17": {"Work": 1_200}, "23": {"Comms": 60}},
        "first": "08:50",
        "last": "23:01",
    },
}


def disclosed(**days: dict[Field, Any]) -> Disclosed:
    """Return a disclosed week; days by the first letters of their names."""
    names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    values = {
        (WEEK.first + dt.timedelta(days=names.index(name)), field): dump(value)
        for name, of_day in days.items()
        for field, value in of_day.items()
    }
    purpose, relation = Purpose.TEAM_RHYTHM, Relation.OPERATIONS
    return Disclosed(None, "b" * 32, TEAM_FIELDS, purpose, WEEK, Tier.SUMMARY, relation, 1, None, values, "")


def of_monday(figures: dict[Field, Any], working: Working = Working()) -> dict[str, dict[str, float]]:  # noqa: B008
    return contributions(disclosed(mon=figures), working, CORE).get(MONDAY, {})


def test_a_day_contributes_to_each_group_in_minutes_and_per_cent() -> None:
    assert of_monday(FULL) == {
        UTILISATION: {"": pytest.approx(12_000 / (480 * 60) * 100)},
        ACTIVE: {"Work": 200.0, "Comms": 100.0},
        FOCUS: {"": 50.0},
        RHYTHM: {"before-09": 10.0, "09-12": 60.0, "15-18": 20.0, "after-18": 1.0},
    }


def test_active_time_in_no_category_is_under_no_name_and_rounding_is_none() -> None:
    figures = FULL | {Field.CATEGORIES: {"Work": 17_000.1, "Comms": 999.9}}
    assert set(of_monday(figures)[ACTIVE]) == {"Work", "Comms"}

    figures = FULL | {Field.CATEGORIES: {"Work": 12_000}}
    assert of_monday(figures)[ACTIVE] == {"Work": 200.0, "": 100.0}


def test_a_day_off_has_no_utilisation_and_everything_else() -> None:
    found = of_monday(FULL, Working(days_off=frozenset({MONDAY})))

    assert set(found) == {ACTIVE, FOCUS, RHYTHM}
    assert set(contributions(disclosed(sat=FULL), Working(), CORE)[SATURDAY]) == {ACTIVE, FOCUS, RHYTHM}


def test_work_that_was_noted_counts_without_a_captured_minute() -> None:
    noted = {Field.ANNOTATIONS: {"annotated_seconds": 14_400, "by_kind": {}, "original": {}, "spans": []}}

    assert of_monday(noted) == {UTILISATION: {"": 50.0}}


def test_nobody_is_used_for_more_than_all_of_their_time() -> None:
    long = FULL | {Field.CATEGORY_DETAIL: {"Work > ERP": 50_000}}

    assert of_monday(long)[UTILISATION] == {"": 100.0}


@pytest.mark.parametrize("figures", [{}, {Field.ACTIVE_TIME: {"active_seconds": 0}, Field.CATEGORIES: {}}])
def test_a_day_of_which_nothing_was_captured_is_missing(figures: dict[Field, Any]) -> None:
    assert contributions(disclosed(mon=figures, tue=FULL), Working(), CORE).keys() == {MONDAY + dt.timedelta(days=1)}


def test_a_day_without_focus_blocks_has_none_of_it_and_is_a_day() -> None:
    without = {field: value for field, value in FULL.items() if field is not Field.FOCUS}

    assert of_monday(without)[FOCUS] == {"": 0.0}


@given(st.dictionaries(st.integers(0, 23).map(str), st.dictionaries(st.sampled_from("ab"), st.integers(0, 3600))))
def test_every_hour_is_in_one_band(hours: dict[str, dict[str, int]]) -> None:
    found = of_monday(FULL | {Field.RHYTHM: {"hours": hours, "first": None, "last": None}}).get(RHYTHM, {})

    assert sum(found.values()) == pytest.approx(sum(sum(each.values()) for each in hours.values()) / 60)
    assert set(found) <= set(BANDS)


def decided(*, shows_active: bool) -> dict[tuple[str, str], list[Cell]]:
    def cells(group: str, measure: str) -> list[Cell]:
        keys = [("mean",)] if measure == "mean" else [(measure, name) for name in categories_of(group, ["Work"])]
        shown = shows_active or group != ACTIVE
        return [(key, 60.0 if shown else None, 50.0 if shown else None, 70.0 if shown else None) for key in keys]

    return {(group.name, measure): cells(group.name, measure) for group in GROUPS for measure in asked(group.name)}


def test_times_of_day_are_told_only_where_active_time_is_and_so_is_how_many_people() -> None:
    shown = payload("east", "week", [WEEK], decided(shows_active=True), 9, 3)
    hidden = payload("east", "week", [WEEK], decided(shows_active=False), 9, 3)

    assert shown_groups(shown) == {ACTIVE, CATEGORIES, UTILISATION, FOCUS, RHYTHM}
    assert shown_groups(hidden) == {UTILISATION, FOCUS}
    assert (shown["counted"], hidden["counted"]) == (9, None)
    keys = [[cell["key"] for each in of["measures"].values() for cell in each["cells"]] for of in (shown, hidden)]
    assert keys[0] == keys[1]


def test_days_are_counted_from_a_monday() -> None:
    assert day_number(dt.date(1, 1, 1)) == 0
    assert day_number(MONDAY) % 7 == 0
