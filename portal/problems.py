"""What went wrong, said in the form of the asker: problem details (RFC 9457) for programs, a page for people.

An answer to a stranger never tells whether a thing exists: what one may not see is not found.
"""

import math
import traceback
from typing import Any

import structlog
from flask import Flask, Response, current_app, g, redirect, render_template, request, url_for
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.wrappers import Response as AnyResponse

from auth.permissions import Role
from portal import full_disk, stores_away
from portal.locale import N_, _
from portal.show import number
from privacy.canonical import canonical
from privacy.decisions import LISTENING, NOT_YET
from privacy.disclosure import LogUnavailable, Refused
from privacy.inventory import VaultIncomplete
from privacy.key_provider import KeyRefused
from privacy.keys import KeyClassWithheld
from privacy.seal import SealBroken

_logger = structlog.get_logger("sameview")

NOT_FOUND = N_("There is nothing here, or it is not yours to see.")


class Problem(Exception):
    """A refusal with a status, a title and a sentence; `more` is added to the problem's members."""

    def __init__(self, status: int, title: str, detail: str, **more: Any) -> None:
        super().__init__(title)
        self.status, self.title, self.detail, self.more = status, title, detail, more


def for_program() -> bool:
    """Tell whether the asker is a program."""
    return request.path.startswith("/api/")


def for_watcher() -> bool:
    """Tell whether the asker speaks ActivityWatch's API."""
    return request.path.startswith("/api/0/")


def answer(problem: Problem) -> Response:
    """Draw `problem` for whoever asked."""
    if not for_program():
        page = render_template(
            "errors/error.html",
            status=problem.status,
            title=problem.title,
            detail=problem.detail,
            entry=problem.more.get("entry"),
        )
        return current_app.make_response((page, problem.status))
    members: dict[str, Any] = {
        "type": "about:blank",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
    }
    if for_watcher():  # where ActivityWatch's clients look for what went wrong
        members["message"] = problem.detail
    body = canonical(members | problem.more)
    return current_app.response_class(body, problem.status, content_type="application/problem+json")


def _refused(error: Refused) -> Response:
    """The gate said no, and the log has it: 409 for what is not open yet, else 403."""
    later = error.decision.reason in (LISTENING, NOT_YET)
    more = {"entry": error.entry, "reason": error.decision.reason}
    title = _("Not yet") if later else _("Not permitted")
    return answer(Problem(409 if later else 403, title, _(error.decision.sentence), **more))


def _unlogged(error: LogUnavailable) -> Response:
    return _not_now(error) or _later(_("The access log cannot be written, so nothing was opened."))


def _not_now(error: Exception) -> Response | None:
    """Say that the disk is full or a database is away, if that is what is behind an error."""
    if (said := full_disk.sentence(error)) is not None:
        _logger.error("disk full", kind=type(error).__name__, fix=said)
        detail = _(
            "The disk or quota of this server is full, or its disk fails. Nothing was lost, and nothing was opened."
        )
        return _later(_("%(detail)s Whoever runs it frees space; then try again.", detail=detail))
    if stores_away.is_away(error):
        _logger.error("database away", kind=type(error).__name__)
        g.stores_away = True
        return _later(_("The database of this server cannot be reached, so this was not done. Try again in a moment."))
    return None


def _later(detail: str) -> Response:
    response = answer(Problem(503, _("Not now"), detail))
    response.headers["Retry-After"] = str(stores_away.RETRY_SECONDS)
    return response


def _withheld(_error: KeyClassWithheld) -> AnyResponse:
    """Say that the page is served elsewhere; a manager, who has work to do here, begins at their teams."""
    if request.path == "/" and Role.MANAGER in g.get("roles", ()):
        return redirect(url_for("team.roster"))
    detail = _("This server was not given the keys of what this page shows. It is served where employees sign in.")
    return answer(Problem(503, _("Not on this server"), detail))


def _tampered(error: Exception) -> Response:
    """Say that what is stored is not what was stored; the entry of the look stands, as of every look that broke off."""
    # The message names a row, and so a person; `sameview log verify` names it to whoever runs the server.
    _logger.error("stored data tampered with", kind=type(error).__name__, fix="run `sameview log verify`")
    detail = _(
        "What is stored of this does not open: it was changed or removed in the database, and not by Sameview. Nothing"
        " of it was shown. Whoever runs this server finds the place with `sameview log verify`, and puts it back from"
        " a backup."
    )
    return answer(Problem(500, _("Stored data was changed"), detail))


def _http(error: HTTPException) -> AnyResponse:
    if error.code is None or error.code < 400:
        return error.get_response()
    detail = _(NOT_FOUND) if error.code == 404 else _(error.description) if error.description else ""
    response = answer(Problem(error.code, _(error.name), detail))
    for name, value in error.get_headers():
        if name.lower() in ("allow", "retry-after", "www-authenticate"):
            response.headers[name] = value
    return response


def _too_large(error: RequestEntityTooLarge) -> AnyResponse:
    """Say what was too much, that nothing of it was read, and where the text still is: the pages keep none."""
    if for_program():
        return _http(error)
    most = request.max_content_length or 0
    sent = max(request.content_length or 0, most + 1)  # it may be said piece by piece, and counted only so far
    detail = _(
        "A form is taken in up to %(most)s kB, and this one had %(sent)s kB. It was not read, so nothing was stored and"
        " nothing changed. Your browser’s “Back” leads to the form again, most often with what you typed: copy it from"
        " there, shorten it, and send it once more.",
        most=number(most / 1000),
        sent=number(math.ceil(sent / 1000)),
    )
    return answer(Problem(413, _("Too much at once"), detail))


def _unproved(error: CSRFError) -> AnyResponse:
    """A form that its page cannot vouch for: most often one that stayed open while its reader signed in again."""
    if for_program():
        return _http(error)
    detail = _(
        "This form is from another sign-in, or did not come from here, so it was not taken, and nothing changed. Your"
        " browser’s “Back” leads to it again, most often with what you typed: copy it from there, load the page again,"
        " and send it once more."
    )
    return answer(Problem(400, _("Bad Request"), detail))


def _unexpected(error: Exception) -> Response:
    if (not_now := _not_now(error)) is not None:
        return not_now
    if current_app.testing:
        raise error
    # The message may name a row, and so a person: the log of the server gets the kind and the place only.
    _logger.error("unexpected", kind=type(error).__name__, at="".join(traceback.format_tb(error.__traceback__)))
    return answer(
        Problem(500, _("Internal Server Error"), _("Something broke on our side. It was not shown to anybody."))
    )


def add_problems(app: Flask) -> None:
    """Answer every error of `app` in the asker's form."""
    app.register_error_handler(Problem, answer)
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(LogUnavailable, _unlogged)
    app.register_error_handler(KeyClassWithheld, _withheld)
    for damage in (KeyRefused, SealBroken, VaultIncomplete):
        app.register_error_handler(damage, _tampered)
    app.register_error_handler(CSRFError, _unproved)
    app.register_error_handler(RequestEntityTooLarge, _too_large)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)
