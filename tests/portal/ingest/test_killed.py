"""kill -9 of a server under the load of eight clients: what was acknowledged is there, exactly once."""

import datetime as dt
import http.client
import json
import random
import threading
import time
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


def a_home(folder: Path) -> tuple[Path, str, str]:
    """Return a home in which Ben keeps everything, his subject and a token of his."""
    home = folder / "home"
    system = found(Config(home=home, capture_preset="own_insight"), "Example Insurance")
    with system.people.changing(None) as changes:
        ben = changes.create("ben@example.org", "Ben", "Europe/Berlin")
        changes.grant(ben, Role.EMPLOYEE)
        changes.acknowledge(ben, POLICY_VERSION)
    token = system.tokens.issue(ben, "desk", {Scope.INGEST, Scope.READ})
    system.close()
    return home, ben, token


class Desk(threading.Thread):
    """Sends events until the server is gone, and remembers what was acknowledged and what was on its way."""

    def __init__(self, server: Server, token: str, number: int, first: int) -> None:
        super().__init__()
        self.server, self.token, self.number, self.next = server, token, number, first
        self.acknowledged: set[int] = set()
        self.sent: set[int] = set()
        self.source = random.Random(number)

    @property
    def bucket(self) -> str:
        return f"desk-{self.number}"

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
        try:
            self.post(connection, "", {"client": "t", "type": "test", "hostname": "pc"})
            while True:
                numbers = list(range(self.next, self.next + self.source.choice([1, 1, 1, 5, 30])))
                self.next += len(numbers)
                self.sent |= set(numbers)
                events = [self.event(n) for n in numbers]
                if len(numbers) == 1:
                    self.post(connection, "/heartbeat?pulsetime=0", events[0])
                else:
                    self.post(connection, "/events", events)
                self.acknowledged |= set(numbers)
        except (OSError, http.client.HTTPException):
            return

    def event(self, n: int) -> dict[str, object]:
        at = START + dt.timedelta(seconds=2 * n)
        return {"timestamp": at.isoformat(), "duration": 1.0, "data": {"n": n, "desk": self.number}}

    def post(self, connection: http.client.HTTPConnection, path: str, body: object) -> None:
        headers = {"Authorization": f"Bearer {self.token}"}
        connection.request("POST", f"/api/0/buckets/{self.bucket}{path}", json.dumps(body), headers)
        answer = connection.getresponse()
        content = answer.read()
        assert answer.status in (200, 304), content


def stored(system: System, ben: str, bucket: str) -> list[int]:
    return [each.data["n"] for each in system.own_events.events(ben, "test", bucket)]


def test_every_acknowledged_event_is_there_exactly_once_after_kill_9_and_the_log_verifies(tmp_path: Path) -> None:
    home, ben, token = a_home(tmp_path)
    desks: list[Desk] = []
    for round_number in range(ROUNDS):
        with serving(home, SAMEVIEW_CAPTURE_PRESET="own_insight") as server:
            desks = [_next(server, token, number, desks[number] if desks else None) for number in range(CLIENTS)]
            for desk in desks:
                desk.start()
            time.sleep(1.0 + random.Random(round_number).random())
            server.kill()
            for desk in desks:
                desk.join()

    assert all(len(desk.acknowledged) > 10 for desk in desks)
    system = build(Config(home=home, capture_preset="own_insight"))
    try:
        for desk in desks:
            there = stored(system, ben, desk.bucket)
            assert len(there) == len(set(there)), desk.bucket
            assert desk.acknowledged <= set(there) <= desk.sent, desk.bucket
    finally:
        system.close()
    assert "problem" not in command(home, "log", "verify", SAMEVIEW_CAPTURE_PRESET="own_insight")


def _next(server: Server, token: str, number: int, before: Desk | None) -> Desk:
    """Return the desk as it goes on after the server was killed: with new events, since nobody knows of the last."""
    desk = Desk(server, token, number, before.next if before else 0)
    if before is not None:
        desk.acknowledged, desk.sent = set(before.acknowledged), set(before.sent)
    return desk
