"""The employee's side of one-to-ones: which there are, and the sheet of each."""

from flask import Blueprint, Response, abort, flash, redirect, render_template
from flask import request as asked

from analytics.agreed import Side
from auth.meetings import OneToOne
from auth.notice_sentences import GONE
from auth.permissions import Permission, requires
from portal import meetings, sheet_forms, sheets
from portal.access import system, viewer
from portal.locale import _
from portal.meetings import Wrong
from portal.sheet_forms import Page

blueprint = Blueprint("one_to_ones", __name__, url_prefix="/one-to-ones")

BASE = "/me/one-to-ones"


@blueprint.get("")
@requires(Permission.OWN_READ)
def listed() -> Page:
    """Show my one-to-ones, with each of my managers."""
    return _page()


@blueprint.post("")
@requires(Permission.OWN_WRITE)
def propose() -> Page:
    """Propose a day to a manager of mine."""
    manager = asked.form.get("manager", "")
    if manager not in {each.person.subject for each in system().directory.managers_of(viewer())}:
        abort(404)
    try:
        number = meetings.propose(viewer(), manager)
    except Wrong as wrong:
        return _page(wrong)
    flash(_("Proposed. It counts once your manager has said yes, too."))
    return redirect(f"{BASE}/{number}", 303)


@blueprint.get("/<int:number>")
@requires(Permission.OWN_READ)
def sheet(number: int) -> Page:
    """Show the sheet of one: what my manager is shown of it, and where I prepare it."""
    return _sheet(_mine(number))


@blueprint.post("/<int:number>")
@requires(Permission.OWN_WRITE)
def change(number: int) -> Page:
    """Answer, move or cancel one, or write on its sheet."""
    meeting = _mine(number)
    return sheet_forms.change(Side.EMPLOYEE, meeting, f"{BASE}/{number}", lambda wrong: _sheet(_mine(number), wrong))


@blueprint.get("/<int:number>.ics")
@requires(Permission.OWN_READ)
def calendar(number: int) -> Response:
    """Return one as a file for my calendar."""
    meeting = _mine(number)
    return meetings.calendar(meeting, _name(meeting.manager), f"{BASE}/{number}")


def _page(wrong: Wrong | None = None) -> Page:
    ahead, rest = meetings.lines(system().directory.meetings.of(viewer()), BASE)
    managers = [(each.person.subject, each.person.name) for each in system().directory.managers_of(viewer())]
    page = render_template(
        "me/one_to_ones.html",
        ahead=ahead,
        rest=rest,
        managers=list(dict(managers).items()),
        base=BASE,
        shares_weeks=sheets.shares_weeks(viewer()),
        today=meetings.today(viewer()),
        typed=asked.form,
        wrong={} if wrong is None else {wrong.place or "day": wrong.sentence},
    )
    return page if wrong is None else (page, wrong.status)


def _sheet(meeting: OneToOne, wrong: Wrong | None = None) -> Page:
    other, base = _name(meeting.manager), f"{BASE}/{meeting.number}"
    present = meeting.manager in {each.person.subject for each in system().directory.managers_of(viewer())}
    more = {"propose_to": BASE if present else "", "manager": meeting.manager}
    return sheet_forms.draw(Side.EMPLOYEE, meeting, other, base, "me/one_to_one.html", wrong, **more)


def _mine(number: int) -> OneToOne:
    found = system().directory.meetings.find(viewer(), number)
    return found if found is not None else abort(404)


def _name(manager: str) -> str:
    return system().directory.names([manager]).get(manager) or _(GONE)
