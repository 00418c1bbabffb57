"""Trends: the chart and the table are the same rows, and a gap is no zero."""

import csv
import datetime as dt
import io
from typing import Any

import pytest

from analytics import trends
from analytics.goals import Goals
from analytics.measures import measure
from analytics.rings import Own
from analytics.trends import MISSING, NO_FIGURE, as_csv, specification, trend, weekly
from analytics.working import Working
from privacy.period import Period

SUNDAY = dt.date(2026, 11, 22)
PERIOD = Period(dt.date(2026, 11, 2), dt.date(2026, 11, 23))
OWN = Own(Working(), Goals(), frozenset({"Work"}))


def history(**missing: Any) -> dict[dt.date, dict[str, Any]]:
    return {
        day: {
            "date": day.isoformat(),
            "fields": {"active_time": {"active_seconds": 7 * 3600}, "focus": {"seconds": 3600 * (1 + day.day % 3)}},
            "marks": {},
        }
        for day in PERIOD.days()
        if day.weekday() < 5 and day.day not in missing.get("days", ())
    }


def test_a_working_day_without_data_is_a_row_with_a_mark() -> None:
    found = trend(history(days=(4,)), measure("focus_time"), PERIOD, OWN, SUNDAY)

    assert (found.captured, found.working) == (14, 15)
    assert [(row.day.day, row.value, row.mark) for row in found.rows if row.value is None] == [(4, None, MISSING)]


def test_a_day_off_is_no_row_and_today_is_none_yet() -> None:
    off = Own(Working(days_off=frozenset({dt.date(2026, 11, 4)})), Goals(), OWN.core)

    found = trend(history(days=(4,)), measure("focus_time"), PERIOD, off, dt.date(2026, 11, 20))

    assert dt.date(2026, 11, 4) not in {row.day for row in found.rows}
    assert max(row.day for row in found.rows) == dt.date(2026, 11, 19)


def test_a_captured_day_without_the_figure_says_so() -> None:
    found = trend(history(), measure("away_time"), PERIOD, OWN, SUNDAY)

    assert {row.mark for row in found.rows} == {NO_FIGURE}
    assert found.median is None


def test_the_chart_draws_the_rows_of_the_table_and_no_others() -> None:
    found = trend(history(days=(4, 17)), measure("focus_time"), PERIOD, OWN, SUNDAY)

    drawn = specification(found, lambda value: f"{value:.0f} min")["datasets"]

    with_value = {row.day.isoformat(): row.value for row in found.rows if row.value is not None}
    assert {row["day"][:10]: row["value"] * 60 for row in drawn["days"]} == pytest.approx(with_value)
    assert {row["day"][:10] for row in drawn["gaps"]} == {"2026-11-04", "2026-11-17"}
    assert all("words" in row for row in drawn["days"] + drawn["gaps"])


def test_the_csv_has_the_rows_of_the_table() -> None:
    found = trend(history(days=(4,)), measure("focus_time"), PERIOD, OWN, SUNDAY)

    rows = list(csv.DictReader(io.StringIO(as_csv(found))))

    assert [row["day"] for row in rows] == [row.day.isoformat() for row in found.rows]
    assert [float(row["value"]) for row in rows if row["value"]] == [r.value for r in found.rows if r.value is not None]
    assert rows[2] == {"day": "2026-11-04", "value": "", "unit": "minutes", "mark": MISSING}


def test_a_week_with_fewer_than_three_days_has_no_median() -> None:
    found = trend(history(days=(9, 10, 11)), measure("focus_time"), PERIOD, OWN, SUNDAY)

    assert [day for day, _ in weekly(found.rows)] == [dt.date(2026, 11, 4), dt.date(2026, 11, 18)]


def test_every_measure_can_be_drawn() -> None:
    for each in trends.SHOWN:
        found = trend(history(), each, PERIOD, OWN, SUNDAY)
        assert specification(found, str)["datasets"].keys() == {"days", "weeks", "usual", "gaps"}
