"""The log's fingerprint on paper: one page of A4 with every digit, and nothing of the portal around it."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page

Visit = Callable[..., Page]
A4 = (595, 842)  # points


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_fingerprint_of_a_week_prints_on_one_page_of_a4(visit: Visit, scheme: str) -> None:
    page = visit("employee", "/log/fingerprint", scheme=scheme, script=False)

    printed = page.pdf(prefer_css_page_size=True)

    boxes = re.findall(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", printed)
    assert [(round(float(width)), round(float(height))) for width, height in boxes] == [A4]


def test_paper_shows_the_digits_and_how_to_compare_them_and_no_menu(visit: Visit) -> None:
    page = visit("employee", "/log/fingerprint")
    page.emulate_media(media="print")

    assert page.locator(".groups span:visible").count() == 16
    assert page.get_by_text("How to compare it, now and in a year").is_visible()
    for hidden in ("header.top", "nav.chips", "footer.foot", ".under"):
        assert not page.locator(hidden).first.is_visible()
