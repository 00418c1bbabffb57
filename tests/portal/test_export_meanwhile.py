"""An export while data arrives: one moment of it, no half day, and nothing of what had been acknowledged before."""

import csv
import datetime as dt
import io
import json
import threading
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import pytest
from installation import NOW, Copies, subject_of

from auth.tokens import Scope
from portal import create_app
from portal.wiring import System, build

EXPORT = "/me/data/export"
MONDAY = dt.datetime(2026, 11, 16, 8, tzinfo=dt.UTC)
BROWSER = {"Sec-Fetch-Site": "same-origin"}


@dataclass
class Desk:
    """Ben's browser, and a watcher of his that sends ten minutes here and there on Monday to Wednesday."""

    system: System
    app: Any
    token: str
    session: str
    sent: list[str] = field(default_factory=list)

    def send(self, number: int) -> None:
        """Send one event; its place tells its number. It is noted once it was acknowledged."""
        place = number * 7 % 90  # out of order, over three days
        start = MONDAY + dt.timedelta(days=place % 3, minutes=10 * (place // 3))
        self.send_all([(number, start)])

    def send_all(self, numbered: list[tuple[int, dt.datetime]]) -> None:
        """Send events in one call."""
        listed = [
            {"timestamp": start.isoformat(), "duration": 300, "data": {"app": f"APP{number}.EXE", "title": "x"}}
            for number, start in numbered
        ]
        answer = self.app.test_client().post("/api/0/buckets/w/events", json=listed, headers=self._headers)
        assert answer.status_code == 200, answer.text
        self.sent += [f"APP{number}.EXE" for number, _ in numbered]

    def begin(self) -> Any:
        """Ask for an export; the answer is read portion by portion."""
        client = self.browser()
        token = client.get("/me/data").text.partition('name="csrf_token" value="')[2].partition('"')[0]
        answer = client.post(EXPORT, data={"csrf_token": token}, headers=BROWSER, buffered=False)
        assert answer.status_code == 200, answer.text
        return answer

    def browser(self) -> Any:
        client = self.app.test_client()
        client.set_cookie("sameview", self.session)
        return client

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


@pytest.fixture
def desk(copies: Copies) -> Iterator[Desk]:
    with closing(build(copies(), lambda: NOW)) as system:
        ben = subject_of(system, "ben")
        app = create_app(system)
        app.testing = True
        found = Desk(system, app, system.tokens.issue(ben, "w", {Scope.INGEST}), system.sessions.start(ben))
        bucket = {"type": "currentwindow", "client": "c", "hostname": "pc"}
        app.test_client().post("/api/0/buckets/w", json=bucket, headers=found._headers)
        yield found


def growing(found: zipfile.ZipFile) -> list[dict[str, Any]]:
    streams = json.loads(found.read("events/still-growing.json"))["streams"]
    return [each for stream in streams for each in stream["events"]]


def events(found: zipfile.ZipFile) -> list[dict[str, Any]]:
    months = [name for name in found.namelist() if name.startswith("events/2026") and name.endswith(".json")]
    streams = [stream for name in months for day in json.loads(found.read(name)) for stream in day["streams"]]
    return [*(each for stream in streams for each in stream["events"]), *growing(found)]


def check_days(found: zipfile.ZipFile) -> None:
    """Every day's figure is what its events in the same file come to."""
    open_days = {each["start"][:10] for each in growing(found)}
    seconds: Counter[str] = Counter()
    for each in events(found):
        seconds[each["start"][:10]] += each["duration_seconds"]
    table = {row["day"]: row for row in csv.DictReader(io.StringIO(found.read("days.csv").decode()))}
    for day in seconds.keys() - open_days:
        assert float(table[day]["active_time (minutes)"]) * 60 == pytest.approx(seconds[day]), day


def test_what_arrives_while_it_is_sent_is_in_the_next_one_whole(desk: Desk) -> None:
    for number in range(6):
        desk.send(number)
    before = list(desk.sent)

    answer = desk.begin()
    portions = iter(answer.response)
    first = next(portions)
    for number in range(6, 12):
        desk.send(number)
    desk.browser().get("/me/days/2026-11-16")  # folds them
    found = zipfile.ZipFile(io.BytesIO(first + b"".join(portions)))

    assert sorted(each["data"]["app"] for each in events(found)) == sorted(before)
    check_days(found)
    later = zipfile.ZipFile(io.BytesIO(desk.begin().data))
    assert sorted(each["data"]["app"] for each in events(later)) == sorted(desk.sent)


def test_months_that_waited_to_be_folded_are_all_in_it(desk: Desk) -> None:
    """A page waits for two slices of thirty days alone; an export for all of them."""
    desk.send_all([(number, MONDAY - dt.timedelta(days=2 * number)) for number in range(70)])

    found = zipfile.ZipFile(io.BytesIO(desk.begin().data))

    assert sorted(each["data"]["app"] for each in events(found)) == sorted(desk.sent)


def test_with_a_writer_beside_it_loses_nothing_that_was_acknowledged(desk: Desk) -> None:
    stop = threading.Event()
    failed: list[BaseException] = []

    def write() -> None:
        try:
            for number in range(90):
                if stop.is_set():
                    return
                desk.send(number)
        except BaseException as error:
            failed.append(error)
            raise

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(4):
            before = set(desk.sent)
            found = zipfile.ZipFile(io.BytesIO(desk.begin().data))

            there = [each["data"]["app"] for each in events(found)]
            assert before <= set(there)
            assert len(there) == len(set(there))
            check_days(found)
            assert json.loads(found.read("manifest.json"))["unreadable"] == []
    finally:
        stop.set()
        writer.join()
    assert failed == []
