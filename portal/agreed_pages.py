"""The employee's side of goals that they agree on with their manager."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, abort, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from analytics.agreed import Agreed, AgreedError, AgreedGoal, Side
from auth.notice_sentences import GONE
from auth.notices import Kind
from auth.permissions import Permission, requires
from portal import agreed_forms, agreeing, own
from portal.access import system, viewer
from portal.locale import N_, _

blueprint = Blueprint("agreed", __name__, url_prefix="/agreed-goals")

_Page = str | tuple[str, int] | Response


@dataclass(frozen=True, slots=True)
class Between:
    """What stands between the employee and one manager: `present` says whether they manage the employee now."""

    manager: str
    name: str
    present: bool
    goals: tuple[AgreedGoal, ...]
    digest: str


@blueprint.get("")
@requires(Permission.OWN_READ)
def agreed() -> str:
    """Show what I agreed on, with each of my managers."""
    return _page()


@blueprint.post("")
@requires(Permission.OWN_WRITE)
def propose() -> _Page:
    """Propose a goal to a manager of mine, or a change of one."""
    manager = request.form.get("manager", "")
    if manager not in _managers():
        gone = AgreedError(N_("Whoever you proposed this to does not manage you now. Nothing was sent."), "manager")
        return _page(gone), 409
    number, seen = agreed_forms.whole("number"), agreed_forms.whole("seen")

    def change(found: Agreed, today: dt.date) -> Agreed:
        return found.proposed(Side.EMPLOYEE, manager, agreed_forms.terms(), today, number, seen)

    return _changed(manager, Kind.GOAL_PROPOSED, change, _("Proposed. It holds once your manager has agreed, too."))


@blueprint.post("/<int:number>/answer")
@requires(Permission.OWN_WRITE)
def answer(number: int) -> _Page:
    """Agree to what a manager proposed, or not."""
    manager, agrees, seen = _with(number), request.form.get("agree") == "yes", agreed_forms.whole("seen")

    def change(found: Agreed, today: dt.date) -> Agreed:
        return found.answered(Side.EMPLOYEE, manager, number, seen or 0, agrees, today)

    kind = Kind.GOAL_AGREED if agrees else Kind.GOAL_DECLINED
    words = _("Agreed. Both of you see it.") if agrees else _("Not agreed. What held before holds.")
    return _changed(manager, kind, change, words)


@blueprint.post("/<int:number>/end")
@requires(Permission.OWN_WRITE)
def end(number: int) -> _Page:
    """End a goal; no agreement is needed for that."""
    manager = _with(number)

    def change(found: Agreed, today: dt.date) -> Agreed:
        return found.finished(Side.EMPLOYEE, manager, number, today)

    return _changed(manager, Kind.GOAL_ENDED, change, _("Ended from today on. It stays in the list."))


def between(found: Agreed) -> list[Between]:
    """Return what stands by manager, those of now first."""
    now = {each.person.subject: each.person.name for each in system().directory.managers_of(viewer())}
    former = dict.fromkeys(each.manager for each in found.goals if each.manager not in now)
    names = system().directory.names(list(former))
    listed = [(id, name, True) for id, name in now.items()] + [(id, names.get(id, GONE), False) for id in former]
    return [
        Between(id, name, present, found.of(id).goals, agreeing.digest_for(found, viewer(), id))
        for id, name, present in listed
    ]


def _page(wrong: AgreedError | None = None) -> str:
    found = agreeing.mine()
    frame = agreed_forms.frame(Side.EMPLOYEE, found, own.current_day(), wrong)
    return render_template("me/agreed_goals.html", between=between(found), **frame)


def _changed(manager: str, kind: Kind, change: Callable[[Agreed, dt.date], Agreed], words: str) -> _Page:
    try:
        agreeing.change_mine(manager, kind, change)
    except AgreedError as wrong:
        return _page(wrong), agreed_forms.status(wrong)
    flash(words)
    return redirect("/me/agreed-goals", 303)


def _managers() -> set[str]:
    """Return the managers of now; nobody else can be proposed to."""
    return {each.person.subject for each in system().directory.managers_of(viewer())}


def _with(number: int) -> str:
    """Return with whom a goal is."""
    found = next((each for each in agreeing.mine().goals if each.number == number), None)
    return found.manager if found is not None else abort(404)
