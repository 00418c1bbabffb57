"""Makes docs/screenshots from the synthetic back office: `make screenshots` (needs Debian's chromium)."""

import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

FOLDER = Path(__file__).resolve().parent / "screenshots"
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync")  # fmt: skip
PORT = 8765
NEWEST = "main p.say a[href^='/me/days/']"
SIZES = {"desktop": 1280, "mobile": 390}
PAGES = {
    "employee": {
        "today": "/",
        "as-seen-by-manager": "/me/as-seen-by-manager",
        "who-looked": "/me/access",
        "recorded": "/me/recorded",
        "version-to-come": "/me/recorded/versions/3",
        "version-that-holds": "/me/recorded/versions/2",
        "weeks": "/me/weeks/",
        "months": "/me/months/",
        "half-year": "/me/half-year",
        "trends": "/me/trends",
        "measures": "/me/measures/",
        "a-measure": "/me/measures/focus_time",
        "recap": "/me/recap/",
        "look-back": "/me/look-back/",
        "my-week": "/me/pattern",
        "close-my-week": "/me/close-week",
        "goals": "/me/goals",
        "goal": "/me/goals/focus_time",
        "goal-to-remove": "/me/goals/focus_time/remove",
        "one-to-ones": "/me/one-to-ones",
        "one-to-one-ahead": "/me/one-to-ones/3",
        "one-to-one-held": "/me/one-to-ones/2",
        "agreed-goals": "/me/agreed-goals",
        "experiments": "/me/experiments",
        "experiment": "/me/experiments/1",
        "tokens": "/me/tokens",
        "devices": "/me/devices",
        "forget": "/me/forget",
        "what-would-go": "/me/forget?last=60",
        "type-a-code": "/me/devices/new",
        "account": "/me/account",
        "settings": "/me/settings",
        "my-data": "/me/data",
        "sharing": "/me/sharing",
        "share-something": "/me/sharing/new",
        "questions": "/me/threads",
        "dispute-a-figure": "/me/threads/new?about=figure&measure=focus_time",
        "notices": "/me/notices",
        "check": "/me/access/check",
        "erase": "/me/erase",
        "trust": "/trust",
        "fingerprint": "/log/fingerprint",
    },
    "manager": {
        "roster": "/team/",
        "targets": "/team/claims-east/targets",
        "a-target": "/team/claims-east/targets/1",
        "a-target-announced": "/team/claims-east/targets/2",
        "announce-a-target": "/team/claims-east/targets/new",
        "state-of-the-work": "/team/claims-east/work",
        "team-figures": "/team/claims-east/figures",
        "a-team-measure": "/team/measures/utilisation",
        "shared-with-me": "/shared/",
        "team-questions": "/team/threads",
    },
    "reviewer": {
        "log": "/compliance/",
        "entry": "/compliance/entries/3",
        "verification": "/compliance/verification",
        "verification-whole": "/compliance/verification?payloads=yes",
        "keys": "/compliance/keys",
        "questions-to-compliance": "/compliance/threads",
    },
    "council": {"policy": "/compliance/policy"},
    "operator": {"people": "/admin/", "system": "/admin/system"},
}


def main() -> None:
    """Seed, serve, visit every page in both schemes and sizes."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "portal.cli", "demo", "--port", str(PORT), "--keep", f"{folder}/home"]
        demo = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)  # noqa: S603
        try:
            links = _links(demo)
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
                for role, pages in PAGES.items():
                    _visit(browser, links[role], role, pages)
                browser.close()
        finally:
            demo.terminate()
            demo.wait()


def _links(demo: subprocess.Popen[str]) -> dict[str, str]:
    links = {}
    for line in demo.stdout or ():
        if line.strip() == "ready":
            break
        role, _, url = line.strip().partition("\t")
        links[role] = url
    return links


def _visit(browser: Browser, link: str, role: str, pages: dict[str, str]) -> None:
    base = link.partition("/sign-in-link")[0]
    first = browser.new_context()
    first.new_page().goto(link)
    state = first.storage_state()
    for size, width in SIZES.items():
        for scheme in ("light", "dark"):
            context = browser.new_context(
                storage_state=state,
                viewport={"width": width, "height": 900},
                color_scheme=scheme,
                reduced_motion="reduce",
            )
            page = context.new_page()
            for name, path in pages.items():
                _shoot(page, base + path, f"{name}-{size}-{scheme}")
            if role == "employee":
                _open_notes(page, base, f"{size}-{scheme}")
                _open_shown(page, base, f"{size}-{scheme}")
            if role == "manager":
                _open_week(page, base, f"{size}-{scheme}")
            context.close()
    first.close()


def _open_shown(page: Page, base: str, suffix: str) -> None:
    page.goto(base + "/me/access")
    page.locator("main a[href*='/me/access/shown/']").first.click()
    _save(page, f"shown-again-{suffix}")


def _open_notes(page: Page, base: str, suffix: str) -> None:
    page.goto(base)
    if (newest := page.locator(NEWEST)).count():
        newest.click()
    page.locator("main a[href$='/notes']").first.click()
    _save(page, f"notes-{suffix}")


def _open_week(page: Page, base: str, suffix: str) -> None:
    page.goto(base + "/team/")
    page.locator("section[aria-labelledby=h-meetings] li", has_text="sheet is open").first.locator("a").click()
    person = page.url.partition("/one-to-ones/")[0]
    page.goto(person)
    page.get_by_role("button", name="Open").first.click()
    _save(page, f"closed-week-{suffix}")
    page.goto(f"{person}/goals")
    _save(page, f"goals-with-somebody-{suffix}")


def _shoot(page: Page, url: str, name: str) -> None:
    page.goto(url)
    if name.startswith("today-") and (newest := page.locator(NEWEST)).count():
        newest.click()  # at night or on a Sunday nothing was captured yet: the last day shows what the page is for
    if name.startswith("team-figures-"):
        _wait_for_releases(page, url)
    if name.startswith("recorded-") and page.get_by_text("Nothing arrived").count():
        page.locator("section[aria-labelledby=h-ledger] footer a").nth(1).click()
    _save(page, name)


def _wait_for_releases(page: Page, url: str) -> None:
    """Wait until there is more than a page of releases: the demo makes them last, while it is already served."""
    for _ in range(120):
        if page.locator("main .turns a[rel=prev]").count():
            break
        page.wait_for_timeout(1000)
        page.goto(url)
    page.locator("#rhythm [data-chart][tabindex='0']").wait_for()


def _save(page: Page, name: str) -> None:
    """Save the whole page as if the screen were as high, so that what is fixed to its edge does not hide a line."""
    page.wait_for_load_state("networkidle")
    size = page.viewport_size or {"width": 1280, "height": 900}
    page.set_viewport_size({**size, "height": page.evaluate("document.documentElement.scrollHeight")})
    page.screenshot(path=FOLDER / f"{name}.png", full_page=True)
    page.set_viewport_size(size)


if __name__ == "__main__":
    main()
