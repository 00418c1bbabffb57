"""The chart of the browser: a template that is built once, and rows that are only filled in."""

import json

import pytest

from analytics import charts

UNITS = sorted(charts.LABELS)


@pytest.mark.parametrize("unit", UNITS)
def test_the_kept_template_equals_a_fresh_build(unit: str) -> None:
    filled = charts.trend(unit, [{"day": "2026-11-19T12:00", "value": 1, "words": "1 h"}], [], [], [])

    fresh = charts.build(unit)

    assert charts.template(unit) == fresh
    assert {key: value for key, value in filled.items() if key != "datasets"} == fresh


def test_a_request_leaves_no_rows_in_the_template() -> None:
    charts.trend(UNITS[0], [{"day": "2026-11-19T12:00", "value": 1, "words": "x"}], [], [], [])

    assert "datasets" not in charts.template(UNITS[0])


@pytest.mark.parametrize("unit", UNITS)
def test_every_layer_takes_its_rows_from_a_named_dataset(unit: str) -> None:
    layers = charts.build(unit)["layer"]

    assert [layer["data"] for layer in layers] == [{"name": layer["name"]} for layer in layers]
    assert {layer["name"] for layer in layers} == set(charts.DATASETS)


def test_the_specification_asks_nothing_of_another_site() -> None:
    text = json.dumps({key: value for key, value in charts.build(UNITS[0]).items() if key != "$schema"})

    assert "http" not in text
    assert "url" not in text


def test_packed_rows_count_their_days_from_the_first_and_name_their_parts_once() -> None:
    days = [{"day": f"2026-10-{n}T12:00", "value": n / 2, "words": f"{n} m"} for n in (24, 25, 26)]
    weeks: list[dict[str, object]] = []
    band = [{"low": 1.0, "high": 2.0}]

    found = charts.packed(charts.trend(UNITS[0], days, weeks, band, []))

    assert found["datasets"] == {
        "days": [["2026-10-24T12:00", "value", "words"], [0, 12.0, "24 m"], [1, 12.5, "25 m"], [2, 13.0, "26 m"]],
        "weeks": [],
        "usual": band,
        "gaps": [],
    }
