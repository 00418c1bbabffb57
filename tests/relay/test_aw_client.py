"""ActivityWatch's own client against the relay, while its portal is killed, slow, full and unreachable.

The promises of ActivityWatch's client suite, as far as a relay offers what they ask for, come first.
"""

import datetime as dt
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from aw_client import ActivityWatchClient
from aw_core.models import Event

from tests.relay.desks import MORNING, Desk, desk
from tests.relay.fake_portal import FakePortal, fake_portal

START = dt.datetime.fromtimestamp(MORNING, dt.UTC)
SECOND = dt.timedelta(seconds=1)


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the client its configuration, lock and queue in the test's folder."""
    for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))


@pytest.fixture
def portal() -> Iterator[FakePortal]:
    with fake_portal() as found:
        yield found


@pytest.fixture
def here(tmp_path: Path, portal: FakePortal) -> Iterator[Desk]:
    with desk(tmp_path / "relay", portal) as found:
        yield found


@pytest.fixture
def client(here: Desk) -> Iterator[ActivityWatchClient]:
    found = ActivityWatchClient("sameview-test", host="127.0.0.1", port=here.port)
    yield found
    found.instance.fp.close()
    found.request_queue._persistqueue.close()


def event(at: float, label: str = "test", lasting: float = 0.0) -> Event:
    return Event(timestamp=START + at * SECOND, duration=lasting, data={"app": label})


def test_the_client_reads_who_it_speaks_to(client: ActivityWatchClient) -> None:
    info = client.get_info()

    assert {"hostname", "version", "testing", "device_id"} <= info.keys()


def test_a_bucket_is_made_twice_listed_and_deleted_by_force_alone(client: ActivityWatchClient) -> None:
    client.create_bucket("b", "currentwindow")
    client.create_bucket("b", "currentwindow")
    assert client.get_buckets()["b"]["type"] == "currentwindow"
    with pytest.raises(requests.HTTPError, match="401"):
        client.delete_bucket("b")

    client.delete_bucket("b", force=True)

    assert "b" not in client.get_buckets()


def test_heartbeats_are_merged_and_come_back(client: ActivityWatchClient) -> None:
    client.create_bucket("b", "currentwindow")
    client.heartbeat("b", event(0), pulsetime=0)
    client.heartbeat("b", event(1), pulsetime=10)

    [found] = client.get_events("b", limit=1)

    assert (found.timestamp, found.duration) == (START, SECOND)
    assert client.get_event("b", found.id) == found
    assert client.get_eventcount("b") == 1


def test_heartbeats_in_any_order_are_all_taken(client: ActivityWatchClient) -> None:
    client.create_bucket("b", "currentwindow")
    events = [event(at) for at in range(60)]
    random.Random(4).shuffle(events)

    for each in events:
        client.heartbeat("b", each, pulsetime=2)

    assert client.get_eventcount("b") > 0


def test_events_come_back_newest_first_and_of_the_time_asked_for(client: ActivityWatchClient) -> None:
    client.create_bucket("b", "currentwindow")
    events = [event(3600 * n) for n in range(1_000)]
    client.insert_events("b", events)
    client.insert_event("b", event(-1))

    found = client.get_events("b", limit=50, start=START, end=START + dt.timedelta(days=1))

    assert found == events[24::-1]
    assert client.get_eventcount("b") == 1_001
    assert len(client.get_events("b")) == 1_001


def test_heartbeats_over_midnight_become_one_event_for_each_label(client: ActivityWatchClient) -> None:
    client.create_bucket("b", "currentwindow")
    midnight = dt.datetime(2026, 11, 16, 23, 50, tzinfo=dt.UTC)
    for n, label in enumerate(["1", "1", "2", "3", "4"] * 4):
        beat = Event(timestamp=midnight + n * dt.timedelta(minutes=1), data={"app": label})
        client.heartbeat("b", beat, pulsetime=90)

    assert len(client.get_events("b", limit=-1)) == 16
    assert len(client.get_events("b", start=midnight + dt.timedelta(minutes=10))) == 8


def test_settings_and_export_answer(client: ActivityWatchClient) -> None:
    client.create_bucket("b", "currentwindow")
    client.insert_event("b", event(0))
    client.set_setting("key", "value")

    assert client.get_setting("key") == "value"
    assert [each["data"] for each in client.export_all()["buckets"]["b"]["events"]] == [{"app": "test"}]
    assert client.export_bucket("b")["buckets"]["b"]["id"] == "b"


def test_a_query_is_refused_with_a_message(client: ActivityWatchClient) -> None:
    with pytest.raises(requests.HTTPError, match="501"):
        client.query("RETURN = 1;", [(START, START + SECOND)])


# A portal in trouble. The client's queue drops what is answered with an error, so none may be.


def killed(portal: FakePortal) -> None:
    portal.kill()


def slow(portal: FakePortal) -> None:
    portal.delay = 10.0


def full(portal: FakePortal) -> None:
    portal.status = 507


def closed(portal: FakePortal) -> None:
    portal.status = 503


def well_again(portal: FakePortal, trouble: object) -> None:
    portal.delay, portal.status = 0.0, 200
    if trouble is killed:
        portal.revive()


@pytest.mark.parametrize("trouble", [killed, slow, full, closed])
def test_no_watcher_notices_a_portal_in_trouble_and_nothing_is_lost(
    here: Desk, portal: FakePortal, client: ActivityWatchClient, trouble
) -> None:
    client.setup_bucket("b", "currentwindow")
    trouble(portal)
    uploading = threading.Thread(target=here.send)
    with client:
        client.wait_for_start()
        while "b" not in client.get_buckets():
            time.sleep(0.05)
        uploading.start()
        slowest = 0.0
        for n in range(40):
            begun = time.monotonic()
            client.heartbeat("b", event(10 * n, str(n), lasting=5), pulsetime=1, queued=True, commit_interval=1)
            client.heartbeat("b", event(10 * n + 2, str(n), lasting=5), pulsetime=9, queued=False)
            slowest = max(slowest, time.monotonic() - begun)
        while client.request_queue._persistqueue.qsize():
            time.sleep(0.05)
    if trouble is not slow:
        uploading.join(20)
        assert here.status()["problem"]
        assert portal.events() == []
    well_again(portal, trouble)
    uploading.join(20)
    here.beat("b", 9_000, {"app": "last"})
    here.send()

    assert slowest < 5
    sent = {data for _, _, _, data in portal.events()}
    assert {f'{{"app": "{n}"}}' for n in range(40)} <= sent


def test_a_relay_that_comes_late_still_gets_what_the_client_queued(tmp_path: Path, portal: FakePortal) -> None:
    with desk(tmp_path / "relay", portal) as here:
        port = here.port
    late = ActivityWatchClient("late", host="127.0.0.1", port=port)
    late.request_queue._attempt_reconnect_interval = 0.2
    late.setup_bucket("b", "currentwindow")
    with late:
        for n in range(5):
            late.heartbeat("b", event(10 * n, str(n)), pulsetime=1, queued=True, commit_interval=1)
        with desk(tmp_path / "relay", portal, port=port) as here:
            while late.request_queue._persistqueue.qsize():
                time.sleep(0.05)
            time.sleep(0.3)
            here.beat("b", 9_000, {"app": "last"})
            here.send()
    late.instance.fp.close()
    late.request_queue._persistqueue.close()

    assert {f'{{"app": "{n}"}}' for n in range(4)} <= {data for _, _, _, data in portal.events()}
