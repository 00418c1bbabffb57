"""kill -9 of PostgreSQL, of the portal on it, and of one worker, under the load of eight clients and a reader.

What was acknowledged is there, exactly once, and the log verifies. The portal goes on by itself once its database does.
"""

import http.client
import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, replace

import psutil
import pytest
from installation import administer, config_of

from portal.config import Config
from portal.wiring import build
from tests.portal.ingest.killable_postgres import Postgres, killable_postgres
from tests.portal.ingest.served import Server, command, serving
from tests.portal.ingest.test_killed import CLIENTS, START, Desk, ben_of, next_desks, nothing_is_lost_or_doubled

RECOVERS_SECONDS = 60


class NotNow(OSError):
    """The portal answered with a fault: this call is not acknowledged."""


class LastingDesk(Desk):
    """A desk that goes on with new events after every failed call, until it is told that it is over."""

    def __init__(self, server: Server, token: str, number: int) -> None:
        super().__init__(server, token, number)
        self.failed = 0

    def run(self) -> None:
        while not self.over.is_set():
            try:
                self.connect_and_send()
            except (OSError, http.client.HTTPException):
                self.failed += 1
                time.sleep(0.05)

    def check(self, status: int, content: bytes) -> None:
        if status >= 500:
            raise NotNow(content)
        super().check(status, content)


class Reader(threading.Thread):
    """Reads one's own day again and again: each time what came is folded, and the log grows."""

    def __init__(self, server: Server, token: str) -> None:
        super().__init__()
        self.server, self.token = server, token
        self.entries: set[int] = set()
        self.over = threading.Event()

    def run(self) -> None:
        headers = {"Authorization": f"Bearer {self.token}"}
        while not self.over.is_set():
            try:
                with closing(http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)) as connection:
                    connection.request("GET", f"/api/v1/me/days/{START.date()}", headers=headers)
                    answer = connection.getresponse()
                    content = answer.read()
            except (OSError, http.client.HTTPException):
                time.sleep(0.05)
                continue
            assert answer.status == 200 or answer.status >= 500, content
            if answer.status == 200:
                self.entries.add(json.loads(content)["entry"])


@dataclass(frozen=True)
class Installation:
    """An installation on a server of its own, in which Ben keeps everything."""

    postgres: Postgres
    config: Config
    ben: str
    token: str

    @property
    def settings(self) -> dict[str, str]:
        return {
            "SAMEVIEW_DATABASE_URL": self.config.data_url,
            "SAMEVIEW_KEY_DATABASE_URL": self.config.keys_url,
            "SAMEVIEW_CAPTURE_PRESET": self.config.capture_preset,
        }

    def serving(self) -> AbstractContextManager[Server]:
        return serving(self.config.home, "--workers", "2", **self.settings)

    def holds(self, desks: Sequence[Desk], entries: set[int]) -> None:
        """Check that all that anybody was told is there, exactly once, and that the log verifies."""
        system = build(self.config)
        try:
            nothing_is_lost_or_doubled(system, self.ben, desks)
            assert entries <= {each.index for each in system.log.of_subject(self.ben)}
        finally:
            system.close()
        assert "problem" not in command(self.config.home, "log", "verify", **self.settings)


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with killable_postgres() as postgres:
        for name in ("data", "keys"):
            administer(postgres.url, f"CREATE DATABASE {name}")
        config = config_of(tmp_path_factory.mktemp("killed") / "home", postgres.url, "data", "keys")
        config = replace(config, capture_preset="own_insight")
        yield Installation(postgres, config, *ben_of(config))


@contextmanager
def working(*threads: Desk | Reader) -> Iterator[None]:
    """Let them work until the end."""
    for each in threads:
        each.start()
    try:
        yield
    finally:
        for each in threads:
            each.over.set()
        for each in threads:
            each.join()


def more_from_all(desks: Sequence[Desk], events: int) -> None:
    """Return when every desk has had so many more events acknowledged."""
    wanted = [len(desk.acknowledged) + events for desk in desks]
    deadline = time.monotonic() + RECOVERS_SECONDS
    while any(len(desk.acknowledged) < least for desk, least in zip(desks, wanted, strict=True)):
        assert time.monotonic() < deadline, [len(desk.acknowledged) for desk in desks]
        time.sleep(0.05)


KILLS: dict[str, Callable[[Postgres], None]] = {
    "its first process": Postgres.kill,
    "all of its processes": Postgres.kill_all,
    "one process that serves": Postgres.kill_one_that_serves,
}


def test_a_database_that_is_killed_under_load_loses_nothing_that_was_acknowledged(installation: Installation) -> None:
    with installation.serving() as server:
        desks = [LastingDesk(server, installation.token, number) for number in range(CLIENTS)]
        reader = Reader(server, installation.token)
        with working(*desks, reader):
            more_from_all(desks, 10)
            for kill in KILLS.values():
                failed = sum(desk.failed for desk in desks)
                kill(installation.postgres)
                time.sleep(0.3)
                installation.postgres.start()
                more_from_all(desks, 10)  # by itself: nobody starts the portal again
                assert sum(desk.failed for desk in desks) > failed  # they were told

    assert reader.entries
    installation.holds(desks, reader.entries)


def kill_a_worker(server: Server) -> None:
    """Kill the one of its processes that has worked most: no helper, but a worker."""
    found = psutil.Process(server.process.pid).children(recursive=True)
    os.kill(max(found, key=lambda each: sum(each.cpu_times()[:2])).pid, signal.SIGKILL)


def test_a_portal_of_several_workers_that_is_killed_loses_nothing_that_was_acknowledged(
    installation: Installation,
) -> None:
    desks: list[Desk] = []
    entries: set[int] = set()
    for kill in (Server.kill, kill_a_worker):
        with installation.serving() as server:
            desks = next_desks(server, installation.token, desks, first=CLIENTS)
            reader = Reader(server, installation.token)
            with working(*desks, reader):
                more_from_all(desks, 10)
                kill(server)
        entries |= reader.entries

    assert entries
    installation.holds(desks, entries)
