"""A relay in this process on a free port, with a clock of its own, and programs of the desk that call it."""

import datetime as dt
import json
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from portal.relay.api import Api
from portal.relay.home import Enrolment, Home
from portal.relay.queue import DEFAULT_CAP_BYTES
from portal.relay.running import Relay
from portal.relay.server import Server
from tests.relay.fake_portal import TOKEN, FakePortal

MORNING = 1_794_819_600.0  # 2026-11-16 09:00 UTC, a Monday
WINDOW, AFK, WEB = "currentwindow", "afkstatus", "web.tab.current"


class Desk:
    """One desk: its relay and what speaks to it."""

    def __init__(self, relay: Relay, port: int, now: list[float]) -> None:
        self.relay = relay
        self.port = port
        self.now = now

    def call(self, method: str, path: str, content: Any = None, **headers: str) -> tuple[int, Any]:
        """Call the relay; returns the status and what the answer says."""
        body = None if content is None else content if isinstance(content, bytes) else json.dumps(content).encode()
        url = f"http://127.0.0.1:{self.port}/api/0/{path}"
        request = urllib.request.Request(url, body, {"Content-Type": "application/json", **headers}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - the relay's own
                text = answer.read()
                return answer.status, json.loads(text) if text else None
        except urllib.error.HTTPError as error:
            with error:
                text = error.read()
                return error.code, json.loads(text) if text else None

    def bucket(self, name: str = "window", kind: str = WINDOW) -> str:
        status, _ = self.call("POST", f"buckets/{name}", {"client": "watcher", "type": kind, "hostname": "desk"})
        assert status in (200, 304)
        return name

    def beat(self, bucket: str, at: float, data: dict[str, Any], *, lasting: float = 0.0, pulse: float = 5.0) -> None:
        """Send a heartbeat so many seconds after the morning."""
        event = {"timestamp": iso(at), "duration": lasting, "data": data}
        status, said = self.call("POST", f"buckets/{bucket}/heartbeat?pulsetime={pulse}", event)
        assert status == 200, said

    def send(self) -> bool:
        """Let the grid's moment come."""
        return self.relay.uploading.attempt()

    def status(self) -> dict[str, Any]:
        return self.relay.obey({"do": "status"})


def iso(at: float) -> str:
    return dt.datetime.fromtimestamp(MORNING + at, dt.UTC).isoformat()


def us(at: float) -> int:
    """Return so many seconds after the morning, in microseconds."""
    return round((MORNING + at) * 1e6)


@contextmanager
def desk(
    folder: Path,
    portal: FakePortal | None = None,
    *,
    cap_bytes: int = DEFAULT_CAP_BYTES,
    now: list[float] | None = None,
    port: int = 0,
    is_own: Callable[[socket.socket], bool] = lambda _: True,
    **enrolment: Any,
) -> Iterator[Desk]:
    """Run a relay that is enrolled with a portal; ends as a process does that is told to stop."""
    home = Home(folder)
    if portal is not None:
        home.prepare()
        home.enrol(Enrolment(portal.url, TOKEN, "my desk", **enrolment))
    now = now or [MORNING]
    relay = Relay(home, cap_bytes, clock=lambda: now[0])
    server = Server(port, Api(relay.desk, relay.device_id), is_own)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    found = Desk(relay, server.server_port, now)
    if portal is not None:
        relay.uploading.attempt()  # fetches the policy
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        relay.close()
