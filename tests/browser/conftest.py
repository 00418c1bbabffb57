"""A real Chromium at the synthetic back office, served on loopback."""

import datetime as dt
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from browser.pages import EMPLOYEE_PAGES
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from werkzeug.serving import make_server

from auth.invitations import Kind
from auth.permissions import Role
from portal import create_app
from portal.config import Config
from portal.demo import seed
from portal.demo.seed import Seeded
from portal.wiring import System, build
from privacy.period import week_name, week_of
from privacy.policy import POLICY_VERSION

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

    def cookie(self, role: str) -> str:
        """Return the session of somebody who has just signed in."""
        subject = self.newcomers.get(role) or self.seeded.subjects[dict(seed.LINKS)[role]]
        return self.seeded.system.sessions.start(subject)


def _newcomers(system: System) -> dict[str, str]:
    """Add somebody of whom nothing was recorded yet, and somebody who has not read the notice."""
    found = {}
    with system.people.changing(None) as changes:
        for name in ("newcomer", "unaware"):
            found[name] = changes.create(f"{name}@example.test", name.capitalize(), "Europe/Vienna")
            changes.grant(found[name], Role.EMPLOYEE)
        changes.acknowledge(found["newcomer"], POLICY_VERSION)
    return found


@pytest.fixture(scope="session")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """The synthetic back office, served by threads of this process."""
    config = Config(home=tmp_path_factory.mktemp("office") / "home")
    seeded = seed.begin(config, lambda _what, _done, _total: None)
    served = build(config)
    server = make_server("127.0.0.1", 0, create_app(served), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield Portal(f"http://127.0.0.1:{server.server_port}", seeded, browser, _newcomers(seeded.system))
        browser.close()
    server.shutdown()
    thread.join()
    served.close()
    seeded.close()


def _shown(system: System, employee: str) -> int:
    """Return the entry of a manager's last look at somebody."""
    return [each.index for each in system.log.of_subject(employee) if each.outcome == "shown"][-1]


def _talks(system: System, employee: str) -> dict[str, tuple[str, str]]:
    """Return the pages of what the employee shares and asks."""
    (grant,) = system.rooms.grants.of(employee)
    figure = next(each.number for each in system.rooms.threads.of(employee) if each.kind == "figure")
    return {
        "a grant of mine": ("employee", f"/me/sharing/{grant.number}"),
        "shared with me": ("manager", "/shared/"),
        "shared by somebody": ("manager", f"/shared/{employee}-{grant.number}"),
        "a question of mine": ("employee", f"/me/threads/{figure}"),
        "report misuse": ("employee", f"/me/threads/new?about=misuse&entry={_shown(system, employee)}"),
        "team's questions": ("manager", "/team/threads"),
        "a question to me": ("manager", f"/team/threads/{employee}/{figure}"),
        "compliance's questions": ("reviewer", "/compliance/threads"),
        "nothing shared": ("newcomer", "/me/sharing"),
        "no question": ("newcomer", "/me/threads"),
    }


def _computers(system: System, employee: str) -> str:
    """Let somebody have three computers, one taken off, and return the code of a fourth that asks."""
    for name, host in (("Desk at the window", "pc-1704"), ("Laptop", "nb-88.example.test"), ("Old desk", "pc-0391")):
        asked = system.enrolments.ask(name, host, "192.0.2.7")
        system.enrolments.confirm(employee, asked.user_code)
        token = system.enrolments.poll(asked.device_code)
        if name == "Laptop" and token is not None:
            system.tokens.find(token)
    old = next(each for each in system.devices.of(employee) if each.name == "Old desk")
    system.devices.revoke(employee, old.id)
    return system.enrolments.ask("Meeting room", "pc-2210.example.test", "192.0.2.7").user_code


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
    system, subjects = portal.seeded.system, portal.seeded.subjects
    employee, manager = (subjects[dict(seed.LINKS)[role]] for role in ("employee", "manager"))
    team = system.directory.managed(manager)[0].id
    person = f"/team/{team}/people/{employee}"
    running = week_of(portal.seeded.today).first
    weeks = {back: week_name(week_of(running - dt.timedelta(weeks=back))) for back in (0, 3)}
    invitation = system.invitations.issue(portal.newcomers["newcomer"], Kind.INVITATION)
    code = _computers(system, employee)
    return {
        **{name: ("employee", path) for name, path in EMPLOYEE_PAGES.items()},
        "shown again": ("employee", f"/me/access/shown/{_shown(system, employee)}"),
        **_talks(system, employee),
        "roster": ("manager", "/team/"),
        "person": ("manager", person),
        "team goals": ("manager", f"{person}/goals"),
        "closed week": ("manager", f"{person}/weeks/{weeks[3]}?purpose=one_to_one"),
        "running week": ("manager", f"{person}/weeks/{weeks[0]}?purpose=one_to_one"),
        "notes": ("employee", f"/me/days/{running - dt.timedelta(days=3)}/notes"),
        "past day": ("employee", f"/me/days/{running - dt.timedelta(days=3)}"),
        "empty day": ("employee", f"/me/days/{running - dt.timedelta(days=1)}"),
        "first run": ("newcomer", "/"),
        "welcome": ("unaware", "/welcome"),
        "invitation": ("", f"/invitation/{invitation}"),
        "log": ("reviewer", "/compliance/"),
        "entry": ("reviewer", "/compliance/entries/3"),
        "verification": ("reviewer", "/compliance/verification"),
        "keys": ("reviewer", "/compliance/keys"),
        "policy": ("reviewer", "/compliance/policy"),
        "council's policy": ("council", "/compliance/policy"),
        "council's recorded": ("council", "/me/recorded"),
        "people": ("operator", "/admin/"),
        "system": ("operator", "/admin/system"),
        "sign-in": ("", "/sign-in"),
        "not found": ("employee", "/no-such-page"),
        "confirm a computer": ("employee", f"/me/devices/new?code={code}"),
        "first computer": ("newcomer", "/me/devices"),
    }
