"""What the employee sets and was told: planned time, days off, the own goal, personal tokens, notices."""

import datetime as dt
from typing import Any, Final

from flask import Blueprint, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from analytics.goals import GoalError, Goals
from analytics.working import Working, WorkingError
from auth.errors import ChangeRefused
from auth.permissions import Permission, requires
from auth.tokens import Scope
from portal import own
from portal.access import system, viewer
from portal.parse import bad, day_from, number_from
from portal.show import weekday

blueprint = Blueprint("mine", __name__, url_prefix="/me")

LONGEST_LEAVE: Final = 366  # days in one form
_MONDAY: Final = dt.date(2024, 1, 1)
_Page = str | tuple[str, int]


@blueprint.get("/pattern")
@requires(Permission.OWN_READ)
def pattern() -> str:
    """Show my planned week, my days off and my goal."""
    return _pattern({})


@blueprint.post("/pattern")
@requires(Permission.OWN_WRITE)
def keep_pattern() -> _Page | Response:
    """Keep another planned week from a day on, and my goal."""
    planned, _ = own.settings()
    try:
        minutes = [_minutes(request.form.get(f"hours-{n}", "")) for n in range(7)]
        valid = day_from(request.form.get("valid", ""))
        own.keep(planned.changed(valid, minutes), Goals(_minutes(request.form.get("goal", ""))))
    except (WorkingError, GoalError) as wrong:
        return _pattern({"goal": f"{wrong}."}), 400
    flash("Kept. Only you see this.")
    return redirect("/me/pattern")


@blueprint.post("/pattern/days-off")
@requires(Permission.OWN_WRITE)
def days_off() -> Response:
    """Add days off, or remove one."""
    planned, _ = own.settings()
    days = set(planned.days_off)
    if "remove" in request.form:
        days.discard(day_from(request.form["remove"]))
    else:
        days |= _leave(request.form.get("first", ""), request.form.get("last", ""))
    own.keep(planned.with_days_off(days))
    return redirect("/me/pattern")


def _pattern(wrong: dict[str, str]) -> str:
    planned, wanted = own.settings()
    current = own.current_day()
    return render_template(
        "me/pattern.html",
        pattern=_shown(planned, current, wanted.focus_minutes),
        names=[weekday(_MONDAY + dt.timedelta(days=n)) for n in range(7)],
        valid=current,
        wrong=wrong,
    )


def _shown(planned: Working, current: dt.date, goal_minutes: int) -> dict[str, Any]:
    """Return hours per weekday as they are planned now, days off from today on, and the goal."""
    without_leave = planned.with_days_off([])
    monday = current - dt.timedelta(days=current.weekday())
    week = [without_leave.planned_minutes(monday + dt.timedelta(days=n)) for n in range(7)]
    return {
        "hours": [minutes / 60 for minutes in week],
        "days_off": sorted(day for day in planned.days_off if day >= current),
        "goal_hours": goal_minutes / 60,
    }


def _minutes(hours: str) -> int:
    try:
        return round(float(hours or 0) * 60)
    except (ValueError, OverflowError):
        raise bad("Hours are written like 7.5.") from None


def _leave(first: str, last: str) -> set[dt.date]:
    start = day_from(first)
    end = day_from(last) if last else start
    if not 0 <= (end - start).days < LONGEST_LEAVE:
        raise bad("The last day off comes after the first, within a year.")
    return {start + dt.timedelta(days=n) for n in range((end - start).days + 1)}


@blueprint.get("/tokens")
@requires(Permission.ACCOUNT_READ)
def tokens() -> str:
    """Show my personal tokens."""
    return _tokens()


@blueprint.post("/tokens")
@requires(Permission.ACCOUNT_WRITE)
def make_token() -> _Page:
    """Make a token; its text is shown this once."""
    scopes = [each for each in request.form.getlist("scope") if each in set(Scope)]
    days = number_from(request.form.get("days"), 90)
    try:
        made = system().tokens.issue(viewer(), request.form.get("name", ""), [Scope(each) for each in scopes], days)
    except ChangeRefused as refused:
        return _tokens(wrong=str(refused)), 400
    return _tokens(made=made)


@blueprint.post("/tokens/<token>/revoke")
@requires(Permission.ACCOUNT_WRITE)
def revoke_token(token: str) -> Response:
    """Revoke one of my tokens."""
    if system().tokens.revoke(viewer(), token):
        flash("The token was revoked.")
    return redirect("/me/tokens")


def _tokens(**shown: str) -> str:
    return render_template("me/tokens.html", tokens=system().tokens.of(viewer()), **shown)


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
