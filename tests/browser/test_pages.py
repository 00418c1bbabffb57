"""Every page, in a real browser: accessible, within its policy, readable without scripts and on a small screen."""

from pathlib import Path

import axe_playwright_python
import pytest
from browser.pages import NAMES
from playwright.sync_api import Page

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
_RUN_AXE = "() => axe.run(document, {resultTypes: ['violations']})"


def _open(visit, places, name: str, **how) -> Page:
    role, path = places[name]
    return visit(role or None, path, **how)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", NAMES)
def test_a_page_has_no_accessibility_violation_and_keeps_its_policy(visit, places, name: str, scheme: str) -> None:
    page = _open(visit, places, name, scheme=scheme)
    page.wait_for_load_state("networkidle")

    page.evaluate(AXE)  # evaluated, not added as a script: the page's policy would rightly block that
    violations = page.evaluate(_RUN_AXE)["violations"]

    assert [f"{v['id']}: {[n['target'] for n in v['nodes']]}" for v in violations] == []
    assert page.evaluate("violations") == []


@pytest.mark.parametrize("name", NAMES)
def test_a_page_reflows_at_320_pixels_and_on_a_telephone(visit, places, name: str) -> None:
    page = _open(visit, places, name, width=320)

    for width in (320, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("name", NAMES)
def test_a_page_can_be_read_without_scripts(visit, places, name: str) -> None:
    page = _open(visit, places, name, script=False)

    assert page.locator("h1").first.is_visible()
    assert len(page.locator("main").inner_text()) > 40


def test_the_chart_is_drawn_and_has_its_table(visit, places) -> None:
    page = _open(visit, places, "trends")

    page.locator("main svg.marks").wait_for()

    assert page.locator("main table tbody tr").count() >= 10
    assert page.evaluate("violations") == []


def test_the_table_stands_in_for_the_chart_without_scripts(visit, places) -> None:
    page = _open(visit, places, "trends", script=False)

    assert page.locator("main table tbody tr").count() >= 10
