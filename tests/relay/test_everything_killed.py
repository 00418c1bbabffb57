"""kill -9 of relays, of the portal and of its PostgreSQL, during one load of eight watchers at two desks.

What was acknowledged to a watcher is at the portal, exactly once, and the log verifies. Each part goes on by itself
once the one that it needs is there again.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from installation import administer, config_of

from portal.relay.control import ControlRefused, ask
from portal.relay.desk import PATIENCE_SECONDS
from portal.relay.home import Enrolment, Home
from portal.relay.running import Relay
from tests.portal.ingest.killable_postgres import killable_postgres
from tests.portal.ingest.served import Server, serving
from tests.portal.ingest.test_killed import ben_of
from tests.portal.ingest.test_killed_on_postgres import (
    RECOVERS_SECONDS,
    Installation,
    LastingDesk,
    more_from_all,
    working,
)
from tests.relay.processes import free_port, kill, relay_process

EVERY_SECONDS = 0.3
WATCHERS = 4


class Watcher(LastingDesk):
    """Reports to a relay. Acknowledged is what was answered within the relay's patience, as it promises."""

    def send(self, connection: object) -> None:
        before, begun = set(self.acknowledged), time.monotonic()
        super().send(connection)  # type: ignore[arg-type]
        if time.monotonic() - begun >= PATIENCE_SECONDS:
            self.acknowledged = before
        time.sleep(0.05)  # else most of the load would be that of this process


class Part:
    """Something that can be killed and begun again where it was."""

    def __init__(self, begin: Callable[[], AbstractContextManager[object]]) -> None:
        self._begin = begin
        self._running = ExitStack()

    def start(self) -> None:
        self.now = self._running.enter_context(self._begin())

    def stop(self) -> None:
        self._running.close()

    def kill(self) -> None:
        if isinstance(self.now, Server):
            self.now.kill()
        else:
            kill(self.now)  # type: ignore[arg-type]
        self.stop()


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    with killable_postgres() as postgres:
        for name in ("data", "keys"):
            administer(postgres.url, f"CREATE DATABASE {name}")
        config = replace(config_of(tmp_path / "home", postgres.url, "data", "keys"), capture_preset="own_insight")
        yield Installation(postgres, config, *ben_of(config))


def enrolled(folder: Path, port: int, token: str) -> Home:
    home = Home(folder)
    home.prepare()
    home.enrol(Enrolment(f"http://127.0.0.1:{port}", token, folder.name))
    return home


@contextmanager
def all_running(parts: list[Part]) -> Iterator[None]:
    try:
        for each in parts:
            each.start()
        yield
    finally:
        for each in reversed(parts):
            each.stop()


def until_all_have_sent(homes: list[Home]) -> None:
    """Return when every relay has had an upload acknowledged from now on: all parts work again."""
    since, deadline = time.time(), time.monotonic() + RECOVERS_SECONDS
    while not all(_has_sent(each, since) for each in homes):
        assert time.monotonic() < deadline, [ask(each.socket, {"do": "status"}) for each in homes]
        time.sleep(0.05)


def _has_sent(home: Home, since: float) -> bool:
    try:
        status = ask(home.socket, {"do": "status"})
    except (OSError, ControlRefused):
        return False
    return bool(status and status["sent"] and status["sent"] > since)


def send_the_rest(home: Home) -> None:
    """Send what still waits, as a relay does that is started the next morning."""
    relay, deadline = Relay(home), time.monotonic() + RECOVERS_SECONDS
    try:
        relay.desk.use(relay.desk.door)  # closes what is open, as an hour of silence does
        while not relay.uploading.attempt() or relay.queue.count():
            assert time.monotonic() < deadline, relay.uploading.problem
        assert relay.uploading.unusable == 0
    finally:
        relay.close()


def test_relays_portal_and_database_are_killed_under_one_load_and_nothing_acknowledged_is_lost_or_doubled(
    tmp_path: Path, installation: Installation
) -> None:
    port, relay_ports = free_port(), [free_port(), free_port()]
    homes = [enrolled(tmp_path / f"relay-{number}", port, installation.token) for number in range(2)]
    portal = Part(lambda: serving(installation.config.home, port=port, **installation.settings))
    relays = [
        Part(lambda home=home, at=at: relay_process(home.folder, at, EVERY_SECONDS))  # type: ignore[misc]
        for home, at in zip(homes, relay_ports, strict=True)
    ]
    with all_running([portal, *relays]):
        until_all_have_sent(homes)
        watchers = [
            Watcher(Server(homes[0].folder, relay_ports[number % 2], None), installation.token, number)  # type: ignore[arg-type]
            for number in range(2 * WATCHERS)
        ]
        with working(*watchers):
            more_from_all(watchers, 5)
            for part in (relays[0], portal):
                part.kill()
                part.start()
                until_all_have_sent(homes)
            installation.postgres.kill_one_that_serves()
            installation.postgres.start()
            more_from_all(watchers, 5)
            until_all_have_sent(homes)
            installation.postgres.kill_all()  # and at last everything at once, in the middle of it all
            for part in (portal, *relays):
                part.kill()
        installation.postgres.start()
        portal.start()
        for home in homes:
            send_the_rest(home)

    assert all(len(each.acknowledged) > 20 for each in watchers)
    assert any(each.failed for each in watchers)
    installation.holds(watchers, set())
