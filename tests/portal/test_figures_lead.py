"""Every figure on every page of an employee leads in one click to what it is, and to the times or the days behind it.

The pages are those that the browser opens, of a seeded office. A figure has to stand on the page that it leads to, so
that nothing behind it can be another figure; a page of several days has to lead from each of them to its times.
Pages of a team are of nobody in it: there a figure leads to what it is.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
from browser.offices import newcomers, places_of
from browser.pages import PAGES
from figures_read import Figure, Node, figures, links, main_of, plain

from portal import create_app
from portal.config import Config
from portal.demo import seed

_NEWCOMERS: Final = ("newcomer", "starter", "paused")
OWN: Final = [name for name, (role, _path) in PAGES.items() if role in ("employee", *_NEWCOMERS)]
OF_OTHERS: Final = ["closed week", "shared by somebody"]
REFUSED: Final = ("not found", "error", "no such ")
"""How pages are called that say there is nothing to show."""

NO_MEASURE: Final[dict[str, tuple[str, Callable[[Figure], bool]]]] = {
    "recorded": ("how many events met a rule: what it dropped was never kept", lambda of: of.text.isdecimal()),
    "version to come": ("what a version that does not hold yet would leave", lambda of: "then" in of.within),
    "version to come ": ("how many events it would meet", lambda of: of.text.isdecimal()),
    "agreed goals": ("a band that two people agreed on", lambda of: "agreedgoal" in of.within),
    "goal to remove": ("how many earlier values a goal has", lambda of: "earlier values" in of.row),
    "figures to an employee": (
        "how many cases were delivered, and what became of them",
        lambda of: "flow" in of.within,
    ),
    "fingerprint": ("how many entries the log has", lambda of: of.row.startswith("Entries")),
}
"""By page: what is written as a number and is no figure that was measured of anybody."""

_DAY_OF_A_MEASURE: Final = re.compile(r"/me/measures/\w+\?day=")
_TIMES: Final = re.compile(r"\d\d:\d\d\s?–\s?\d\d:\d\d")
_WHAT_A_GAP_IS: Final = "A gap is a time of five minutes or more"


@dataclass
class Reader:
    """The seeded office, and what has been read of it."""

    seeded: Any
    app: Any
    people: dict[str, str]
    places: dict[str, tuple[str, str]]
    read: dict[tuple[str, str], tuple[int, Node | None]] = field(default_factory=dict)
    browsers: dict[str, Any] = field(default_factory=dict)

    def page(self, role: str, address: str) -> tuple[int, Node | None]:
        """Return the status of a page, and what it is about."""
        if (role, address) not in self.read:
            answer = self._browser(role).get(address, follow_redirects=True)
            self.read[role, address] = answer.status_code, main_of(answer.text) if "<main" in answer.text else None
        return self.read[role, address]

    def _browser(self, role: str) -> Any:
        if role not in self.browsers:
            subject = self.people.get(role) or self.seeded.subjects[dict(seed.LINKS)[role]]
            self.browsers[role] = self.app.test_client()
            self.browsers[role].set_cookie("sameview", self.seeded.system.sessions.start(subject))
        return self.browsers[role]


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """The synthetic back office with its people and pages."""
    seeded = seed.begin(Config(home=tmp_path_factory.mktemp("office") / "home"), lambda _what, _done, _total: None)
    people = newcomers(seeded)
    seeded.clock.at = seeded.clock() + dt.timedelta(minutes=1)  # a pause runs, and is as long on each page
    yield Reader(seeded, create_app(seeded.system), people, places_of(seeded, people))
    seeded.close()


@pytest.mark.parametrize("name", OWN)
def test_every_figure_leads_to_what_it_is_and_to_what_is_behind_it(reader: Reader, name: str) -> None:
    role, address = reader.places[name]
    status, page = reader.page(role, address)
    if name.startswith(REFUSED):
        assert status >= 400
        return
    assert status == 200
    assert page is not None

    led = _is_said if address.startswith("/team/") else _leads
    lost = [each for each in figures(page) if not _is_no_measure(name, each) and not led(reader, role, page, each)]

    assert [(each.text, each.row[:80], each.leads) for each in lost] == []


def test_pages_have_figures(reader: Reader) -> None:
    found = {name: len(figures(reader.page(*reader.places[name])[1])) for name in ("today", "half-year", "mirror")}

    assert min(found.values()) > 20


@pytest.mark.parametrize("name", OF_OTHERS)
def test_whoever_is_shown_the_figure_of_another_is_led_to_its_charter_and_to_no_times(
    reader: Reader, name: str
) -> None:
    role, address = reader.places[name]
    page = reader.page(role, address)[1]
    assert page is not None

    shown = figures(page)

    assert len(shown) > 20
    assert links(page, "/me/measures") == []
    for each in shown:
        assert each.leads, each
        for lead in each.leads:
            status, found = reader.page(role, lead)
            assert status == 200
            assert _says_what_it_is(found)
            assert figures(found) == []


def _is_no_measure(name: str, of: Figure) -> bool:
    return any(name == page.strip() and is_none(of) for page, (_why, is_none) in NO_MEASURE.items())


def _is_said(reader: Reader, role: str, page: Node, of: Figure) -> bool:
    """Tell whether a team's page says what a figure is, or leads to one that does: no person's times make it."""
    found = [reader.page(role, each)[1] for each in (*of.leads, *of.headed)]
    return any(_says_what_it_is(each) for each in (page, *found))


def _leads(reader: Reader, role: str, page: Node, of: Figure) -> bool:
    if _says_what_it_is(page):
        return _is_whole(reader, role, page)
    if _stands_beside_its_times(page, of):
        return True
    return any(_shows(reader, role, each, of) for each in of.leads)


def _shows(reader: Reader, role: str, address: str, of: Figure) -> bool:
    """Tell whether an address leads to a page with this figure, what it is, and what is behind it."""
    if not address.startswith("/me/"):
        return False
    status, found = reader.page(role, address)
    if status != 200 or found is None or of.text not in plain(found):
        return False
    if _says_what_it_is(found):
        return _is_whole(reader, role, found)
    path = urlsplit(address).path
    same = [each for each in figures(found) if each.text == of.text]
    if path.endswith("/notes") or path == "/me/recorded":
        return any(_stands_beside_its_times(found, each) for each in same)
    return False


def _stands_beside_its_times(page: Node, of: Figure) -> bool:
    """Tell whether a figure is the length of times that stand in the same row, on a page that says what they are."""
    said = page.said()
    return bool(_TIMES.search(of.row)) and (_WHAT_A_GAP_IS in said or "What that means" in said)


def _says_what_it_is(page: Node | None) -> bool:
    return page is not None and {"h-what", "h-charter"} <= {each.given.get("id", "") for each in page.all()}


def _is_whole(reader: Reader, role: str, page: Node) -> bool:
    """Tell whether a page of a measure has the times of a day, or leads from its days to theirs: three are tried."""
    if _has_times(page):
        return True
    days = [each for each in links(page, "/me/measures/") if _DAY_OF_A_MEASURE.match(each)]
    found = [reader.page(role, each) for each in {*days[:1], *days[len(days) // 2 :][:1], *days[-1:]}]
    return bool(days) and all(
        status == 200 and day is not None and (_has_times(day) or "No figure" in day.said()) for status, day in found
    )


def _has_times(page: Node) -> bool:
    return any(each.given.get("id", "").startswith("h-times-") for each in page.all())
