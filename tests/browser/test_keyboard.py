"""Without a mouse: every step by Tab, Enter and Space, and it is always seen where one is."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from auth.invitations import Kind

_FOCUSED = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return null;
  const box = at.getBoundingClientRect(), style = getComputedStyle(at), label = at.labels?.[0]?.textContent ?? '';
  const radio = at.matches('.lengths input') ? getComputedStyle(at.nextElementSibling ?? at) : style;
  return {
    name: `${at.getAttribute('aria-label') ?? ''} ${at.textContent} ${label}`.replace(/\\s+/g, ' ').trim(),
    kind: at.tagName,
    ringed: ['date', 'time'].includes(at.type) // whose parts the browser marks itself
      || [style, radio].some(each => each.outlineStyle !== 'none' && parseFloat(each.outlineWidth) >= 1),
    inside: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
  };
}"""
_NAMED = """() => {
  const at = document.activeElement;
  return at === document.body ? null : (at.id ||= `stop-${Math.random()}`);
}"""
MOST = 120


def tab_to(page: Page, name: str, kind: str = "") -> None:
    """Press Tab until something of this name has the focus; each stop on the way is seen."""
    for _ in range(MOST):
        page.keyboard.press("Tab")
        at = page.evaluate(_FOCUSED)
        if at is None:
            continue
        assert at["ringed"], at
        assert at["inside"], at
        if name in at["name"] and kind in at["kind"]:
            return
    pytest.fail(f"{name} is not reached in {MOST} steps")


@pytest.fixture
def page(portal) -> Iterator[Page]:
    found = portal.browser.new_page(base_url=portal.url, viewport={"width": 1280, "height": 900})
    yield found
    found.context.close()


def test_from_signing_in_to_who_looked_without_a_mouse(portal, page: Page) -> None:
    token = portal.seeded.system.invitations.issue(portal.newcomers["starter"], Kind.INVITATION)
    page.goto(f"/invitation/{token}")
    tab_to(page, "assword", "INPUT")
    page.keyboard.type("a long walk by the river")
    page.keyboard.press("Enter")
    page.wait_for_url(portal.url + "/")

    page.keyboard.press("Tab")
    assert page.evaluate(_FOCUSED)["name"] == "Skip to content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    tab_to(page, "15 min", "BUTTON")
    page.keyboard.press("Space")
    page.get_by_text("Nothing of this time is kept").wait_for()
    tab_to(page, "Go on now")
    page.keyboard.press("Enter")
    page.get_by_text("recorded again").wait_for()
    tab_to(page, "Who looked", "A")
    page.keyboard.press("Enter")
    page.wait_for_url("**/me/access")
    assert page.get_by_role("heading", level=1).inner_text() == "Who looked at my data"


def test_the_menu_opens_leads_on_and_lets_go(visit) -> None:
    page = visit("employee", "/")
    tab_to(page, "Menu of", "SUMMARY")
    page.keyboard.press("Enter")
    tab_to(page, "My goals")
    tab_to(page, "Sign out", "BUTTON")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('details.menu')") is None


def test_nothing_holds_the_focus(visit) -> None:
    page = visit("employee", "/")
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    stops: list[str] = []
    for _ in range(3 * MOST):
        page.keyboard.press("Tab")
        at = page.evaluate(_NAMED)
        if at is None and stops:
            return
        assert stops[-6:] != [at] * 6, page.evaluate(_FOCUSED)  # a field for a time has stops within
        stops.append(at)
    pytest.fail("the end of the page is not reached")


def test_the_arrow_keys_read_a_chart_day_by_day(visit) -> None:
    page = visit("employee", "/me/trends")
    chart = page.locator("[data-chart][tabindex='0']")
    chart.wait_for()
    chart.focus()
    said = page.locator(".point")
    assert "arrow keys" in said.inner_text()

    page.keyboard.press("ArrowLeft")
    newest = said.inner_text()
    page.keyboard.press("ArrowLeft")
    day_before = said.inner_text()
    page.keyboard.press("ArrowRight")

    assert said.inner_text() == newest != day_before
    page.keyboard.press("Home")
    assert said.inner_text() not in (newest, day_before)
    assert page.locator(".days_marks path.at").count() == 1


def test_the_arrow_keys_read_released_figures_withheld_ones_as_well(visit) -> None:
    page = visit("manager", "/team/claims-east/figures")
    chart = page.locator("#utilisation [data-chart][tabindex='0']")
    chart.wait_for()
    chart.focus()
    said = page.locator("#utilisation .point")
    read = []
    page.keyboard.press("Home")
    for _ in range(20):
        read.append(said.inner_text())
        assert chart.locator("path.at").count() == 1
        page.keyboard.press("ArrowRight")

    weeks = [each for each in dict.fromkeys(read) if each.startswith("Week ")]
    assert len(weeks) == 12
    assert weeks == sorted(weeks, key=lambda each: int(each.split()[1]))
    table = page.locator("#utilisation details tbody tr").all_inner_texts()
    assert len(table) == len(set(read))
