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
from portal.relay.refusals import NO_UPLOAD, NOTICE_NOT_READ, TOKEN_UNKNOWN, TOO_MANY_BUCKETS
from privacy.capture import preset_text
from privacy.policy_text import categories_text

TOKEN = "sv_device"
TYPES = {401: TOKEN_UNKNOWN, 403: NOTICE_NOT_READ, 422: NO_UPLOAD}
"""What the portal says by a status; a proxy before it says nothing of the kind."""


def shipped(preset: str) -> str:
    """Return a shipped preset with the built-in category rules, as a portal offers it where nobody signs."""
    return preset_text(preset) + categories_text(as_stated(load()))


class FakePortal:
    """Remembers every upload that it has acknowledged, and the size of every body that came."""

    def __init__(self, policy: str | None = None) -> None:
        self.offer: dict[str, Any] = {"policy": policy or shipped("own_insight"), "timezone": "UTC"}
        self.status = 200
        self.policy_status = 200
        self.is_proxy = False
        self.most_buckets: int | None = None
        self.buckets: set[str] = set()
        self.earlier: list[str] = []
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
            return self._refusal(401)
        if path == "/api/v1/relay/policy":
            return (200, self.offer) if self.policy_status == 200 else self._refusal(self.policy_status)
        if path == "/api/v1/relay/policies":
            return 200, {"policies": self.earlier}
        self.sizes.append(len(body))
        if self.status != 200:
            return self._refusal(self.status)
        unpacked = uploads.unpack(body, headers["Content-Encoding"])
        upload = uploads.decode(unpacked)
        if self.unusable and any(self.unusable in json.dumps(each.data) for each in upload.events):
            return self._refusal(422)
        if without_room := self._without_room(upload):
            return 409, {"title": "no", "type": TOO_MANY_BUCKETS, "buckets": without_room}
        self.bodies.append(unpacked)
        self.taken.append(upload)
        if self.answers_get_lost:
            return 504, {}
        return 200, {"stored": len(upload.events)}

    def _refusal(self, status: int) -> tuple[int, Any]:
        said = {"title": "no", "detail": f"the portal says {status}"}
        return status, said if self.is_proxy or status not in TYPES else said | {"type": TYPES[status]}

    def _without_room(self, upload: Upload) -> list[str]:
        """Make the buckets of an upload as far as there is room; return the others."""
        refused = []
        for each in upload.buckets:
            if self.most_buckets is None or len(self.buckets | {each.id}) <= self.most_buckets:
                self.buckets.add(each.id)
            else:
                refused.append(each.id)
        return refused

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
