"""The witness's page in a real browser: for people of the works council, with a fork on it, which is its worst day."""

from collections.abc import Iterator
from pathlib import Path

import axe_playwright_python
import pytest
from witness_house import witness_on_loopback
from witnessed import LOG, Tree, words

from portal.wiring import utc_now

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """A witness that saw a log grow, fork, and go on without a proof."""
    with witness_on_loopback(tmp_path, LOG.verifier, utc_now) as (witness, url):
        witness.add_checkpoint(Tree(*words(5)).request(0))
        witness.add_checkpoint(Tree(*words(5, word="other")).request(5, []))
        witness.add_checkpoint(Tree(*words(9, word="other")).request(5, []))
        yield url


def open_page(portal, address: str, **how):
    page = portal.browser.new_page(**how)
    page.goto(address)
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_accessible_and_loads_nothing_from_elsewhere(portal, address: str, scheme: str) -> None:
    page = portal.browser.new_page(color_scheme=scheme)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)

    page.evaluate(AXE)
    violations = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")["violations"]

    assert [v["id"] for v in violations] == []
    assert all(each.startswith(address) for each in asked)
    page.close()


def test_it_reflows_at_320_pixels_and_reads_without_scripts(portal, address: str) -> None:
    page = open_page(portal, address, viewport={"width": 320, "height": 900}, java_script_enabled=False)

    assert page.locator("h1").inner_text().startswith("Witness")
    assert "This log was forked." in page.locator("main").inner_text()
    page.close()
    page = open_page(portal, address, viewport={"width": 320, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.close()
