"""The queue: what was acknowledged is there after any death, what is full drops the newest and says so."""

import resource
import signal
import sqlite3
from pathlib import Path

import pytest

from portal.relay.device_key import DeviceKey
from portal.relay.entries import Missed
from portal.relay.home import Home, RelayMisplaced
from portal.relay.queue import Queue, QueueBroken
from portal.relay.reserve import Reserve
from privacy.capture import preset_text
from privacy.seal import SealBroken
from tests.relay.desks import AFK, MORNING, desk, iso, us
from tests.relay.fake_portal import fake_portal

MAIL = {"app": "Mail", "title": "Inbox"}
CAP = 400 * 1024


def test_a_heartbeat_after_a_restart_joins_the_event_of_before(tmp_path: Path) -> None:
    with fake_portal() as portal:
        with desk(tmp_path / "relay", portal) as here:
            here.beat(here.bucket(), 0, MAIL)
        with desk(tmp_path / "relay", portal) as here:
            here.beat("window", 3, MAIL)
            here.beat("window", 60, {"app": "Other"})
            here.send()

        assert [(start, length) for _, start, length, _ in portal.events()] == [(us(0), 3_000_000)]


def test_nothing_readable_lies_on_the_desk(tmp_path: Path) -> None:
    with fake_portal() as portal, desk(tmp_path / "relay", portal) as here:
        here.bucket("canary-bucket")
        here.beat("canary-bucket", 0, {"app": "canary-app", "title": "canary-title"})
        here.beat("canary-bucket", 9, MAIL)

        for path in (tmp_path / "relay").iterdir():
            assert path.stat().st_mode & 0o077 == 0, path
            if path.is_file():
                assert b"canary" not in path.read_bytes(), path


def test_raw_data_are_in_no_file_under_a_policy_that_refuses_them(tmp_path: Path) -> None:
    """Opened with the key itself: not even whoever holds the desk finds what the policy refused."""
    with fake_portal(preset_text("coaching")) as portal, desk(tmp_path / "relay", portal) as here:
        here.beat(here.bucket(), 0, {"app": "Mail", "title": "canary-title", "canary-key": 1})
        opened = repr(list(here.relay.queue.entries()))

        assert "Mail" in opened
        assert "canary" not in opened


def test_a_row_that_was_moved_does_not_open(tmp_path: Path) -> None:
    key = DeviceKey(bytes(32))
    queue = Queue(tmp_path / "queue.db", key)
    queue.submit([queue.put(1, 1, Missed(1, 2, "paused"))]).wait()
    with sqlite3.connect(tmp_path / "queue.db") as other:
        other.execute("UPDATE entry SET number = 2")
    other.close()

    with pytest.raises(SealBroken):
        list(queue.entries())
    queue.close()


def test_a_queue_that_is_full_answers_200_and_says_from_when_to_when(tmp_path: Path) -> None:
    with fake_portal() as portal:
        with desk(tmp_path / "relay", portal, cap_bytes=CAP) as here:
            window = here.bucket()
            portal.kill()
            for at in range(0, 400, 10):
                here.beat(window, at, {"app": "A", "title": f"{at}" * 5_000}, lasting=5)
            stored = here.status()["waiting"]
            assert here.status()["full"]
            assert 0 < stored < 40
        portal.revive()
        with desk(tmp_path / "relay", portal, cap_bytes=CAP) as here:
            here.send()
            here.beat(window, 500, MAIL)
            here.beat(window, 600, {"app": "Other"})
            here.send()
            assert not here.status()["full"]

        starts = [start for _, start, _, _ in portal.events()]
        kept = [us(at) for at in range(0, 400, 10) if us(at) in starts]
        assert portal.gaps() == [(kept[-1] + 10_000_000, us(395), "queue full")]
        assert us(500) in starts


def test_a_disk_that_is_full_answers_200_and_recovers(tmp_path: Path) -> None:
    with fake_portal() as portal, desk(tmp_path / "relay", portal) as here:
        presence = here.bucket("afk", AFK)
        here.beat(presence, 0, {"status": "not-afk"})
        before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (16 * 1024, limits[1]))
        try:
            for at in range(10, 40, 10):
                here.beat(presence, at, {"status": "afk", "at": at}, lasting=5)
            assert here.status()["full"]
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
            signal.signal(signal.SIGXFSZ, before)
        here.beat(presence, 100, {"status": "not-afk"})
        here.beat(presence, 300, {"status": "afk"})
        here.send()

        assert [start for _, start, _, _ in portal.events()] == [us(0), us(100)]
        assert portal.gaps() == [(us(10), us(35), "queue full")]
        assert not here.status()["full"]


def test_the_gap_of_a_full_disk_is_taken_down_without_a_new_block(tmp_path: Path) -> None:
    key = DeviceKey(bytes(32))
    reserve = Reserve(tmp_path / "gap", key)
    size = (tmp_path / "gap").stat().st_size

    for end in range(50):
        reserve.keep(Missed(int(MORNING), int(MORNING) + end, "queue full"))

    assert (tmp_path / "gap").stat().st_size == size
    assert reserve.gap() == Missed(int(MORNING), int(MORNING) + 49, "queue full")
    reserve.clear()
    assert reserve.gap() is None
    reserve.close()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda home: (home.folder / "device.key").unlink(), "put the key back"),
        (lambda home: (home.folder / "device.key").chmod(0o644), "chmod"),
        (lambda home: (home.folder / "device.key").write_bytes(b"short"), "no device's key"),
        (lambda home: home.folder.chmod(0o755), "chmod"),
        (lambda home: (home.folder / "enrolment.json").write_text("{"), "enrol"),
    ],
)
def test_a_relay_that_would_not_be_itself_does_not_start(tmp_path: Path, change, says: str) -> None:
    with fake_portal() as portal, desk(tmp_path / "relay", portal):
        pass
    change(Home(tmp_path / "relay"))

    with pytest.raises(RelayMisplaced, match=says), desk(tmp_path / "relay"):
        pass


def test_a_file_that_is_no_queue_is_named(tmp_path: Path) -> None:
    (tmp_path / "queue.db").write_bytes(b"not a database, but long enough to be read as one" * 100)

    with pytest.raises(QueueBroken, match=r"queue\.db"):
        Queue(tmp_path / "queue.db", DeviceKey(bytes(32)))


def test_a_second_relay_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    with desk(tmp_path / "relay"), pytest.raises(RelayMisplaced, match="already works"), desk(tmp_path / "relay"):
        pass


def test_a_batch_whose_answer_got_lost_is_sent_again_as_it_was_under_its_number(tmp_path: Path) -> None:
    def one(at: int) -> list[dict[str, object]]:
        return [{"timestamp": iso(at), "duration": 1, "data": {"app": str(at)}}]

    with fake_portal() as portal:
        with desk(tmp_path / "relay", portal) as here:
            here.call("POST", f"buckets/{here.bucket()}/events", one(0))
            portal.answers_get_lost = True
            here.send()
            here.call("POST", "buckets/window/events", one(10))
        portal.answers_get_lost = False
        with desk(tmp_path / "relay", portal) as here:  # which sends as it starts
            assert here.status()["waiting"] == 0

        sent = [(each.batch, [e.start_us for e in each.events]) for each in portal.taken if each.events]
        assert [starts for _, starts in sent] == [[us(0)], [us(0)], [us(10)]]
        assert sent[0] == sent[1] != sent[2]


def test_a_commit_outlives_a_power_cut_as_far_as_the_disk_keeps_its_word(tmp_path: Path) -> None:
    queue = Queue(tmp_path / "queue.db", DeviceKey(bytes(32)))
    settings = {
        name: queue._writing.execute(f"PRAGMA {name}").fetchone()[0] for name in ("synchronous", "journal_mode")
    }
    queue.close()

    assert settings == {"synchronous": 2, "journal_mode": "wal"}


def test_many_events_at_once_are_all_there_and_in_order(tmp_path: Path) -> None:
    with fake_portal() as portal, desk(tmp_path / "relay", portal) as here:
        window = here.bucket()
        events = [{"timestamp": iso(at), "duration": 1, "data": {"app": "A", "title": str(at)}} for at in range(9_000)]
        here.call("POST", f"buckets/{window}/events", events)
        here.send()

        assert len(portal.events()) == 9_000
        assert max(len(each.events) for each in portal.taken) <= 4_000
