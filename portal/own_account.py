"""The account page: where somebody is signed in, and their password. Tokens and notices are pages of their own."""

from dataclasses import dataclass
from typing import Final

from flask import Blueprint, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from auth.errors import AuthError, ChangeRefused, PasswordRefused, TooBusy, TooManyAttempts
from auth.permissions import Permission, requires
from auth.sessions import Session
from portal.access import person, session_key, system, viewer
from portal.locale import N_, _

blueprint = Blueprint("own_account", __name__, url_prefix="/me/account")

DIFFERENT: Final = N_("These two are not the same.")
_BY_BROWSER: Final = "session:"
Page = str | Response | tuple[str, int] | tuple[str, int, dict[str, str]]


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session as its owner sees it; `current` is the one that asks."""

    session: Session
    current: bool


@blueprint.get("")
@requires(Permission.ACCOUNT_READ)
def account() -> str:
    """Show where I am signed in, and the form for another password."""
    return _page({})


@blueprint.post("/password")
@requires(Permission.ACCOUNT_WRITE)
def change_password() -> Page:
    """Set another password and sign out every other browser; what is wrong is said beside its field."""
    new = request.form.get("new", "")
    if new != request.form.get("again", ""):
        return _page({"again": _(DIFFERENT)}), 422
    try:
        system().credentials.change_password(
            viewer(), request.form.get("current", ""), new, address=request.remote_addr or "", keep=current_session()
        )
    except (ChangeRefused, PasswordRefused, TooManyAttempts, TooBusy) as refused:
        return _refused(refused)
    flash(_("Your password was changed. Every other browser was signed out."))
    return redirect("/me/account")


@blueprint.post("/sessions/<session>/end")
@requires(Permission.ACCOUNT_WRITE)
def end_session(session: str) -> Response:
    """End one of my sessions."""
    if system().sessions.revoke(viewer(), session):
        flash(_("That browser was signed out."))
    return redirect("/me/account")


@blueprint.post("/sessions/end")
@requires(Permission.ACCOUNT_WRITE)
def end_other_sessions() -> Response:
    """End all my sessions but this one."""
    system().sessions.end_all(viewer(), but=current_session())
    flash(_("Every other browser was signed out."))
    return redirect("/me/account")


def current_session() -> str | None:
    """Return the id of the session that asks, or None where a token does."""
    key = session_key()
    return key.removeprefix(_BY_BROWSER) if key.startswith(_BY_BROWSER) else None


def signed_in() -> list[SignedIn]:
    """Return the asker's sessions, the present one first, then the newest."""
    current = current_session()
    found = [SignedIn(each, each.id == current) for each in system().sessions.of(viewer())]
    return sorted(found, key=lambda each: not each.current)


def _refused(refused: AuthError) -> Page:
    if isinstance(refused, TooManyAttempts):
        return _page({"current": _(str(refused))}), 429, {"Retry-After": str(refused.retry_after)}
    if isinstance(refused, TooBusy):
        return _page({"current": _(str(refused))}), 503, {"Retry-After": "5"}
    return _page({"new" if isinstance(refused, PasswordRefused) else "current": _(str(refused))}), 422


def _page(wrong: dict[str, str]) -> str:
    return render_template("me/account.html", person=person(), sessions=signed_in(), wrong=wrong)
