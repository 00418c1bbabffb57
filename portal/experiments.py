"""Trying a change for two weeks: the employee's own experiments, which nobody else sees."""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from analytics.days import DAY_FIELDS
from analytics.experiments import MEASURED, Comparison, Experiment, ExperimentError, begun, compare
from analytics.measured import measured_days
from analytics.measures import measure
from auth.permissions import Permission, requires
from portal import own
from portal.locale import _
from portal.parse import day_from
from portal.problems import Problem
from portal.show import numbers
from privacy.fields import Field

blueprint = Blueprint("experiments", __name__, url_prefix="/experiments")

_Page = str | tuple[str, int] | Response
_Known = tuple[Experiment, ...]


@blueprint.get("")
@requires(Permission.OWN_READ)
def experiments() -> str:
    """Show what I try now, and what I have tried."""
    return _list()


@blueprint.post("")
@requires(Permission.OWN_WRITE)
def begin() -> _Page:
    """Begin an experiment."""
    text, name = request.form.get("text", ""), request.form.get("measure", "")
    try:
        start = _day()
        _change(lambda known: begun(known, text, name, start, own.current_day()))
    except ExperimentError as wrong:
        return _list(wrong), 400
    flash(_("Noted. Two weeks from its first day on you see both sides here."))
    return redirect("/me/experiments", 303)


@blueprint.get("/<int:number>")
@requires(Permission.OWN_READ)
def experiment(number: int) -> str:
    """Show one experiment with both sides."""
    return render_template("me/experiment.html", **_shown(_of(own.settings()[1].experiments, number)))


@blueprint.post("/<int:number>/remove")
@requires(Permission.OWN_WRITE)
def remove(number: int) -> _Page:
    """Remove an experiment: its words and dates; the days stay as they are."""

    def without(known: _Known) -> _Known:
        found = _of(known, number)
        return tuple(each for each in known if each != found)

    _change(without)
    flash(_("Removed."))
    return redirect("/me/experiments", 303)


def _list(wrong: ExperimentError | None = None) -> str:
    wanted, today = own.settings()[1], own.current_day()
    newest = [(each, each.state(today)) for each in reversed(wanted.experiments)]
    running = next((each for each, state in newest if state == "running"), None)
    sentence = {} if wrong is None else {wrong.place: _(wrong.message, **numbers(wrong.values))}
    return render_template(
        "me/experiments.html",
        known=newest,
        now=None if running is None else _shown(running),
        measures=[(name, measure(name)) for name in MEASURED],
        today=today,
        typed=request.form if wrong else {},
        wrong=sentence,
    )


def _shown(asked: Experiment) -> dict[str, Any]:
    today = own.current_day()
    return {"experiment": asked, "found": _compared(asked, today), "state": asked.state(today), "today": today}


def _compared(asked: Experiment, today: dt.date) -> Comparison:
    settings, fields = own.own(), (asked.of.fields | {Field.ACTIVE_TIME}) & frozenset(DAY_FIELDS)
    values = measured_days(asked.of, own.history(fields, asked.needed), settings)
    return compare(asked, values, settings.working, today)


def _change(change: Callable[[_Known], _Known]) -> None:
    own.change(lambda _planned, wanted: replace(wanted, experiments=change(wanted.experiments)))


def _of(known: _Known, number: int) -> Experiment:
    return next((each for each in known if each.number == number), None) or abort(404)


def _day() -> dt.date:
    try:
        return day_from(request.form.get("start", ""))
    except Problem as problem:
        raise ExperimentError(problem.detail, "start") from None
