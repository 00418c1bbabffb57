"""The front of a witness (ASGI): a request reaches a thread only when all of it is there.

A body that is sent a byte now and then holds no thread, only a connection, and that for a few seconds: so nobody stops
a witness with a handful of connections. Who opens thousands of them is the business of a firewall.
"""

import asyncio
import io
import sys
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from flask import Flask
from werkzeug.wrappers import Response

from privacy.witness import TEXT

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

LONGEST_REQUEST: Final = 32 * 1024  # bytes: 63 hashes are 3 KiB; the rest is room for others' signatures
BODY_SECONDS: Final = 5.0
_THREADS: Final = 8


class _Gone(Exception):
    """The asker hung up before the request was complete."""


class _TooLong(Exception):
    """The body is longer than any request."""


class Front:
    """The ASGI application around the witness's pages."""

    def __init__(self, app: Flask, body_seconds: float = BODY_SECONDS) -> None:
        self._app = app
        self._body_seconds = body_seconds
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="witness")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            async with asyncio.timeout(self._body_seconds):
                body = await _read(scope, receive)
        except _Gone:
            return
        except TimeoutError:
            answer = Response("the request did not arrive in time\n", 408, content_type=TEXT)
        except _TooLong:
            answer = Response("the request is too long\n", 413, content_type=TEXT)
        else:
            loop = asyncio.get_running_loop()
            answer = await loop.run_in_executor(self._threads, self._answer, _environ(scope, body))
        await _send(answer, send)

    def _answer(self, environ: dict[str, Any]) -> Response:
        return Response.from_app(self._app, environ, buffered=True)


async def _read(scope: Scope, receive: Receive) -> bytes:
    """Return the whole body; _Gone if it ended early, _TooLong as soon as that is known."""
    declared = dict(scope["headers"]).get(b"content-length", b"")
    if declared.isdigit() and int(declared[:12]) > LONGEST_REQUEST:
        raise _TooLong
    body = bytearray()
    more = True
    while more:
        event = await receive()
        if event["type"] != "http.request":
            raise _Gone
        body += event.get("body", b"")
        more = event.get("more_body", False)
        if len(body) > LONGEST_REQUEST:
            raise _TooLong
    if declared and declared != str(len(body)).encode():
        raise _Gone
    return bytes(body)


def _environ(scope: Scope, body: bytes) -> dict[str, Any]:
    """Return what WSGI (PEP 3333) knows of a request; of its headers only those that a witness reads."""
    headers = dict(scope["headers"])
    host, port = scope.get("server") or ("localhost", 80)
    return {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": scope["path"].encode().decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_NAME": str(host),
        "SERVER_PORT": str(port),
        "HTTP_HOST": headers.get(b"host", b"").decode("latin-1"),
        "CONTENT_TYPE": headers.get(b"content-type", b"").decode("latin-1"),
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }


async def _send(answer: Response, send: Send) -> None:
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers]
    await send({"type": "http.response.start", "status": answer.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": answer.get_data()})
