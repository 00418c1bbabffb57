"""A real Chromium at the synthetic back office, served on loopback."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import axe_playwright_python
import pytest
from browser.offices import newcomers, places_of
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from werkzeug.serving import make_server

from auth.permissions import Permission, requires
from portal import create_app
from portal.config import Config
from portal.demo import seed
from portal.demo.seed import Seeded
from portal.wiring import build

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_WATCH_POLICY = """
window.violations = [];
document.addEventListener('securitypolicyviolation', e => violations.push(`${e.violatedDirective} ${e.blockedURI}`));
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("browser")
            if not CHROMIUM.exists():
                item.add_marker(pytest.mark.skip(reason="needs Chromium: apt-get install chromium"))


@dataclass
class Portal:
    """The served portal: where it is, who is who, and a browser to open it with."""

    url: str
    seeded: Seeded
    browser: Browser
    newcomers: dict[str, str]
    places: dict[str, tuple[str, str]]

    def cookie(self, role: str) -> str:
        """Return the session of somebody who has just signed in."""
        subject = self.newcomers.get(role) or self.seeded.subjects[dict(seed.LINKS)[role]]
        return self.seeded.system.sessions.start(subject)


def _broken() -> str:
    """A page that does not come about."""
    raise RuntimeError("broken on purpose")


@pytest.fixture(scope="session")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """The synthetic back office, served by threads of this process."""
    config = Config(home=tmp_path_factory.mktemp("office") / "home")
    seeded = seed.begin(config, lambda _what, _done, _total: None)
    served = build(config)
    app = create_app(served)
    app.add_url_rule("/broken", view_func=requires(Permission.SIGN_IN)(_broken))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        people = newcomers(seeded)
        yield Portal(f"http://127.0.0.1:{server.server_port}", seeded, browser, people, places_of(seeded, people))
        browser.close()
    server.shutdown()
    thread.join()
    served.close()
    seeded.close()


Visit = Callable[..., Page]


@pytest.fixture
def visit(portal: Portal) -> Iterator[Visit]:
    """Open a page as somebody; every context is closed at the end. Policy violations gather in `window.violations`."""
    opened: list[BrowserContext] = []

    def go(role: str | None, path: str, *, scheme: str = "light", width: int = 1280, script: bool = True) -> Page:
        context = portal.browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            java_script_enabled=script,
            reduced_motion="reduce",
        )
        opened.append(context)
        context.add_init_script(_WATCH_POLICY)
        if role is not None:
            context.add_cookies([{"name": "sameview", "value": portal.cookie(role), "url": portal.url}])
        page = context.new_page()
        page.goto(portal.url + path)
        return page

    yield go
    for context in opened:
        context.close()


@pytest.fixture(scope="session")
def places(portal: Portal) -> dict[str, tuple[str, str]]:
    """Every page by name: who opens it, and its address."""
    return portal.places


AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
SEATS = {
    "desk": {"viewport": {"width": 1280, "height": 600}},
    "telephone": {"viewport": {"width": 390, "height": 600}, "locale": "de-AT", "color_scheme": "dark"},
    "bare": {"viewport": {"width": 1280, "height": 900}, "java_script_enabled": False},
}


class Seats:
    """One window for each person and way of reading, kept open: a new one for every page would cost more than the page.

    What scripts of the page throw, and what its policy stops, is gathered in `faults` until it is asked for.
    """

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self._pages: dict[tuple[str, str], Page] = {}
        self.faults: list[str] = []

    def open(self, role: str, way: str, path: str) -> Page:
        """Open a page as somebody, in their own window of `SEATS`, drawn to its end."""
        page = self._pages.get((role, way)) or self._sit_down(role, way)
        self.faults.clear()
        page.goto(self._portal.url + path)
        if way != "bare" and page.locator("[data-chart]").count():
            page.locator("[data-chart] svg.marks, [data-chart][hidden]").first.wait_for(state="attached")
        return page

    def _sit_down(self, role: str, way: str) -> Page:
        context = self._portal.browser.new_context(**SEATS[way], reduced_motion="reduce")
        context.add_init_script(_WATCH_POLICY)
        if way != "bare":
            context.add_init_script(AXE)  # by the browser, not as a script of the page, which its policy would block
        if role:
            context.add_cookies([{"name": "sameview", "value": self._portal.cookie(role), "url": self._portal.url}])
        page = self._pages[role, way] = context.new_page()
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("requestfailed", lambda request: self.faults.append(f"{request.url}: {request.failure}"))
        return page

    def close(self) -> None:
        for page in self._pages.values():
            page.context.close()


@pytest.fixture(scope="session")
def seats(portal: Portal) -> Iterator[Seats]:
    found = Seats(portal)
    yield found
    found.close()
