"""kill -9 of a server under the load of eight clients: what was acknowledged is there, exactly once."""

import datetime as dt
import http.client
import json
import random
import threading
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path

from auth.permissions import Role
from auth.tokens import Scope
from portal.config import Config
from portal.founding import found
from portal.wiring import System, build
from privacy.policy import POLICY_VERSION
from tests.portal.ingest.served import Server, command, serving

CLIENTS = 8
START = dt.datetime.now(dt.UTC).replace(microsecond=0) - dt.timedelta(hours=20)
ROUNDS = 3


def ben_of(config: Config) -> tuple[str, str]:
    """Found an installation in which Ben keeps everything; return his subject and a token of his."""
    system = found(config, "Example Insurance")
    with system.people.changing(None) as changes:
        ben = changes.create("ben@example.org", "Ben", "Europe/Berlin")
        changes.grant(ben, Role.EMPLOYEE)
        changes.acknowledge(ben, POLICY_VERSION)
    token = system.tokens.issue(ben, "desk", {Scope.INGEST, Scope.READ})
    system.close()
    return ben, token


class Desk(threading.Thread):
    """Sends events until the server is gone, and remembers what was acknowledged and what was on its way."""

    def __init__(self, server: Server, token: str, number: int) -> None:
        super().__init__()
        self.server, self.token, self.number, self.next = server, token, number, 0
        self.acknowledged: set[int] = set()
        self.sent: set[int] = set()
        self.source = random.Random(number)
        self.over = threading.Event()

    @property
    def bucket(self) -> str:
        return f"desk-{self.number}"

    def run(self) -> None:
        with suppress(OSError, http.client.HTTPException):
            self.connect_and_send()

    def connect_and_send(self) -> None:
        with closing(http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)) as connection:
            self.post(connection, "", {"client": "t", "type": "test", "hostname": "pc"})
            while not self.over.is_set():
                self.send(connection)

    def send(self, connection: http.client.HTTPConnection) -> None:
        numbers = list(range(self.next, self.next + self.source.choice([1, 1, 1, 5, 30])))
        self.next += len(numbers)
        self.sent |= set(numbers)
        events = [self.event(n) for n in numbers]
        if len(numbers) == 1:
            self.post(connection, "/heartbeat?pulsetime=0", events[0])
        else:
            self.post(connection, "/events", events)
        self.acknowledged |= set(numbers)

    def event(self, n: int) -> dict[str, object]:
        at = START + dt.timedelta(seconds=2 * n)
        return {"timestamp": at.isoformat(), "duration": 1.0, "data": {"n": n, "desk": self.number}}

    def post(self, connection: http.client.HTTPConnection, path: str, body: object) -> None:
        headers = {"Authorization": f"Bearer {self.token}"}
        connection.request("POST", f"/api/0/buckets/{self.bucket}{path}", json.dumps(body), headers)
        answer = connection.getresponse()
        self.check(answer.status, answer.read())

    def check(self, status: int, content: bytes) -> None:
        assert status in (200, 304), content


def nothing_is_lost_or_doubled(system: System, ben: str, desks: Sequence[Desk]) -> None:
    for desk in desks:
        there = [each.data["n"] for each in system.own_events.events(ben, "test", desk.bucket)]
        assert len(there) == len(set(there)), desk.bucket
        assert desk.acknowledged <= set(there) <= desk.sent, desk.bucket


def next_desks(server: Server, token: str, before: Sequence[Desk], first: int = 0) -> list[Desk]:
    """Return desks as they go on after a kill: with new events, since nobody knows of the last."""
    desks = [Desk(server, token, number) for number in range(first, first + CLIENTS)]
    for desk, old in zip(desks, before, strict=False):
        desk.next, desk.acknowledged, desk.sent = old.next, set(old.acknowledged), set(old.sent)
    return desks


def test_every_acknowledged_event_is_there_exactly_once_after_kill_9_and_the_log_verifies(tmp_path: Path) -> None:
    home = tmp_path / "home"
    ben, token = ben_of(Config(home=home, capture_preset="own_insight"))
    desks: list[Desk] = []
    for round_number in range(ROUNDS):
        with serving(home, SAMEVIEW_CAPTURE_PRESET="own_insight") as server:
            desks = next_desks(server, token, desks)
            for desk in desks:
                desk.start()
            time.sleep(1.0 + random.Random(round_number).random())
            server.kill()
            for desk in desks:
                desk.join()

    assert all(len(desk.acknowledged) > 10 for desk in desks)
    system = build(Config(home=home, capture_preset="own_insight"))
    try:
        nothing_is_lost_or_doubled(system, ben, desks)
    finally:
        system.close()
    assert "problem" not in command(home, "log", "verify", SAMEVIEW_CAPTURE_PRESET="own_insight")
