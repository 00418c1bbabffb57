"""Every page in every state, in a real browser: accessible, within its policy, in two languages, on every screen.

A page is opened in English by day at a desk, in German in the dark on a telephone, and if it has scripts, without them.
"""

import pytest
from browser.conftest import AXE
from browser.pages import NAMES, NOT_OPENED, SCRIPTED, STATES
from playwright.sync_api import Page

from portal.app import assemble

_RUN_AXE = "() => axe.run(document, {resultTypes: ['violations']})"
_CONTRAST = "() => axe.run(document, {resultTypes: ['violations'], runOnly: ['color-contrast']})"
_SCRIPTS = "[...document.scripts].filter(each => each.type !== 'application/json').length"
_WITHOUT = "() => axe.run(document, {resultTypes: ['violations'], rules: {'color-contrast': {enabled: false}}})"


def _open(seats, places, name: str, way: str) -> Page:
    role, path = places[name]
    return seats.open(role, way, path)


def violations(page: Page, run: str = _RUN_AXE) -> list[str]:
    """Return what axe-core finds on a page as it stands."""
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(AXE)  # not added as a script: the page's policy would rightly block that
    return [f"{v['id']}: {[n['target'] for n in v['nodes']]}" for v in page.evaluate(run)["violations"]]


def reflows(page: Page, *widths: int) -> None:
    """See that a page needs no sideways scrolling on screens of these widths."""
    before = page.viewport_size
    for width in widths:
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    if before is not None:
        page.set_viewport_size(before)


@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_accessible_keeps_its_policy_and_reflows(seats, places, name: str) -> None:
    page = _open(seats, places, name, "desk")

    assert violations(page, _WITHOUT if name in STATES else _RUN_AXE) == []
    assert bool(page.evaluate(_SCRIPTS)) == (name in SCRIPTED)
    _is_readable(page)
    reflows(page, 320)
    assert page.evaluate("violations") + seats.faults == []


@pytest.mark.parametrize("name", NAMES)
def test_a_page_does_so_in_german_in_the_dark_and_on_a_telephone(seats, places, name: str) -> None:
    page = _open(seats, places, name, "telephone")

    assert page.evaluate("document.documentElement.lang").startswith("de")
    assert violations(page) == []
    reflows(page, 390, 320)
    assert page.evaluate("violations") + seats.faults == []


_CHOOSE_WHAT_IS_NOT_OFFERED = """() => {
  const first = document.querySelector('.closing input[type=radio]:not([value=""])');
  first.value = 'lunch';
  first.checked = true;
}"""
_WRITE_TOO_MUCH = """() => {
  const text = document.querySelector('#f-text');
  text.removeAttribute('maxlength');
  text.value = 'word '.repeat(60000);
}"""
_NAME_WHAT_IS_NONE = "() => { document.querySelector('#a-app option').value = 'x'.repeat(900); }"
REFUSED = {
    "close my week": (_CHOOSE_WHAT_IS_NOT_OFFERED, ".closing .answers button", "one of the kinds that are offered"),
    "dispute a figure": (_WRITE_TOO_MUCH, "main form .answers button", "A form is taken in up to 256 kB"),
    "notes": (_NAME_WHAT_IS_NONE, "button[value=day]", "Write at most"),
}
"""Pages whose form is sent with what its page does not offer: the script, the button, and what is said."""


@pytest.mark.parametrize("name", REFUSED)
def test_a_refused_form_is_accessible_and_keeps_its_policy(seats, places, name: str) -> None:
    script, button, said = REFUSED[name]
    page = _open(seats, places, name, "desk")
    page.evaluate(script)
    page.locator(button).first.click()

    page.get_by_text(said).wait_for()
    assert violations(page) == []
    reflows(page, 320)
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)
        assert violations(page, _CONTRAST) == []
    assert page.evaluate("violations") == []


@pytest.mark.parametrize("name", SCRIPTED)
def test_a_page_can_be_read_without_scripts(seats, places, name: str) -> None:
    _is_readable(_open(seats, places, name, "bare"))


def _is_readable(page: Page) -> None:
    assert page.locator("h1").first.is_visible()
    assert len(page.locator("main").inner_text()) > 40


def test_the_main_menu_can_be_read_in_the_dark_at_a_desk(seats, places) -> None:
    page = _open(seats, places, "today", "desk")
    page.locator("details.menu summary").click()

    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)
        assert violations(page, _CONTRAST) == []


def test_no_page_is_left_out(portal, places) -> None:
    app = assemble(portal.seeded.system)
    addresses = app.url_map.bind("localhost")
    opened = {addresses.match(path.partition("?")[0])[0] for path in (path for _, path in places.values())
              if addresses.test(path.partition("?")[0])}  # fmt: skip
    pages = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.rule.startswith("/api/")
    }

    assert pages - opened - set(NOT_OPENED) == set()
    assert set(NOT_OPENED) - pages == set()


def test_the_chart_is_drawn_and_has_its_table(seats, places) -> None:
    page = _open(seats, places, "trends", "desk")

    assert page.locator("main svg.marks").count() == 1
    assert page.locator("main table tbody tr").count() >= 10


def test_the_table_stands_in_for_the_chart_without_scripts(seats, places) -> None:
    page = _open(seats, places, "trends", "bare")

    assert page.locator("main table tbody tr").count() >= 10
