"""A relay and the portal, both real, over HTTP: enrolled in a browser, sending, refused, ended by its person."""

import datetime as dt
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import BaseWSGIServer, make_server
from witness_house import free_port

from auth.tokens import Scope
from portal import policy_record
from portal.ingest import known_tokens
from portal.relay import enrolling, importing
from portal.relay.api import Api
from portal.relay.control import ControlRefused
from portal.relay.home import Enrolment, Home
from portal.relay.portal_calls import Portal
from portal.relay.running import Relay
from portal.relay.server import Server
from privacy.capture import preset_text
from privacy.policy_note import PolicyKey, Signers
from privacy.policy_text import version_of
from tests.relay.desks import Desk, desk
from tests.relay.fake_portal import fake_portal, shipped

EMPLOYER = PolicyKey("example/employer", bytes(range(32)))
COUNCIL = PolicyKey("example/council", bytes(range(32, 64)))
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


@contextmanager
def enrolled(office: Any, form: Callable[..., Any], folder: Path, port: int, clock: Any) -> Iterator[Desk]:
    """Ben's desk, enrolled by himself."""
    home, url = Home(folder), f"http://127.0.0.1:{port}"
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
    try:
        yield Desk(relay, server.server_port, [])
    finally:
        server.shutdown()
        server.server_close()
        relay.close()


@pytest.fixture
def here(office: Any, form: Callable[..., Any], tmp_path: Path, port: int, clock: Any) -> Iterator[Desk]:
    with enrolled(office, form, tmp_path / "relay", port, clock) as found:
        yield found


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


def test_the_desk_of_somebody_who_has_not_read_the_notice_captures_nothing(
    office: Any, tmp_path: Path, port: int
) -> None:
    token = office.system.tokens.issue(office.add("new", acknowledged=False), "desk", {Scope.INGEST})
    home = Home(tmp_path / "relay")
    home.prepare()
    home.enrol(Enrolment(f"http://127.0.0.1:{port}", token, "new"))
    with served(office, port), closing(Relay(home)) as relay:
        relay.uploading.attempt()

        assert relay.policing.shut == "before-notice"


NEVER = """
[[never]]
id = "passwords"
apps = ["KeePass*"]
because = "It is nobody's business."
"""


def agreed(office: Any, number: int, body: str) -> None:
    """Let employer and council sign a version, and wait until it holds: two hours later."""
    system = office.system
    text = version_of(body, number, system.organisation.origin, system.clock() + dt.timedelta(hours=1))
    policy_record.propose(system, text)
    policy_record.approve(system, number, [EMPLOYER.sign(text), COUNCIL.sign(text)])
    office.clock.advance(hours=2)


def test_history_that_the_policy_of_its_own_time_dropped_does_not_arrive(
    office: Any, form: Callable[..., Any], tmp_path: Path, port: int, clock: Any
) -> None:
    """Version 2 forbade an application by its name; version 3, under which the desk is enrolled, keeps no names.

    So neither this desk nor the portal would know it again by what version 3 leaves of it.
    """
    policy_record.settle(office.system)
    policy_record.agree(office.system, Signers(str(EMPLOYER.verifier), str(COUNCIL.verifier)))
    agreed(office, 2, preset_text("own_insight") + NEVER)  # holds from 10:30
    agreed(office, 3, preset_text("strict"))  # from 12:30
    events = [(10, 0, "early"), (11, 0, "KeePassXC"), (11, 10, "EXCEL.EXE"), (13, 0, "KeePassXC")]
    with enrolled(office, form, tmp_path / "relay", port, clock) as here, served(office, port):
        with fake_portal(shipped("own_insight")) as old, desk(tmp_path / "old", old) as source:
            source.bucket()
            for hour, minute, app in events:
                at = dt.datetime(2026, 11, 19, hour, minute, tzinfo=dt.UTC).isoformat()
                event = {"timestamp": at, "duration": 60, "data": {"app": app, "title": "canary"}}
                assert source.call("POST", "buckets/window/events", [event])[0] == 200
            here.relay.obey({"do": "history"})
            importing.import_from(f"http://127.0.0.1:{source.port}", here.relay.obey, lambda *_: None, clock())
        kept = [entry.parts for _, _, entry in here.relay.queue.entries() if getattr(entry, "parts", ())]
        assert here.send()

    arrived = office.system.own_events.events(office.ids["ben"], "currentwindow", "window")
    begun = sorted(dt.datetime.fromtimestamp(each.start_us / 1e6, dt.UTC) for each in arrived)
    assert [f"{each:%H:%M}" for each in begun] == ["10:00", "11:10", "13:00"]
    assert len(kept) == 3
    assert day(office)["capture_ledger"]["dropped"] == {"passwords": 1}


def test_history_is_not_taken_over_while_the_portal_does_not_say_what_held(here: Desk) -> None:
    with pytest.raises(ControlRefused, match="policies of the past are not known"):
        here.relay.obey({"do": "history"})
