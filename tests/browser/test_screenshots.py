"""What `make screenshots` draws: every page that anybody has for themselves, so that none is forgotten."""

import ast
from pathlib import Path

from browser.pages import EMPLOYEE_PAGES

SCRIPT = Path(__file__).resolve().parents[2] / "docs" / "screenshots.py"
OTHERS = {
    "/team/",
    "/compliance/",
    "/compliance/entries/3",
    "/compliance/verification",
    "/compliance/keys",
    "/compliance/policy",
    "/admin/",
    "/admin/system",
}


def test_every_page_with_an_address_of_its_own_is_drawn() -> None:
    assigned = [each for each in ast.parse(SCRIPT.read_text()).body if isinstance(each, ast.Assign)]
    (drawn,) = [ast.literal_eval(each.value) for each in assigned if getattr(each.targets[0], "id", "") == "PAGES"]

    assert set(drawn["employee"].values()) >= set(EMPLOYEE_PAGES.values())
    assert {path for pages in drawn.values() for path in pages.values()} >= OTHERS
