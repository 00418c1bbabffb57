"""The witness's addresses: `add-checkpoint` for logs, and for people a page, the checkpoints and the verifier."""

import hashlib
from pathlib import Path
from typing import Any, Final

from flask import Blueprint, Flask, Response, abort, current_app, render_template, request

from portal import show
from portal.fingerprint import groups
from portal.headers import add_headers
from portal.languages import add_languages
from portal.witness.front import LONGEST_REQUEST
from privacy.checkpoint import Checkpoint, Verifier, split_note
from privacy.cosignature import merge
from privacy.witness import NEVER, TEXT, Witness
from privacy.witness_store import FORKED

_ROOT: Final = Path(__file__).resolve().parent.parent.parent
VERIFIER: Final = _ROOT / "portal" / "verifier"
_TYPES: Final = {
    "verify.py": "text/x-python; charset=utf-8",
    "verify.html": "text/html; charset=utf-8",
    "verify.js": "text/javascript; charset=utf-8",
    "verify.css": "text/css; charset=utf-8",
}


blueprint = Blueprint("witness", __name__)


def create_app(witness: Witness) -> Flask:
    """Return the application of an opened witness. It asks nobody who they are: anybody may see all of it."""
    app = Flask("portal", template_folder=str(_ROOT / "templates"))
    app.config["MAX_CONTENT_LENGTH"] = LONGEST_REQUEST
    app.extensions["witness"] = witness
    add_languages(app)
    add_headers(app)
    show.register(app.jinja_env)
    app.register_blueprint(blueprint)
    return app


def _witness() -> Witness:
    found: Witness = current_app.extensions["witness"]
    return found


@blueprint.post("/add-checkpoint")
def add_checkpoint() -> Response:
    """Co-sign a checkpoint, or say why not (C2SP tlog-witness)."""
    answer = _witness().add_checkpoint(request.get_data())
    return Response(answer.body, answer.status, content_type=answer.content_type)


@blueprint.get("/")
def page() -> str:
    """Show what was co-signed, what was refused, and the keys to check it with."""
    witness = _witness()
    return render_template(
        "witness/page.html",
        name=witness.signer.verifier.name,
        key=str(witness.signer.verifier),
        logs=[_log(witness, log) for log in witness.logs.values()],
        verifier={name: digest for name in _TYPES if (digest := _digest(name))},
    )


@blueprint.get("/logs/<log>/checkpoint")
def checkpoint(log: str) -> Response:
    """Answer the latest checkpoint that was co-signed, with the cosignature."""
    witness = _witness()
    origins = {address(origin): origin for origin in witness.logs}
    latest = witness.store.latest(origins[log]) if log in origins else NEVER
    if latest.at is None:
        abort(404)
    return Response(merge(latest.note, latest.cosignature), content_type=TEXT)


@blueprint.get("/<name>")
def verifier(name: str) -> Response:
    """Answer a file of the verifier."""
    if name not in _TYPES or not (VERIFIER / name).is_file():
        abort(404)
    return Response((VERIFIER / name).read_bytes(), content_type=_TYPES[name])


def address(origin: str) -> str:
    """Return the name of a log in addresses: the hex SHA-256 of its origin."""
    return hashlib.sha256(origin.encode()).hexdigest()


def _log(witness: Witness, log: Verifier) -> dict[str, Any]:
    """Return what the page says about one log."""
    latest = witness.store.latest(log.name)
    evidence = witness.store.evidence(log.name)
    unproved = [(each, _size(each.note)) for each in evidence if each.kind != FORKED]
    return {
        "origin": log.name,
        "key": str(log),
        "address": f"/logs/{address(log.name)}/checkpoint",
        "size": latest.size,
        "at": latest.at,
        "fingerprint": groups(latest.root) if latest.at else (),
        "forks": [each for each in evidence if each.kind == FORKED],
        "unproved": unproved,
        "waiting": [size for _, size in unproved if size > latest.size],
    }


def _size(note: str) -> int:
    return Checkpoint.parse(split_note(note)[0]).size


def _digest(name: str) -> str | None:
    path = VERIFIER / name
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None
