"""What a refusal does to a desk: only the portal's own ends or shuts it, and whatever waits goes on waiting."""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from portal.relay.batches import Held, next_batch, settled, waits
from portal.relay.doors import PolicyDoor
from portal.relay.home import Enrolment
from portal.relay.status_lines import told
from tests.relay.desks import AFK, MORNING, Desk, desk, iso, us
from tests.relay.fake_portal import FakePortal, fake_portal

DAY = 86_400.0


@pytest.fixture
def portal() -> Iterator[FakePortal]:
    with fake_portal() as found:
        yield found


@pytest.fixture
def here(tmp_path: Path, portal: FakePortal) -> Iterator[Desk]:
    with desk(tmp_path / "relay", portal) as found:
        yield found


def insert(here: Desk, bucket: str, first: int, count: int = 5) -> None:
    """Let a watcher report events that are different from all others, and see them acknowledged."""
    numbers = range(first, first + count)
    events = [{"timestamp": iso(10 * n), "duration": 1, "data": {"app": f"{bucket} {n}"}} for n in numbers]
    assert here.call("POST", f"buckets/{here.bucket(bucket)}/events", events)[0] == 200


def arrived(portal: FakePortal) -> set[str]:
    return {json.loads(data)["app"] for _, _, _, data in portal.events()}


# No room for a bucket


def test_events_of_a_bucket_without_room_wait_and_are_told_while_the_others_go_on(
    tmp_path: Path, portal: FakePortal
) -> None:
    portal.most_buckets = 2
    with desk(tmp_path / "relay", portal) as here:
        for slot in range(2):
            for bucket in ("a", "b", "c", "d"):
                insert(here, bucket, slot * 5)
            assert here.send()
        status = here.status()
        assert arrived(portal) == {f"{bucket} {n}" for bucket in "ab" for n in range(10)}
        assert (status["waiting"], status["without_room"], status["unusable"]) == (20, ["c", "d"], 0)
        assert "warning: the portal has no room for more buckets; what came in these waits here: c, d" in told(status)
    portal.most_buckets = None
    with desk(tmp_path / "relay", portal) as here:
        here.send()
        assert (here.status()["waiting"], here.status()["without_room"]) == (0, [])

    assert arrived(portal) == {f"{bucket} {n}" for bucket in "abcd" for n in range(10)}


def test_presence_without_room_is_left_out_of_every_upload(here: Desk, portal: FakePortal) -> None:
    portal.most_buckets, portal.buckets = 1, {"window"}
    here.beat(here.bucket("afk", AFK), 0, {"status": "afk"})
    insert(here, "window", 0)

    assert here.send()
    assert len(arrived(portal)) == 5
    assert here.status()["without_room"] == ["afk"]


def test_a_refusal_for_want_of_room_that_names_no_bucket_keeps_everything(
    here: Desk, portal: FakePortal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(portal, "_without_room", lambda _: ["a stranger's"])
    insert(here, "a", 0)

    assert not here.send()
    assert (here.status()["waiting"], here.status()["unusable"]) == (5, 0)


def test_what_is_held_back_stays_and_nothing_else_does_whatever_is_held(here: Desk) -> None:
    """Batches of any size, buckets and places held back at random: each entry is sent or there, never neither."""
    source = random.Random(7)
    queue, door = here.relay.queue, here.relay.desk.door
    assert isinstance(door, PolicyDoor)
    for number in range(25):
        for bucket in source.sample("abcd", 3):
            insert(here, bucket, 100 * number, source.randint(1, 8))
        waiting = dict(queue.closed_entries())
        numbers = sorted({each.bucket for each in waiting.values()})  # type: ignore[union-attr]
        held = Held(set(source.sample(numbers, 1)), set(source.sample(sorted(waiting), 3)))
        kept = {place for place, entry in waiting.items() if held.has(place, entry)}
        sent = 0
        while waits(here.relay.desk, held):
            batch = next_batch(here.relay.desk, door, source.randint(1, 9), held)
            sent += len(batch.upload.events)
            assert queue.submit(settled(batch)).wait()

        assert set(dict(queue.closed_entries())) == kept
        assert sent == len(waiting) - len(kept)


# Something in between


@pytest.mark.parametrize("status", [401, 403, 407])
@pytest.mark.parametrize("where", ["status", "policy_status"])
def test_a_refusal_that_is_not_the_portal_s_is_tried_again_and_capture_goes_on(
    here: Desk, portal: FakePortal, status: int, where: str
) -> None:
    portal.is_proxy = True
    portal.status = status
    setattr(portal, where, status)
    insert(here, "a", 0)
    assert not here.send()
    insert(here, "a", 5)
    said = here.status()
    assert (said["ended"], said["shut"], said["waiting"]) == (False, None, 10)
    assert str(status) in said["problem"]

    portal.is_proxy, portal.status, portal.policy_status = False, 200, 200
    assert here.send()
    assert len(arrived(portal)) == 10


@pytest.mark.parametrize("status", [400, 413, 422])
def test_an_event_that_something_in_between_refuses_waits_and_is_tried_again_a_day_later(
    here: Desk, portal: FakePortal, status: int
) -> None:
    """Such as a filter that finds a word in it: the portal never saw it, so it is not gone."""
    portal.is_proxy, portal.unusable = True, "a 3"
    insert(here, "a", 0)
    assert here.send()
    assert arrived(portal) == {"a 0", "a 1", "a 2", "a 4"}
    assert (here.status()["waiting"], here.status()["unusable"], here.status()["held"]) == (1, 0, 1)
    assert "warning: 1 event(s) do not get through to the portal and wait here" in told(here.status())

    here.relay.obey({"do": "forget", "start_us": us(10 * 3), "end_us": us(10 * 4)})
    assert here.status()["held"] == 0
    insert(here, "a", 13, 1)
    portal.unusable = "a 13"
    here.send()
    assert here.status()["held"] == 1
    portal.unusable = None
    here.now[0] += DAY
    assert here.send()
    assert "a 13" in arrived(portal)


# A shut door is remembered


@pytest.mark.parametrize(("status", "rule"), [(401, "device-ended"), (403, "before-notice")])
def test_a_shut_door_outlives_a_restart_until_the_portal_says_otherwise(
    tmp_path: Path, portal: FakePortal, status: int, rule: str
) -> None:
    with desk(tmp_path / "relay", portal) as here:
        portal.status = portal.policy_status = status
        here.send()
        assert here.status()["shut"] == rule
    portal.kill()
    with desk(tmp_path / "relay", portal) as here:  # which asks, and hears nothing
        assert (here.status()["shut"], here.status()["ended"]) == (rule, status == 401)
        assert any(line.startswith("captures: nothing") for line in told(here.status()))
        insert(here, "canary", 0)
        assert not any(getattr(entry, "parts", ()) for _, _, entry in here.relay.queue.entries())
    portal.revive()
    portal.status = portal.policy_status = 200
    with desk(tmp_path / "relay", portal) as here:
        assert (here.status()["shut"], here.status()["ended"]) == (None, False)
        insert(here, "b", 0)
        assert here.send()

    assert arrived(portal) == {f"b {n}" for n in range(5)}
    assert portal.dropped() == {rule: 5}


def test_the_end_of_one_enrolment_is_not_the_end_of_the_next(tmp_path: Path, portal: FakePortal) -> None:
    with desk(tmp_path / "relay", portal) as here:
        portal.status = 401
        here.send()
        assert here.status()["ended"]
        here.relay.home.enrol(Enrolment("http://127.0.0.1:1", "sv_another", "my desk"))
    with desk(tmp_path / "relay") as here:
        assert here.status()["shut"] is None


def test_a_relay_that_begins_shut_asks_at_once(tmp_path: Path, portal: FakePortal) -> None:
    with desk(tmp_path / "relay", portal) as here:
        portal.status = portal.policy_status = 403
        here.send()
    portal.policy_status = portal.status = 200
    with desk(tmp_path / "relay") as here:
        assert here.status()["shut"] == "before-notice"
        here.relay.uploading.start()
        for _ in range(200):
            if here.status()["shut"] is None:
                break
            here.relay.uploading._stop.wait(0.05)
        assert here.status()["shut"] is None


# The policy's text


def test_a_policy_s_text_is_opened_once_and_stored_once(
    tmp_path: Path, portal: FakePortal, monkeypatch: pytest.MonkeyPatch
) -> None:
    from portal.relay import known_policies

    opened: list[tuple[str, bool]] = []

    def counted(text: str, **how: Any) -> Any:
        opened.append((text, how["tried"]))
        return read(text, **how)

    read = known_policies.read
    monkeypatch.setattr(known_policies, "read", counted)
    with desk(tmp_path / "relay", portal) as here:
        stored = here.relay.queue.put_note
        notes: list[str] = []
        monkeypatch.setattr(
            here.relay.queue, "put_note", lambda name, content: notes.append(name) or stored(name, content)
        )
        for slot in range(4):
            insert(here, "a", 5 * slot)
            assert here.send()
        assert opened == [(portal.offer["policy"], False)]
        assert "policy" not in notes
        portal.offer["policy"] += "# another text\n"
        here.send()
        assert [text for text, _ in opened[1:]] == [portal.offer["policy"]]
    opened.clear()
    with desk(tmp_path / "relay", now=[MORNING]):
        assert opened == [(portal.offer["policy"], True)], "what was taken once is not tried again"
