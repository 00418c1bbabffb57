"""The employee's computers: the list, another name, taking one off, and confirming one that asks to send."""

from dataclasses import dataclass

from flask import Blueprint, Response, abort, flash, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from auth.errors import AuthError, ChangeRefused, EnrolmentOver, TooManyAttempts
from auth.permissions import Permission, requires
from portal.access import person, system, viewer
from portal.locale import _
from portal.recorded import notice

blueprint = Blueprint("devices", __name__, url_prefix="/me/devices")

Page = str | AnyResponse | tuple[str, int] | tuple[str, int, dict[str, str]]


@dataclass(frozen=True, slots=True)
class Wrong:
    """What was wrong with a new name, and whose it was to be."""

    device: str
    sentence: str


@blueprint.get("")
@requires(Permission.ACCOUNT_READ)
def devices() -> str:
    """Show the computers that send for me."""
    return _page()


@blueprint.post("/<device>/rename")
@requires(Permission.ACCOUNT_WRITE)
def rename(device: str) -> Page:
    """Give one of my computers another name."""
    try:
        if not system().devices.rename(viewer(), device, request.form.get("name", "")):
            abort(404)
    except ChangeRefused as refused:
        return _page(Wrong(device, str(refused))), 400
    flash(_("The computer has another name."))
    return redirect("/me/devices")


@blueprint.post("/<device>/revoke")
@requires(Permission.ACCOUNT_WRITE)
def revoke(device: str) -> Response | AnyResponse:
    """Take one of my computers off the list."""
    if system().devices.revoke(viewer(), device):
        flash(_("The computer was taken off your list. Nothing that it sends is accepted any more."))
    return redirect("/me/devices")


@blueprint.get("/new")
@requires(Permission.OWN_READ)
def new() -> Page:
    """Show what a computer says of itself and what it would record, or ask for its code."""
    code = request.args.get("code", "")
    if not code:
        return _new(code="")
    try:
        return _new(code=code, waiting=system().enrolments.look(viewer(), code))
    except (EnrolmentOver, TooManyAttempts) as refused:
        return _refused(code, refused)


@blueprint.post("/new")
@requires(Permission.OWN_WRITE)
def answer() -> Page:
    """Let the computer send for me, or refuse it."""
    code, enrolments = request.form.get("code", ""), system().enrolments
    try:
        if request.form.get("answer") == "refuse":
            enrolments.refuse(viewer(), code)
            flash(_("That computer was refused. Nothing of it is recorded."))
        else:
            flash(_("“%(code)s” sends for you from now on.", code=enrolments.confirm(viewer(), code)))
    except (ChangeRefused, EnrolmentOver, TooManyAttempts) as refused:
        return _refused(code, refused)
    return redirect("/me/devices")


def _refused(code: str, refused: AuthError) -> Page:
    page = _new(code=code, wrong=_(str(refused)))
    if isinstance(refused, TooManyAttempts):
        return page, 429, {"Retry-After": str(refused.retry_after)}
    return page, 400 if isinstance(refused, ChangeRefused) else 404


def _new(**shown: object) -> str:
    return render_template("me/device_new.html", person=person(), notice=notice(system()), **shown)


def _page(wrong: Wrong | None = None) -> str:
    listed = system().devices.of(viewer())
    address = system().config.base_url
    return render_template("me/devices.html", devices=listed, today=system().clock().date(), url=address, wrong=wrong)
