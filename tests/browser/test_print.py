"""On paper: figures without menus and buttons, nothing cut at the side, and dark ink on white."""

import pytest
from browser.conftest import Seats

A4_WIDTH = 718  # CSS pixels of 190 mm: a sheet of A4 within its margins
PRINTED = (
    *("past day", "a week", "a month", "mirror of a week", "closed week", "recap of a week", "goals", "who looked"),
    "team's figures",
    *("one-to-one ahead", "one-to-one held", "sheet of a one-to-one", "week on a sheet"),
)
SAYS_WHAT_FOR = ("closed week", "one-to-one ahead", "one-to-one held", "sheet of a one-to-one", "week on a sheet")
_CUT = """width => [...document.querySelectorAll('main *')]
  .filter(each => each.checkVisibility() && each.getBoundingClientRect().right > width + 1)
  .map(each => `${each.tagName}.${each.className?.baseVal ?? each.className}`)"""


@pytest.mark.parametrize("name", PRINTED)
def test_a_page_is_printed_whole_and_without_what_is_pressed(seats: Seats, places, name: str) -> None:
    role, path = places[name]
    page = seats.open(role, "desk", path)
    page.emulate_media(media="print", color_scheme="dark")
    page.set_viewport_size({"width": A4_WIDTH, "height": 1000})
    try:
        for hidden in ("header.top", "nav.tab", "footer.foot", ".skip", "main .btn"):
            assert not any(each.is_visible() for each in page.locator(hidden).all()), hidden
        assert page.get_by_role("heading", level=1).is_visible()
        assert page.evaluate(_CUT, A4_WIDTH) == []
        if name in SAYS_WHAT_FOR:
            assert page.get_by_text("They are not for discipline, pay or ranking").is_visible()
        ink, paper = page.evaluate(
            "[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]"
        )
        assert (max(_levels(ink)) < 100, min(_levels(paper)) > 250) == (True, True)
    finally:
        page.emulate_media(media="screen", color_scheme="light")
        page.set_viewport_size({"width": 1280, "height": 900})


def _levels(colour: str) -> list[float]:
    return [float(each) for each in colour.partition("(")[2].rstrip(")").split(",")[:3]]
