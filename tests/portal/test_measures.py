"""Every figure leads in one click to its definition, its arithmetic and the times behind it."""

import re
from html import unescape
from typing import Any

import pytest

from analytics.measures import MEASURES
from tests.portal.test_controls import bring, desk

DAY = "2026-11-16"


@pytest.fixture(scope="module")
def eva(lasting_office: Any) -> Any:
    """Eva, with two hours of a Monday in 9 to 11 o'clock."""
    bring(lasting_office, "eva")
    return lasting_office.client("eva")


@pytest.mark.parametrize("name", [each.name for each in MEASURES])
def test_a_measure_has_a_page_with_its_definition_and_its_charter(eva: Any, name: str) -> None:
    of = next(each for each in MEASURES if each.name == name)
    page = unescape(eva.get(f"/me/measures/{name}?day={DAY}&category=Work").text)

    for text in (of.title, of.definition, of.formula, of.not_for, of.charter.decision, of.charter.owner):
        assert text in page


def test_the_day_leads_from_each_of_its_figures_to_what_it_is(eva: Any) -> None:
    page = eva.get(f"/me/days/{DAY}").text

    links = set(re.findall(r'class="fig" href="([^"]+)"', page))

    named = {re.search(r"measures/(\w+)", each)[1] for each in links}  # type: ignore[index]
    assert named >= {"active_time", "focus_time", "utilisation", "breaks", "category_time", "break_time"}
    assert {eva.get(unescape(each)).status_code for each in links} == {200}


def test_the_page_shows_the_figure_of_the_day_and_the_times_that_make_it(eva: Any) -> None:
    day = unescape(eva.get(f"/me/days/{DAY}").text)
    shown = re.search(r"measures/active_time\?day=[^>]+>(.*?)</a>", day)
    page = unescape(eva.get(f"/me/measures/active_time?day={DAY}").text)

    assert shown is not None
    assert re.sub(r"<.*?>|\s", "", shown[1]) in re.sub(r"<.*?>|\s", "", page)
    assert "The times behind it: Active time" in page
    assert "<td>09:00</td><td>11:00</td>" in page


def test_a_week_of_a_measure_leads_to_its_days(eva: Any) -> None:
    page = eva.get("/me/measures/active_time?week=2026-W47").text

    assert page.count('href="/me/measures/active_time?day=2026-11-') == 4, "Monday to today, a Thursday"
    assert '<b>All days together</b><p class="mut">7,200 seconds</p></div><span class="val">2h</span>' in page


@pytest.mark.parametrize(
    "address",
    ["nothing", "breaks?day=2026-02-30", "breaks?day=2026-12-24", "breaks?week=2026-W99", "breaks?week=2027-W01"],
)
def test_what_there_is_not_is_refused_with_a_message(eva: Any, address: str) -> None:
    answer = eva.get(f"/me/measures/{address}")

    assert answer.status_code in (400, 404)
    assert "<h1" in answer.text


def test_a_day_without_figures_has_no_arithmetic(lasting_office: Any) -> None:
    page = lasting_office.client("dan").get("/me/measures/focus_time").text

    assert "No figure" in page
    assert "The times behind it" not in page


def test_the_times_of_an_hour_are_those_of_the_clock_of_then(office: Any) -> None:
    bring(office, "eva")
    page = office.client("eva").get(f"/me/measures/hour_time?day={DAY}&hour=9").text
    with office.system.people.changing(None) as changes:
        changes.update(office.ids["eva"], timezone="America/New_York")

    moved = office.client("eva").get(f"/me/measures/hour_time?day={DAY}&hour=9").text

    for each in (page, moved):
        assert '<p class="val">1h</p>' in each
        assert '<td>09:00</td><td>10:00</td><td class="num">1h</td>' in each


@pytest.mark.parametrize(
    "asked",
    [
        "hour_time?day=2026-11-16&hour=24",
        "hour_time?day=2026-11-16&hour=nine",
        "noted_time?day=2026-11-16&kind=rest",
        "active_time?weeks=7",
        "active_time?weeks=26&weekday=7",
        "active_time?month=2026-13",
        "active_time?from=2026-11-16",
        "active_time?from=2026-11-16&to=2026-11-16",
        "active_time?usual=yesterday",
    ],
)
def test_what_cannot_be_asked_is_refused_with_a_message(eva: Any, asked: str) -> None:
    answer = eva.get(f"/me/measures/{asked}")

    assert answer.status_code in (400, 404)
    assert "<h1" in answer.text


def test_a_measure_of_one_among_several_has_no_figure_before_one_is_chosen(eva: Any) -> None:
    page = eva.get(f"/me/measures/app_time?day={DAY}").text

    assert "No figure" in page
    assert "The times behind it" not in page


def test_the_charter_is_for_everybody_and_has_no_figure(lasting_office: Any) -> None:
    page = lasting_office.client("oda").get("/measures/breaks").text

    assert "The number of breaks" in page
    assert "Only they open them" in page
    assert lasting_office.client("oda").get("/measures/nothing").status_code == 404


def test_what_is_usual_is_shown_whatever_else_is_asked(eva: Any) -> None:
    answer = eva.get("/me/measures/breaks?usual=2026-11-19&week=2026-W40")

    assert answer.status_code == 200
    assert "Your usual before" in answer.text


def test_an_application_that_is_spelled_in_two_ways_is_one_on_every_page(office: Any) -> None:
    recorded = desk(app="GeoView.exe")
    for each in recorded["buckets"]["window"]["events"][:4]:
        each["data"]["app"] = "geoview"
    bring(office, "eva", recorded)
    eva = office.client("eva")

    today, notes, week = (eva.get(at).text for at in (f"/me/days/{DAY}", f"/me/days/{DAY}/notes", "/me/close-week"))

    leads = set(re.findall(r"/me/measures/app_time[^\"]+", unescape(today + notes + week)))
    assert leads == {
        f"/me/measures/app_time?day={DAY}&app=GeoView.exe",
        f"/me/measures/app_time?day={DAY}&app=geoview",
        "/me/measures/app_time?week=2026-W47&app=geoview",
    }
    for each in leads:
        assert '<span class="val">2h</span>' in eva.get(each).text or '<p class="val">2h</p>' in eva.get(each).text
