"""Charts of released figures: built once, each figure once and as its interval, what is withheld without a trace."""

import datetime as dt
import json
from typing import Any

import pytest

from analytics import released, released_chart
from analytics.released import Cell, Release
from tests import made_releases
from tests.made_releases import Releases

MONDAY = made_releases.aligned(dt.date(2026, 9, 21))
TEN = [f"p{n}" for n in range(10)]
WORDS = {"between": "some", "below": "few", "above": "many", "withheld": "nothing"}


def named(release: Release) -> str:
    return f"{release.kind} {release.name}"


def words(cell: Cell) -> str:
    return WORDS[cell.state]


def some(people: int = 10) -> list[Release]:
    made = Releases()
    weeks = [made.make("claims", MONDAY + dt.timedelta(weeks=n), TEN[:people]) for n in range(4)]
    return [released.read(each) for each in (*weeks, made.make("claims", MONDAY, TEN[:people], weeks=4))]


def layers(spec: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    return spec["datasets"]


@pytest.mark.parametrize("unit", ["minutes", "percent"])
def test_the_kept_templates_equal_a_fresh_build(unit: str) -> None:
    assert released_chart.past_template(unit, 8.0) == released_chart.build_past(unit, 8.0)
    assert released_chart.parts_template(unit) == released_chart.build_parts(unit)


def test_a_request_leaves_no_rows_and_no_days_in_a_template() -> None:
    before = json.dumps([released_chart.past_template("percent", 100.0), released_chart.parts_template("minutes")])
    released_chart.past("utilisation", some(), named, words)
    released_chart.parts([(each, each.measures["rhythm"]) for each in some()[-1:]], str, named, words)

    assert (
        json.dumps([released_chart.past_template("percent", 100.0), released_chart.parts_template("minutes")]) == before
    )
    assert "datasets" not in before
    assert "http" not in before.replace("https://vega.github.io/schema/", "")


def test_every_layer_takes_its_rows_from_a_dataset_of_its_name() -> None:
    for spec, names in (
        (released_chart.build_past("minutes", 8.0), released_chart.PAST),
        (released_chart.build_parts("minutes"), released_chart.PARTS),
    ):
        assert [(each["name"], each["data"]) for each in spec["layer"]] == [(name, {"name": name}) for name in names]


def test_a_past_has_each_release_once_as_its_interval_in_hours() -> None:
    found = layers(released_chart.past("focus_time", some(), named, words))

    assert [len(found[name]) for name in released_chart.PAST] == [0, 0, 0, 1, 4]
    cell = some()[0].measures["focus_time"].mean
    assert cell.interval is not None
    first = found["cells"][0]
    assert (first["low"], first["high"]) == (
        released_chart.scaled(cell.interval.low, "minutes"),
        released_chart.scaled(cell.interval.high, "minutes"),
    )
    assert (first["name"], first["words"]) == (f"week {some()[0].name}", "some")
    assert sorted(row["n"] for name in found for row in found[name]) == [0, 1, 2, 3, 4]


def test_what_is_withheld_is_drawn_over_the_whole_scale_and_the_same_each_time() -> None:
    small, nobody = some(4), [released.read(each) for each in _of_nobody()]

    for measure, most in (("focus_time", 4.0), ("utilisation", 100.0), ("active_time", 8.0)):
        spec = released_chart.past(measure, small, named, words)
        rows = [row for name in released_chart.PAST for row in layers(spec)[name]]
        assert {(row["low"], row["high"], row["words"]) for row in rows} == {(0.0, most, "nothing")}
        assert {frozenset(row) for row in rows} == {frozenset({"n", "name", "start", "end", "low", "high", "words"})}
        assert json.dumps(spec) == json.dumps(released_chart.past(measure, nobody, named, words))


def test_parts_stand_in_the_order_of_the_release() -> None:
    week, four = some()[3], some()[4]
    spec = released_chart.parts([(each, each.measures["rhythm"]) for each in (four, week)], str.upper, named, words)
    found = layers(spec)

    assert [row["part"] for row in found["cells"]] == [each.upper() for each in made_releases.PARTS]
    assert [row["n"] for row in found["four_weeks"]] == [0, 1, 2, 3, 4]
    assert spec["height"] == 5 * 40


def test_a_range_that_was_agreed_on_has_a_layer_of_its_own_below_the_figures() -> None:
    band = {"start": "2026-09-21T00:00", "end": "2026-10-19T00:00", "low": 45, "high": 60, "name": "Band", "words": "x"}
    spec = released_chart.past("utilisation", some(), named, words, [band])

    assert layers(spec)["bands"] == [band]
    assert spec["layer"][0]["name"] == "bands"


def test_a_past_of_nothing_has_no_rows() -> None:
    assert not any(layers(released_chart.past("focus_time", [], named, words)).values())


def _of_nobody() -> list[bytes]:
    made = Releases()
    weeks = [made.make("claims", MONDAY + dt.timedelta(weeks=n), TEN, lambda _who, _day: None) for n in range(4)]
    return [*weeks, made.make("claims", MONDAY, TEN, lambda _who, _day: None, weeks=4)]
