"""What the employee sets and was told: personal tokens, notices; their week, goals and experiments beside them."""

from flask import Blueprint, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from auth.errors import ChangeRefused
from auth.permissions import Permission, requires
from auth.tokens import Scope
from portal import agreed_pages, experiments, goals, one_to_one_pages, pattern
from portal.access import system, viewer
from portal.locale import _
from portal.parse import number_from
from portal.problems import Problem

blueprint = Blueprint("mine", __name__, url_prefix="/me")
for _part in (pattern, goals, agreed_pages, one_to_one_pages, experiments):
    blueprint.register_blueprint(_part.blueprint)

_Page = str | tuple[str, int]


@blueprint.get("/tokens")
@requires(Permission.ACCOUNT_READ)
def tokens() -> str:
    """Show my personal tokens."""
    return _tokens()


@blueprint.post("/tokens")
@requires(Permission.ACCOUNT_WRITE)
def make_token() -> _Page:
    """Make a token; its text is shown this once."""
    scopes = [Scope(each) for each in request.form.getlist("scope") if each in set(Scope)]
    try:
        days = number_from(request.form.get("days"), 90)
        made = system().tokens.issue(viewer(), request.form.get("name", ""), scopes, days)
    except Problem as wrong:
        return _tokens(wrong=wrong.detail), wrong.status
    except ChangeRefused as refused:
        return _tokens(wrong=_(str(refused))), 400
    return _tokens(made=made)


@blueprint.post("/tokens/<token>/revoke")
@requires(Permission.ACCOUNT_WRITE)
def revoke_token(token: str) -> Response:
    """Revoke one of my tokens."""
    if system().tokens.revoke(viewer(), token):
        flash(_("The token was revoked."))
    return redirect("/me/tokens")


def _tokens(**shown: str) -> str:
    typed = request.form if "wrong" in shown else {}
    return render_template("me/tokens.html", tokens=system().tokens.of(viewer()), typed=typed, **shown)


@blueprint.get("/notices")
@requires(Permission.ACCOUNT_READ)
def notices() -> str:
    """Show what I was told about who may read me and sign in as me."""
    return render_template("me/notices.html", notices=system().announcements.of(viewer()))


@blueprint.post("/notices")
@requires(Permission.ACCOUNT_WRITE)
def seen_notices() -> Response:
    """Note that I have seen them, up to the one that was on the page."""
    system().announcements.mark_seen(viewer(), number_from(request.form.get("entry"), 0))
    return redirect("/me/notices")
