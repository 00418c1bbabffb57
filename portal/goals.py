"""The employee's own goals: set by weekday from a day on, paused, removed. Nobody else is told of any of it."""

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Final

from flask import Blueprint, abort, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from analytics.goal_view import GoalView, goal_view
from analytics.goals import AIMS, LONGEST_PAUSE, Direction, Goal, GoalError, Goals
from analytics.measures import measure
from analytics.rings import Own
from auth.permissions import Permission, requires
from portal import agreeing, own
from portal.amounts import amount, amount_from
from portal.locale import _
from portal.parse import day_from
from portal.problems import Problem
from portal.show import figure, numbers, short_day, weekday_names
from privacy.fields import Field
from privacy.period import Period, week_of

blueprint = Blueprint("goals", __name__, url_prefix="/goals")

WEEKS: Final = 52
"""So many weeks back a row of weeks is counted on the page of goals."""
_Page = str | tuple[str, int] | Response


@blueprint.get("")
@requires(Permission.OWN_READ)
def goals() -> str:
    """Show my goals, this week, and the weeks in a row."""
    settings = own.own()
    others = [measure(name) for name in AIMS if settings.goals.of(name) is None]
    agreed = [each for each in agreeing.mine().goals if each.ended is None]
    return render_template(
        "me/goals.html",
        views=views(settings),
        others=others,
        at_most=_at_most,
        agreed=agreed,
        today=own.current_day(),
    )


@blueprint.get("/<measure>")
@requires(Permission.OWN_READ)
def goal(measure: str) -> str:
    """Show one goal, with the forms that change it; empty ones for a measure without a goal."""
    return _goal(measure)


@blueprint.post("/<measure>")
@requires(Permission.OWN_WRITE)
def keep_goal(measure: str) -> _Page:
    """Keep a goal, or other values of one, from a day on."""
    try:
        values, first = _values(measure), _day("first")
        _change(lambda wanted: wanted.setting(measure, first, values, own.current_day()))
    except GoalError as wrong:
        return _goal(measure, wrong), 400
    return _kept(_("Kept. Only you see this goal."))


@blueprint.post("/<measure>/pause")
@requires(Permission.OWN_WRITE)
def pause(measure: str) -> _Page:
    """Pause a goal for some days."""

    def paused(wanted: Goals) -> Goals:
        found = _found(wanted, measure)
        return wanted.with_goal(found.paused(_day("pause-first"), _day("pause-last"), own.current_day()))

    try:
        _change(paused)
    except GoalError as wrong:
        wrong.place = wrong.place if wrong.place.startswith("pause-") else f"pause-{wrong.place}"
        return _goal(measure, wrong), 400
    last = short_day(_day("pause-last"))
    return _kept(_("Paused until %(day)s. Weeks with paused days are held.", day=last), measure)


@blueprint.post("/<measure>/resume")
@requires(Permission.OWN_WRITE)
def resume(measure: str) -> _Page:
    """End the pause of a goal."""
    _change(lambda wanted: wanted.with_goal(_found(wanted, measure).resumed(own.current_day())))
    return _kept(_("The goal holds again from today on."), measure)


@blueprint.get("/<measure>/remove")
@requires(Permission.OWN_READ)
def ask_removal(measure: str) -> str:
    """Show what would go with a goal."""
    found = _found(own.settings()[1], measure)
    return render_template("me/goal_remove.html", goal=found, aim=aim(found, own.current_day()))


@blueprint.post("/<measure>/remove")
@requires(Permission.OWN_WRITE)
def remove(measure: str) -> _Page:
    """Remove a goal and its history."""
    _change(lambda wanted: wanted.without(_found(wanted, measure).measure))
    return _kept(_("The goal is gone, and its history with it."))


def views(settings: Own, only: str | None = None) -> list[GoalView]:
    """Return the asker's goals, or the one of a measure, as they stand today, with the weeks of a year."""
    wanted = [each for each in settings.goals.goals if only in (None, each.measure)]
    if not wanted:
        return []
    today = own.current_day()
    first = week_of(today).first - dt.timedelta(weeks=WEEKS)
    fields = frozenset({Field.ACTIVE_TIME}).union(*(each.of.fields for each in wanted))
    history = own.history(fields, Period(first, today + dt.timedelta(days=1)))
    return [goal_view(each, history, settings, today) for each in wanted]


def aim(goal: Goal, day: dt.date) -> str:
    """Say what a goal wants: one value, or that it differs by weekday; as of `day`, or of its first day."""
    values = {value for n in range(7) if (value := goal.planned_on(_term_day(goal, day) + dt.timedelta(days=n)))}
    lowest, highest = figure(min(values), goal.of.unit), figure(max(values), goal.of.unit)
    if goal.direction is Direction.AT_LEAST:
        if lowest == highest:
            return _("at least %(value)s a day", value=lowest)
        return _("at least %(low)s to %(high)s a day, by weekday", low=lowest, high=highest)
    if lowest == highest:
        return _("at most %(value)s a day", value=lowest)
    return _("at most %(low)s to %(high)s a day, by weekday", low=lowest, high=highest)


def _term_day(goal: Goal, day: dt.date) -> dt.date:
    """Return a day from which on seven days have the values that hold on `day`, or the first ones."""
    begun = [begin for begin, _values_of in goal.terms if begin <= day]
    begin = begun[-1] if begun else goal.begins
    later = [each for each, _values_of in goal.terms if each > begin]
    return begin if not later or (later[0] - begin).days >= 7 else later[-1]


def _goal(name: str, wrong: GoalError | None = None) -> str:
    if name not in AIMS:
        abort(404)
    settings, today, of = own.own(), own.current_day(), measure(name)
    found = settings.goals.of(name)
    held = [None] * 7 if found is None else found.terms[-1][1]
    return render_template(
        "me/goal.html",
        of=of,
        view=next(iter(views(settings, name)), None),
        aim=aim(found, today) if found else "",
        at_most=_at_most(name),
        names=weekday_names(),
        values=[request.form.get(f"value-{n}", amount(held[n], of.unit)) for n in range(7)],
        unit=of.unit,
        today=today,
        longest_pause=LONGEST_PAUSE,
        typed=request.form if wrong else {},
        wrong={} if wrong is None else {wrong.place: _(wrong.message, **numbers(wrong.values))},
    )


def _found(wanted: Goals, name: str) -> Goal:
    return wanted.of(name) or abort(404)


def _change(change: Callable[[Goals], Goals]) -> None:
    own.change(lambda _planned, wanted: change(wanted))


def _kept(words: str, name: str = "") -> Response:
    flash(words)
    return redirect(f"/me/goals/{name}".rstrip("/"), 303)


def _values(name: str) -> Sequence[int | None]:
    if name not in AIMS:
        abort(404)
    unit = measure(name).unit
    return [_value(request.form.get(f"value-{n}", "").strip(), unit) for n in range(7)]


def _value(text: str, unit: str) -> int | None:
    """Read one value; nothing and 0 are no goal."""
    found = amount_from(text, unit) if text else None
    if isinstance(found, str):
        raise GoalError(found, "values")
    return found or None


def _day(place: str) -> dt.date:
    try:
        return day_from(request.form.get(place, ""))
    except Problem as problem:
        raise GoalError(problem.detail, place) from None


def _at_most(name: str) -> bool:
    return AIMS[name] is Direction.AT_MOST
