"""What people do of their own data, as they do it: at a desk and on a telephone, each with days of their own."""

import io
import re
import zipfile
from collections.abc import Callable, Iterator

import pytest
from browser.conftest import Portal
from browser.offices import noon, recorded_days
from browser.test_pages import reflows, violations
from playwright.sync_api import BrowserContext, Page, expect

from auth.invitations import Kind
from portal.demo.seed import MANAGER, REVIEWER

PASSWORD = "a long walk by the river"
SIZES = {"desk": {"width": 1280, "height": 900}, "telephone": {"width": 390, "height": 800}}
Sit = Callable[[str], Page]


@pytest.fixture(scope="module")
def contexts(portal: Portal) -> Iterator[dict[str, BrowserContext]]:
    """A browser for each of the two, in which they stay signed in."""
    found = {
        who: portal.browser.new_context(
            base_url=portal.url, viewport=size, reduced_motion="reduce", accept_downloads=True
        )
        for who, size in SIZES.items()
    }
    for who, context in found.items():
        context.set_default_timeout(10_000)
        context.add_cookies([{"name": "sameview", "value": portal.cookie(who), "url": portal.url}])
    yield found
    for context in found.values():
        context.close()


@pytest.fixture(params=SIZES)
def who(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def page(contexts: dict[str, BrowserContext], who: str) -> Iterator[Page]:
    found = contexts[who].new_page()
    yield found
    found.close()


def _flash(page: Page) -> str:
    return page.locator(".flash").first.inner_text()


def test_somebody_signs_in_by_password_looks_pauses_and_goes_on(portal: Portal, who: str) -> None:
    token = portal.seeded.system.invitations.issue(portal.newcomers[who], Kind.INVITATION)
    page = portal.browser.new_page(base_url=portal.url, viewport=SIZES[who], reduced_motion="reduce")
    page.goto(f"/invitation/{token}")
    page.get_by_label("password").fill(PASSWORD)
    page.locator("main form button").last.click()
    page.locator("details.menu summary").click()
    page.get_by_role("button", name="Sign out").click()

    page.get_by_label("E-mail address").fill(f"{who}@example.test")
    page.get_by_label("Password").fill("a short walk")
    page.get_by_role("button", name="Sign in").click()
    assert page.get_by_role("alert").is_visible()
    assert page.get_by_label("E-mail address").input_value() == f"{who}@example.test"
    assert violations(page) == []
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()

    page.get_by_role("button", name="30 min").click()
    assert "Nothing of this time is kept" in _flash(page)
    assert page.locator("a.rec.off").is_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Go on now").click()
    assert "recorded again" in _flash(page)
    assert page.locator("a.rec.off").count() == 0
    page.context.close()


def test_a_gap_is_explained_in_one_tap_counts_and_is_marked(portal: Portal, page: Page, who: str) -> None:
    day = recorded_days(who, noon(portal.seeded.system), portal.seeded)[-1]
    page.goto(f"/me/measures/utilisation?day={day}")
    before = page.locator("main .val").first.inner_text()
    page.goto(f"/me/days/{day}")
    page.get_by_role("link", name="Explain gaps, correct a category").click()

    gaps = page.locator("[aria-labelledby=h-gaps]")
    if not gaps.locator("> .gaps").count():  # a day with short gaps alone
        gaps.locator("summary").click()
    gaps.get_by_role("button", name="Training").first.click()

    assert "Training" in page.locator("[aria-labelledby=h-noted]").inner_text()
    assert "before your notes" in page.locator("[aria-labelledby=h-changes]").inner_text()
    assert violations(page) == []
    page.get_by_role("link", name="Back to the day").click()
    assert page.locator(f"main .more-figures a[href='/me/days/{day}/notes']").is_visible()
    page.goto(f"/me/measures/utilisation?day={day}")
    assert page.locator("main .val").first.inner_text() != before


def test_a_time_that_cannot_be_is_refused_beside_its_field_and_kept_as_typed(
    portal: Portal, page: Page, who: str
) -> None:
    day = recorded_days(who, noon(portal.seeded.system), portal.seeded)[-1]
    page.goto(f"/me/days/{day}/notes")
    form = page.locator("#another form")
    form.get_by_label("From").fill(f"{day}T11:00")
    form.get_by_label("To").fill(f"{day}T10:00")
    form.get_by_label("In your words").fill("with the archive")
    form.get_by_role("button", name="Note it").click()

    wrong = page.locator("#another [aria-invalid=true]").first
    said = page.locator(f"#{wrong.get_attribute('aria-describedby')}")
    assert said.is_visible()
    assert page.locator("#another").get_by_label("In your words").input_value() == "with the archive"
    assert violations(page) == []
    reflows(page, 320)


def test_work_away_from_the_desk_is_noted_in_one_tap(page: Page) -> None:
    page.goto("/")
    page.locator("form.offline").get_by_role("button", name="Phone").click()

    assert "30" in page.locator("main").inner_text()
    page.get_by_role("link", name="All notes of today").click()
    assert "Phone" in page.locator("[aria-labelledby=h-noted]").inner_text()


def test_a_week_is_closed_with_one_answer(portal: Portal, page: Page, who: str) -> None:
    day = recorded_days(who, noon(portal.seeded.system), portal.seeded)[-2]
    page.goto(f"/me/close-week?week={day:%G-W%V}")
    page.locator(".answered").first.get_by_text("Paper", exact=True).click()
    page.get_by_role("button", name="Keep my answers").click()

    assert "1 answer is kept" in _flash(page)
    assert violations(page) == []


def test_a_goal_is_set_and_paused_and_thirty_hours_are_none(page: Page) -> None:
    page.goto("/me/goals/focus_time")
    monday = page.locator("#v-0")
    monday.fill("30:00")
    page.get_by_role("button", name="Keep").click()
    assert page.locator("#d-values.wrong").is_visible()
    assert page.locator("#v-0").input_value() == "30:00"
    assert violations(page) == []
    page.locator("#v-0").fill("1:30")
    page.get_by_role("button", name="Keep").click()
    assert "Only you see this goal" in _flash(page)

    page.goto("/me/goals/focus_time")
    page.get_by_label("Last day").fill(page.get_by_label("First day").input_value())
    page.get_by_role("button", name="Pause", exact=True).click()
    assert "Paused until" in _flash(page)
    page.get_by_role("button", name="Let it hold again from today").click()
    assert "holds again" in _flash(page)


def test_everything_is_taken_away_as_one_file(page: Page) -> None:
    page.goto("/me/data")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download everything").click()

    with zipfile.ZipFile(io.BytesIO(download.value.path().read_bytes())) as file:
        assert file.testzip() is None
        assert any(name.endswith("index.html") for name in file.namelist())


def test_the_pages_speak_german_and_english_again(page: Page) -> None:
    page.goto("/me/settings")
    page.locator("#f-language").select_option("de")
    page.locator("form[action='/me/settings/language'] button").click()
    assert page.locator("html").get_attribute("lang") == "de-DE"
    assert page.get_by_role("heading", level=1).inner_text() == "Einstellungen"
    assert violations(page) == []

    page.locator("#f-language").select_option("en")
    page.locator("form[action='/me/settings/language'] button").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Settings"


def test_a_figure_is_disputed_answered_and_closed(visit, portal: Portal) -> None:
    page = visit("employee", portal.places["mirror of a week"][1], width=390)
    page.get_by_role("link", name="A figure is wrong").click()
    page.get_by_label(f"{MANAGER}, your manager").check()
    page.get_by_label("What is wrong").fill("The letters of Tuesday are missing.")
    page.get_by_role("button", name="Send").click()
    own = page.url

    theirs = visit("manager", "/team/threads", width=390)
    theirs.locator(f"main a[href$='/{own.rpartition('/')[2]}']").click()
    assert "The letters of Tuesday are missing." in theirs.locator("main").inner_text()
    theirs.get_by_label("Your message").fill("I shall have them added.")
    theirs.get_by_role("button", name="Send").click()

    page.goto(own)
    assert "I shall have them added." in page.locator("main").inner_text()
    page.get_by_role("button", name="Close this conversation").click()
    assert page.get_by_label("Your message").count() == 0


def test_a_report_of_misuse_is_answered_by_a_reviewer(visit, portal: Portal) -> None:
    page = visit("employee", portal.places["report misuse"][1], width=390)
    page.get_by_label("What happened").fill("We had agreed on no look in that week.")
    page.get_by_role("button", name="Send").click()
    own = page.url

    theirs = visit("reviewer", "/compliance/threads")
    theirs.locator(f"main a[href$='/{own.rpartition('/')[2]}']").click()
    assert "We had agreed on no look in that week." in theirs.locator("main").inner_text()
    assert theirs.get_by_role("link", name="Download the proof").is_visible()
    theirs.get_by_label("Your message").fill("We look into it.")
    theirs.get_by_role("button", name="Send").click()

    page.goto(own)
    assert re.search(rf"{REVIEWER}.*We look into it\.", page.locator(".messages").inner_text(), re.DOTALL)
