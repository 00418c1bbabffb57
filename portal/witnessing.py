"""Asking a witness for its cosignature (C2SP tlog-witness), without trusting its machine, its network or its manners.

Whatever it answers is checked with the verifier key that was agreed on. It has ten seconds, and 16 KiB to say it in.
"""

import datetime as dt
import http.client
import re
import socket
import ssl
import threading
from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from privacy.checkpoint import NoteBroken
from privacy.cosignature import Cosignature, CosignatureVerifier, merge

SECONDS: Final = 10.0
_LONGEST_ANSWER: Final = 16 * 1024
_SIZE: Final = re.compile(rb"(0|[1-9][0-9]{0,18})\n")
_CLOCKS_DIFFER: Final = dt.timedelta(hours=1)

FORKED, SHRUNK, UNPROVED, OTHER_KEY, UNKNOWN, MALFORMED = "forked", "shrunk", "unproved", "key", "unknown", "malformed"
GRAVE: Final = (FORKED, SHRUNK, UNPROVED, OTHER_KEY)
"""What an honest log is never refused for."""
_REFUSALS: Final = {400: MALFORMED, 403: OTHER_KEY, 404: UNKNOWN, 422: UNPROVED}

Prove = Callable[[int], Sequence[bytes]]
"""Returns the proof that the log of this size begins the one that is to be co-signed."""


class NoAnswer(Exception):
    """The witness could not be reached, was too slow, or said what is no answer of the protocol."""


class WitnessRefused(Exception):
    """The witness answered no: `reason` is one of the words above, `knows` the size that it told."""

    def __init__(self, reason: str, knows: int = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.knows = knows


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer over HTTP, unchecked."""

    status: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Asked:
    """What a witness is asked to co-sign: a checkpoint of `size` in a note that the log signed."""

    note: str
    size: int
    prove: Prove

    def body(self, old: int) -> bytes:
        """Return the request of somebody who believes that the witness knows `old` entries."""
        proof = "".join(f"{b64encode(each).decode()}\n" for each in (self.prove(old) if 0 < old < self.size else ()))
        return f"old {old}\n{proof}\n{self.note}".encode()


def ask(verifier: CosignatureVerifier, address: str, asked: Asked, known: int, now: dt.datetime) -> Cosignature:
    """Return the witness's cosignature, checked; NoAnswer or WitnessRefused. `known` is what it co-signed last."""
    reply = _negotiate(address, asked, min(known, asked.size))
    if reply.status in _REFUSALS:
        raise WitnessRefused(_REFUSALS[reply.status])
    if reply.status != 200:
        raise NoAnswer(f"it answered with status {reply.status}")
    return _checked(verifier, asked.note, reply.body, now)


def _negotiate(address: str, asked: Asked, old: int) -> Reply:
    """Ask with the size that we know; if the witness knows another one, once more with that."""
    for _ in range(2):
        reply = post(f"{address}/add-checkpoint", asked.body(old))
        if reply.status != 409:
            return reply
        if (match := _SIZE.fullmatch(reply.body)) is None:
            raise NoAnswer("it answered 409 without a size")
        knows = int(match[1])
        if knows > asked.size:
            raise WitnessRefused(SHRUNK, knows)
        if knows == old == asked.size:
            raise WitnessRefused(FORKED)
        old = knows
    raise NoAnswer("it does not stay with one size")


def _checked(verifier: CosignatureVerifier, note: str, body: bytes, now: dt.datetime) -> Cosignature:
    """Return the agreed witness's line; lines of others are ignored, and nothing else may stand between them."""
    try:
        found = verifier.cosignature(merge(note, _lines(body)))
    except (NoteBroken, UnicodeDecodeError) as error:
        raise NoAnswer(f"its answer is no cosignature by the agreed key: {error}") from error
    if abs(found.at - now) > _CLOCKS_DIFFER:
        raise NoAnswer(f"its cosignature is of {found.at:%Y-%m-%d %H:%M} UTC: an old one, or a clock is wrong")
    return found


def _lines(body: bytes) -> str:
    text = body.decode()
    if not text.endswith("\n") or "\n\n" in text or text.startswith("\n"):
        raise NoteBroken("not a sequence of signature lines")
    return text


def post(address: str, body: bytes) -> Reply:
    """Post to a witness. However slow it is, this ends; NoAnswer if there is nothing to read by then."""
    parts = urlsplit(address)
    try:
        connection = _connection(parts.scheme, parts.hostname or "", parts.port)
        connection.connect()
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise NoAnswer(f"it cannot be reached: {_kind(error)}") from error
    late = threading.Timer(SECONDS, _hang_up, [connection.sock])
    late.daemon = True
    late.start()
    try:
        connection.request("POST", parts.path, body, {"Content-Type": "text/plain; charset=utf-8"})
        answer = connection.getresponse()
        read = answer.read(_LONGEST_ANSWER + 1)
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise NoAnswer(f"it did not answer: {_kind(error)}") from error
    finally:
        late.cancel()
        connection.close()
    if len(read) > _LONGEST_ANSWER:
        raise NoAnswer("its answer is too long")
    return Reply(answer.status, read)


def _connection(scheme: str, host: str, port: int | None) -> http.client.HTTPConnection:
    if scheme == "https":
        return http.client.HTTPSConnection(host, port, timeout=SECONDS, context=ssl.create_default_context())
    return http.client.HTTPConnection(host, port, timeout=SECONDS)


def _hang_up(sock: socket.socket) -> None:
    """End a conversation whose other side sends a byte now and then: a socket's own timeout never ends that."""
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


def _kind(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
