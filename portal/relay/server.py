"""HTTP/1.1 on loopback for the programs of one account: threads of the standard library, nothing else loaded.

Before anything is read it is asked whose process called (`peer`). A page that some website opened in the browser is
kept out by its Host header, which names another host, or by its Origin, which is no collector's.
"""

import re
import socket
import threading
from collections.abc import Callable
from email.message import Message
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from portal.relay import peer
from portal.relay.api import Answer, Api, Call

LARGEST_BODY: Final = 8 << 20
_CONNECTIONS: Final = 64
_STRANGERS: Final = 8
_STRANGERS_SECONDS: Final = 2
_IDLE_SECONDS: Final = 10
_HOSTS: Final = frozenset({"127.0.0.1", "localhost"})
_EXTENSIONS: Final = re.compile(r"moz-extension://[0-9a-f-]+|chrome-extension://nglaklhklhcoonedhgnpgddginnjdadi")


_FOR_EXTENSIONS: Final = {
    "Access-Control-Allow-Methods": "GET, POST, DELETE",
    "Access-Control-Allow-Headers": "Content-Type",
    "Access-Control-Allow-Private-Network": "true",
    "Vary": "Origin",
}


class Server(ThreadingHTTPServer):
    """The watchers' server."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, port: int, api: Api, is_own: Callable[[socket.socket], bool] = peer.is_own) -> None:
        self.api = api
        self._is_own = is_own
        self._room = threading.BoundedSemaphore(_CONNECTIONS)
        self._room_for_strangers = threading.BoundedSemaphore(_STRANGERS)
        self.strangers = set[socket.socket]()
        super().__init__(("127.0.0.1", port), _Handler)

    def server_bind(self) -> None:
        """Bind, without asking a name server for this computer's name as the parent does."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = "127.0.0.1", self.socket.getsockname()[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        """Give the connection a thread; to strangers one of few, so that they cannot take all."""
        is_own = self._is_own(request)
        room = self._room if is_own else self._room_for_strangers
        if not room.acquire(blocking=is_own):
            self.shutdown_request(request)
            return
        if not is_own:
            self.strangers.add(request)
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            is_stranger = request in self.strangers
            self.strangers.discard(request)
            (self._room_for_strangers if is_stranger else self._room).release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a traceback would hold what was sent, and the caller has its answer or is gone."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "sameview-relay"
    sys_version = ""
    timeout = _IDLE_SECONDS
    disable_nagle_algorithm = True
    wbufsize = -1
    server: Server

    def setup(self) -> None:
        super().setup()
        self._own = self.connection not in self.server.strangers
        if not self._own:
            self.connection.settimeout(_STRANGERS_SECONDS)

    def do_GET(self) -> None:
        self._answer()

    do_POST = do_DELETE = do_PUT = do_HEAD = do_GET

    def do_OPTIONS(self) -> None:
        """Answer a browser that asks before an extension calls."""
        self._answer()

    def _answer(self) -> None:
        refused = self._refused()
        if refused is not None:
            self.close_connection = True
            self._send(refused)
            return
        if self.command == "OPTIONS":
            self._send(Answer(200, b""))
            return
        if self.path.partition("?")[0] == "/api/0/buckets" and self.command == "GET":
            self._send(Answer(308, b""), {"Location": "/api/0/buckets/"})
            return
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            answer = self.server.api.answer(Call.of(self.command, self.path, body))
        except Exception:  # a defect of ours: the watcher is told so, without what it sent
            answer = _message(500, "the relay failed; see `sameview relay status`")
        self._send(answer)

    def _refused(self) -> Answer | None:
        if not self._own:
            return _message(403, "This collector belongs to another account of this computer")
        host = (self.headers.get("Host") or "").rpartition(":")
        if (host[0] or host[2]) not in _HOSTS:
            return _message(400, "host header is missing or invalid")
        origin = self.headers.get("Origin")
        if origin is not None and not self._may_call(origin):
            return _message(403, "Pages of the web have no business here")
        length = self.headers.get("Content-Length") or "0"
        if self.headers.get("Transfer-Encoding") or not length.isascii() or not length.isdigit():
            return _message(411, "A body needs its length")
        if len(length) > 9 or int(length) > LARGEST_BODY:
            return _message(413, f"A body has at most {LARGEST_BODY} bytes; send fewer events at once")
        return None

    def _may_call(self, origin: str) -> bool:
        own = {f"http://{host}:{self.server.server_port}" for host in _HOSTS}
        return origin in own or _EXTENSIONS.fullmatch(origin) is not None

    def _send(self, answer: Answer, more: dict[str, str] | None = None) -> None:
        self.send_response_only(answer.status, HTTPStatus(answer.status).phrase)
        headers = {"Content-Type": "application/json", "Cache-Control": "no-store", **(more or {})}
        origin = self.headers.get("Origin")
        if origin is not None and self._own and self._may_call(origin):
            headers |= _FOR_EXTENSIONS | {"Access-Control-Allow-Origin": origin}
        if answer.status != 304:
            headers["Content-Length"] = str(len(answer.body))
        if self.close_connection:
            headers["Connection"] = "close"
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)
        self.wfile.flush()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse what is no HTTP; the parent's page would quote it."""
        self.close_connection = True
        self.request_version = self.protocol_version
        self.command = self.command or ""
        self.headers = Message()
        self._send(_message(code, "This is no request that a relay understands"))

    def log_message(self, *_: Any) -> None:
        """Keep no log of calls: it would tell when somebody worked."""


def _message(status: int, text: str) -> Answer:
    return Answer(status, b'{"message": "%b"}' % text.encode())
