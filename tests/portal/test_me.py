"""The employee's pages: every figure through the gate, marks instead of zeros, settings that only they see."""

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest

from portal import checkpoints
from portal.who_looked import numbering
from privacy.fields import SHARED_FIELDS, Field
from privacy.log_entries import Chain
from privacy.policy import Purpose

PAGES = (
    "/",
    "/me/days/2026-11-17",
    "/me/as-seen-by-manager",
    "/me/access",
    "/me/access?by=system",
    "/me/access?by=me",
    "/me/access?verify=1",
    "/me/recorded",
    "/me/recorded?day=2026-11-17",
    "/me/trends",
    "/me/trends?measure=utilisation&weeks=4",
    "/me/tokens",
    "/me/pattern",
    "/me/goals",
    "/me/goals/breaks",
    "/me/experiments",
    "/me/agreed-goals",
    "/me/notices",
)


@pytest.mark.parametrize("address", PAGES)
@pytest.mark.parametrize("who", ["ben", "dan"], ids=["with figures", "without any"])
def test_every_page_is_drawn_without_inline_style_or_script(lasting_office: Any, who: str, address: str) -> None:
    found = lasting_office.client(who).get(address)

    assert found.status_code == 200
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=", found.text)
    assert all("src=" in tag or "application/json" in tag for tag in re.findall(r"<script[^>]*>", found.text))


def test_the_first_page_tells_the_next_step_to_somebody_without_figures(lasting_office: Any) -> None:
    page = lasting_office.client("dan").get("/").text

    assert "Nothing has arrived yet" in page
    assert "sameview import FILE --employee dan@example.org" in page


def test_a_day_without_data_says_so_and_shows_no_zero(lasting_office: Any) -> None:
    page = lasting_office.client("ben").get("/me/days/2026-08-03").text

    assert page.count("Not captured") >= 3
    assert not re.search(r">0<small>|\b0m\b", page)


def test_a_day_to_come_is_not_found(lasting_office: Any) -> None:
    assert lasting_office.client("ben").get("/me/days/2026-11-20").status_code == 404


def test_the_mirror_says_why_the_manager_cannot_open_a_running_week(lasting_office: Any) -> None:
    page = lasting_office.client("ben").get("/me/as-seen-by-manager?week=2026-W47").text

    assert "Ana cannot open Week 47" in page
    assert "Not yet: a week can be opened 48 hours after its end" in page


def test_the_mirror_draws_what_the_manager_draws(office: Any) -> None:
    def fragment(page: str) -> str:
        start, end = page.index('<div class="grid">'), page.rindex("</div></div>", 0, page.index("</main>"))
        figures = re.sub(r' href="[^"]*"', "", page[start:end])  # hers lead to her days, the manager's to their charter
        return re.sub(r"#\d+", "#", figures)  # what stands below it on one of the pages is no figure

    mirror = office.client("ben").get("/me/as-seen-by-manager?week=2026-W45").text
    team = next(iter(office.system.directory.managed(office.ids["ana"]))).id
    address = f"/team/{team}/people/{office.ids['ben']}/weeks/2026-W45?purpose=one_to_one"

    assert fragment(mirror) == fragment(office.client("ana").get(address).text)


def test_a_planned_week_is_sealed_and_comes_back(office: Any, form: Callable[..., Any]) -> None:
    hours = {f"hours-{n}": "7.5" if n < 4 else "0" for n in range(7)}

    answer = form("ben", "/me/pattern", valid="2026-11-02", **hours)

    assert answer.status_code == 302
    assert "30 hours a week" in office.client("ben").get("/me/pattern").text


def test_a_day_off_has_no_planned_time_and_needs_no_reason(office: Any, form: Callable[..., Any]) -> None:
    form("ben", "/me/pattern/days-off", "/me/pattern", first="2026-11-23", last="2026-11-25")
    form("ben", "/me/pattern/days-off", "/me/pattern", remove="2026-11-24")

    page = office.client("ben").get("/me/pattern").text

    assert [day for day in ("23 Nov", "24 Nov", "25 Nov") if day in page] == ["23 Nov", "25 Nov"]


@pytest.mark.parametrize(
    ("address", "fields"),
    [
        ("/me/pattern", {"hours-0": "25", "valid": "2026-11-19"}),
        ("/me/pattern", {"hours-0": "many", "valid": "2026-11-19"}),
        ("/me/pattern", {"hours-0": "inf", "valid": "2026-11-19"}),
        ("/me/pattern", {"hours-0": "8", "valid": "2026-02-30"}),
        ("/me/pattern/holidays", {"region": "XX", "since": "2026-11-19"}),
        ("/me/pattern/days-off", {"first": "2026-11-20", "last": "2026-11-19"}),
        ("/me/tokens", {"name": "", "scope": "read", "days": "90"}),
    ],
)
def test_what_cannot_be_is_refused(form: Callable[..., Any], address: str, fields: dict[str, str]) -> None:
    page = "/me/tokens" if "tokens" in address else "/me/pattern"

    assert form("ben", address, page, **fields).status_code == 400


def test_a_token_is_shown_once_and_can_be_revoked(office: Any, form: Callable[..., Any]) -> None:
    made = form("ben", "/me/tokens", name="my spreadsheet", scope="read", days="30").text
    secret = re.search(r"sv_[\w-]{20,}", made)
    (token,) = office.system.tokens.of(office.ids["ben"])

    form("ben", f"/me/tokens/{token.id}/revoke", "/me/tokens")

    assert secret is not None
    assert secret[0] not in office.client("ben").get("/me/tokens").text
    assert office.system.tokens.find(secret[0]) is None


def test_a_look_is_told_with_its_purpose_and_its_numbers(office: Any) -> None:
    answer = office.system.weeks.for_manager(office.ids["ana"], office.ids["ben"], "2026-W45", Purpose.ONE_TO_ONE)

    page = office.client("ben").get("/me/access").text

    words = re.sub(r"<[^>]+>", "", page)
    assert "Ana, your manager, saw your active time, categories and focus of week 45" in words
    assert "for a one-to-one" in words
    assert f"opened as #{answer.entry}" in words
    assert answer.digest in words
    assert "1 look by others" in words


def test_a_missing_entry_leaves_a_gap_in_the_numbers(office: Any) -> None:
    for week in ("2026-W44", "2026-W45"):
        office.system.weeks.for_manager(office.ids["ana"], office.ids["ben"], week, Purpose.ONE_TO_ONE)
    entries = office.entries("ben")
    others = [e for e in entries if e.chain is Chain.OTHERS]

    assert numbering(entries) == []
    assert numbering([e for e in entries if e is not others[1]]) != []
    assert numbering([e for e in entries if e is not others[0]]) != []


def test_the_table_of_trends_as_csv(lasting_office: Any) -> None:
    found = lasting_office.client("ben").get("/me/trends.csv?measure=active_time&weeks=4")

    assert found.mimetype == "text/csv"
    assert found.text.splitlines()[-1] == "2026-11-18,365.337,minutes,"
    assert lasting_office.client("ben").get("/me/trends.csv?measure=rank").status_code == 400


def test_only_fields_that_are_shared_reach_the_mirror(office: Any) -> None:
    office.client("ben").get("/me/as-seen-by-manager?week=2026-W45")

    (own,) = [e for e in office.entries("ben") if e.chain is Chain.SELF and set(e.fields) == set(SHARED_FIELDS)]
    assert own.outcome == "disclosed"
    assert Field.RHYTHM not in own.fields


def test_every_own_read_is_an_entry_once_a_day(office: Any) -> None:
    office.client("ben").get("/")
    before = len(office.entries("ben"))

    office.client("ben").get("/")
    assert len(office.entries("ben")) == before

    office.clock.advance(days=1)
    office.clients.clear()  # a new day, a new sign-in
    office.client("ben").get("/")
    assert len(office.entries("ben")) > before
    assert office.entries("ben")[-1].time.date() == dt.date(2026, 11, 20)


def test_an_old_export_is_one_link_away_from_the_first_page(office: Any) -> None:
    office.add("zoe")
    office.file_days("zoe", {dt.date(2025, 12, 9): {Field.ACTIVE_TIME: {"active_seconds": 21_600}}})

    page = office.client("zoe").get("/").text

    assert "Nothing has arrived yet" not in page
    assert 'href="/me/days/2025-12-09"' in page


@pytest.mark.parametrize("address", ["/", "/me/access", "/me/access?verify=1", "/trust"])
def test_no_page_tells_that_somebody_else_did_something_just_now(office: Any, address: str) -> None:
    ben = office.client("ben")
    checkpoints.publish(office.system)
    published = checkpoints.latest(office.system).checkpoint.size
    ben.get(address)
    before = re.findall(r"(\d+) entries in the", ben.get(address).text)

    office.client("gus").get("/me/access")

    assert before == re.findall(r"(\d+) entries in the", ben.get(address).text) == [str(published)]


def test_the_operator_s_page_tells_the_published_size_too(office: Any) -> None:
    checkpoints.publish(office.system)
    published = checkpoints.latest(office.system).checkpoint.size
    office.client("ben").get("/me/access")

    assert f"{published} entries published" in office.client("oda").get("/admin/system").text
