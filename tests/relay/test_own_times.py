"""What a person keeps private at the portal holds at their desks, too."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.relay.desks import WEB, Desk, desk, us
from tests.relay.fake_portal import FakePortal, fake_portal


@pytest.fixture
def portal() -> Iterator[FakePortal]:
    with fake_portal() as found:
        yield found


@pytest.fixture
def working(tmp_path: Path, portal: FakePortal) -> Iterator[Desk]:
    """A desk that knows its policy."""
    with desk(tmp_path / "relay", portal) as found:
        found.send()
        yield found


def test_what_is_forgotten_at_the_portal_does_not_leave_the_desk(working: Desk, portal: FakePortal) -> None:
    name = working.bucket()
    for at in range(0, 600, 60):
        working.beat(name, at, {"app": "a", "title": "t"}, pulse=90)
    working.beat(name, 700, {"app": "b", "title": "t"})
    portal.offer |= {"forgotten": [[us(120), us(300)]]}

    working.send()

    assert [(start, start + length) for _, start, length, data in portal.events() if '"a"' in data] == [
        (us(0), us(120)),
        (us(300), us(540)),
    ]
    assert portal.gaps() == []  # the portal knows


def test_a_pause_of_the_portal_holds_until_it_ends_or_is_ended_there(working: Desk, portal: FakePortal) -> None:
    name = working.bucket()
    portal.offer |= {"paused": [[us(0), us(600)]]}
    working.send()
    working.beat(name, 60, {"app": "during", "title": "t"}, lasting=30)
    portal.offer |= {"paused": [[us(0), us(120)]]}
    working.send()
    working.beat(name, 180, {"app": "after", "title": "t"}, lasting=30)
    working.beat(name, 240, {"app": "later", "title": "t"})

    working.send()

    assert [data for _, _, _, data in portal.events()] == ['{"app": "after", "title": "t"}']


def test_a_private_application_is_dropped_at_the_desk_and_counted(working: Desk, portal: FakePortal) -> None:
    window, tabs = working.bucket(), working.bucket("aw-watcher-web-firefox", WEB)
    portal.offer |= {"private_apps": ["firefox.exe"]}
    working.send()
    for at, app in ((0, "Firefox"), (60, "EXCEL.EXE"), (120, "x")):
        working.beat(window, at, {"app": app, "title": "t"}, lasting=5)
    for at in (0, 60):
        working.beat(tabs, at, {"url": "https://bank.test/", "title": str(at), "incognito": False}, lasting=5)

    working.send()

    assert [data for _, _, _, data in portal.events()] == ['{"app": "EXCEL.EXE", "title": "t"}']
    assert portal.dropped() == {"private-app": 2}  # a window, and the tab that is over
    assert not any(b"bank" in body for body in portal.bodies)


def test_it_is_remembered_without_the_portal(tmp_path: Path, portal: FakePortal) -> None:
    portal.offer |= {"forgotten": [[us(0), us(600)]]}
    with desk(tmp_path / "relay", portal) as found:
        found.send()
        name = found.bucket()
    portal.status = portal.policy_status = 503
    with desk(tmp_path / "relay", portal) as found:
        found.beat(name, 60, {"app": "a", "title": "t"}, lasting=30)
        found.beat(name, 700, {"app": "b", "title": "t"}, lasting=30)
        found.beat(name, 800, {"app": "c", "title": "t"})
        portal.status = portal.policy_status = 200

        found.send()

    assert [data for _, _, _, data in portal.events()] == ['{"app": "b", "title": "t"}']
