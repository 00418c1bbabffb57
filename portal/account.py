"""Sign-in and sign-out, one-time links, and the notice that comes before anything is shown."""

from typing import Final

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from auth.errors import LinkRefused, PasswordRefused, SignInRefused, TooBusy, TooManyAttempts
from auth.invitations import Kind, Link
from auth.permissions import Permission, requires
from portal import widened
from portal.access import asking, person, safe_next, system, viewer
from portal.locale import N_, _
from portal.own_check import fingerprint
from portal.parse import bad, number_from
from portal.problems import Problem
from portal.recorded import notice
from portal.sessions import browser
from portal.show import day

blueprint = Blueprint("account", __name__)

COMMAND_LINE: Final = N_("an operator at the command line")
Answer = str | Response | tuple[str, int] | tuple[str, int, dict[str, str]]


@blueprint.get("/sign-in")
@requires(Permission.SIGN_IN)
def sign_in() -> Answer:
    """Show the form; whoever is signed in already goes on."""
    target = safe_next(request.args.get("next", "/"))
    if asking() is not None:
        return redirect(target)
    unsent = request.args.get("unsent") == "yes"
    return render_template("account/sign_in.html", wrong=None, email="", next=target, unsent=unsent)


@blueprint.post("/sign-in")
@requires(Permission.SIGN_IN)
def signed_in() -> Answer:
    """Check address and password, and go on under a new session."""
    email, target = request.form.get("email", ""), safe_next(request.form.get("next", "/"))
    try:
        found = system().sign_in.authenticate(email, request.form.get("password", ""), _address())
    except (SignInRefused, TooManyAttempts, TooBusy) as refused:
        page = render_template("account/sign_in.html", wrong=_(str(refused)), email=email, next=target)
        return page, *_wait(refused)
    return _enter(found.subject, target)


@blueprint.post("/sign-out")
@requires(Permission.SIGN_OUT)
def sign_out() -> Response:
    """End this session on the server and forget the cookie."""
    system().sessions.end(browser().token)
    browser().end()
    return redirect(url_for("account.sign_in"))


@blueprint.get("/invitation/<token>")
@requires(Permission.SIGN_IN)
def invitation(token: str) -> Answer:
    """Show who issued the link, when and from where it was opened, the notice, and the form for a password."""
    return _invited(_look(token), wrong=None)


@blueprint.post("/invitation/<token>")
@requires(Permission.SIGN_IN)
def accept(token: str) -> Answer:
    """Set the password, and with it note that the notice was read; the link is used up."""
    try:
        subject = system().invitations.accept(token, request.form.get("password", ""), _address())
    except PasswordRefused as weak:
        return _invited(_look(token), wrong=_(str(weak))), 422
    except LinkRefused as refused:
        raise _gone(refused) from refused
    except TooBusy as busy:
        return _invited(_look(token), wrong=_(str(busy))), 503
    return _enter(subject, "/")


@blueprint.get("/sign-in-link/<token>")
@requires(Permission.SIGN_IN)
def sign_in_link(token: str) -> Answer:
    """Sign in with a one-time link of a throw-away system; the person is told that it was used."""
    try:
        return _enter(system().invitations.redeem(token, _address()), "/")
    except LinkRefused as refused:
        raise _gone(refused) from refused


@blueprint.get("/welcome")
@requires(Permission.NOTICE_ACCEPT)
def welcome() -> Answer:
    """Show the notice; nothing is disclosed about somebody who has not read it."""
    return render_template("account/welcome.html", notice=notice(system()), person=person())


@blueprint.post("/welcome")
@requires(Permission.NOTICE_ACCEPT)
def acknowledge() -> Response:
    """Note that the notice was read, by the version that it was of; and so of a version that records more."""
    version = number_from(request.form.get("version"), system().policies.now().version)
    if not widened.acknowledge(system(), viewer(), version):
        raise bad(_("There is no such version of the policy."))
    return redirect(safe_next(request.form.get("next", "/")))


def _enter(subject: str, target: str) -> Response:
    """Go on signed in. The old session ends and a new id is made, so that nobody can have known it before."""
    if asking() is not None:
        system().sessions.end(browser().token)
    browser().renew(system().sessions.start(subject))
    return redirect(target)


def _address() -> str:
    return request.remote_addr or ""


def _wait(refused: Exception) -> tuple[int, dict[str, str]]:
    if isinstance(refused, TooManyAttempts):
        return 429, {"Retry-After": str(refused.retry_after)}
    return (503, {"Retry-After": "5"}) if isinstance(refused, TooBusy) else (401, {})


def _look(token: str) -> Link:
    try:
        link = system().invitations.look(token, _address())
    except LinkRefused as refused:
        raise _gone(refused) from refused
    if link.kind is Kind.SIGN_IN:
        raise _gone(LinkRefused())
    return link


def _gone(refused: LinkRefused) -> Problem:
    return Problem(404, _("Not Found"), _(str(refused)))


def _invited(link: Link, wrong: str | None) -> str:
    names = system().directory.names([link.issued_by] if link.issued_by else [])
    shown = {
        "name": link.person.name,
        "email": link.person.email,
        "organisation": system().organisation.name,
        "issued_by": names.get(link.issued_by or "", _(COMMAND_LINE)),
        "issued_at": day(link.issued_on),
        "opened_from": link.opened_from,
    }
    verifier = {"key": str(system().log.signer.verifier), "fingerprint": fingerprint()}
    return render_template(
        "account/invitation.html", invitation=shown, notice=notice(system()), wrong=wrong, verifier=verifier
    )
