"""A portal on loopback that does what a test tells it: takes uploads, or is slow, full, closed, gone."""

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from analytics import uploads
from analytics.categories import as_stated, load
from analytics.uploads import Upload
from privacy.capture import preset_text
from privacy.policy_text import categories_text

TOKEN = "sv_device"


def shipped(preset: str) -> str:
    """Return a shipped preset with the built-in category rules, as a portal offers it where nobody signs."""
    return preset_text(preset) + categories_text(as_stated(load()))


class FakePortal:
    """Remembers every upload that it has acknowledged, and the size of every body that came."""

    def __init__(self, policy: str | None = None) -> None:
        self.offer: dict[str, Any] = {"policy": policy or shipped("own_insight"), "timezone": "UTC"}
        self.status = 200
        self.policy_status = 200
        self.delay = 0.0
        self.answers_get_lost = False
        self.unusable: str | None = None
        self.taken: list[Upload] = []
        self.sizes: list[int] = []
        self.asked: Counter[str] = Counter()
        self.enrolments: dict[str, dict[str, Any] | None] = {}
        self.bodies: list[bytes] = []
        self.server = _serve(self, 0)
        self.port: int = self.server.server_port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def kill(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def revive(self) -> None:
        self.server = _serve(self, self.port)

    def answer(self, method: str, path: str, headers: Any, body: bytes) -> tuple[int, Any]:
        self.asked[f"{method} {path}"] += 1
        time.sleep(self.delay)
        if path.startswith("/api/v1/relay/enrolments"):
            return self._enrolment(method, path, body)
        if headers.get("Authorization") != f"Bearer {TOKEN}":
            return 401, {"title": "unknown token"}
        if path == "/api/v1/relay/policy":
            return self.policy_status, self.offer
        self.sizes.append(len(body))
        if self.status != 200:
            return self.status, {"title": "no", "detail": f"the portal says {self.status}"}
        unpacked = uploads.unpack(body, headers["Content-Encoding"])
        upload = uploads.decode(unpacked)
        if self.unusable and any(self.unusable in json.dumps(each.data) for each in upload.events):
            return 422, {"title": "cannot be taken"}
        self.bodies.append(unpacked)
        self.taken.append(upload)
        if self.answers_get_lost:
            return 504, {}
        return 200, {"stored": len(upload.events)}

    def _enrolment(self, method: str, path: str, body: bytes) -> tuple[int, Any]:
        if method == "POST":
            self.enrolments["code"] = None
            self.named = json.loads(body)
            where = f"{self.url}/me/devices/new?code=ABCD-EFGH"
            return 200, {"device_code": "code", "user_code": "ABCD-EFGH", "url": where, "interval": 0.05}
        found = self.enrolments.get(path.rpartition("/")[2])
        return (202, {}) if found is None else (200, found)

    # What arrived

    def events(self) -> list[tuple[str, int, int, str]]:
        """Every different event: bucket, start, length, data."""
        found = {
            (each.buckets[e.bucket].id, e.start_us, e.duration_us, json.dumps(e.data, sort_keys=True))
            for each in self.taken
            for e in each.events
        }
        return sorted(found)

    def dropped(self) -> Counter[str]:
        """How many different events each rule dropped."""
        marks = {(d.rule, d.mark) for each in self.taken for d in each.dropped}
        return Counter(rule for rule, _ in marks)

    def gaps(self) -> list[tuple[int, int, str]]:
        return sorted({(g.start_us, g.end_us, g.reason) for each in self.taken for g in each.not_captured})


@contextmanager
def fake_portal(policy: str | None = None) -> Iterator[FakePortal]:
    portal = FakePortal(policy)
    try:
        yield portal
    finally:
        portal.kill()


def _serve(portal: FakePortal, port: int) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, said = portal.answer(self.command, self.path, self.headers, body)
            content = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET

        def log_message(self, *_: Any) -> None:
            return

    class Server(ThreadingHTTPServer):
        allow_reuse_address = True
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            return

    server = Server(("127.0.0.1", port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
