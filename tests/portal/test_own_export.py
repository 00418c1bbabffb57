"""My data: everything about oneself in one file, as of one moment, made while it is sent, and logged."""

import csv
import hashlib
import io
import json
import re
import subprocess
import sys
import traceback
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select

from portal import own_export
from portal.export_index import FOLDERS
from privacy.log_entries import LogUnavailable
from privacy.vault_store import SealedField
from tests.portal.test_controls import bring, desk

PAGE, EXPORT = "/me/data", "/me/data/export"


@pytest.fixture
def export(office: Any, form: Callable[..., Any]) -> Callable[..., zipfile.ZipFile]:
    """Download somebody's export as a browser does."""

    def download(who: str) -> zipfile.ZipFile:
        answer = form(who, EXPORT, PAGE)
        assert answer.status_code == 200, answer.text[:300]
        return zipfile.ZipFile(io.BytesIO(answer.data))

    return download


def read(found: zipfile.ZipFile, name: str) -> Any:
    return json.loads(found.read(name))


def rows(found: zipfile.ZipFile, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(found.read(name).decode())))


def test_every_stored_event_and_every_figure_is_in_it(office: Any, export: Callable[..., Any]) -> None:
    bring(office, "eva", desk(hours=3))
    shown = office.client("eva").get("/api/v1/me/days/2026-11-16").json["payload"]

    found = export("eva")

    (day,) = read(found, "events/2026-11.json")
    windows = next(each["events"] for each in day["streams"] if each["bucket"] == "window")
    assert [(each["start"], each["duration_seconds"]) for each in windows] == [
        (f"2026-11-16T{8 + n // 6:02}:{n % 6 * 10:02}:00Z", 600.0) for n in range(18)
    ]
    (figures,) = read(found, "days/2026-11.json")
    assert {key: figures[key] for key in shown} == shown
    assert [row["app"] for row in rows(found, "events/2026-11.csv")].count("EXCEL.EXE") == len(
        [each for each in windows if each["data"].get("app")]
    )
    (table,) = rows(found, "days.csv")
    assert (table["day"], table["active_time (minutes)"]) == ("2026-11-16", "180")
    assert sum(float(row["seconds"]) for row in rows(found, "categories.csv")) == 3 * 3600


def test_what_ben_set_shared_and_was_told_is_in_it_without_a_secret(
    office: Any, form: Callable[..., Any], export: Callable[..., Any]
) -> None:
    token = office.system.tokens.issue(office.ids["ben"], "my script", ["read"])
    form("ben", "/me/private-apps", "/me/forget", apps="solitaire.exe")
    form(
        "ben",
        "/me/threads/new",
        "/me/threads/new?about=figure&day=2026-11-18",
        kind="figure",
        about="figure",
        day="2026-11-18",
        measure="focus_time",
        to="reviewers",
        text="That was a meeting.",
    )

    found = export("ben")

    account = read(found, "account.json")
    assert (account["email"], account["tokens"][0]["name"]) == ("ben@example.org", "my script")
    assert [each["name"] for each in account["managers"]] == ["Ana"]
    assert read(found, "settings.json")["own_times"][0]["value"]["private_applications"] == ["solitaire.exe"]
    assert [each["messages"][0]["text"] for each in read(found, "conversations.json")] == ["That was a meeting."]
    assert any("my script" in each["sentence"] for each in read(found, "notices.json"))
    assert all(token.encode() not in found.read(name) for name in found.namelist())
    assert not re.search(rb"token_hash|password_hash|argon2", b"".join(map(found.read, found.namelist())))


def test_one_to_ones_are_in_it_with_what_stands_on_their_sheets(
    office: Any, form: Callable[..., Any], export: Callable[..., Any]
) -> None:
    form("ben", "/me/one-to-ones/1", action="write", kind="topic", text="Leave in spring")

    (meeting,) = read(export("ben"), "one-to-ones.json")

    assert (meeting["with"], meeting["day"], meeting["proposed_by"]) == ("Ana", "2026-11-20", "manager")
    assert [each["text"] for each in meeting["items"]] == ["Leave in spring"]


def test_frozen_weeks_have_the_digest_that_the_log_has(office: Any, export: Callable[..., Any]) -> None:
    office.client("ana").get(
        f"/api/v1/team/{next(iter(office.system.directory.teams_of(office.ids['ben'])))}"
        f"/people/{office.ids['ben']}/weeks/2026-W46?purpose=one_to_one"
    )
    logged = [each.digest for each in office.entries("ben") if each.outcome == "shown"]

    week = next(each for each in read(export("ben"), "weeks.json") if each["payload"]["week"] == "2026-W46")

    assert [week["digest"]] == logged


def test_the_proofs_verify_with_the_program_beside_them(
    office: Any, export: Callable[..., Any], tmp_path: Path
) -> None:
    found = export("ben")
    found.extractall(tmp_path)
    command = [sys.executable, "verify.py", "proofs.json", "--log", str(office.system.log.signer.verifier)]

    done = subprocess.run(command, cwd=tmp_path / "access", capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    numbers = {each["index"] for each in read(found, "access/proofs.json")["inclusion"]}
    assert numbers == {
        each["index"] for each in read(found, "access/log.json")["entries"] if each["payload"]["subject"]
    }
    assert {row["entry"] for row in rows(found, "access/log.csv")} >= {str(n) for n in numbers}


def test_it_is_an_entry_of_ones_own_log_and_is_in_the_export_itself(office: Any, export: Callable[..., Any]) -> None:
    found = export("ben")

    (entry,) = [each for each in office.entries("ben") if each.purpose == "subject_request"]
    assert (entry.outcome, entry.chain, entry.index) == ("disclosed", "self", read(found, "manifest.json")["entry"])
    assert str(entry.index) in {row["entry"] for row in rows(found, "access/log.csv")}


def test_nothing_is_opened_when_the_log_cannot_be_written(
    office: Any, form: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise LogUnavailable("full")

    office.client("ben").get(PAGE)
    monkeypatch.setattr(office.system.gate, "begin", full)

    answer = form("ben", EXPORT, PAGE)

    assert answer.status_code == 503
    assert own_export.turns.of(office.ids["ben"]) is None


def test_the_manifest_names_every_file_with_its_bytes(export: Callable[..., Any]) -> None:
    found = export("ben")

    listed = read(found, "manifest.json")
    assert {each["name"] for each in listed["files"]} | {"manifest.json"} == set(found.namelist())
    for each in listed["files"]:
        data = found.read(each["name"])
        assert (each["bytes"], each["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())
        assert each["name"] == "index.html" or each["name"].startswith(tuple(begin for begin, _ in FOLDERS))


def test_the_page_to_read_fetches_nothing_and_runs_nothing(export: Callable[..., Any]) -> None:
    page = export("ben").read("index.html").decode()

    assert "<script" not in page
    assert not re.search(r"(src|href)=\"(https?:|//|/)|url\(|@import", page)
    assert "November 2026" in page
    assert "Ben" in page


def test_the_page_to_read_is_in_the_readers_language(
    office: Any, form: Callable[..., Any], export: Callable[..., Any]
) -> None:
    form("ben", "/me/settings/language", "/me/settings", language="de")

    page = export("ben").read("index.html").decode()

    assert '<html lang="de' in page
    assert "November 2026" in page


def test_one_damaged_row_is_named_and_costs_its_own_day_alone(office: Any, export: Callable[..., Any]) -> None:
    where = (SealedField.subject_id == office.ids["ben"], SealedField.field == "focus")
    with office.system.stores.data.begin() as connection:
        days = list(connection.scalars(select(SealedField.day).where(*where).order_by(SealedField.day)))
        connection.execute(delete(SealedField).where(*where, SealedField.day == days[3]))

    found = export("ben")

    (missing,) = read(found, "manifest.json")["unreadable"]
    assert missing["what"] == f"{days[3]} (summary)"
    assert "was removed" in missing["why"]
    assert [row["day"] for row in rows(found, "days.csv")] == [str(day) for day in days if day != days[3]]
    assert str(days[3]) in found.read("index.html").decode()


def test_somebody_without_any_day_gets_the_rest(export: Callable[..., Any]) -> None:
    found = export("oda")

    assert read(found, "manifest.json")["days"] is None
    assert read(found, "account.json")["name"] == "Oda"
    assert not [name for name in found.namelist() if name.startswith("days/")]


def test_nobody_gets_anything_of_somebody_else(office: Any, export: Callable[..., Any]) -> None:
    found = export("eva")

    everything = b"".join(map(found.read, found.namelist()))
    assert office.ids["ben"].encode() not in everything
    assert b"ben@example.org" not in everything


def test_one_export_of_a_person_is_sent_at_a_time_and_the_page_says_how_far_it_is(
    office: Any, form: Callable[..., Any]
) -> None:
    client = office.client("ben")
    token = client.get(PAGE).text.partition('name="csrf_token" value="')[2].partition('"')[0]
    sent = client.post(EXPORT, data={"csrf_token": token}, headers={"Sec-Fetch-Site": "same-origin"}, buffered=False)
    portions = iter(sent.response)
    next(portions)

    again, page = form("ben", EXPORT, PAGE), client.get(PAGE).text
    other = form("eva", EXPORT, PAGE)
    sent.close()

    assert (again.status_code, other.status_code) == (503, 200)
    assert "Nothing was begun" in again.text
    assert re.search(r"\d of \d files of days", page)
    assert form("ben", EXPORT, PAGE).status_code == 200


def test_the_page_tells_what_there_is_before_and_leads_to_forgetting(office: Any) -> None:
    before = len(office.entries("ben"))
    page = office.client("ben").get(PAGE).text

    assert "34 days with figures" in page
    assert 'href="/me/forget"' in page
    assert 'href="/me/erase"' in page
    assert len(office.entries("ben")) == before


def test_a_person_who_sends_now_has_what_still_grows(office: Any, export: Callable[..., Any]) -> None:
    token = office.system.tokens.issue(office.ids["eva"], "desk", ["ingest"])
    desk_client = office.app.test_client()
    headers = {"Authorization": f"Bearer {token}"}
    desk_client.post(
        "/api/0/buckets/w", json={"type": "currentwindow", "client": "c", "hostname": "pc"}, headers=headers
    )
    for minute in (0, 1):
        beat = {"timestamp": f"2026-11-19T09:0{minute}:00Z", "duration": 30, "data": {"app": f"APP{minute}.EXE"}}
        desk_client.post("/api/0/buckets/w/heartbeat?pulsetime=5", json=beat, headers=headers)

    found = export("eva")

    closed = [each for day in read(found, "events/2026-11.json") for each in day["streams"][0]["events"]]
    growing = read(found, "events/still-growing.json")
    assert (len(closed), len(growing["streams"])) == (1, 1)
    assert growing["buckets"][0]["id"] == "w"
    assert growing["streams"][0]["events"][0]["start"] == "2026-11-19T09:01:00Z"


def test_what_breaks_an_export_off_says_nothing_of_what_was_in_it(
    office: Any, form: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    row = "row of Ben: to the doctor"

    def broken(_copy: Any) -> Any:
        raise ValueError(row)

    monkeypatch.setattr(own_export.export_facts, "notices", broken)

    with pytest.raises(own_export.BrokenOff) as raised:
        form("ben", EXPORT, PAGE).get_data()

    written = "".join(traceback.format_exception(raised.value)) + "".join(capsys.readouterr())
    assert "ValueError" in written
    assert row not in written
    assert own_export.turns.of(office.ids["ben"]) is None
