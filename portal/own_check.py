"""The page on which an employee checks what the log says about them, and the files of the verifier.

The page is the portal's, so it says itself why the verifier should not come from here; the files are the same that a
witness serves, and their SHA-256 is printed in the README and on the invitation.
"""

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

from flask import Blueprint, Response, abort, render_template

from auth.permissions import Permission, requires
from portal import checkpoints
from portal.access import session_key, system, viewer

blueprint = Blueprint("own_check", __name__)

FOLDER: Final = Path(__file__).resolve().parent / "verifier"
_PROOFS: Final = "/api/v1/me/access/proofs"
_CLOSING: Final = "/api/v1/me/access/closing"
_TYPES: Final = {
    "verify.py": "text/x-python; charset=utf-8",
    "verify.html": "text/html; charset=utf-8",
    "verify.js": "text/javascript; charset=utf-8",
    "verify.css": "text/css; charset=utf-8",
}


@cache
def fingerprint(name: str = "verify.py") -> str:
    """Return the SHA-256 of a file of the verifier, as `sha256sum` prints it."""
    return hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()


def downloads() -> dict[str, str]:
    """Return the addresses of the asker's `proofs` and of the last `closing`, which can be checked together.

    If witnesses co-signed the published checkpoint the proofs are under that: `verify.py --witness` looks for their
    signatures in the bundle, and the closing has to show that the log only grew from there.
    """
    latest = checkpoints.latest(system())
    if not latest.cosignatures:
        return {"proofs": _PROOFS, "closing": _CLOSING}
    return {"proofs": f"{_PROOFS}?cosigned=yes", "closing": f"{_CLOSING}?old={latest.checkpoint.size}"}


@blueprint.get("/me/access/check")
@requires(Permission.ACCOUNT_READ)
def check() -> str:
    """Show the verifier, ready to fetch my proofs, and how to do the same without this portal."""
    looked = {each.viewer for each in system().gate.own_log(viewer(), session_key()) if each.viewer is not None}
    return render_template(
        "me/check.html",
        names=system().directory.names(looked),
        mine=viewer(),
        key=str(system().log.signer.verifier),
        witnesses=[(each.verifier_key, each.address) for each in system().config.witnesses],
        fingerprint=fingerprint(),
        downloads=downloads(),
    )


@blueprint.get("/static/verifier/<name>")
@requires(Permission.SIGN_IN)
def file(name: str) -> Response:
    """Answer a file of the verifier, for whoever wants to read it."""
    if name not in _TYPES:
        abort(404)
    return Response((FOLDER / name).read_bytes(), content_type=_TYPES[name])
