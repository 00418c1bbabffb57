"""The JSON of a person's computers, and what a relay asks: to be enrolled, and which policy it goes by.

A relay that is not enrolled yet has no token. Its two addresses are open, and slowed down for each network address.
"""

from dataclasses import asdict
from typing import Any

import msgspec
from flask import Blueprint, Response, abort, request

from analytics.own_times import NOTHING_PRIVATE
from auth.enrolments import LIVES, POLL_SECONDS
from auth.errors import ChangeRefused, EnrolmentOver, TooBusy, TooManyAttempts
from auth.permissions import Permission, requires
from portal import own_times, shapes
from portal.access import acts_for_nobody, person, system, viewer
from portal.answers import plain
from portal.openapi import answers
from portal.parse import bad
from portal.problems import Problem
from privacy.capture_policy import CapturePolicy
from privacy.disclosure import LogUnavailable

blueprint = Blueprint("api_devices", __name__, url_prefix="/api/v1")


@blueprint.get("/me/devices")
@requires(Permission.ACCOUNT_READ)
@answers(shapes.Devices)
def devices() -> Response:
    """My computers: those that send, and those that were taken off lately."""
    return plain({"devices": [asdict(each) for each in system().devices.of(viewer())]})


@blueprint.patch("/me/devices/<device>")
@requires(Permission.ACCOUNT_WRITE)
@answers(None, body=shapes.DeviceName, status=204)
def rename_device(device: str) -> Response:
    """Give one of my computers another name."""
    try:
        asked = msgspec.json.decode(request.get_data(), type=shapes.DeviceName)
        if not system().devices.rename(viewer(), device, asked.name):
            abort(404)
    except (msgspec.MsgspecError, ChangeRefused) as error:
        raise bad(str(error)) from error
    return Response(status=204)


@blueprint.delete("/me/devices/<device>")
@requires(Permission.ACCOUNT_WRITE)
@answers(None, status=204)
def revoke_device(device: str) -> Response:
    """Take one of my computers off the list; nothing that it sends is accepted any more."""
    if not system().devices.revoke(viewer(), device):
        abort(404)
    return Response(status=204)


@blueprint.post("/relay/enrolments")
@requires(Permission.SIGN_IN)
@acts_for_nobody
@answers(
    shapes.EnrolmentAsked,
    body=shapes.NewEnrolment,
    status=201,
    also={429: "Too many requests from this network address.", 503: "Too many requests wait at once."},
)
def ask_enrolment() -> Response:
    """Ask to send for somebody, who confirms it at `url` within `expires_in` seconds."""
    try:
        asked = msgspec.json.decode(request.get_data(), type=shapes.NewEnrolment)
        found = system().enrolments.ask(asked.name, asked.host, request.remote_addr or "")
    except (msgspec.MsgspecError, ChangeRefused) as error:
        raise bad(str(error)) from error
    except TooManyAttempts as error:
        raise Problem(429, "Too Many Requests", str(error)) from error
    except TooBusy as error:
        raise Problem(503, "Not now", str(error)) from error
    codes = {"device_code": found.device_code, "user_code": found.user_code}
    url = f"{system().config.base_url}/me/devices/new?code={found.user_code}"
    return plain({**codes, "url": url, "expires_in": int(LIVES.total_seconds()), "interval": POLL_SECONDS}, 201)


@blueprint.get("/relay/enrolments/<device_code>")
@requires(Permission.SIGN_IN)
@answers(shapes.Enrolled, also={202: "Nobody has confirmed yet.", 410: "Nobody has confirmed in time."})
def poll_enrolment(device_code: str) -> Response:
    """Whether somebody has confirmed: 202 while nobody has, then once the token, then 404; 410 if it was too late."""
    try:
        token = system().enrolments.poll(device_code)
    except EnrolmentOver as over:
        status, title = (410, "Gone") if over.expired else (404, "Not Found")
        raise Problem(status, title, str(over)) from over
    if token is None:
        return plain({}, 202)
    origin, signers = system().organisation.origin, system().policies.signers
    keys = None
    if signers is not None:
        keys = {"employer": signers.employer} | ({} if signers.single_key else {"council": signers.council})
    return plain({"token": token, "origin": origin, "log_key": str(system().log.signer.verifier), "signers": keys})


@blueprint.get("/relay/policy")
@requires(Permission.EVENTS_WRITE)
@answers(shapes.RelayPolicy)
def relay_policy() -> Response:
    """What my computer goes by: the policy in force and the next one, with their signatures, and my own settings."""
    policies = system().policies
    policy, coming = policies.now(), policies.coming()
    if policies.note() is None and policy.is_draft:  # no version holds, or the one that would is lost
        raise Problem(404, "No policy yet", "Those who have to sign have not signed a first policy: nothing is kept.")
    found: dict[str, Any] = {
        "policy": _written(policy),
        "version": policy.version,
        "signed": policies.is_signed(),
        "next": _written(coming[0]) if coming else None,
        "schedule": policies.of(viewer()).now.schedule().name,
        "timezone": person().timezone,
        "day_start": f"{system().config.day_start:%H:%M}",
        "notice": person().acknowledged_policy is not None,
        **_kept_private(),
    }
    return plain(found)


def _kept_private() -> dict[str, Any]:
    """Return what my person keeps for themselves; while the log cannot be written, that is only known here."""
    try:
        kept = own_times.recent()
    except LogUnavailable:
        kept = NOTHING_PRIVATE
    return {"paused": kept.paused, "forgotten": kept.forgotten, "private_apps": kept.apps}


def _written(policy: CapturePolicy) -> str:
    """Return a policy as its signed note, or its text alone where nobody signs."""
    return system().policies.note(policy) or policy.text
