"""The short way of a heartbeat: a watcher sends one every second, and the framework's way costs more than the work.

What is checked is what `portal.access` checks for the view of a heartbeat: a living token with the scope `ingest`, of
somebody with a role that is recorded, who has read the notice. Whatever is not plain sailing (another token, a body
that cannot be read, a bucket that is not there) goes the framework's way, and is answered there. A test holds that both
ways answer alike.
"""

import io
import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs

import msgspec

from analytics.desk import EventRefused, NoSuchBucket
from auth.permissions import GRANTS, Permission
from auth.tokens import Scope
from portal.headers import ALWAYS
from portal.ingest import bodies
from portal.ingest.activitywatch import heard
from portal.ingest.form import is_known_host
from portal.problems import Problem

if TYPE_CHECKING:
    from portal.wiring import System

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

_PATH: Final = re.compile(r"/api/0/buckets/([^/\x00]+)/heartbeat")
_BEARER: Final = "Bearer "
_MAY: Final = GRANTS[Permission.EVENTS_WRITE]
_LONGEST: Final = 64 << 10
_HEADERS: Final = [
    *ALWAYS.items(),
    ("Cache-Control", "no-store"),
    ("Vary", "Cookie"),
    ("Content-Type", "application/json"),
]


class ShortWay:
    """Answers plain heartbeats, and hands everything else on."""

    def __init__(self, system: "System", further: Wsgi, count: Callable[[], None]) -> None:
        self._system = system
        self._further = further
        self._count = count

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        found = _PATH.fullmatch(environ.get("PATH_INFO", ""))
        if found is None or environ.get("REQUEST_METHOD") != "POST" or not self._is_plain(environ):
            return self._further(environ, start_response)
        subject = self._subject(environ)
        if subject is None:
            return self._further(environ, start_response)
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        environ["wsgi.input"] = io.BytesIO(body)
        try:
            bucket = found[1].encode("latin-1").decode()
            pulsetime = parse_qs(environ.get("QUERY_STRING", ""), max_num_fields=10).get("pulsetime", [None])[0]
            sent = bodies.heartbeat_of(body, self._system.receiver.marker(subject))
            answer = heard(self._system.receiver, subject, bucket, sent, bodies.pulsetime_us(pulsetime))
        except (Problem, NoSuchBucket, EventRefused, ValueError):
            return self._further(environ, start_response)
        self._count()
        content = msgspec.json.encode(answer)
        start_response("200 OK", [*_HEADERS, ("Content-Length", str(len(content)))])
        return [content]

    def _is_plain(self, environ: dict[str, Any]) -> bool:
        size = environ.get("CONTENT_LENGTH", "")
        return (
            size.isascii()
            and size.isdecimal()
            and 0 < int(size) <= _LONGEST
            and "HTTP_CONTENT_ENCODING" not in environ
            and "HTTP_ORIGIN" not in environ
            and is_known_host(environ.get("HTTP_HOST", ""), self._system)
        )

    def _subject(self, environ: dict[str, Any]) -> str | None:
        header = environ.get("HTTP_AUTHORIZATION", "")
        if not header:
            return self._system.built_in
        if not header.startswith(_BEARER):
            return None
        known = self._system.known_tokens.find(header.removeprefix(_BEARER).strip())
        if known is None or Scope.INGEST not in known.scopes or _MAY.isdisjoint(known.roles):
            return None
        return known.subject if known.person.acknowledged_policy is not None else None
