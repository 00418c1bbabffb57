"""The manager's side of goals that they agree on with somebody in their team. There is no figure on these pages."""

import datetime as dt

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from analytics.agreed import Agreed, AgreedError, Side
from auth.notices import Kind
from auth.permissions import Permission, requires
from auth.person import Person
from portal import agreed_forms, agreeing
from portal.access import viewer
from portal.agreeing import Change
from portal.locale import _
from portal.rosters import member_or_logged
from privacy.decisions import AGREED
from privacy.policy import Purpose

blueprint = Blueprint("goals", __name__, url_prefix="/<team>/people/<person>/goals")

_Page = str | tuple[str, int] | Response


@blueprint.get("")
@requires(Permission.TEAM_READ)
def goals(team: str, person: str) -> str:
    """Show what I agreed on with somebody, with the receipt that is in the log."""
    return _page(team, member_or_logged(team, person, AGREED, Purpose.TARGET_SETTING))


@blueprint.post("")
@requires(Permission.TEAM_WRITE)
def propose(team: str, person: str) -> _Page:
    """Propose a goal to somebody, or a change of one."""
    number, seen = agreed_forms.whole("number"), agreed_forms.whole("seen")

    def change(found: Agreed, today: dt.date) -> Agreed:
        return found.proposed(Side.MANAGER, viewer(), agreed_forms.terms(), today, number, seen)

    return _changed(team, person, Kind.GOAL_PROPOSED, change, _("Proposed. It holds once both of you have agreed."))


@blueprint.post("/<int:number>/answer")
@requires(Permission.TEAM_WRITE)
def answer(team: str, person: str, number: int) -> _Page:
    """Agree to what somebody proposed, or not."""
    agrees, seen = request.form.get("agree") == "yes", agreed_forms.whole("seen")

    def change(found: Agreed, today: dt.date) -> Agreed:
        return found.answered(Side.MANAGER, viewer(), number, seen or 0, agrees, today)

    kind = Kind.GOAL_AGREED if agrees else Kind.GOAL_DECLINED
    words = _("Agreed. Both of you see it.") if agrees else _("Not agreed. What held before holds.")
    return _changed(team, person, kind, change, words)


@blueprint.post("/<int:number>/end")
@requires(Permission.TEAM_WRITE)
def end(team: str, person: str, number: int) -> _Page:
    """End a goal; no agreement is needed for that."""

    def change(found: Agreed, today: dt.date) -> Agreed:
        return found.finished(Side.MANAGER, viewer(), number, today)

    return _changed(team, person, Kind.GOAL_ENDED, change, _("Ended from today on. It stays in the list."))


def _page(team: str, member: Person, wrong: AgreedError | None = None) -> str:
    found = agreeing.shown(member.subject)
    return render_template(
        "team/goals.html",
        team=team,
        person=member,
        shown=found,
        base=url_for("team.goals.goals", team=team, person=member.subject),
        **agreed_forms.frame(Side.MANAGER, found.agreed, found.today, wrong),
    )


def _changed(team: str, person: str, kind: Kind, change: Change, words: str) -> _Page:
    member = member_or_logged(team, person, AGREED, Purpose.TARGET_SETTING)
    try:
        agreeing.change_as_manager(member.subject, kind, change)
    except LookupError:
        abort(404)
    except AgreedError as wrong:
        return _page(team, member, wrong), agreed_forms.status(wrong)
    flash(words)
    return redirect(url_for("team.goals.goals", team=team, person=person), 303)
