"""The manager's side of one-to-ones with somebody in their team: proposing a day, and the sheet of each."""

from flask import Blueprint, Response, abort, flash, redirect, url_for
from werkzeug.wrappers import Response as AnyResponse

from analytics.agreed import Side
from auth.meetings import OneToOne
from auth.permissions import Permission, requires
from auth.person import Person
from portal import meetings, sheet_forms
from portal.access import system, viewer
from portal.locale import _
from portal.meetings import Wrong
from portal.rosters import member_or_logged
from portal.sheet_forms import Page
from privacy.decisions import SHEETS
from privacy.policy import Purpose

blueprint = Blueprint("one_to_ones", __name__, url_prefix="/<team>/people/<person>/one-to-ones")


@blueprint.get("/<int:number>")
@requires(Permission.TEAM_READ)
def sheet(team: str, person: str, number: int) -> Page:
    """Show the sheet of one, with the receipt that is in the log; with `week=` a closed week that is open on it."""
    member, meeting = found(team, person, number)
    return _sheet(team, member, meeting)


@blueprint.post("/<int:number>")
@requires(Permission.TEAM_WRITE)
def change(team: str, person: str, number: int) -> Page:
    """Answer, move or cancel one, or write on its sheet."""
    member, meeting = found(team, person, number)

    def again(wrong: Wrong) -> Page:
        return _sheet(team, member, found(team, person, number)[1], wrong)

    return sheet_forms.change(Side.MANAGER, meeting, _address(team, member, number), again)


@blueprint.get("/<int:number>.ics")
@requires(Permission.TEAM_READ)
def calendar(team: str, person: str, number: int) -> Response:
    """Return one as a file for my calendar."""
    member, meeting = found(team, person, number)
    return meetings.calendar(meeting, member.name, _address(team, member, number))


def propose(team: str, member: Person) -> AnyResponse:
    """Propose the day in the form to somebody in my team; Wrong says what has to change."""
    number = meetings.propose(member.subject, viewer())
    flash(_("Proposed. It counts once %(name)s has said yes, too.", name=member.name))
    return redirect(_address(team, member, number), 303)


def found(team: str, person: str, number: int) -> tuple[Person, OneToOne]:
    """Return somebody in a team of the asker's, and a one-to-one of these two; 404 where there is none such."""
    member = member_or_logged(team, person, SHEETS, Purpose.ONE_TO_ONE)
    meeting = system().directory.meetings.find(member.subject, number)
    return (member, meeting) if meeting is not None and meeting.manager == viewer() else abort(404)


def _sheet(team: str, member: Person, meeting: OneToOne, wrong: Wrong | None = None) -> Page:
    base = _address(team, member, meeting.number)
    propose_to = url_for("team.propose", team=team, person=member.subject)
    more = {"team": team, "person": member, "propose_to": propose_to}
    return sheet_forms.draw(Side.MANAGER, meeting, member.name, base, "team/one_to_one.html", wrong, **more)


def _address(team: str, member: Person, number: int) -> str:
    return url_for("team.one_to_ones.sheet", team=team, person=member.subject, number=number)
