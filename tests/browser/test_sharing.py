"""Sharing as people do it, on a telephone: look, grant, see it opened, end it."""

import re

import pytest
from browser.test_pages import _RUN_AXE, AXE
from playwright.sync_api import Page

from portal.demo.seed import EMPLOYEE, MANAGER, OPERATOR


def _digest(page: Page) -> str:
    found = re.search(r"sha256:[0-9a-f]{64}", page.locator("main").inner_text())
    assert found is not None
    return found[0]


@pytest.mark.parametrize(("width", "script"), [(390, True), (1280, False)], ids=["telephone", "no scripts"])
def test_what_is_seen_before_is_what_the_viewer_gets_until_it_is_ended(visit, portal, width, script) -> None:
    page = visit("employee", "/me/sharing/new", width=width, script=script)
    page.get_by_label("With whom").fill(portal.seeded.people[OPERATOR].email)
    page.get_by_label("Breaks").check()
    page.get_by_role("button", name="See what they would get").click()
    if script:
        page.evaluate(AXE)
        assert page.evaluate(_RUN_AXE)["violations"] == []
        assert page.evaluate("violations") == []
    seen = _digest(page)
    page.get_by_label("cannot be taken back").check()
    page.get_by_role("button", name="Share it").click()
    assert OPERATOR in page.locator("main").inner_text()

    theirs = visit("operator", "/shared/", width=width, script=script)
    theirs.get_by_role("link", name=f"what {EMPLOYEE} shares").click()
    assert _digest(theirs) == seen
    opened = theirs.url
    log = visit("employee", "/me/access", width=width, script=script)
    assert f"{OPERATOR} saw your breaks" in log.locator("main li").first.inner_text()

    page.reload()
    assert "opened 1 time" in page.locator("main").inner_text()
    page.get_by_role("link", name=f"shared with {OPERATOR}").click()
    assert _digest(page) == seen
    page.get_by_role("button", name="End it, for good").click()
    assert OPERATOR not in page.locator("main .rows").inner_text()
    theirs.reload()
    assert "is shared with you here" in theirs.locator("main").inner_text()
    assert theirs.goto(opened).status in (403, 404, 410)
    assert "reaks" not in theirs.locator("main").inner_text()


def test_a_look_is_reported_from_its_entry_by_the_keyboard_alone(visit) -> None:
    page = visit("employee", "/me/access")
    link = page.locator("li", has_text=f"{MANAGER}, your manager, saw").first.get_by_role("link", name="Report misuse")
    link.focus()
    page.keyboard.press("Enter")
    page.get_by_label("What happened").focus()
    page.keyboard.type("I was on leave.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/me/threads/\d+$"))  # the form has an address below it, too

    assert "waits for an answer" in page.locator("main").inner_text()
    council = visit("council", "/compliance/threads").locator("main").inner_text()
    assert "A report of misuse" in council
    assert EMPLOYEE in council
    assert "misuse" not in visit("manager", "/team/threads").locator("main").inner_text()
