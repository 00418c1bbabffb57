"""The page of the running day renews itself: figures change, nothing moves, and whoever is in it stays there."""

import datetime as dt
import io
from collections.abc import Iterator

import msgspec
import pytest
from browser.conftest import Portal
from playwright.sync_api import Page, expect

from analytics.imports import read_export

_WATCH = """
window.shifts = [];
const named = source => `${source.node?.nodeName}.${source.node?.className}`;
new PerformanceObserver(list => list.getEntries().forEach(each => shifts.push(...each.sources.map(named))))
  .observe({type: 'layout-shift', buffered: true});
"""
MINUTE = "01:10"
"""A little more than a page waits between two questions."""


def _arrive(portal: Portal, minutes_ago: float, minutes: float) -> None:
    """Let events of a while ago come in: somebody at their desk, in an application of core work."""
    system = portal.seeded.system
    begins = system.clock() - dt.timedelta(minutes=minutes_ago)
    kinds = {
        "window": ("currentwindow", {"app": "claims", "title": "Claim"}),
        "afk": ("afkstatus", {"status": "not-afk"}),
    }
    buckets = {
        f"aw-watcher-{name}_desk": {
            "id": f"aw-watcher-{name}_desk",
            "type": kind,
            "client": f"aw-watcher-{name}",
            "hostname": "desk",
            "created": begins.isoformat(),
            "events": [{"timestamp": begins.isoformat(), "duration": minutes * 60, "data": data}],
        }
        for name, (kind, data) in kinds.items()
    }
    file = msgspec.json.encode({"buckets": buckets})
    system.intake.take(portal.newcomers["runner"], read_export(io.BytesIO(file)))


@pytest.fixture
def page(portal: Portal) -> Iterator[Page]:
    _arrive(portal, 50, 20)
    context = portal.browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    context.add_init_script(_WATCH)
    context.add_cookies([{"name": "sameview", "value": portal.cookie("runner"), "url": portal.url}])
    found = context.new_page()
    found.clock.install()
    found.goto(portal.url + "/")
    yield found
    context.close()


def test_what_arrives_is_shown_without_moving_anything_or_anybody(portal: Portal, page: Page) -> None:
    heading = page.get_by_role("heading", level=1)
    before, loads = heading.inner_text(), []
    page.on("load", lambda _page: loads.append(1))
    assert page.evaluate("shifts") == []
    table = page.locator("[data-part=day] details")
    table.evaluate("each => { each.open = true; }")
    focused = page.get_by_role("button", name="30 min")
    focused.focus()
    place = page.evaluate("window.scrollY")
    page.wait_for_timeout(300)  # what was opened has moved what is below
    page.evaluate("shifts.length = 0")

    _arrive(portal, 25, 20)
    page.clock.fast_forward(MINUTE)

    expect(heading).not_to_have_text(before)
    assert table.get_attribute("open") is not None
    assert focused.evaluate("each => each === document.activeElement")
    assert page.evaluate("window.scrollY") == place
    assert loads == []
    assert page.evaluate("shifts") == []


def test_a_part_that_somebody_is_in_is_left_alone(portal: Portal, page: Page) -> None:
    link = page.locator("[data-part=head] a").first
    link.focus()
    before = page.locator("[data-part=rings]").inner_text()

    _arrive(portal, 4, 3)
    page.clock.fast_forward(MINUTE)

    expect(page.locator("[data-part=rings]")).not_to_have_text(before)
    assert link.evaluate("each => each === document.activeElement")


def test_it_waits_in_silence_while_the_portal_is_away(portal: Portal, page: Page) -> None:
    thrown = []
    page.on("pageerror", lambda error: thrown.append(str(error)))
    before = page.locator("main").inner_text()
    page.route(portal.url + "/", lambda route: route.abort())
    with page.expect_event("requestfailed"):
        page.clock.fast_forward(MINUTE)
    page.unroute(portal.url + "/")
    page.route(portal.url + "/", lambda route: route.fulfill(status=503, body="away"))
    with page.expect_response(portal.url + "/"):
        page.clock.fast_forward(MINUTE)

    assert page.locator("main").inner_text() == before
    assert thrown == []
    page.unroute(portal.url + "/")
    _arrive(portal, 2, 1)
    page.clock.fast_forward(MINUTE)
    expect(page.locator("main")).not_to_have_text(before, use_inner_text=True)
