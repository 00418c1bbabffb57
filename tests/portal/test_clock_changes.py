"""On a day whose clock changes every form means one moment: what comes twice is told apart, and a gap refused."""

import datetime as dt
import html
import re
from typing import Any

import pytest

from tests.portal.test_close_week import gaps, main
from tests.portal.test_controls import bring
from tests.portal.test_notes import office_day, payload

BACK = dt.datetime(2026, 10, 25, tzinfo=dt.UTC)  # 02:00 in Berlin, for the first time
FORWARD = dt.datetime(2027, 3, 28, 1, 30, tzinfo=dt.UTC)  # 03:30 in Berlin; after 01:59 came 03:00
PAGE = "/me/close-week?week=2026-W43"


@pytest.fixture
def eva(office: Any) -> Any:
    """Eva, who worked while it was two for the first time and after three; the second time in between is a gap."""
    office.clock.now = BACK + dt.timedelta(hours=9)
    bring(office, "eva", office_day(BACK))
    return office.client("eva")


def test_a_gap_of_an_hour_that_comes_twice_is_the_one_that_is_forgotten(office: Any, eva: Any, form: Any) -> None:
    page = main(eva.get(PAGE).text)
    assert "02:00, the second time–03:00" in page
    link = html.unescape(re.search(r'href="(/me/forget\?[^"]*)"', page)[1])  # type: ignore[index]

    asked = eva.get(link)
    assert "25 Oct 2026, 02:00, the second time" in asked.text
    sent = dict(re.findall(r'type="hidden" name="((?:from|to)[a-z-]*)" value="([^"]*)"', asked.text))
    assert form("eva", "/me/forget", link, **sent).status_code == 302

    assert payload(office, "2026-10-25")["fields"]["active_time"] == {"active_seconds": 7200}, "the hours around it"
    assert "02:00, the second time" in main(eva.get("/me/forget").text)
    assert gaps(eva.get(PAGE).text) == []


def test_a_gap_of_an_hour_that_comes_twice_is_answered_as_itself(office: Any, eva: Any, form: Any) -> None:
    (gap,) = gaps(eva.get(PAGE).text)

    form("eva", "/me/close-week", PAGE, week="2026-W43", **{gap: "phone"})

    notes = eva.get("/api/v1/me/annotations?from=2026-10-25&to=2026-10-26").json["days"][0]["annotations"]
    assert [(each["start"], each["end"]) for each in notes] == [
        ("2026-10-25T01:00:00.000+00:00", "2026-10-25T02:00:00.000+00:00")
    ]
    assert "02:00, the second time–03:00" in eva.get("/me/days/2026-10-25/notes").text


@pytest.mark.parametrize(
    ("now", "since", "minutes"),
    [
        (BACK + dt.timedelta(minutes=90), "02:10", 20),  # 02:30 for the second time
        (BACK + dt.timedelta(minutes=90), "02:40", 50),  # it was so late for the first time alone
        (BACK + dt.timedelta(minutes=90), "01:50", 100),
    ],
)
def test_since_when_is_the_last_time_that_it_was_so_late(
    office: Any, form: Any, now: dt.datetime, since: str, minutes: int
) -> None:
    office.clock.now = now

    assert form("eva", "/me/notes/offline", "/", length="since", since=since, kind="phone").status_code == 303

    assert payload(office, "2026-10-25")["fields"]["annotations"]["by_kind"] == {"phone": minutes * 60}


def test_since_a_time_that_the_clock_left_out_is_refused_beside_its_field(office: Any, form: Any) -> None:
    office.clock.now = FORWARD

    found = form("eva", "/me/notes/offline", "/", length="since", since="02:30", kind="paper")

    assert found.status_code == 400
    assert "the clock goes forward by 60 minutes: 02:30 does not exist." in main(found.text)
    assert re.search(r'id="f-from"[^>]*aria-invalid="true"', found.text)
    assert '<option value="paper" selected>' in found.text
