"""Closing one's own week: everything answered in one form, before anybody sees it; and what would be shared."""

import datetime as dt
import re
from html import unescape
from typing import Any

import pytest

from tests.portal.test_controls import MONDAY, bring
from tests.portal.test_notes import office_day, payload

WEEK = "2026-W47"
PAGE = f"/me/close-week?week={WEEK}"
DAYS = [MONDAY + dt.timedelta(days=n) for n in range(4)]


@pytest.fixture
def eva(office: Any) -> Any:
    """Eva, whose Monday to Wednesday have a gap each; on Wednesday with an application that no rule knows."""
    for day in DAYS[:3]:
        recorded = office_day(day)
        if day == DAYS[2]:
            for event in recorded["buckets"]["window"]["events"][6:]:
                event["data"] = {"app": "abacus.exe", "title": "x"}
        bring(office, "eva", recorded)
    return office.client("eva")


def gaps(page: str) -> list[str]:
    return list(dict.fromkeys(re.findall(r'name="(gap-[0-9]+-[0-9]+)"', page)))


def main(page: str) -> str:
    return page[page.index("<main") : page.index("</main>")]


def test_the_page_lists_what_is_open_and_from_when_on_the_manager_can_look(office: Any, eva: Any) -> None:
    page = main(eva.get(PAGE).text)

    assert len(gaps(page)) == 3
    assert "3 gaps" in page
    assert "abacus.exe" in page
    assert "Nobody has seen this week." in page
    assert "Your manager can from Wednesday 25 November, 00:00." in page
    assert "/me/forget?from=2026-11-16T10:00&amp;to=2026-11-16T11:00" in page
    assert re.search(r"Active time</th><td class=\"num\"><a [^>]*>6h</a></td>", page)


def test_several_answers_are_one_form_one_entry_and_what_is_left_stays_open(office: Any, eva: Any, form: Any) -> None:
    first, second, third = gaps(eva.get(PAGE).text)
    before = len(office.entries("eva"))

    answers = {first: "phone", second: "break", third: "", "app-0": "abacus.exe", "category-0": "Work > ERP"}
    answer = form("eva", "/me/close-week", PAGE, week=WEEK, **answers)

    page = main(eva.get(PAGE).text)
    assert (answer.status_code, answer.headers["Location"]) == (303, PAGE)
    assert gaps(page) == [third]
    assert "abacus.exe" not in page
    assert payload(office)["fields"]["annotations"]["by_kind"] == {"phone": 3600}
    assert payload(office, "2026-11-17")["fields"]["recovery"]["breaks"] == 1
    assert payload(office, "2026-11-18")["fields"]["category_detail"]["Work > ERP"] == 3600
    noted = [each for each in office.entries("eva")[before:] if each.outcome == "noted"]
    assert [(each.chain, str(each.period.first)) for each in noted] == [("self", "2026-11-16")]


def test_what_would_be_shared_is_what_is_frozen_afterwards(office: Any, eva: Any, form: Any) -> None:
    form("eva", "/me/close-week", PAGE, week=WEEK, **{"app-0": "abacus.exe", "category-0": "Work > ERP"})
    page = main(eva.get(PAGE).text)
    rows = re.findall(
        r'<th scope="row">(.*?)</th><td class="num">(?:<b>)?<a [^>]*>(.*?)</a>'
        r'(?:</b>)?</td><td class="num mut"><a [^>]*>(.*?)<',
        page,
    )
    office.clock.now = dt.datetime(2026, 11, 25, 9, tzinfo=dt.UTC)
    office.clients.clear()

    frozen = office.client("eva").get(f"/api/v1/me/as-seen-by-manager?week={WEEK}").json["payload"]

    shared = {name: (now, before) for name, now, before in rows}
    hours = {name: f"{seconds / 3600:.0f}h" for name, seconds in frozen["fields"]["categories"].items()}
    assert {name: shared[name][0] for name in hours} == hours
    assert shared["Uncategorized"] == ("0m", "1h")
    assert shared["Work"][0] != shared["Work"][1]
    assert frozen["marks"]["categories"] == "corrected"
    closed = main(office.client("eva").get(PAGE).text)
    assert "This week is closed for others" in closed
    assert "Forget this time" not in closed, "what is frozen is not forgotten"


def test_each_figure_leads_to_its_days_and_each_day_to_its_times_with_and_before_the_notes(
    office: Any, eva: Any, form: Any
) -> None:
    form("eva", "/me/close-week", PAGE, week=WEEK, **{"app-0": "abacus.exe", "category-0": "Work > ERP"})
    shown = re.findall(r'<a class="fig" href="(/me/measures/[^"]+)">(.*?)</a>', main(eva.get(PAGE).text))
    assert {"category_time", "active_time", "focus_time"} <= {re.split(r"[/?]", each)[3] for each, _ in shown}
    assert [words for each, words in shown if "before=1" in each and "Uncategorized" in each] == ["1h"]

    for address, words in shown:
        of_week = unescape(eva.get(unescape(address)).text)
        assert f'<span class="val">{words}</span>' in of_week
        days = re.findall(r'href="(/me/measures/[^"]+day=[^"]+)">', main(of_week))
        pages = [main(unescape(eva.get(each).text)) for each in days if each.count("?") == 1]
        assert sum(counted(page) for page in pages) == minutes(words), address


def counted(page: str) -> int:
    """Return how many minutes a day's times behind its figure have together."""
    return sum(minutes(each) for each in re.findall(r'</td><td>[0-9:]+</td><td class="num">(.*?)</td>', page))


def minutes(words: str) -> int:
    hours, rest = re.fullmatch(r"(?:(\d+)h ?)?(?:(\d+)m)?", words).groups()  # type: ignore[union-attr]
    return int(hours or 0) * 60 + int(rest or 0)


def test_answers_that_cannot_be_are_kept_in_the_form_and_nothing_else(office: Any, eva: Any, form: Any) -> None:
    first, second, _ = gaps(eva.get(PAGE).text)
    start = first.split("-")[1]

    for wrong in ({f"gap-{start}-{int(start) - 1}": "phone"}, {first: "lunch"}, {f"gap-{start}-x": "phone"}):
        answer = form("eva", "/me/close-week", PAGE, week=WEEK, **{second: "break"} | wrong)
        assert answer.status_code == 400
        assert re.search(f'name="{second}" value="break" checked', answer.text)
        assert "Nothing was kept" in answer.text
    form("eva", "/me/close-week", PAGE, week=WEEK, **{first: "phone"})
    again = form("eva", "/me/close-week", PAGE, week=WEEK, **{first: "paper", second: "break"})

    assert again.status_code == 409
    assert "is noted as “Phone” already" in again.text
    assert payload(office)["fields"]["annotations"]["by_kind"] == {"phone": 3600}
    assert "annotations" not in payload(office, "2026-11-17")["fields"]


def test_what_is_wrong_stands_beside_its_answer(eva: Any, form: Any) -> None:
    first, second, _ = gaps(eva.get(PAGE).text)
    app = {"app-0": "abacus.exe", "category-0": "Nonsense"}

    for place, sent, sentence in (
        (second, {first: "phone", second: "lunch"}, "Say what the time was"),
        ("category-0", {first: "phone"} | app, "Choose one of the categories that the rules have."),
    ):
        page = main(form("eva", "/me/close-week", PAGE, week=WEEK, **sent).text)
        rows = re.findall(r"<li.*?</li>", page, re.DOTALL)
        (row,) = (each for each in rows if f'name="{place}"' in each)
        assert 'aria-describedby="wrong"' in row
        assert f'<p class="wrong" id="wrong">{sentence}' in row
        assert page.count('id="wrong"') == page.count('href="#wrong"') == 1
        assert f'name="{first}" value="phone" checked' in page


@pytest.mark.parametrize("week", ["2026-W60", "2027-W01", "2020-W01", "soon"])
def test_a_week_that_cannot_be_closed_is_refused(eva: Any, week: str) -> None:
    assert eva.get(f"/me/close-week?week={week}").status_code == 400


def test_what_was_said_three_weeks_running_is_offered_again(office: Any, eva: Any, form: Any) -> None:
    for back in (1, 2, 3):
        day = (MONDAY - dt.timedelta(weeks=back)).date()
        bring(office, "eva", office_day(MONDAY - dt.timedelta(weeks=back)))
        for start, end, kind in (("10:00", "11:00", "mentoring"), ("15:00", "16:00", "training")):
            notes = f"/me/days/{day}/notes"
            form("eva", notes, notes, **{"from": f"{day}T{start}", "to": f"{day}T{end}"}, kind=kind)

    page = main(eva.get(PAGE).text)
    field = re.search(r'name="(again-[0-9]+-[0-9]+)" value="training"', page)
    assert field is not None
    assert "At this hour you said “Mentoring” three weeks running." in page
    form("eva", "/me/close-week", PAGE, week=WEEK, **{field[1]: "training", gaps(page)[0]: "mentoring"})

    assert payload(office)["fields"]["annotations"]["by_kind"] == {"mentoring": 3600, "training": 3600}
    assert "again-" not in eva.get(PAGE).text


def test_a_rule_is_proposed_to_whoever_keeps_them_only_when_that_is_wished(office: Any, eva: Any, form: Any) -> None:
    answers = {"app-0": "abacus.exe", "category-0": "Work > ERP", "propose": "abacus.exe"}

    answer = form("eva", "/me/close-week", PAGE, week=WEEK, **answers)
    page = eva.get("/me/threads").text

    assert answer.status_code == 303
    assert "A rule for categories" in page


def test_the_same_answers_sent_twice_are_kept_once_and_are_no_error(office: Any, eva: Any, form: Any) -> None:
    first, second, _ = gaps(eva.get(PAGE).text)
    rule = {"app-0": "abacus.exe", "category-0": "Work > ERP", "propose": "abacus.exe"}
    answers = {first: "phone", second: "break", **rule}

    once = form("eva", "/me/close-week", PAGE, week=WEEK, **answers)
    figures = payload(office)
    twice = form("eva", "/me/close-week", PAGE, week=WEEK, **answers)

    assert (once.status_code, twice.status_code) == (303, 303)
    assert payload(office) == figures
    assert len(office.system.rooms.threads.of(office.ids["eva"])) == 1, "and proposed once"
    other = form("eva", "/me/close-week", PAGE, week=WEEK, **{first: "meeting"})
    assert other.status_code == 409, "another answer to what is answered is refused as before"


@pytest.mark.parametrize(
    ("now", "shown"),
    [
        (dt.datetime(2026, 11, 20, 10, 59, tzinfo=dt.UTC), False),
        (dt.datetime(2026, 11, 20, 11, 0, tzinfo=dt.UTC), True),
        (dt.datetime(2026, 11, 24, 22, 59, tzinfo=dt.UTC), True),
        (dt.datetime(2026, 11, 24, 23, 0, tzinfo=dt.UTC), False),
    ],
)
def test_today_asks_from_friday_noon_until_the_grace_ends(office: Any, eva: Any, now: dt.datetime, shown: bool) -> None:
    office.clock.now = now
    office.clients.clear()

    page = office.client("eva").get("/").text

    assert ("Close your week" in main(page)) is shown
    if shown:
        assert "3 gaps" in page
        assert f"/me/close-week?week={WEEK}" in page


def test_somebody_without_a_manager_is_told_so(office: Any) -> None:
    page = main(office.client("ana").get("/me/close-week").text)

    assert "No manager is named for you" in page
