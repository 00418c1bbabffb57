"""Making a day right: notes, corrections of categories, what they change, and what of it others see."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from privacy.fields import SHARED_FIELDS
from tests.portal.test_controls import MONDAY, bring

DAY = "2026-11-16"
NOTES = f"/me/days/{DAY}/notes"


def office_day(first: dt.datetime = MONDAY) -> dict[str, Any]:
    """Return 9 to 10 and 11 to 12 on a Monday in Berlin: a table, then a chat; away in between."""
    windows, statuses = [], []
    for hour, app in ((0, "EXCEL.EXE"), (2, "ms-teams.exe")):
        for n in range(6):
            at = first + dt.timedelta(hours=hour, minutes=10 * n)
            windows.append({"timestamp": at.isoformat(), "duration": 600, "data": {"app": app, "title": str(n)}})
    for hour, status in ((0, "not-afk"), (1, "afk"), (2, "not-afk")):
        at = first + dt.timedelta(hours=hour)
        statuses.append({"timestamp": at.isoformat(), "duration": 3600, "data": {"status": status}})
    return {
        "buckets": {
            "window": {"type": "currentwindow", "hostname": "pc", "events": windows},
            "afk": {"type": "afkstatus", "hostname": "pc", "events": statuses},
        }
    }


@pytest.fixture
def eva(office: Any) -> Any:
    bring(office, "eva", office_day())
    return office.client("eva")


@pytest.fixture
def note(form: Callable[..., Any]) -> Callable[..., Any]:
    """Note a time of the Monday as the form does."""

    def send(start: str, end: str, kind: str = "phone", **more: str) -> Any:
        fields = {"from": f"{DAY}T{start}", "to": f"{DAY}T{end}", "kind": kind} | more
        return form("eva", NOTES, NOTES, **fields)

    return send


def payload(office: Any, day: str = DAY, who: str = "eva") -> Any:
    return office.client(who).get(f"/api/v1/me/days/{day}").json["payload"]


def test_a_gap_is_explained_with_one_tap_and_the_figures_follow_at_once(
    office: Any, eva: Any, form: Callable[..., Any]
) -> None:
    page = eva.get(NOTES).text
    span = page.partition('name="span" value="')[2].partition('"')[0]

    answer = form("eva", NOTES, NOTES, span=span, kind="phone")

    found = payload(office)
    assert answer.status_code == 303
    assert found["fields"]["annotations"]["annotated_seconds"] == 3600
    assert found["fields"]["annotations"]["by_kind"] == {"phone": 3600}
    assert found["marks"]["recovery"] == found["marks"]["away_time"] == "corrected"
    assert found["fields"]["recovery"]["longest_stretch_seconds"] == 7200
    assert found["fields"]["annotations"]["original"]["recovery"]["longest_stretch_seconds"] == 3600
    assert "before your notes" in eva.get(NOTES).text


def test_a_note_can_be_taken_back_and_the_day_is_as_it_was(office: Any, eva: Any, note: Any, form: Any) -> None:
    before = payload(office)
    note("10:00", "11:00", "meeting", text="With the builder")
    page = eva.get(NOTES).text
    name = page.partition('name="note" value="')[2].partition('"')[0]
    assert "With the builder" in page

    form("eva", f"{NOTES}/remove", NOTES, note=name)

    assert payload(office) == before


@pytest.mark.parametrize(
    ("start", "end", "more", "status", "words"),
    [
        ("10:30", "10:10", {}, 400, "ends before it begins"),
        ("10:00", "10:30", {"kind": "lunch"}, 400, "one of the kinds"),
        ("10:00", "10:30", {"text": "x" * 121}, 400, "at most 120 letters"),
        ("10:30", "11:30", {"to": "2026-11-18T11:30"}, 400, "longer than a day"),
        ("10:00", "10:30", {"from": "2026-02-30T10:00"}, 400, "The calendar has no 2026-02-30."),
        ("10:00", "10:30", {"to": "2026-11-19T23:00"}, 400, "still to come"),
        (
            "10:00",
            "10:30",
            {"from": "2024-11-16T10:00", "to": "2024-11-16T11:00"},
            400,
            "Nothing is kept of days before",
        ),
        ("09:50", "10:20", {}, 409, "10:00 to 10:30 is noted as “Meeting” already"),
    ],
)
def test_what_cannot_be_noted_is_said_beside_the_field_and_nothing_typed_is_lost(
    office: Any, eva: Any, note: Any, start: str, end: str, more: dict[str, str], status: int, words: str
) -> None:
    note("10:00", "10:30", "meeting")
    before = payload(office)

    answer = note(start, end, **{"text": "mine"} | more)

    assert answer.status_code == status
    assert words in answer.text
    assert 'class="wrong"' in answer.text
    assert f'value="{more.get("text", "mine")}"' in answer.text
    assert payload(office) == before


def test_an_overlap_is_replaced_only_when_that_is_wished(office: Any, eva: Any, note: Any) -> None:
    note("10:00", "10:30", "meeting")

    answer = note("10:20", "10:40", "break", replace="1")

    assert answer.status_code == 303
    assert payload(office)["fields"]["annotations"]["by_kind"] == {"meeting": 1200, "break": 1200}


def test_work_away_from_the_desk_is_noted_from_today_in_one_tap(office: Any, eva: Any, form: Any) -> None:
    answer = form("eva", "/me/notes/offline", "/", kind="paper", length="30", next="/")
    since = form("eva", "/me/notes/offline", "/", kind="phone", length="since", since="09:40")
    wrong = form("eva", "/me/notes/offline", "/", kind="phone", length="since", since="23:40")

    found = payload(office, "2026-11-19")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert found["fields"] == {"annotations": {"annotated_seconds": 1800, "by_kind": {"paper": 1800}, "original": {}}}
    assert since.status_code == 409
    assert wrong.status_code == 400


def test_an_application_is_corrected_for_a_day_or_from_then_on_and_nothing_captured_changes(
    office: Any, eva: Any, form: Any
) -> None:
    bring(office, "eva", office_day(MONDAY + dt.timedelta(days=1)))
    before = payload(office)
    category = next(iter(before["fields"]["category_detail"]))

    form("eva", f"{NOTES}/category", NOTES, app="ms-teams.exe", category="Work", scope="day")
    day, after = payload(office), payload(office, "2026-11-17")
    form("eva", f"{NOTES}/category", NOTES, app="ms-teams.exe", category="Work", scope="onwards")
    onwards = payload(office, "2026-11-17")

    assert category is not None
    assert day["fields"]["category_detail"]["Work"] >= 3600
    assert day["fields"]["apps"] == before["fields"]["apps"]
    assert day["fields"]["active_time"] == before["fields"]["active_time"]
    assert day["marks"]["categories"] == "corrected"
    assert "annotations" not in after["fields"]
    assert onwards["fields"]["category_detail"]["Work"] >= 3600


def test_a_category_that_the_rules_do_not_have_is_refused(office: Any, eva: Any, form: Any) -> None:
    answer = form("eva", f"{NOTES}/category", NOTES, app="ms-teams.exe", category="My own words", scope="day")

    assert answer.status_code == 400
    assert "annotations" not in payload(office)["fields"]


def test_a_closed_week_stands_and_one_s_own_figures_follow(office: Any, eva: Any, form: Any) -> None:
    for n in range(1, 4):
        bring(office, "eva", office_day(MONDAY + dt.timedelta(days=n - 7)))
    subject = office.ids["eva"]
    office.clock.now = dt.datetime(2026, 11, 17, 22, 59, tzinfo=dt.UTC)  # a minute of the grace is left
    office.clients.clear()
    form("eva", "/me/days/2026-11-10/notes/category", NOTES, app="ms-teams.exe", category="Work", scope="day")
    office.clock.advance(minutes=1)
    mirror = "/api/v1/me/as-seen-by-manager?week=2026-W46"

    form("eva", "/me/days/2026-11-11/notes/category", NOTES, app="ms-teams.exe", category="Work", scope="day")
    eva = office.client("eva")
    frozen = eva.get(mirror).json["payload"]
    manager = f"/api/v1/team/claims/people/{subject}/weeks/2026-W46?purpose=one_to_one"

    assert frozen["marks"]["categories"] == "corrected"
    assert frozen["fields"].keys() == SHARED_FIELDS
    assert frozen["fields"]["categories"]["Comms"] == 7200  # the first correction counts, the second one came too late
    assert eva.get(mirror).json["payload"] == frozen == office.client("ana").get(manager).json["payload"]
    assert payload(office, "2026-11-11")["marks"]["categories"] == "corrected"
    page = eva.get("/me/days/2026-11-11/notes").text
    assert "This week is closed for others" in page
    assert "/me/threads/new?about=" in page
    assert "corrected by the person" in eva.get("/me/as-seen-by-manager?week=2026-W46").text


def test_every_step_is_in_one_s_own_chain(office: Any, eva: Any, note: Any, form: Any) -> None:
    before = len(office.entries("eva"))
    note("10:00", "10:30")
    form("eva", f"{NOTES}/category", NOTES, app="EXCEL.EXE", category="Work", scope="day")
    page = eva.get(NOTES).text
    form("eva", f"{NOTES}/remove", NOTES, note=page.partition('name="note" value="')[2].partition('"')[0])

    new = office.entries("eva")[before:]
    done = [(each.outcome, each.chain) for each in new if each.outcome in ("noted", "corrected", "note-removed")]
    assert done == [("noted", "self"), ("corrected", "self"), ("note-removed", "self")]
    assert all(each.chain == "self" for each in new if each.digest)


@pytest.mark.parametrize("span", ["1-2", "9" * 16 + "-" + "9" * 16, "9" * 39 + "-1", "x-y", "", "-1--2", "١-٢"])
def test_a_time_that_no_button_sends_is_refused(office: Any, eva: Any, form: Any, span: str) -> None:
    answer = form("eva", NOTES, NOTES, span=span, kind="phone")

    assert answer.status_code == 400
    assert 'class="wrong"' in answer.text


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("0001-01-01T00:00:00+14:00", "0001-01-01T01:00:00+14:00"),
        ("0001-01-01T00:00:00-12:00", "0001-01-01T01:00:00-12:00"),
        ("9999-12-31T22:00:00-12:00", "9999-12-31T23:00:00-12:00"),
        ("2026-11-16T10:00:00", "2026-11-16T11:00:00"),
    ],
)
def test_the_ends_of_the_calendar_are_refused_through_json(office: Any, eva: Any, start: str, end: str) -> None:
    token = eva.get("/welcome").text.partition('name="csrf_token" value="')[2].partition('"')[0]

    answer = eva.post(
        "/api/v1/me/annotations",
        json={"start": start, "end": end, "kind": "paper"},
        headers={"X-CSRFToken": token},
    )

    assert answer.status_code == 400


def test_notes_through_json_are_those_of_the_page(office: Any, eva: Any) -> None:
    token = eva.get("/welcome").text.partition('name="csrf_token" value="')[2].partition('"')[0]
    headers = {"X-CSRFToken": token}
    asked = {"start": "2026-11-16T10:00:00+01:00", "end": "2026-11-16T10:30:00+01:00", "kind": "paper", "text": "Files"}

    made = eva.post("/api/v1/me/annotations", json=asked, headers=headers)
    again = eva.post("/api/v1/me/annotations", json=asked, headers=headers)
    other = eva.post("/api/v1/me/annotations", json={**asked, "kind": "phone"}, headers=headers)
    listed = eva.get("/api/v1/me/annotations?from=2026-11-16&to=2026-11-17").json["days"]

    assert made.status_code == 201
    assert made.json["days"] == listed
    assert again.json["days"] == listed  # the same once more is no other one
    assert (other.status_code, other.json["field"]) == (409, "from")
    name = listed[0]["annotations"][0]["id"]
    assert eva.delete(f"/api/v1/me/annotations/2026-11-16/{name}", headers=headers).status_code == 204
    assert eva.get("/api/v1/me/annotations?from=2026-11-16&to=2026-11-17").json["days"] == []


def test_a_character_that_cannot_be_seen_is_named_and_emoji_of_several_are_kept(
    office: Any, eva: Any, note: Any
) -> None:
    answer = note("10:00", "10:30", text="with \u202eBob")

    assert answer.status_code == 400
    assert "U+202E, the one at place 6" in answer.text
    assert "annotations" not in payload(office)["fields"]
    assert note("10:00", "10:30", text="with 👩‍👧").status_code == 303


def test_goals_and_experiments_refuse_what_cannot_be_seen(office: Any, form: Any) -> None:
    tried = form(
        "ben", "/me/experiments", "/me/experiments", text="try \u202eit", measure="focus_time", start="2026-11-19"
    )
    agreed = form(
        "ben",
        "/me/agreed-goals",
        "/me/agreed-goals",
        text="one hour",
        measure="",
        reason="a\x07b",
        benefit="calm",
        begins="2026-11-19",
        review="2027-01-01",
        manager=office.ids["ana"],
    )

    assert (tried.status_code, agreed.status_code) == (400, 400)
    assert "U+202E" in tried.text
    assert "U+0007" in agreed.text
