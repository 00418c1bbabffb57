"""How `/api/0` meets its clients, as aw-server does: the Host header is checked, and browser extensions may call.

A page of another site cannot reach a server on this computer by a name of its own (DNS rebinding), since the Host
header then names that site. Only ActivityWatch's browser extensions may read answers from a browser.
"""

import io
import re
from typing import IO, TYPE_CHECKING, Any, Final

from flask import Flask, Request, Response, current_app, request

from portal.access import system
from portal.problems import Problem, for_watcher

if TYPE_CHECKING:
    from portal.wiring import System

_LOCAL: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
_EXTENSIONS: Final = re.compile(r"moz-extension://[\w-]+|chrome-extension://nglaklhklhcoonedhgnpgddginnjdadi", re.ASCII)
_WEB_UI_IN_TESTS: Final = "http://127.0.0.1:27180"
_PORT: Final = re.compile(r":\d*$", re.ASCII)
_METHODS: Final = "GET, POST, PUT, DELETE, OPTIONS"
_HEADERS: Final = "Authorization, Content-Type, Content-Encoding"


class InMemory(Request):
    """Keeps files of forms in memory: werkzeug would put larger ones into the temporary folder, in plain."""

    def _get_file_stream(self, *_arguments: Any, **_named: Any) -> IO[bytes]:
        return io.BytesIO()


def add_form(app: Flask) -> None:
    """Check hosts and answer preflights before anything else looks at a request of `/api/0`."""
    app.request_class = InMemory
    app.before_request(_check_host)
    app.before_request(_preflight)
    app.after_request(_share)


def _check_host() -> None:
    if not for_watcher():
        return
    if not is_known_host(request.host, system()):
        raise Problem(400, "Bad Request", "host header is invalid")


def is_known_host(host: str, own: "System") -> bool:
    """Tell whether a Host header names this server: this computer, or the name under which people reach it."""
    name = host.rpartition(":")[0] if _PORT.search(host) else host
    return name.lower() in _LOCAL or name.lower() == own.hostname


def _preflight() -> Response | None:
    if request.method != "OPTIONS" or not for_watcher() or not _may_share():
        return None
    response = current_app.make_response("")
    response.headers["Access-Control-Allow-Methods"] = _METHODS
    response.headers["Access-Control-Allow-Headers"] = _HEADERS
    return response


def _share(response: Response) -> Response:
    if for_watcher() and _may_share():
        response.headers["Access-Control-Allow-Origin"] = request.headers["Origin"]
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        response.vary.add("Origin")
    return response


def _may_share() -> bool:
    origin = request.headers.get("Origin", "")
    return bool(_EXTENSIONS.fullmatch(origin)) or (origin == _WEB_UI_IN_TESTS and system().config.testing)
