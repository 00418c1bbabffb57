"""What cannot be is said beside its field, in words that fit it, and what was typed is still there."""

import re
from typing import Any

import pytest

from analytics.annotations import MOST
from tests.portal.conftest import Office, check_value
from tests.portal.test_close_week import main
from tests.portal.test_controls import bring
from tests.portal.test_notes import NOTES, office_day


def beside(page: str, field: str) -> str:
    """Return the sentence that the field with this id is described by; it has to be marked as wrong."""
    tag = re.search(rf'<(?:input|select|textarea|fieldset)[^>]*id="{field}"[^>]*>', page)
    assert tag is not None
    assert 'aria-invalid="true"' in tag[0]
    described = re.search(r'aria-describedby="([^"]+)"', tag[0])
    assert described is not None
    sentence = re.search(rf'<p class="wrong" id="{described[1]}"[^>]*>([^<]*)</p>', page)
    assert sentence is not None
    return sentence[1]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("2026-02-30", "The calendar has no 2026-02-30."),
        ("2026-13-01", "The calendar has no 2026-13-01."),
        ("2027-02-29", "The calendar has no 2027-02-29."),
        ("tomorrow", "A day is written like 2026-11-19."),
        ("20261119", "A day is written like 2026-11-19."),
        ("٢٠٢٦-11-19", "A day is written like 2026-11-19."),
        ("9999-12-31", "Days are of the years 1970 to 9998."),
    ],
)
def test_a_day_that_does_not_exist_is_called_so(form: Any, typed: str, said: str) -> None:
    sent = {"text": "tea at four", "measure": "breaks", "start": typed}

    found = form("ben", "/me/experiments", **sent)

    assert (found.status_code, beside(found.text, "f-start")) == (400, said)
    assert f'value="{typed}"' in found.text
    assert 'value="tea at four"' in found.text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("2026-02-30T09:00", "The calendar has no 2026-02-30."),
        ("2026-11-16T25:00", "Write a day and a time, such as 2026-11-19, 09:30."),
        ("2026-11-16", "Write a day and a time, such as 2026-11-19, 09:30."),
    ],
)
@pytest.mark.parametrize("field", ["from", "to"])
def test_a_time_of_a_day_that_does_not_exist_stays_in_its_field(form: Any, field: str, typed: str, said: str) -> None:
    times = {"from": "2026-11-16T09:00", "to": "2026-11-16T10:00"} | {field: typed}

    for found in (
        form("eva", "/me/forget", "/me/forget", **times),
        form("eva", NOTES, NOTES, **times, kind="phone", text="with Ana"),
    ):
        assert (found.status_code, beside(found.text, f"f-{field}")) == (400, said)
        assert f'value="{typed}"' in found.text


@pytest.mark.parametrize(
    ("week", "said"),
    [("2026-W54", "The year 2026 has no week 54."), ("2026-46", "A week is written like 2026-W46.")],
)
def test_a_week_that_a_year_does_not_have_is_called_so(office: Office, week: str, said: str) -> None:
    found = office.client("ben").get(f"/me/close-week?week={week}")

    assert found.status_code == 400
    assert said in main(found.text)


def test_an_application_that_cannot_be_corrected_says_why(office: Office, form: Any) -> None:
    bring(office, "eva", office_day())
    known = {"category": "Work", "scope": "day"}
    found = form("eva", f"{NOTES}/category", NOTES, app="x" * 1000, **known)
    assert found.status_code == 400
    assert "Write at most" in beside(found.text, "a-app")

    for n in range(MOST):
        assert form("eva", f"{NOTES}/category", NOTES, app=f"program {n}", **known).status_code == 303
    full = form("eva", f"{NOTES}/category", NOTES, app="EXCEL.EXE", **known)
    assert full.status_code == 409
    assert f"That are more than {MOST} notes on one day" in beside(full.text, "a-app")
    for n in range(MOST):
        times = {"from": f"2026-11-16T06:{n:02}", "to": f"2026-11-16T{6 + (n + 1) // 60:02}:{(n + 1) % 60:02}"}
        assert form("eva", f"{NOTES}/category", NOTES, **times, category="Work").status_code == 303
    times = {"from": "2026-11-16T09:00", "to": "2026-11-16T09:30"}
    full = form("eva", f"{NOTES}/category", NOTES, **times, category="Work")
    assert f"That are more than {MOST} notes on one day" in beside(full.text, "c-category")


def test_a_pause_that_there_is_not_is_refused_on_the_page_of_pauses(form: Any) -> None:
    found = form("eva", "/me/pause", "/me/forget", length="forever")

    assert found.status_code == 400
    assert "A pause lasts 15, 30 or 60 minutes, or until tomorrow." in main(found.text)
    assert 'value="tomorrow"' in found.text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"scope": "nothing", "days": "30"}, "A token has at least one scope"),
        ({"scope": "ingest", "days": "soon"}, "A number is written with digits only."),
        ({"scope": "ingest", "days": "0"}, "is valid for 1 to 366 days"),
    ],
)
def test_a_token_that_cannot_be_keeps_its_form(office: Office, form: Any, fields: dict[str, str], said: str) -> None:
    found = form("ben", "/me/tokens", name="my sheet", **fields)

    assert found.status_code == 400
    assert said in beside(found.text, "f-name")
    assert 'value="my sheet"' in found.text
    assert ('value="ingest" checked' in found.text) is (fields["scope"] == "ingest")
    assert 'value="read" checked' not in found.text
    assert office.system.tokens.of(office.ids["ben"]) == []


def test_what_is_sent_after_a_session_ended_is_said_not_to_be_taken(office: Office, form: Any) -> None:
    client = office.app.test_client()
    client.set_cookie("sameview", office.system.sessions.start(office.ids["ben"]))
    check = check_value(client, "/me/threads/new")
    office.clock.advance(days=1)

    sent = {"csrf_token": check, "about": "figure", "day": "2026-11-12", "text": "It is wrong."}
    answer = client.post("/me/threads/new", data=sent, headers={"Sec-Fetch-Site": "same-origin"})

    assert (answer.status_code, answer.location) == (302, "/sign-in?unsent=yes")
    page = main(client.get(answer.location).text)
    assert "You were signed out meanwhile, so what you sent was not taken, and nothing changed." in page
    assert "signed out meanwhile" not in main(client.get("/sign-in").text)
    assert office.system.rooms.threads.of(office.ids["ben"]) == []


def test_a_form_of_another_sign_in_is_said_not_to_be_taken(office: Office) -> None:
    sent = {"csrf_token": "x", "about": "figure", "day": "2026-11-12", "text": "It is wrong."}

    found = office.client("ben").post("/me/threads/new", data=sent, headers={"Sec-Fetch-Site": "same-origin"})

    assert found.status_code == 400
    assert "so it was not taken, and nothing changed. Your browser’s “Back” leads to it again" in main(found.text)
