"""A target as people meet it: announced with a warning, commented on, answered, and what came of it for everybody."""

import pytest
from browser.test_pages import _RUN_AXE, AXE
from playwright.sync_api import Page

REASON = "Files are checked twice because the first check comes too late."
BENEFIT = "Nobody has to explain the same file twice."


def _is_clean(page: Page, script: bool) -> None:
    if script:
        page.evaluate(AXE)
        assert page.evaluate(_RUN_AXE)["violations"] == []
        assert page.evaluate("violations") == []
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


@pytest.mark.parametrize(
    ("width", "script", "process"),
    [(390, True, "Motor claims: Turned out wrong"), (1280, False, "Household claims: Turned out wrong")],
    ids=["telephone", "no scripts"],
)
def test_from_an_announcement_to_what_came_of_the_comments(visit, width, script, process) -> None:
    page = visit("manager", "/team/", width=width, script=script)
    page.get_by_role("link", name="targets").first.click()
    page.get_by_role("link", name="Announce a target").click()
    page.get_by_label("What it is about").select_option(label=process)
    page.get_by_label("Good enough from").fill("40")
    page.get_by_label("Good enough to").fill("30")
    page.get_by_label("Why?", exact=True).fill(REASON)
    page.get_by_label("What does it bring").fill(BENEFIT)
    page.get_by_role("button", name="Announce it").click()
    assert "The band ends above where it begins" in page.locator(".wrong").inner_text()
    _is_clean(page, script)
    page.get_by_label("Good enough to").fill("60")
    page.get_by_role("button", name="Announce it").click()
    assert "the band is outside of what the process does today" in page.locator("fieldset.warning").inner_text()
    assert page.get_by_label("Why?", exact=True).input_value() == REASON
    _is_clean(page, script)
    page.get_by_label("I have read this").check()
    page.get_by_role("button", name="Announce it").click()
    address = page.url.partition("?")[0]
    assert "Warned when it was announced" in page.locator("main").inner_text()
    _is_clean(page, script)

    theirs = visit("employee", "/me/notices", width=width, script=script)
    assert "announced a target for the team Claims East" in theirs.locator("main").inner_text()
    theirs.goto(address)
    assert REASON in theirs.locator("main").inner_text()
    assert theirs.get_by_role("button", name="End it").count() == 0
    theirs.get_by_role("link", name="Ask or comment").click()
    theirs.get_by_label("What you ask").fill("Who checks first?")
    theirs.get_by_role("button", name="Send").click()
    _is_clean(theirs, script)

    page.goto(address)
    page.get_by_text("Write what came of the comments").click()
    page.get_by_role("textbox", name="You said").fill("It is unclear who checks first.")
    page.get_by_role("textbox", name="We did").fill("The first check is done by whoever opens the file.")
    page.get_by_role("button", name="Publish to the team").click()
    theirs.goto(address)
    text = theirs.locator("main").inner_text()
    assert "It is unclear who checks first." in text
    assert "The first check is done by whoever opens the file." in text
    assert "Who checks first?" not in text
