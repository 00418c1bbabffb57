"""Released figures in the browser: every figure is drawn once, and what is withheld says so and nothing else."""

import json

import pytest
from playwright.sync_api import Page

MEASURES = ("utilisation", "focus_time", "active_time", "category_time", "rhythm")
LAYERS = ("withheld_four_weeks", "withheld", "four_weeks", "cells")


@pytest.fixture(params=["/team/claims-east/figures", "/team/claims-west/figures"], ids=["shown", "withheld"])
def page(request: pytest.FixtureRequest, visit) -> Page:
    found = visit("planner", request.param)
    found.locator("#rhythm [data-chart][tabindex='0']").wait_for()
    return found


@pytest.mark.parametrize("measure", MEASURES)
def test_every_figure_is_drawn_once(page: Page, measure: str) -> None:
    layers = json.loads(page.locator(f"#spec-{measure}").text_content())["datasets"]

    for layer in LAYERS:
        assert page.locator(f"#{measure} .{layer}_marks path").count() == len(layers[layer])


def test_the_tooltip_of_a_withheld_figure_has_its_period_and_one_word(page: Page) -> None:
    layers = json.loads(page.locator("#spec-utilisation").text_content())["datasets"]
    page.locator("#utilisation [data-chart]").scroll_into_view_if_needed()

    for layer in ("withheld", "withheld_four_weeks"):
        for number, row in enumerate(layers[layer]):
            box = page.locator(f"#utilisation .{layer}_marks path").nth(number).bounding_box()
            page.mouse.move(box["x"] + 7, box["y"] + box["height"] / 3)
            said = page.locator("#vg-tooltip-element.visible").inner_text()
            assert said.split() == [*row["name"].split(), "withheld"]


def test_a_withheld_figure_is_hatched_over_the_whole_scale(visit) -> None:
    page = visit("planner", "/team/claims-west/figures")
    page.locator("#rhythm [data-chart][tabindex='0']").wait_for()

    fills = page.evaluate(
        "[...document.querySelectorAll('.withheld_marks path, .withheld_four_weeks_marks path')]"
        ".map(each => getComputedStyle(each).fill)"
    )
    assert len(fills) > 40
    assert all("hatch" in each for each in fills)
