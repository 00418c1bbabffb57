"""Which policy a desk goes by, and what it does where the portal refuses."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from privacy.capture import preset_text
from privacy.policy_note import PolicyKey, note_of
from tests.relay.desks import AFK, MORNING, WEB, Desk, desk, iso, us
from tests.relay.fake_portal import FakePortal, fake_portal

EMPLOYER, COUNCIL, STRANGER = (PolicyKey.new(f"example/{name}") for name in ("employer", "council", "stranger"))
SIGNERS = {"employer": str(EMPLOYER.verifier), "council": str(COUNCIL.verifier)}
MAIL = {"app": "Mail", "title": "canary-title"}
HOURS = '[[schedule]]\nname = "office"\nmonday = ["09:00-10:00", "11:00-12:00"]\n\n'


def text(preset: str, version: int, effective: str = "2026-11-01T00:00:00Z", more: str = "") -> str:
    head = f'version = {version}\norganisation = "example"\neffective = {effective}\n'
    body = preset_text(preset)
    at = body.index("[[rule]]")
    return head + body[:at] + more + body[at:]


def note(body: str, *keys: PolicyKey) -> str:
    return note_of(body, [key.sign(body) for key in keys or (EMPLOYER, COUNCIL)])


@pytest.fixture
def portal() -> Iterator[FakePortal]:
    with fake_portal(note(text("coaching", 3))) as found:
        yield found


@pytest.fixture
def here(tmp_path: Path, portal: FakePortal) -> Iterator[Desk]:
    with desk(tmp_path / "relay", portal, signers=SIGNERS) as found:
        yield found


def offer(here: Desk, portal: FakePortal, policy: str, **more: str) -> None:
    """Let the portal offer a policy, and refuse uploads under another one until the relay has asked."""
    portal.offer = {"policy": policy, "timezone": "UTC", **more}
    portal.status = 409
    here.send()
    portal.status = 200


def test_a_policy_that_everybody_signed_is_taken(here: Desk) -> None:
    assert here.status()["policy"] == {"version": 3, "name": "coaching"}
    assert here.status()["signed"]
    assert here.status()["refused_policy"] is None


@pytest.mark.parametrize(
    ("policy", "why"),
    [
        (note(text("own_insight", 4), EMPLOYER), "example/council"),
        (note(text("own_insight", 4), EMPLOYER, STRANGER), "example/council"),
        (note(text("own_insight", 4), COUNCIL), "example/employer"),
        (note(text("own_insight", 4)).replace("text_days = 14", "text_days = 13"), "not agreed"),
        (text("own_insight", 4), ""),
        (note(text("own_insight", 2)), "version 2"),
        (note(text("own_insight", 3)), "two texts"),
        (note(text("own_insight", 4) + "surprise = 1\n"), "surprise"),
        ("", ""),
    ],
)
def test_a_wider_policy_without_all_signatures_is_not_taken_and_its_person_is_told(
    here: Desk, portal: FakePortal, policy: str, why: str
) -> None:
    offer(here, portal, policy)
    here.beat(here.bucket(), 0, MAIL)
    here.beat("window", 60, {"app": "Other"})
    here.send()

    assert here.status()["policy"] == {"version": 3, "name": "coaching"}
    assert why in here.status()["refused_policy"]
    assert b"canary" not in b"".join(portal.bodies)
    assert len(portal.events()) == 1


def test_a_new_version_holds_from_its_moment_on_and_after_a_restart(tmp_path: Path, portal: FakePortal) -> None:
    with desk(tmp_path / "relay", portal, signers=SIGNERS) as here:
        later = note(text("strict", 4, "2026-11-16T10:00:00Z"))
        offer(here, portal, portal.offer["policy"], next=later)
        assert here.status()["policy"]["version"] == 3
    with desk(tmp_path / "relay", None, now=[MORNING + 3601]) as here:
        assert here.status()["policy"] == {"version": 4, "name": "strict"}


def test_what_waits_is_sent_as_the_stricter_of_two_versions_leaves_it(here: Desk, portal: FakePortal) -> None:
    here.beat(here.bucket(), 0, MAIL)
    here.beat("window", 60, {"app": "Other", "title": ""})
    offer(here, portal, note(text("strict", 4)))
    here.send()

    sent = [(each.policy, e.data, e.rules) for each in portal.taken for e in each.events]
    assert sent[0] == (4, {}, ["app-to-category", "title-to-category"])


def test_outside_the_working_time_nothing_is_kept_and_it_is_counted(tmp_path: Path) -> None:
    policy = note(text("coaching", 1, more=HOURS))
    with fake_portal(policy) as portal, desk(tmp_path / "relay", portal, signers=SIGNERS) as here:
        presence = here.bucket("afk", AFK)
        here.beat(presence, -1800, {"status": "afk"}, lasting=60)
        here.beat(presence, -600, {"status": "not-afk"})
        here.beat(presence, 4200, {"status": "not-afk"}, pulse=5000)
        here.beat(presence, 7500, {"status": "not-afk"}, pulse=5000)
        here.beat(presence, 9000, {"status": "afk"}, lasting=1800)
        here.beat(presence, 99_000, {"status": "not-afk"})
        here.send()

        parts = [(start, length) for _, start, length, _ in portal.events()]
        assert parts == [
            (us(0), 3_600_000_000),
            (us(7200), 300_000_000),
            (us(9000), 1_800_000_000),
        ]
        assert portal.dropped() == {"outside-working-time": 1}
        assert all("outside-working-time" in e.rules for u in portal.taken for e in u.events if e.start_us < us(9000))


def test_an_event_that_began_outside_is_kept_from_where_the_working_time_begins(tmp_path: Path) -> None:
    with fake_portal(note(text("coaching", 1, more=HOURS))) as portal:
        with desk(tmp_path / "relay", portal, signers=SIGNERS) as here:
            here.beat(here.bucket("afk", AFK), -60, {"status": "not-afk"})
        with desk(tmp_path / "relay", portal, signers=SIGNERS) as here:
            here.beat("afk", 120, {"status": "not-afk"}, pulse=300)
            here.beat("afk", 600, {"status": "afk"})
            here.send()

        assert [(start, length) for _, start, length, _ in portal.events()] == [(us(0), 120_000_000)]
        assert portal.dropped() == {}


def test_nobody_s_signature_is_told(tmp_path: Path) -> None:
    with fake_portal(text("coaching", 1)) as portal, desk(tmp_path / "relay", portal) as here:
        assert here.status()["policy"]["version"] == 1
        assert not here.status()["signed"]


# Refusals


def test_an_ended_device_sends_and_captures_nothing_more(here: Desk, portal: FakePortal) -> None:
    here.beat(here.bucket(), 0, MAIL)
    portal.status = 401
    here.send()
    before = portal.asked["POST /api/v1/events"]
    portal.status = 200
    for _ in range(3):
        here.send()
    here.beat("window", 60, {"app": "canary-later", "title": ""})

    assert portal.asked["POST /api/v1/events"] == before
    assert here.status()["shut"] == "device-ended"
    assert "sameview relay enrol" in here.status()["problem"]
    assert "canary-later" not in repr(list(here.relay.queue.entries()))


def test_without_the_notice_new_events_are_dropped_and_counted_and_old_ones_wait(
    here: Desk, portal: FakePortal
) -> None:
    here.beat(here.bucket(), 0, MAIL)
    here.beat("window", 60, {"app": "Second", "title": ""})
    portal.status = portal.policy_status = 403
    here.send()
    assert here.status()["shut"] == "before-notice"
    here.beat("window", 120, {"app": "canary-unseen", "title": ""})
    here.send()
    portal.status = portal.policy_status = 200
    here.send()
    here.beat("window", 180, {"app": "Third", "title": ""})
    here.beat("window", 240, {"app": "Fourth", "title": ""})
    here.send()

    assert {json.loads(data)["app"] for _, _, _, data in portal.events()} == {"Mail", "Second", "Third"}
    assert portal.dropped() == {"before-notice": 1}
    assert b"canary" not in b"".join(portal.bodies)


def test_one_event_that_the_portal_cannot_take_does_not_hold_up_the_others(here: Desk, portal: FakePortal) -> None:
    portal.unusable = "poison"
    apps = [f"app {n}" for n in range(50)]
    apps[17] = "poison"
    events = [{"timestamp": iso(10 * n), "duration": 1, "data": {"app": app}} for n, app in enumerate(apps)]
    here.call("POST", f"buckets/{here.bucket()}/events", events)
    here.send()

    assert len(portal.events()) == 49
    assert here.status()["unusable"] == 1
    assert here.status()["waiting"] == 0


@pytest.mark.parametrize("status", [400, 413, 422])
def test_what_refuses_every_upload_takes_no_event_out_of_the_queue(here: Desk, portal: FakePortal, status: int) -> None:
    """Such as a proxy that speaks another protocol, or that lets no body through."""
    portal.status = status
    events = [{"timestamp": iso(10 * n), "duration": 1, "data": {"app": f"app {n}"}} for n in range(20)]
    here.call("POST", f"buckets/{here.bucket()}/events", events)
    here.send()
    assert (here.status()["waiting"], here.status()["unusable"]) == (20, 0)
    assert str(status) in here.status()["problem"]

    portal.status = 200
    here.send()
    assert len(portal.events()) == 20


def test_what_no_store_takes_is_dropped_at_the_desk(tmp_path: Path) -> None:
    with fake_portal(preset_text("own_insight")) as portal, desk(tmp_path / "relay", portal) as here:
        deep: dict[str, object] = {}
        for _ in range(60):
            deep = {"deeper": deep}
        here.beat(here.bucket("web", WEB), 0, {"url": "x" * 70_000})
        here.beat("web", 60, {"url": "https://a.example", "more": deep})
        here.beat("web", 120, {"url": "https://b.example"})
        here.beat("web", 180, {"url": "https://c.example"})
        here.beat("web", 240, {"url": "https://d.example", "tabCount": 1 << 70})
        here.beat("web", 300, {"url": "https://e.example"})
        here.send()

        assert portal.dropped() == {"oversize": 3}
        assert len(portal.events()) == 2
