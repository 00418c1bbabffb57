"""Enrolment: the desk asks, its person confirms in their own browser, the desk fetches its token (RFC 8628's shape)."""

import socket
import time
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import quote

import msgspec

from portal.relay.home import Enrolment
from portal.relay.portal_calls import NoAnswer, Portal, Reply
from privacy.checkpoint import NoteBroken
from privacy.policy_note import Signers

_PATH: Final = "/api/v1/relay/enrolments"
_LEAST_PAUSE: Final = 0.05
_MOST_PAUSE: Final = 60.0


class EnrolmentRefused(Exception):
    """The device was not enrolled; the text says why and what to do."""


class Asked(msgspec.Struct):
    """What the portal answers to a request: where its person confirms it, and how often to ask."""

    device_code: str
    user_code: str
    url: str
    interval: float = 5.0


class _Granted(msgspec.Struct):
    token: str
    origin: str = ""
    signers: dict[str, str | None] | None = None


def ask(portal: Portal, name: str) -> Asked:
    """Announce this desk to the portal."""
    reply = portal.post(_PATH, msgspec.json.encode({"name": name, "host": socket.gethostname()}))
    if reply.status not in (200, 201):
        raise EnrolmentRefused(f"the portal refused: {reply.reason}")
    asked: Asked = _read(reply, Asked)
    return asked


def wait(
    portal: Portal, asked: Asked, url: str, name: str, ca: str, sleep: Callable[[float], None] = time.sleep
) -> Enrolment:
    """Ask until the person has confirmed; EnrolmentRefused if they did not in time, or said no."""
    pause = min(max(asked.interval, _LEAST_PAUSE), _MOST_PAUSE)
    while True:
        sleep(pause)
        try:
            reply = portal.get(f"{_PATH}/{quote(asked.device_code, safe='')}")
        except NoAnswer:
            continue  # the code is still good when the portal is back
        if reply.status in (202, 429, 503):
            continue
        if reply.status != 200:
            raise EnrolmentRefused(f"this desk was not confirmed: {reply.reason}; run the command again")
        return _enrolment(_read(reply, _Granted), url, name, ca)


def _enrolment(granted: _Granted, url: str, name: str, ca: str) -> Enrolment:
    signers = {role: key for role, key in (granted.signers or {}).items() if role in ("employer", "council") and key}
    try:
        single = bool(signers) and Signers(signers["employer"], signers.get("council")).single_key
    except (NoteBroken, KeyError) as error:
        raise EnrolmentRefused("the portal's keys for policies cannot be read: tell whoever runs it") from error
    return Enrolment(url, granted.token, name, granted.origin, signers, single, ca)


def _read(reply: Reply, kind: Any) -> Any:
    try:
        return msgspec.json.decode(reply.body, type=kind)
    except msgspec.MsgspecError as error:
        raise EnrolmentRefused("the portal's answer cannot be read: is the address a Sameview portal's?") from error
