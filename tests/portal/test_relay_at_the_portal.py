"""A relay and the portal, both real, over HTTP: enrolled in a browser, sending, refused, ended by its person."""

import datetime as dt
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import BaseWSGIServer, make_server
from witness_house import free_port

from portal.ingest import known_tokens
from portal.relay import enrolling
from portal.relay.api import Api
from portal.relay.home import Home
from portal.relay.portal_calls import Portal
from portal.relay.running import Relay
from portal.relay.server import Server
from tests.relay.desks import Desk

MORNING = dt.datetime(2026, 11, 19, 8, 0, tzinfo=dt.UTC)


@contextmanager
def served(office: Any, port: int) -> Iterator[BaseWSGIServer]:
    server = make_server("127.0.0.1", port, office.app, threaded=True)
    server.log = lambda *_, **__: None  # type: ignore[method-assign]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def here(office: Any, form: Callable[..., Any], tmp_path: Path, port: int, clock: Any) -> Iterator[Desk]:
    """Ben's desk, enrolled by himself."""
    home, url = Home(tmp_path / "relay"), f"http://127.0.0.1:{port}"
    home.prepare()
    with served(office, port):
        portal = Portal(url)
        asked = enrolling.ask(portal, "At the window")
        form("ben", "/me/devices/new", "/me/devices", code=asked.user_code, answer="confirm")
        home.enrol(enrolling.wait(portal, asked, url, "At the window", "", sleep=lambda _: None))
        relay = Relay(home, clock=lambda: clock().timestamp())
        relay.uploading.attempt()
    server = Server(0, Api(relay.desk, relay.device_id))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield Desk(relay, server.server_port, [])
    server.shutdown()
    server.server_close()
    relay.close()


def work(here: Desk, first: int, minutes: int) -> None:
    """Let watchers say that somebody works in a spreadsheet for so long."""
    for bucket, kind, data in (
        ("window", "currentwindow", {"app": "EXCEL.EXE", "title": "canary-title.xlsx"}),
        ("afk", "afkstatus", {"status": "not-afk"}),
    ):
        here.bucket(bucket, kind)
        for minute in range(first, first + minutes + 1):
            at = (MORNING + dt.timedelta(minutes=minute)).isoformat()
            answer = here.call(
                "POST", f"buckets/{bucket}/heartbeat?pulsetime=61", {"timestamp": at, "duration": 0, "data": data}
            )
            assert answer[0] == 200
    here.relay.desk.use(here.relay.desk.door)  # closes what is open, as an hour of silence does


def day(office: Any) -> dict[str, Any]:
    found: dict[str, Any] = office.client("ben").get("/api/v1/me/days/2026-11-19").json["payload"]["fields"]
    return found


def test_what_watchers_say_at_the_desk_is_on_the_person_s_page_after_policy(
    here: Desk, office: Any, port: int, tmp_path: Path
) -> None:
    work(here, 0, 30)
    assert not here.send(), "the portal is gone"
    with served(office, port):
        assert here.send()
        assert here.send()

    found = day(office)
    assert found["active_time"]["active_seconds"] == 1800
    assert found["category_detail"] == {"Work > Spreadsheets": 1800}
    assert found["capture_ledger"]["coarsened"] == {"title-to-category": 1}
    stored = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"canary" not in stored


def test_two_desks_that_send_the_same_and_a_portal_that_goes_and_comes_lose_and_double_nothing(
    here: Desk, office: Any, port: int
) -> None:
    for first in range(0, 60, 15):
        work(here, first, 15)
        with served(office, port):
            here.send()
        here.send()

    assert day(office)["active_time"]["active_seconds"] == 3600


def test_a_device_that_its_person_takes_off_the_list_sends_nothing_more(
    here: Desk, office: Any, form: Callable[..., Any], port: int
) -> None:
    before = day(office)
    (device,) = office.system.devices.of(office.ids["ben"])
    form("ben", f"/me/devices/{device.id}/revoke", "/me/devices")
    work(here, 0, 30)
    time.sleep(known_tokens.SECONDS)
    with served(office, port):
        here.send()

    assert here.status()["ended"]
    assert here.status()["shut"] == "device-ended"
    assert day(office) == before


def test_the_relay_goes_by_the_portal_s_policy_and_says_that_nobody_signed_it(here: Desk, office: Any) -> None:
    status = here.status()

    assert status["policy"] == {"version": office.system.policies.now().version, "name": "coaching"}
    assert not status["signed"]
