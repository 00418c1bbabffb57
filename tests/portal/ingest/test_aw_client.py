"""ActivityWatch's own client, unmodified, against `sameview serve --testing`: what its makers' tests ask for."""

import datetime as dt
import json
import random
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from aw_client import ActivityWatchClient
from aw_core.models import Event
from aw_transform.heartbeats import heartbeat_reduce

from tests.portal.ingest.served import Server, command, serving

NOW = dt.datetime.now(dt.UTC).replace(microsecond=123_000) - dt.timedelta(hours=6)
HOUR, SECOND = dt.timedelta(hours=1), dt.timedelta(seconds=1)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("aw") / "home"
    command(home, "init", "--organisation", "Test", "--admin", "oda@example.org", "--throw-away")
    with serving(home, "--testing") as running:
        yield running


@pytest.fixture
def client(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ActivityWatchClient]:
    for kind in ("DATA", "CONFIG", "CACHE", "STATE", "RUNTIME"):
        monkeypatch.setenv(f"XDG_{kind}_HOME" if kind != "RUNTIME" else "XDG_RUNTIME_DIR", str(tmp_path))
    name = f"client-{uuid.uuid4().hex[:8]}"
    found = ActivityWatchClient(name, testing=True, host="127.0.0.1", port=server.port)
    yield found
    found.instance.fp.close()  # which it leaves to the garbage


@pytest.fixture
def bucket(client: ActivityWatchClient) -> Iterator[str]:
    name = f"bucket-{uuid.uuid4().hex[:8]}"
    client.create_bucket(name, "test")
    yield name
    client.delete_bucket(name)


def test_info_says_that_it_is_for_testing(client: ActivityWatchClient) -> None:
    info = client.get_info()

    assert info["testing"] is True
    assert set(info) == {"hostname", "version", "testing", "device_id"}


def test_buckets_are_made_listed_and_deleted(client: ActivityWatchClient) -> None:
    client.create_bucket("made", "test")
    found = client.get_buckets()["made"]
    assert (found["id"], found["type"], found["client"]) == ("made", "test", client.client_name)
    assert found["hostname"] == client.client_hostname
    assert dt.datetime.fromisoformat(found["created"]).tzinfo is not None

    client.delete_bucket("made")

    assert "made" not in client.get_buckets()
    with pytest.raises(requests.HTTPError, match="404"):
        client.delete_bucket("made")


def test_making_a_bucket_twice_is_304_with_nothing_in_it(
    server: Server, client: ActivityWatchClient, bucket: str
) -> None:
    answer = requests.post(
        f"{server.url}/api/0/buckets/{bucket}", json={"client": "c", "type": "test", "hostname": "h"}, timeout=10
    )

    assert (answer.status_code, answer.content) == (304, b"")
    client.create_bucket(bucket, "test")  # which the client takes as done


def test_one_event_comes_back_as_it_was_sent(client: ActivityWatchClient, bucket: str) -> None:
    sent = Event(timestamp=NOW, duration=1.5, data={"label": "test", "n": [1, {"deep": None}], "title": "a"})

    client.insert_event(bucket, sent)

    (found,) = client.get_events(bucket)
    assert found == sent
    assert client.get_event(bucket, found.id) == sent
    assert client.get_event(bucket, found.id).id == found.id


def test_an_event_that_is_not_there_is_404(server: Server, bucket: str) -> None:
    answer = requests.get(f"{server.url}/api/0/buckets/{bucket}/events/12345", timeout=10)

    assert answer.status_code == 404
    assert "message" in answer.json()


def test_many_events_come_back_newest_first(client: ActivityWatchClient, bucket: str) -> None:
    sent = [Event(timestamp=NOW + n * SECOND, duration=1, data={"label": f"{n}"}) for n in range(100)]

    client.insert_events(bucket, sent)

    assert client.get_events(bucket) == sent[::-1]
    assert client.get_events(bucket, limit=3) == sent[:-4:-1]
    assert client.get_events(bucket, limit=0) == []
    assert client.get_eventcount(bucket) == 100


def test_events_of_an_interval_are_cut_to_it_with_both_ends(client: ActivityWatchClient, bucket: str) -> None:
    client.insert_events(bucket, [Event(timestamp=NOW + n * HOUR, duration=1800, data={"n": n}) for n in range(5)])

    found = client.get_events(bucket, start=NOW + HOUR + 600 * SECOND, end=NOW + 3 * HOUR)

    assert [each.data["n"] for each in found] == [3, 2, 1]
    assert found[0].duration == dt.timedelta(milliseconds=1)
    assert found[2].timestamp == NOW + HOUR + 600 * SECOND
    assert found[2].duration == 1200 * SECOND
    assert client.get_eventcount(bucket, start=NOW + HOUR + 600 * SECOND, end=NOW + 3 * HOUR) == 3


def test_an_event_over_midnight_is_one(client: ActivityWatchClient, bucket: str) -> None:
    midnight = NOW.replace(hour=0, minute=0, second=0, microsecond=0) - dt.timedelta(days=3)
    sent = Event(timestamp=midnight - HOUR, duration=7200, data={"label": "night"})
    whole = Event(timestamp=midnight - 2 * HOUR, duration=3600.001, data={"label": "night"})

    client.insert_events(bucket, [sent, whole])

    assert client.get_events(bucket) == [sent, whole]


def test_an_event_can_be_deleted(client: ActivityWatchClient, bucket: str) -> None:
    client.insert_events(bucket, [Event(timestamp=NOW + n * SECOND, duration=0, data={"n": n}) for n in range(2)])
    newest, oldest = client.get_events(bucket)

    client.delete_event(bucket, newest.id)

    assert client.get_events(bucket) == [oldest]


def test_heartbeats_merge_as_aw_core_merges_them(client: ActivityWatchClient, bucket: str) -> None:
    source = random.Random(7)
    at, sent = NOW, []
    for _ in range(60):
        at += dt.timedelta(milliseconds=source.choice([500, 1000, 1001, 3000]))
        sent.append(Event(timestamp=at, duration=source.choice([0, 0, 0.25]), data={"label": source.choice("ab")}))

    for each in sent:
        client.heartbeat(bucket, each, pulsetime=1.0)

    wanted = heartbeat_reduce([Event(**each) for each in sent], pulsetime=1.0)
    assert client.get_events(bucket) == wanted[::-1]
    assert client.get_eventcount(bucket) == len(wanted)


def test_a_heartbeat_is_answered_with_the_merged_event(server: Server, bucket: str) -> None:
    url = f"{server.url}/api/0/buckets/{bucket}/heartbeat?pulsetime=10"
    first, second = (
        requests.post(url, json=Event(timestamp=at, data={"label": "x"}).to_json_dict(), timeout=10).json()
        for at in (NOW, NOW + 4 * SECOND)
    )

    assert (second["duration"], second["id"]) == (4.0, first["id"])
    assert second["timestamp"] == first["timestamp"] == NOW.isoformat()


def test_queued_heartbeats_arrive_over_a_connection(client: ActivityWatchClient) -> None:
    name = f"queued-{uuid.uuid4().hex[:8]}"
    client.create_bucket(name, "test", queued=True)
    with client:
        for n in range(5):
            event = Event(timestamp=NOW + n * SECOND, duration=0, data={"label": "same" if n < 4 else "other"})
            client.heartbeat(name, event, pulsetime=2, queued=True, commit_interval=1)
        deadline = time.monotonic() + 15
        while name not in client.get_buckets() or not client.get_events(name):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        time.sleep(0.5)

    assert [each.data["label"] for each in client.get_events(name)] == ["same"]
    client.delete_bucket(name)


def test_what_is_exported_can_be_imported_again(client: ActivityWatchClient, bucket: str) -> None:
    client.insert_events(bucket, [Event(timestamp=NOW + n * SECOND, duration=1, data={"n": n}) for n in range(3)])

    exported = client.export_bucket(bucket)["buckets"][bucket]
    assert client.export_all()["buckets"][bucket]["events"] == exported["events"]
    before = client.get_events(bucket)
    client.import_bucket(exported)
    assert client.get_events(bucket) == before
    client.import_bucket({**exported, "id": f"{bucket}-copy"})

    assert client.get_events(f"{bucket}-copy") == before
    client.delete_bucket(f"{bucket}-copy")


def test_an_import_may_come_from_a_form(server: Server, client: ActivityWatchClient) -> None:
    name = f"form-{uuid.uuid4().hex[:8]}"
    events = [{"timestamp": NOW.isoformat(), "duration": 1.0, "data": {"label": "x" * 700}}]
    found = {"buckets": {name: {"id": name, "type": "test", "client": "c", "hostname": "h", "events": events}}}
    found["buckets"][name]["events"] *= 1
    padded = json.dumps(found).encode() + b" " * 700_000

    answer = requests.post(f"{server.url}/api/0/import", files={"buckets.json": padded}, timeout=20)

    assert answer.status_code == 200
    assert client.get_eventcount(name) == 1
    client.delete_bucket(name)


def test_a_query_is_answered_by_aw_core_over_one_s_own_events(client: ActivityWatchClient, bucket: str) -> None:
    client.insert_events(bucket, [Event(timestamp=NOW + n * SECOND, duration=1, data={"label": "x"}) for n in range(3)])

    (found,) = client.query(f'events = query_bucket("{bucket}"); RETURN = sum_durations(events);', [(NOW, NOW + HOUR)])

    assert found == 3.0
    with pytest.raises(requests.HTTPError, match="400"):
        client.query("RETURN = nothing_of_that_name;", [(NOW, NOW + HOUR)])


def test_settings_are_kept(client: ActivityWatchClient) -> None:
    client.set_setting("classes", [{"name": ["Work"]}])

    assert client.get_setting("classes") == [{"name": ["Work"]}]
    assert client.get_setting() == {"classes": [{"name": ["Work"]}]}
    client.set_setting("classes", None)
    assert client.get_setting() == {}


def test_last_updated_is_the_end_of_the_newest_event(client: ActivityWatchClient, bucket: str) -> None:
    assert "last_updated" not in client.get_buckets()[bucket]

    client.insert_event(bucket, Event(timestamp=NOW, duration=90, data={"label": "x"}))

    found = client.get_buckets()[bucket]["last_updated"]
    assert dt.datetime.fromisoformat(found) == NOW + 90 * SECOND


def test_buckets_without_a_slash_lead_to_those_with_one(server: Server) -> None:
    answer = requests.get(f"{server.url}/api/0/buckets", allow_redirects=False, timeout=10)

    assert (answer.status_code, answer.headers["Location"].endswith("/api/0/buckets/")) == (308, True)
