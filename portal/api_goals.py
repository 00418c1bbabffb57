"""The JSON of what somebody wants of their own days, under `/api/v1/me/goals`: the figures of the pages of goals."""

import datetime as dt
from dataclasses import asdict
from typing import Any, Final

from flask import Blueprint, Response

from analytics.days import DAY_FIELDS
from analytics.experiments import Experiment, compare
from analytics.goal_view import GoalView
from analytics.measured import measured_days
from analytics.rings import Own, Payload
from auth.permissions import Permission, requires
from portal import agreed_pages, agreeing, own, shapes
from portal.access import viewer
from portal.answers import plain
from portal.goals import views
from portal.openapi import answers
from portal.parse import LONGEST_DAYS
from privacy.fields import Field
from privacy.period import Period, week_name, week_of

blueprint = Blueprint("api_goals", __name__, url_prefix="/me/goals")

_DAY: Final = dt.timedelta(days=1)


@blueprint.get("")
@requires(Permission.OWN_READ)
@answers(shapes.OwnGoals)
def goals() -> Response:
    """My goals with their weeks in a row, what I agreed on with my managers, and what I try out."""
    settings, today = own.own(), own.current_day()
    return plain(
        {
            "today": today,
            "goals": [_goal(each) for each in views(settings)],
            "agreed": _agreed(today),
            "experiments": _experiments(settings, today),
        }
    )


def _goal(view: GoalView) -> dict[str, Any]:
    goal = view.goal
    return {
        "measure": goal.measure,
        "unit": goal.of.unit,
        "direction": goal.direction.value,
        "terms": [{"since": since, "values": values} for since, values in goal.terms],
        "pauses": [asdict(each) for each in goal.pauses],
        "paused_until": None if view.pause is None else view.pause.last,
        "wanted": view.wanted,
        "value": view.value,
        "reached": view.reached,
        "met": view.met,
        "judged": view.judged,
        "row": view.row.weeks,
        "longest_row": view.row.most,
        "row_reaches_back": view.row.reaches_back,
        "weeks": [
            {
                "week": week_name(week_of(each.monday)),
                "state": each.state.value,
                "met": each.met,
                "judged": each.judged,
                "because": each.because,
            }
            for each in view.weeks
        ],
    }


def _agreed(today: dt.date) -> list[dict[str, Any]]:
    found = agreeing.mine()
    return [
        {
            "name": each.name,
            "present": each.present,
            "states": {str(goal.number): goal.state(today) for goal in each.goals},
            "payload": found.payload(viewer(), each.manager),
            "digest": each.digest,
        }
        for each in agreed_pages.between(found)
    ]


def _experiments(settings: Own, today: dt.date) -> list[dict[str, Any]]:
    known = settings.goals.experiments
    history = _history(known, today)
    return [_experiment(each, settings, history, today) for each in known]


def _history(known: tuple[Experiment, ...], today: dt.date) -> dict[dt.date, Payload]:
    """Open at once the days that comparisons read, as far as they are kept and over."""
    if not known:
        return {}
    fields = frozenset({Field.ACTIVE_TIME}).union(*(each.of.fields for each in known)) & frozenset(DAY_FIELDS)
    first = max(min(each.needed.first for each in known), today - LONGEST_DAYS * _DAY)
    end = min(max(each.needed.end for each in known), today + _DAY)
    return own.history(fields, Period(first, end)) if first < end else {}


def _experiment(asked: Experiment, settings: Own, history: dict[dt.date, Payload], today: dt.date) -> dict[str, Any]:
    days = {day: payload for day, payload in history.items() if day in asked.needed}
    found = compare(asked, measured_days(asked.of, days, settings), settings.working, today)
    return {
        "number": asked.number,
        "text": asked.text,
        "measure": asked.measure,
        "unit": asked.of.unit,
        "first_day": asked.during.first,
        "last_day": asked.during.last,
        "state": asked.state(today),
        "before": asdict(found.before),
        "during": asdict(found.during),
        "usual": None if found.usual is None else {"low": found.usual.low, "high": found.usual.high},
        "inside": found.inside,
        "below": found.below,
        "above": found.above,
        "stands_out": found.stands_out,
    }
