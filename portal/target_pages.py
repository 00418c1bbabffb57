"""Targets of a team on pages: the same for members, managers and planners; managers of the team have forms beside them.

Nobody is in a target but who answers for it, so looking is no entry of the log; every act about one is.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from analytics.targets import Target
from auth.notice_sentences import GONE
from auth.permissions import Permission, requires
from portal import target_figures, target_forms, target_questions, target_view, target_words, targets
from portal.access import current_roles, system, viewer
from portal.locale import _
from portal.volumes import visible

blueprint = Blueprint("targets", __name__, url_prefix="/team/<team>/targets")

Page = str | tuple[str, int] | Response


@blueprint.get("")
@requires(Permission.TARGETS_READ)
def index(team: str) -> str:
    """Show the targets of a team: what holds, what is announced, and what has ended."""
    name, today = _name(team), _today()
    board = targets.board(system(), team)
    return render_template(
        "team/targets.html",
        open=[target_view.drawn(system(), each, today) for each in board.targets if each.is_open],
        ended=[each for each in board.targets if not each.is_open],
        broken=board.broken,
        **_frame(team, name, today),
    )


@blueprint.get("/new")
@requires(Permission.TARGETS_WRITE)
def new(team: str) -> str:
    """Show the form of a new target."""
    _manages(team)
    return _form(team, None, target_forms.blank(_today(), viewer()))


@blueprint.post("/new")
@requires(Permission.TARGETS_WRITE)
def announce(team: str) -> Page:
    """Announce a target; everybody in the team is told, and has time to comment before it takes effect."""
    _manages(team)
    return _announced(team, None, _("Announced. Everybody in the team is told, and can comment until it takes effect."))


@blueprint.get("/<int:number>")
@requires(Permission.TARGETS_READ)
def one(team: str, number: int) -> str:
    """Show a target: its band and reasons, why it changed, comments and what came of them."""
    return _one(team, number, {}, {})


@blueprint.get("/<int:number>/change")
@requires(Permission.TARGETS_WRITE)
def changed(team: str, number: int) -> str:
    """Show the form of another version of a target."""
    _manages(team)
    target = _open(team, number)
    return _form(team, target, target_forms.of_target(target, _today()))


@blueprint.post("/<int:number>/change")
@requires(Permission.TARGETS_WRITE)
def change(team: str, number: int) -> Page:
    """Announce another version of a target, with the reason of the change."""
    _manages(team)
    words = _("The change is announced. What held goes on until it takes effect.")
    return _announced(team, _open(team, number), words)


@blueprint.post("/<int:number>/end")
@requires(Permission.TARGETS_WRITE)
def end(team: str, number: int) -> Page:
    """End a target from today on; it stays to be read."""
    _manages(team)

    def act(typed: Mapping[str, str]) -> None:
        targets.end(system(), team, viewer(), number, typed["ended"], _acts_seen())

    return _acted(team, number, ("ended",), act, _("Ended. It stays here, with its reason."))


@blueprint.post("/<int:number>/said")
@requires(Permission.TARGETS_WRITE)
def say(team: str, number: int) -> Page:
    """Write what came of the comments, as who answers for the target."""
    _manages(team)
    if not targets.answers_for(system(), team, _found(team, number), viewer()):
        abort(404)

    def act(typed: Mapping[str, str]) -> None:
        targets.say(system(), team, viewer(), number, typed["said"], typed["did"], _acts_seen())

    return _acted(team, number, ("said", "did"), act, _("Written. Everybody in the team is told."))


def _announced(team: str, target: Target | None, words: str) -> Page:
    filled = target_forms.filled(team, target)
    if filled.wrong:
        return _form(team, target, filled.typed, filled), 422
    number, seen = (None, None) if target is None else (target.number, _acts_seen())
    try:
        found = targets.announce(system(), team, viewer(), filled.terms, number, seen)
    except targets.NotWritten as refused:
        return _form(team, target, filled.typed, filled, _(refused.sentence)), 409
    flash(words)
    return redirect(f"/team/{team}/targets/{found}", 303)


def _acted(
    team: str, number: int, names: tuple[str, ...], act: Callable[[Mapping[str, str]], None], words: str
) -> Page:
    typed, wrong = target_forms.texts(*names)
    if wrong:
        return _one(team, number, typed, wrong), 422
    try:
        act(typed)
    except targets.NotWritten as refused:
        return _one(team, number, typed, {names[0]: _(refused.sentence)}), 409
    flash(words)
    return redirect(f"/team/{team}/targets/{number}", 303)


def _form(
    team: str,
    target: Target | None,
    typed: Mapping[str, str],
    filled: target_forms.Filled | None = None,
    refused: str = "",
) -> str:
    name, today = _name(team), _today()
    heads = targets.roll(system()).heads(team)
    return render_template(
        "team/target_form.html",
        target=target,
        typed=typed,
        wrong={} if filled is None else filled.wrong,
        warned=() if filled is None else filled.warned,
        terms=None if filled is None else filled.terms,
        mark="" if filled is None else target_forms.mark(filled.warned),
        refused=refused,
        choices=_choices(team, today),
        owners=[(each.person.subject, each.person.name) for each in heads],
        earliest=targets.earliest(today),
        **_frame(team, name, today),
    )


def _one(team: str, number: int, typed: Mapping[str, str], wrong: Mapping[str, str]) -> str:
    name, today = _name(team), _today()
    board = targets.board(system(), team)
    target = board.find(number)
    if target is None:
        if number in board.broken:
            return render_template("team/target_broken.html", number=number, **_frame(team, name, today))
        abort(404)
    frame = _frame(team, name, today)
    return render_template(
        "team/target.html",
        drawn=target_view.drawn(system(), target, today),
        target=target,
        counts=target_questions.counts(system(), target),
        topic=target_questions.topic(team, number),
        names=system().directory.names(_named(target)),
        gone=GONE,
        member=team in system().directory.teams_of(viewer()),
        answers_for=frame["ours"] and targets.answers_for(system(), team, target, viewer()),
        digests={each.number: target_view.digest_of(target, each) for each in target.versions},
        typed=typed,
        wrong=wrong,
        **frame,
    )


def _choices(team: str, today: dt.date) -> list[tuple[str, str]]:
    found = target_figures.possible(system(), team, today)
    return [("", _("Choose")), *((target_forms.choice(*each), target_words.title(*each)) for each in found)]


def _frame(team: str, name: str, today: dt.date) -> dict[str, Any]:
    ours = team in system().directory.teams_managed(viewer()) if "manager" in current_roles() else False
    until = targets.listens_until(system(), viewer(), team) if ours else None
    words = {"title_of": target_words.title_of, "warning": target_words.warning}
    return {"team": team, "name": name, "today": today, "ours": ours, "listens_until": until, **words}


def _named(target: Target) -> set[str]:
    found = {name for each in target.versions for name in (each.by, each.terms.owner)}
    found |= {each.by for each in target.answers}
    return found if target.ended is None else found | {target.ended.by}


def _acts_seen() -> int:
    text = request.form.get("seen", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else abort(400)


def _name(team: str) -> str:
    """Return the name of a team whose targets the asker may see; for every other one it is not found."""
    return visible(system(), viewer(), current_roles()).get(team) or abort(404)


def _manages(team: str) -> None:
    if team not in system().directory.teams_managed(viewer()):
        abort(404)


def _found(team: str, number: int) -> Target:
    return targets.board(system(), team).find(number) or abort(404)


def _open(team: str, number: int) -> Target:
    found = _found(team, number)
    return found if found.is_open else abort(404)


def _today() -> dt.date:
    return system().gate.today(viewer())
