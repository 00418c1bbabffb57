"""One figure of one day: whoever asks for it gets the same, and what was not captured is never 0."""

import datetime as dt
from typing import Any

import pytest

from analytics.goals import Goals
from analytics.measured import is_corrected, measured, measured_days
from analytics.measures import MEASURES, measure
from analytics.rings import Own, figures
from analytics.trends import MISSING, NO_FIGURE, SHOWN, day_row
from analytics.working import Working

MONDAY = dt.date(2026, 11, 16)
OWN = Own(Working(), Goals(), frozenset({"Work"}))
NOTED = {"annotated_seconds": 4 * 3600, "by_kind": {"training": 4 * 3600}, "original": {}, "spans": []}


def payload(active: float = 0, **more: Any) -> dict[str, Any]:
    """Return a day that the computer was on, with every figure there is."""
    fields = {
        "active_time": {"active_seconds": active},
        "away_time": {"afk_seconds": 3600.0},
        "categories": {"Work": active},
        "category_detail": {"Work": active},
        "focus": {"blocks": 0, "seconds": 0.0, "longest_seconds": 0.0},
        "recovery": {"breaks": 0, "seconds": 0.0, "longest_stretch_seconds": 0.0},
    }
    return {"fields": fields | more, "marks": {}}


@pytest.mark.parametrize("of", SHOWN, ids=lambda of: of.name)
def test_a_day_away_from_the_computer_has_no_figure_but_that_of_its_notes(of: Any) -> None:
    day = payload(annotations=NOTED)

    value, row = measured(of, day, MONDAY, OWN), day_row(day, MONDAY, of, OWN)

    assert row is not None
    if of.name == "utilisation":
        assert value == row.value == pytest.approx(4 * 3600 / OWN.planned_seconds(MONDAY) * 100)
    else:
        assert (value, row.value, row.mark) == (None, None, NO_FIGURE), "missing, as on its ring, and not 0"
    rings = figures(day, MONDAY, OWN)
    assert (rings.focus, rings.recovery) == (None, None)
    assert rings.on_task == pytest.approx(4 * 3600 / OWN.planned_seconds(MONDAY))


@pytest.mark.parametrize("of", SHOWN, ids=lambda of: of.name)
def test_a_day_that_only_says_of_a_break_is_missing_everywhere(of: Any) -> None:
    day = payload(annotations=NOTED | {"annotated_seconds": 0.0, "by_kind": {"break": 1800.0}})

    row = day_row(day, MONDAY, of, OWN)

    assert measured(of, day, MONDAY, OWN) is None
    assert row is not None
    assert (row.value, row.mark) == (None, MISSING)


@pytest.mark.parametrize(
    ("kind", "work", "marked"),
    [
        ("meeting", 1800.0, {"utilisation", "meeting_time", "noted_time"}),
        ("phone", 1800.0, {"utilisation", "noted_time"}),
        ("break", 0.0, {"noted_time"}),
    ],
)
def test_a_figure_is_marked_where_a_note_counts_in_it_and_not_where_it_says_nothing(
    kind: str, work: float, marked: set[str]
) -> None:
    day = payload(3600, annotations=NOTED | {"annotated_seconds": work, "by_kind": {kind: 1800.0}})

    assert {of.name for of in MEASURES if is_corrected(of, day)} == marked


def test_days_with_a_value_are_those_that_a_goal_and_an_experiment_count() -> None:
    tuesday, wednesday = (MONDAY + dt.timedelta(days=n) for n in (1, 2))
    history = {MONDAY: payload(3600), tuesday: payload(), wednesday: payload(annotations=NOTED)}

    assert measured_days(measure("active_time"), history, OWN) == {MONDAY: 60}
    assert list(measured_days(measure("utilisation"), history, OWN)) == [MONDAY, wednesday]
