"""What watchers say, through a real connection: answered as ActivityWatch answers, merged, judged, sent once."""

from pathlib import Path

import pytest

from privacy.capture import preset_text
from tests.relay.desks import AFK, WEB, desk, iso, us
from tests.relay.fake_portal import fake_portal, shipped

MAIL = {"app": "Mail", "title": "Inbox"}
SHEET = {"app": "Calc", "title": "Budget"}


def test_heartbeats_become_one_event_that_is_sent_once_it_is_over(tmp_path: Path) -> None:
    with fake_portal() as portal, desk(tmp_path / "relay", portal) as here:
        window = here.bucket()
        for at in (0, 2, 4):
            here.beat(window, at, MAIL)
        here.send()
        assert portal.events() == []
        here.beat(window, 5, SHEET)
        here.send()

        assert [(start, length) for _, start, length, _ in portal.events()] == [(us(0), 4_000_000)]


def test_an_acknowledged_event_leaves_the_queue_and_is_not_sent_again(tmp_path: Path) -> None:
    with fake_portal() as portal, desk(tmp_path / "relay", portal) as here:
        window = here.bucket()
        here.call("POST", f"buckets/{window}/events", [{"timestamp": iso(0), "duration": 3, "data": MAIL}])
        here.send()
        here.send()

        assert [len(each.events) for each in portal.taken] == [0, 1, 0]
        assert here.status()["waiting"] == 0


def test_of_what_the_policy_coarsens_only_the_rest_leaves_the_desk(tmp_path: Path) -> None:
    with fake_portal(shipped("coaching")) as portal, desk(tmp_path / "relay", portal) as here:
        window, web = here.bucket(), here.bucket("web", WEB)
        here.beat(window, 0, {"app": "EXCEL.EXE", "title": "canary-title.xlsx"})
        here.beat(web, 0, {"url": "https://canary-url.example", "title": "canary-tab", "audible": False, "tabCount": 3})
        here.beat(web, 1, {"url": "https://x.example", "title": "canary-private", "incognito": True, "audible": False})
        here.beat(window, 9, MAIL)
        here.beat(web, 9, {"url": "https://y.example", "title": "y", "audible": False})
        here.send()

        events = {each.buckets[e.bucket].id: e for each in portal.taken for e in each.events}
        assert events["window"].data == {"app": "EXCEL.EXE"}
        assert events["window"].category == "Work > Spreadsheets"
        assert events["window"].rules == ["title-to-category"]
        assert events["web"].data == {"audible": False}
        assert portal.dropped() == {"incognito": 1}
        assert b"canary" not in b"".join(portal.bodies)


def test_a_dropped_event_that_goes_on_is_counted_once(tmp_path: Path) -> None:
    with fake_portal(preset_text("coaching")) as portal, desk(tmp_path / "relay", portal) as here:
        other = here.bucket("editor", "app.editor.activity")
        for at in range(0, 20, 2):
            here.beat(other, at, {"file": "canary.py"})
            here.send()
        here.beat(other, 90, {"file": "other.py"})
        here.send()

        assert portal.dropped() == {"unknown-stream": 1}


@pytest.mark.parametrize(
    ("method", "path", "content", "status"),
    [
        ("GET", "info", None, 200),
        ("GET", "buckets/", None, 200),
        ("GET", "buckets", None, 200),
        ("GET", "buckets/nothing", None, 404),
        ("POST", "buckets/window", {"client": "c", "type": "t", "hostname": "h"}, 304),
        ("POST", "buckets/new", {"client": "c", "type": "t"}, 400),
        ("DELETE", "buckets/window", None, 401),
        ("DELETE", "buckets/window?force=1", None, 200),
        ("DELETE", "buckets/nothing?force=1", None, 404),
        ("POST", "buckets/window/heartbeat", {"timestamp": iso(0), "data": {}}, 400),
        ("POST", "buckets/window/heartbeat?pulsetime=nan", {"timestamp": iso(0), "data": {}}, 400),
        ("POST", "buckets/nothing/heartbeat?pulsetime=1", {"timestamp": iso(0), "data": {}}, 404),
        ("POST", "buckets/window/heartbeat?pulsetime=1", {"duration": 0}, 400),
        ("POST", "buckets/window/heartbeat?pulsetime=1", {"timestamp": "yesterday", "data": {}}, 400),
        ("POST", "buckets/window/heartbeat?pulsetime=1", {"timestamp": "0001-01-01T00:00:00Z"}, 400),
        ("POST", "buckets/window/heartbeat?pulsetime=1", {"timestamp": iso(0), "duration": 1e300}, 400),
        ("POST", "buckets/window/heartbeat?pulsetime=1", b'{"timestamp": NaN}', 400),
        ("POST", "buckets/window/heartbeat?pulsetime=1", b"[" * 100_000, 400),
        ("POST", "buckets/window/heartbeat?pulsetime=1", b"\xff\xfe", 400),
        ("POST", "buckets/window/events", [], 200),
        ("POST", "buckets/window/events", {"timestamp": iso(0)}, 200),
        ("POST", "buckets/window/events", "text", 400),
        ("GET", "buckets/window/events?limit=x", None, 400),
        ("GET", "buckets/window/events?start=never", None, 400),
        ("GET", "buckets/window/events/count", None, 200),
        ("GET", "buckets/window/events/7", None, 404),
        ("GET", "export", None, 200),
        ("GET", "buckets/window/export", None, 200),
        ("GET", "settings", None, 200),
        ("POST", "settings/key", {"a": 1}, 200),
        ("POST", "query/", {"query": []}, 501),
        ("PUT", "info", None, 405),
        ("GET", "../../etc/passwd", None, 404),
    ],
)
def test_every_call_is_answered_as_activitywatch_answers_or_with_a_message(
    tmp_path: Path, method: str, path: str, content: object, status: int
) -> None:
    with fake_portal() as portal, desk(tmp_path / "relay", portal) as here:
        here.bucket()

        found, said = here.call(method, path, content)

        assert found == status
        assert status < 400 or said["message"]


def test_reading_back_gives_what_waits_after_policy_newest_first_and_trimmed(tmp_path: Path) -> None:
    with fake_portal(preset_text("coaching")) as portal, desk(tmp_path / "relay", portal) as here:
        window = here.bucket()
        here.beat(window, 0, {"app": "A", "title": "canary"}, lasting=10)
        here.beat(window, 30, {"app": "B", "title": "canary"}, lasting=10)

        _, everything = here.call("GET", f"buckets/{window}/events")
        _, trimmed = here.call("GET", f"buckets/{window}/events?start={iso(5)[:-6]}&end={iso(20)[:-6]}")
        _, one = here.call("GET", f"buckets/{window}/events?limit=1")
        _, bucket = here.call("GET", f"buckets/{window}")

        assert [each["data"] for each in everything] == [{"app": "B"}, {"app": "A"}]
        assert [(each["timestamp"], each["duration"]) for each in trimmed] == [(iso(5), 5.0)]
        assert [each["data"] for each in one] == [{"app": "B"}]
        assert bucket["last_updated"] == iso(40)


def test_before_a_policy_everything_is_dropped_and_counted(tmp_path: Path) -> None:
    with fake_portal() as portal:
        portal.policy_status = 503
        with desk(tmp_path / "relay", portal) as here:
            presence = here.bucket("afk", AFK)
            here.beat(presence, 0, {"status": "not-afk"})
            here.beat(presence, 1, {"status": "not-afk"})
            assert here.status()["shut"] == "before-policy"
            portal.policy_status = 200
            here.send()
            here.beat(presence, 60, {"status": "not-afk"})
            here.beat(presence, 90, {"status": "afk"})
            here.send()

            assert portal.dropped() == {"before-policy": 1}
            assert [start for _, start, _, _ in portal.events()] == [us(60)]
