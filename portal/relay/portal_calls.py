"""Calls to the portal: TLS that trusts the system's certificates or one pinned file, no redirects, bounded answers."""

import ipaddress
import socket
import ssl
import urllib.error
import urllib.request
from http.client import HTTPException
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

import msgspec

_SECONDS: Final = 60
_LARGEST_ANSWER: Final = 4 << 20


class AddressRefused(ValueError):
    """An address is no portal's; the text names the fix."""


class NoAnswer(Exception):
    """The portal cannot be reached, or its answer cannot be read; the text says why."""


class Reply(NamedTuple):
    """What the portal answered."""

    status: int
    body: bytes

    @property
    def problem(self) -> dict[str, Any]:
        """The members of a problem document (RFC 9457); none if the body is something else."""
        try:
            found = msgspec.json.decode(self.body)
        except (msgspec.MsgspecError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def reason(self) -> str:
        """What a problem document says is wrong, or the status alone."""
        found = self.problem
        said = found.get("detail") or found.get("title")
        return str(said)[:300] if said else f"status {self.status}"

    def is_refused_by_portal(self, type: str) -> bool:
        """Say whether this is a refusal of a type of `refusals`: then nothing in between has given it."""
        return self.status >= 400 and self.problem.get("type") == type


class Portal:
    """One portal, called with one token or none."""

    def __init__(self, url: str, token: str = "", ca: str = "") -> None:
        self._base = checked(url)
        self._token = token
        handlers: list[urllib.request.BaseHandler] = [_Stay()]
        if self._base.startswith("https:"):
            handlers.append(urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=ca or None)))
        else:
            handlers.append(urllib.request.ProxyHandler({}))  # loopback needs none
        self._opener = urllib.request.build_opener(*handlers)

    def get(self, path: str) -> Reply:
        return self._call("GET", path, None, {})

    def post(self, path: str, body: bytes, encoding: str = "") -> Reply:
        headers = {"Content-Type": "application/json"}
        return self._call("POST", path, body, headers | ({"Content-Encoding": encoding} if encoding else {}))

    def _call(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Reply:
        if self._token:
            headers = headers | {"Authorization": f"Bearer {self._token}"}
        headers |= {"User-Agent": "sameview-relay", "Accept": "application/json"}
        request = urllib.request.Request(self._base + path, body, headers, method=method)  # noqa: S310 - checked
        try:
            with self._opener.open(request, timeout=_SECONDS) as answer:
                return Reply(answer.status, answer.read(_LARGEST_ANSWER))
        except urllib.error.HTTPError as error:
            with error:
                return Reply(error.code, error.read(_LARGEST_ANSWER))
        except (OSError, HTTPException) as error:
            raise NoAnswer(_said(error)) from error


def checked(url: str) -> str:
    """Return a portal's address without a slash at its end; plain http is for loopback alone."""
    found = urlsplit(url)
    if found.scheme not in ("https", "http") or not found.hostname or found.query or found.fragment or found.username:
        raise AddressRefused(f"{url} is no portal's address; write https://sameview.example.org")
    if found.scheme == "http" and not is_loopback(found.hostname):
        raise AddressRefused(f"{url}: what a desk sends goes over https only; plain http is for this computer itself")
    return url.rstrip("/")


def is_loopback(host: str) -> bool:
    """Say whether a host is this computer."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows nobody elsewhere: the token is for one portal."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _said(error: Exception) -> str:
    reason = getattr(error, "reason", error)
    if isinstance(reason, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({reason.verify_message}): enrol with --ca FILE, or ask who runs it"
    if isinstance(reason, TimeoutError | socket.timeout):
        return "it did not answer in time"
    return str(reason) or type(reason).__name__
