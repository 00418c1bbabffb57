"""The short way of what watchers send: one calls every second, and the framework's way costs more than the work.

What is checked is what `portal.access` checks for the views of heartbeats and of events: a living token with the scope
`ingest`, of somebody with a role that is recorded, who has read the notice. Whatever is not plain sailing (another
token, a body that cannot be read, a bucket that is not there) goes the framework's way, and is answered there. Tests
hold that both ways answer alike.
"""

import io
import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs

import msgspec

from auth.permissions import GRANTS, Permission
from auth.tokens import Scope
from portal.headers import ALWAYS
from portal.ingest import bodies
from portal.ingest.activitywatch import heard, taken
from portal.ingest.form import is_known_host

if TYPE_CHECKING:
    from portal.wiring import System

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

_PATH: Final = re.compile(r"/api/0/buckets/([^/\x00]+)/(heartbeat|events)")
_BEARER: Final = "Bearer "
_MAY: Final = GRANTS[Permission.EVENTS_WRITE]
_LONGEST: Final = {"heartbeat": 64 << 10, "events": 1 << 20}
_HEADERS: Final = [
    *ALWAYS.items(),
    ("Cache-Control", "no-store"),
    ("Vary", "Cookie"),
    ("Content-Type", "application/json"),
]


class ShortWay:
    """Answers plain heartbeats and lists of events, and hands everything else on."""

    def __init__(self, system: "System", further: Wsgi, count: Callable[[], None]) -> None:
        self._system = system
        self._further = further
        self._count = count

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        found = _PATH.fullmatch(environ.get("PATH_INFO", ""))
        if found is None or environ.get("REQUEST_METHOD") != "POST" or not self._is_plain(environ, found[2]):
            return self._further(environ, start_response)
        try:
            subject = self._subject(environ)
        except Exception:  # such as a database that is away: asked again there, and told
            subject = None
        if subject is None:
            return self._further(environ, start_response)
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        environ["wsgi.input"] = io.BytesIO(body)
        try:
            bucket = found[1].encode("latin-1").decode()
            take = self._heard if found[2] == "heartbeat" else self._taken
            answer = take(subject, bucket, body, environ.get("QUERY_STRING", ""))
        except Exception:  # done again there, and told as everything that fails is
            return self._further(environ, start_response)
        self._count()
        content = msgspec.json.encode(answer)
        start_response("200 OK", [*_HEADERS, ("Content-Length", str(len(content)))])
        return [content]

    def _heard(self, subject: str, bucket: str, body: bytes, query: str) -> dict[str, Any]:
        pulsetime = parse_qs(query, max_num_fields=10).get("pulsetime", [None])[0]
        sent = bodies.heartbeat_of(body, self._system.receiver.marker(subject))
        return heard(self._system.receiver, subject, bucket, sent, bodies.pulsetime_us(pulsetime))

    def _taken(self, subject: str, bucket: str, body: bytes, _query: str) -> dict[str, Any] | None:
        return taken(self._system.receiver, subject, bucket, body)

    def _is_plain(self, environ: dict[str, Any], what: str) -> bool:
        size = environ.get("CONTENT_LENGTH", "")
        return (
            size.isascii()
            and size.isdecimal()
            and 0 < int(size) <= _LONGEST[what]
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
