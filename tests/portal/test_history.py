"""The past is the employee's own: weeks, months, half a year, beside their own usual, with the same figures as CSV."""

import csv
import io
import re
from typing import Any

import pytest

from analytics.days import day_payloads
from analytics.month_rows import sum_up
from portal import checkpoints
from privacy.disclosure import Disclosed

PAGES = (
    "/me/weeks/2026-W46",
    "/me/weeks/2026-W47",
    "/me/weeks/2020-W01",
    "/me/months/2026-11",
    "/me/months/2026-10?measure=utilisation",
    "/me/months/2019-02",
    "/me/half-year",
    "/me/half-year?measure=breaks",
    "/me/trends?measure=active_time&weeks=1",
)


@pytest.mark.parametrize("address", PAGES)
@pytest.mark.parametrize("who", ["ben", "dan"], ids=["with figures", "without any"])
def test_every_view_is_drawn_without_inline_style_or_script(lasting_office: Any, who: str, address: str) -> None:
    found = lasting_office.client(who).get(address)

    assert found.status_code == 200
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=", found.text)


def pages_of(office: Any) -> list[str]:
    """Return what Ben's pages of many days show, without what differs at each request."""
    shown = (office.client("ben").get(each).text for each in (*PAGES, "/", "/me/days/2026-11-12", "/me/goals"))
    return [re.sub(r'name="csrf_token" value="[^"]*"', "", page) for page in shown]


def test_pages_show_the_same_out_of_months_as_out_of_the_days_before_there_were_months(
    office: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoints.publish(office.system)  # pages say how long the log was then
    out_of_days = pages_of(office)
    assert sum_up(office.system.vault, office.system.gate, office.ids["ben"]) == 2

    def few_days(shown: Disclosed, zone: str) -> Any:
        assert len(list(shown.period.days())) < 7, "days were opened in the place of months"
        return day_payloads(shown, zone)

    monkeypatch.setattr("portal.own.day_payloads", few_days)

    assert pages_of(office) == out_of_days


@pytest.mark.parametrize(
    ("address", "target"), [("/me/weeks/", "/me/weeks/2026-W47"), ("/me/months/", "/me/months/2026-11")]
)
def test_without_a_name_the_running_one_is_shown(lasting_office: Any, address: str, target: str) -> None:
    assert lasting_office.client("ben").get(address).headers["Location"] == target


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/me/weeks/2026-W54", 400),
        ("/me/weeks/nonsense", 400),
        ("/me/weeks/2026-W49", 404),
        ("/me/months/2026-13", 400),
        ("/me/months/2026-1", 400),
        ("/me/months/2026-12", 404),
        ("/me/months/2026-11?measure=rank", 400),
        ("/me/half-year?measure=category_time", 400),
        ("/me/trends?weeks=3", 400),
    ],
)
def test_a_time_that_there_is_not_or_not_yet_is_refused(lasting_office: Any, address: str, status: int) -> None:
    answer = lasting_office.client("ben").get(address)

    assert answer.status_code == status
    assert "<h1" in answer.text


def test_the_csv_of_a_week_holds_the_figures_of_its_page(lasting_office: Any) -> None:
    client = lasting_office.client("ben")
    rows = list(csv.DictReader(io.StringIO(client.get("/me/weeks/2026-W46.csv").text)))
    payload = client.get("/api/v1/me/days/2026-11-10").json["payload"]

    assert [row["day"] for row in rows] == [f"2026-11-{n:02}" for n in range(9, 16)]
    (tuesday,) = (row for row in rows if row["day"] == "2026-11-10")
    assert float(tuesday["active_time (minutes)"]) * 60 == pytest.approx(
        payload["fields"]["active_time"]["active_seconds"], abs=0.1
    )
    assert {row["state"] for row in rows if row["day"] >= "2026-11-14"} <= {"off", "missing"}


def test_the_csv_of_a_month_holds_the_rows_of_its_table(lasting_office: Any) -> None:
    client = lasting_office.client("ben")
    rows = list(csv.DictReader(io.StringIO(client.get("/me/months/2026-11.csv?measure=active_time").text)))
    page = client.get("/me/months/2026-11?measure=active_time").text

    listed = page[page.index('id="h-table"') :].count('<th scope="row">')
    assert len(rows) == listed > 0


@pytest.mark.parametrize("measure", ["active_time", "utilisation"])
def test_the_calendar_of_half_a_year_holds_every_figure_of_its_chart(lasting_office: Any, measure: str) -> None:
    client = lasting_office.client("ben")
    page = client.get(f"/me/half-year?measure={measure}").text
    rows = list(csv.DictReader(io.StringIO(client.get(f"/me/trends.csv?measure={measure}&weeks=26").text)))
    listed = client.get(f"/me/trends?measure={measure}&weeks=26").text
    table = re.findall(r'day=([0-9-]+)">([^<]+)</a></td>', listed[listed.index('id="h-table"') :])

    heat = page[page.index('class="heat small"') : page.index('id="h-chart"')]
    calendar = re.findall(rf'href="/me/measures/{measure}\?day=([0-9-]+)" title="[^:"]+: ([^"]+)"', heat)

    assert dict(calendar) == dict(table)
    assert set(dict(calendar)) == {row["day"] for row in rows if row["value"]} != set()
    assert f'href="/me/trends?measure={measure}&amp;weeks=26#h-table"' in page
