"""How a target is announced, changed and read through the pages of a team."""

import html
from typing import Any

BASE = "/team/claims/targets"
UTILISATION = {
    "measure": "utilisation",
    "low": "45",
    "high": "60",
    "reason": "Files pile up on Mondays.",
    "benefit": "Fewer late evenings at the end of the month.",
    "effective": "2026-11-27",
    "review": "2027-02-26",
    "warned": "unseen/None/None",
}


def fields(office: Any, **changed: str) -> dict[str, str]:
    return UTILISATION | {"owner": office.ids["ana"]} | changed


def announce(form: Any, office: Any, who: str = "ana", **changed: str) -> Any:
    return form(who, f"{BASE}/new", **fields(office, **changed))


def change(form: Any, office: Any, number: int = 1, seen: str = "1", **changed: str) -> Any:
    page = f"{BASE}/{number}/change"
    return form("ana", page, **fields(office, seen=seen, effective="2026-12-18", **changed))


def text(office: Any, who: str, address: str) -> str:
    return html.unescape(office.client(who).get(address).text)
