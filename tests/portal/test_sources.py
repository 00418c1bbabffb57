"""What is recorded names, for every source that delivered something of its reader, who else can see it there."""

import datetime as dt
import io
import json
import re
from typing import Any

from analytics.imports import read_export
from auth.devices import Device
from portal import sources
from portal.access import system as current_system
from tests.portal.conftest import Office

DAY = dt.date(2026, 11, 16)
WINDOW = "aw-watcher-window_pc-17"


def device(name: str, host: str, enrolled: dt.date, revoked: dt.date | None = None) -> Device:
    return Device("0" * 32, name, host, enrolled, dt.date(2027, 11, 16), None, revoked)


def listed(office: Office, said: list[tuple[str, str, dt.date]], *devices: Device) -> dict[str, sources.Source]:
    with office.app.test_request_context():
        assert current_system() is office.system
        return {each.name: each for each in sources.listed(said, devices)}


def take(office: Office, who: str, host: str, bucket: str, day: dt.date = DAY) -> None:
    at = dt.datetime.combine(day, dt.time(9), tzinfo=dt.UTC).isoformat()
    events = [{"timestamp": at, "duration": 600, "data": {"app": "EXCEL.EXE", "title": "Canary"}}]
    export = {"buckets": {bucket: {"type": "currentwindow", "hostname": host, "events": events}}}
    office.system.intake.take(office.ids[who], read_export(io.BytesIO(json.dumps(export).encode())))


def card(office: Office, who: str) -> str:
    page = office.client(who).get("/me/recorded").text
    found = page.partition('aria-labelledby="h-sources"')[2].partition("</section>")[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found))


def test_what_delivered_something_is_named_with_who_else_can_see_it_there(office: Office) -> None:
    take(office, "ben", "pc-17", WINDOW)
    take(office, "ben", "rescuetime", "csv-rescuetime-window", DAY - dt.timedelta(days=1))

    said = card(office, "ben")

    assert "ActivityWatch on pc-17" in said
    assert "localhost:5600" in said
    assert "RescueTime, from an export" in said
    assert "RescueTime’s own pages show it" in said
    assert "last 16 Nov" in said
    assert "ManicTime" not in said


def test_nobody_is_told_of_the_sources_of_others(office: Office) -> None:
    take(office, "ben", "pc-17", WINDOW)

    assert "pc-17" not in card(office, "eva")
    assert "Nothing was delivered in this time." in card(office, "eva")


def test_looking_where_it_came_from_is_a_look_of_ones_own(office: Office) -> None:
    take(office, "ben", "pc-17", WINDOW)
    before = len(office.entries("ben"))

    office.client("ben").get("/me/recorded")

    new = office.entries("ben")[before:]
    assert {(each.relation, each.purpose) for each in new if each.viewer} == {("self", "own_review")}
    assert any(set(each.fields) == {"rhythm"} for each in new)


def test_a_computer_of_mine_is_named_by_its_name_while_it_sends(office: Office) -> None:
    desk = device("Desk at the window", "pc-17", DAY, revoked=DAY + dt.timedelta(days=2))
    said = [("pc-17", WINDOW, DAY + dt.timedelta(days=n)) for n in range(-1, 4)]

    found = listed(office, said, desk)

    assert {name: each.days for name, each in found.items()} == {
        "Sameview’s collector on “Desk at the window”": 3,
        "ActivityWatch on pc-17": 2,
    }
    assert "Of what was sent nothing stays there." in found["Sameview’s collector on “Desk at the window”"].who_else


def test_a_suite_and_a_host_that_nobody_knows_are_named_as_such(office: Office) -> None:
    found = listed(office, [("our-suite", "csv-our-suite-window", DAY), ("unknown", WINDOW, DAY)])

    assert "does not know who can" in found["our-suite, from an export"].who_else
    assert "ActivityWatch on a computer that it does not name" in found


def test_the_trust_centre_says_the_same_of_every_kind(office: Office) -> None:
    text: Any = office.client("ben").get("/trust").text

    with office.app.test_request_context():
        for name, sentence in sources.in_general():
            assert name in text
            assert sentence in text
