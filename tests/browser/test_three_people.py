"""The day of three people: a manager opens a closed week, the employee sees it and who looked, a reviewer checks."""

import re

from playwright.sync_api import Page

from portal.demo.seed import EMPLOYEE, LINKS


def _digest(page: Page) -> str:
    found = re.search(r"sha256:[0-9a-f]{64}", page.content())
    assert found is not None
    return found[0]


def _open_a_week(visit, places) -> Page:
    page = visit("manager", places["person"][1])
    page.get_by_role("button", name=re.compile("open", re.IGNORECASE)).first.click()
    page.wait_for_load_state()
    return page


def test_the_employee_gets_the_manager_s_digest_for_the_same_week(visit, places) -> None:
    manager = _open_a_week(visit, places)
    week = re.search(r"20\d\d-W\d\d", manager.url)
    assert week is not None

    mirror = visit("employee", f"/me/as-seen-by-manager?week={week[0]}&purpose=one_to_one")

    assert _digest(manager) == _digest(mirror)


def test_the_employee_reads_who_looked(visit, places, portal) -> None:
    _open_a_week(visit, places)

    page = visit("employee", "/me/access")

    name = dict(LINKS)["manager"]
    assert name in page.locator("main").inner_text()
    assert "one-to-one" in page.locator("main").inner_text()


def test_the_manager_s_page_has_nothing_of_a_day(visit, places) -> None:
    page = _open_a_week(visit, places)
    text = page.locator("main").inner_text()

    assert EMPLOYEE.split()[0] in text
    assert "Recovery" not in text
    assert page.locator("[class*=timeline]").count() == 0


def test_the_reviewer_sees_the_look_but_no_figure(visit, places) -> None:
    _open_a_week(visit, places)

    text = visit("reviewer", "/compliance/").locator("main").inner_text()

    assert dict(LINKS)["manager"] in text
    assert not re.search(r"\d+ h \d+ m", text)


def test_a_link_signs_in_once(portal, visit) -> None:
    url = next(url for role, url in portal.seeded.links() if role == "employee")
    path = url.removeprefix(portal.seeded.system.config.base_url)

    first = visit(None, path)
    second = visit(None, path)

    assert first.url == portal.url + "/"
    assert second.url != portal.url + "/"
