"""Conversations on pages: of the person who began them, of managers who were asked, of compliance and council."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

import msgspec
from flask import Blueprint, abort, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from analytics.measures import MEASURES
from auth.notice_sentences import GONE
from auth.permissions import Permission, Role, requires
from portal import own, threads
from portal.access import current_roles, person, system, viewer
from portal.conversations import DUE_DAYS
from portal.locale import N_, _
from portal.parse import bad, day_from, week_from
from portal.problems import Problem
from portal.sentences import sentence
from portal.target_words import title_of
from privacy.keys import KeyGone
from privacy.seal import SealBroken
from privacy.threads import Kind, State, Thread

blueprint = Blueprint("threads", __name__)

TITLES: Final[dict[Kind, str]] = {
    Kind.FIGURE: N_("A figure is wrong"),
    Kind.RULE: N_("A rule for categories"),
    Kind.MISUSE: N_("A report of misuse"),
    Kind.QUESTION: N_("A question or a comment"),
}
STATES: Final[dict[State, str]] = {
    State.OPEN: N_("waits for an answer"),
    State.ANSWERED: N_("answered"),
    State.CLOSED: N_("closed"),
}
_TEAM: Final = "/team/threads"
_COMPLIANCE: Final = "/compliance/threads"
BROKEN: Final = N_(
    "Messages of it were changed or taken away in the database. Save your proofs under “Who looked”, and tell your"
    " works council: `sameview log verify` names what was changed."
)
Page = str | Response | tuple[str, int]


@blueprint.get("/me/threads")
@requires(Permission.ACCOUNT_READ)
def mine() -> str:
    """Show the conversations that I began, those that wait for an answer first; and where I was asked for one."""
    waiting = [each for each in threads.addressed() if each.state is State.OPEN]
    asked = [
        (_TEAM if each.to_person else _COMPLIANCE, line) for each, line in zip(waiting, _lines(waiting), strict=True)
    ]
    return render_template(
        "me/threads.html", threads=_lines(threads.mine()), asked=asked, taken_away=threads.taken_away(), **_words()
    )


@blueprint.get("/me/threads/new")
@requires(Permission.ACCOUNT_READ)
def new() -> str:
    """Show the form: about a figure, a rule, or an entry of my access log."""
    return _form(request.args, {})


@blueprint.post("/me/threads/new")
@requires(Permission.ACCOUNT_WRITE)
def begin() -> Page:
    """Begin a conversation; whoever is asked is told."""
    form = request.form
    kind = _kind(form)
    try:
        number = threads.start(kind, _about(form), form.get("text", ""), form.get("to", threads.REVIEWERS))
    except threads.Refused as refused:
        return _form(form, refused.messages), 422
    except Problem as problem:
        return _form(form, {problem.more.get("field", "day"): problem.detail}), problem.status
    flash(_("Sent. You are told when there is an answer."))
    return redirect(f"/me/threads/{number}", 303)


@blueprint.get("/me/threads/<int:number>")
@requires(Permission.ACCOUNT_READ)
def one(number: int) -> str:
    """Show one of my conversations."""
    return _one(viewer(), number, "/me/threads", {})


@blueprint.post("/me/threads/<int:number>")
@requires(Permission.ACCOUNT_WRITE)
def write(number: int) -> Page:
    """Add to one of my conversations."""
    return _said(partial(threads.write, number), viewer(), number, "/me/threads", f"/me/threads/{number}")


@blueprint.post("/me/threads/<int:number>/close")
@requires(Permission.ACCOUNT_WRITE)
def close(number: int) -> Page:
    """Close one of my conversations, unless somebody wrote meanwhile: that is to be read first."""
    try:
        threads.close(number)
    except threads.Refused as refused:
        return _one(viewer(), number, "/me/threads", {"close": refused.messages["text"]}), 409
    flash(_("Closed. It goes a year from now."))
    return redirect("/me/threads", 303)


@blueprint.post("/me/threads/<int:number>/ask-again")
@requires(Permission.ACCOUNT_WRITE)
def ask_again(number: int) -> Page:
    """Ask those who are there now, where nobody is left of those whom I asked."""
    try:
        done = threads.ask_again(number)
    except threads.Refused as refused:
        return _one(viewer(), number, "/me/threads", refused.messages), 409
    if done:
        flash(_("Sent. You are told when there is an answer."))
    else:
        flash(_("Nobody is there who could answer. Ask your works council or an operator in person."), "error")
    return redirect(f"/me/threads/{number}", 303)


@blueprint.get("/compliance/threads")
@requires(Permission.THREADS_READ)
def for_reviewers() -> str:
    """Show what compliance, or the council, was asked; and how many wait, without persons."""
    asked = [each for each in threads.addressed() if each.to_roles]
    return render_template(
        "compliance/threads.html", threads=_lines(asked), counts=threads.counts(), base=_COMPLIANCE, **_words()
    )


@blueprint.get("/compliance/threads/<subject>/<int:number>")
@requires(Permission.THREADS_READ)
def for_reviewer(subject: str, number: int) -> str:
    """Show a conversation that compliance or the council was asked in; the look is in the person's log."""
    return _of_somebody(subject, number, _COMPLIANCE, {})


@blueprint.post("/compliance/threads/<subject>/<int:number>")
@requires(Permission.THREADS_WRITE)
def reviewer_answers(subject: str, number: int) -> Page:
    """Answer as compliance or council."""
    return _said(partial(threads.answer, subject, number), subject, number, _COMPLIANCE, _COMPLIANCE)


@blueprint.get("/team/threads")
@requires(Permission.TEAM_READ)
def for_managers() -> str:
    """Show what I was asked as somebody's manager."""
    return render_template("team/threads.html", threads=_lines(threads.addressed_by_name()), base=_TEAM, **_words())


@blueprint.get("/team/threads/<subject>/<int:number>")
@requires(Permission.TEAM_READ)
def for_manager(subject: str, number: int) -> str:
    """Show a conversation that I was asked in as somebody's manager; the look is in the person's log."""
    return _of_somebody(subject, number, _TEAM, {})


@blueprint.post("/team/threads/<subject>/<int:number>")
@requires(Permission.TEAM_WRITE)
def manager_answers(subject: str, number: int) -> Page:
    """Answer as somebody's manager."""
    return _said(partial(threads.answer, subject, number), subject, number, _TEAM, _TEAM)


def _said(send: Callable[[str], None], subject: str, number: int, back: str, then: str) -> Page:
    try:
        send(request.form.get("text", ""))
    except threads.Refused as refused:
        return _one(subject, number, back, refused.messages), 422
    except KeyGone:  # a restore brought its rows back; the night removes them
        abort(404)
    flash(_("Sent."))
    return redirect(then, 303)


def _of_somebody(subject: str, number: int, back: str, wrong: Mapping[str, str]) -> str:
    if subject == viewer() or system().directory.person(subject) is None:
        abort(404)
    return _one(subject, number, back, wrong)


def _one(subject: str, number: int, back: str, wrong: Mapping[str, str]) -> str:
    try:
        found = threads.read(subject, number)
    except KeyGone:
        abort(404)
    except SealBroken:
        raise Problem(409, _("This conversation does not open"), _(BROKEN)) from None
    proof = None if found.proof is None else msgspec.json.format(msgspec.json.encode(found.proof)).decode()
    return render_template(
        "shared/thread.html",
        found=found,
        thread=found.thread,
        overdue=found.thread in threads.overdue([found.thread]),
        proof=proof,
        typed=request.form.get("text", ""),
        wrong=wrong,
        own=subject == viewer(),
        alone=subject == viewer() and threads.is_left_alone(found.thread),
        back=back,
        zone=person().zone,
        gone=GONE,
        **_words(),
    )


def _lines(found: list[Thread]) -> list[dict[str, Any]]:
    """Return conversations as lists show them: row, name of who began it, overdue; of whom there is no name, GONE."""
    names, late = system().directory.names({each.subject for each in found}), threads.overdue(found)
    return [{"thread": each, "name": names.get(each.subject, GONE), "overdue": each in late} for each in found]


def _form(typed: Mapping[str, str], wrong: Mapping[str, str]) -> str:
    kind = _kind(typed)
    entry = threads.reported(typed) if kind is Kind.MISUSE else None
    names = {} if entry is None else system().directory.names({each for each in (entry.viewer, entry.subject) if each})
    said = entry and sentence(entry, viewer(), lambda subject: names.get(subject, GONE), person().zone)
    target = threads.asked_about(typed) if kind is Kind.QUESTION else None
    subject = not {Role.EMPLOYEE, Role.MANAGER}.isdisjoint(current_roles())
    return render_template(
        "me/thread_new.html",
        kind=kind,
        typed=typed,
        wrong=wrong,
        entry=said,
        target=None if target is None else title_of(target.newest.terms),
        managers=[(each.person.subject, each.person.name) for each in system().directory.managers_of(viewer())],
        reviewers=threads.REVIEWERS,
        measures=[(each.name, each.title) for each in MEASURES],
        today=own.current_day(),
        due_days=DUE_DAYS[kind],
        longest=threads.LONGEST_TEXT,
        longest_about=threads.LONGEST_ABOUT,
        subject=subject,
        **_words(),
    )


def _kind(typed: Mapping[str, str]) -> Kind:
    about = typed.get("about", Kind.FIGURE.value)
    if about not in set(Kind):
        raise bad(_("A conversation is about a figure, a rule, misuse, a target or a measure."))
    return Kind(about)


def _about(form: Mapping[str, str]) -> dict[str, str]:
    """Return what a conversation is about; a 400 for a day or week that is none, or that has not begun."""
    about = {name: form[name].strip() for name in threads.ABOUT if form.get(name, "").strip()}
    if "day" in about and day_from(about["day"]) > own.current_day():
        raise bad(_("This day has not begun yet."))
    if "week" in about:
        week_from(about["week"])
    if about.get("measure", MEASURES[0].name) not in {each.name for each in MEASURES}:
        raise Problem(400, _("Bad Request"), _("There is no such measure."), field="measure")
    return about


def _words() -> dict[str, Any]:
    return {"titles": TITLES, "states": STATES, "measure_titles": {each.name: each.title for each in MEASURES}}
