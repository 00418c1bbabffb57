"""The employee's pages: my day, what my manager sees, what was shown, what is recorded."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from flask import Blueprint, abort, render_template, request

from analytics.days import DAY_FIELDS, annotated_spans, day_payload, not_captured, timeline, value_of
from analytics.goal_view import goal_view
from analytics.nudges import Nudge, nudge
from analytics.own_times import OwnTimes
from analytics.rings import Own, Payload
from analytics.today import today as day_view
from analytics.weeks import WeekClosedToManager
from auth.directory import Manager
from auth.permissions import Permission, requires
from auth.wishes import Wish
from portal import (
    checkpoints,
    history_pages,
    measure_pages,
    mine,
    notables,
    own,
    own_check,
    own_notes,
    own_times,
    own_week,
    recaps,
    receipts,
    sources,
    who_looked,
)
from portal.access import person, session_key, system, viewer
from portal.ledgers import ledger
from portal.log_words import PURPOSE_NAMES
from portal.parse import day_from, week_from
from portal.proposed import proposed
from portal.recorded import notice
from privacy.disclosure import Disclosed
from privacy.fields import Field, Tier
from privacy.period import READABLE_WEEKS, Period, starts_at, week_name, week_of
from privacy.policy import Purpose

blueprint = Blueprint("me", __name__)
blueprint.register_blueprint(mine.blueprint)
blueprint.register_blueprint(own_check.blueprint)
blueprint.register_blueprint(measure_pages.blueprint)
blueprint.register_blueprint(history_pages.blueprint)
blueprint.register_blueprint(recaps.blueprint)

HISTORY_DAYS: Final = 60
LEDGER_DAYS: Final = 7
_COMPARED: Final = frozenset({Field.ACTIVE_TIME, Field.ANNOTATIONS, Field.CATEGORY_DETAIL, Field.FOCUS, Field.RECOVERY})
"""What the rings need of the days before."""


@blueprint.get("/")
@requires(Permission.OWN_READ)
def today() -> str:
    """Show my day as it is now."""
    return _day(own.current_day())


@blueprint.get("/me/days/<date>")
@requires(Permission.OWN_READ)
def day(date: str) -> str:
    """Show one of my days."""
    asked = day_from(date)
    if asked > own.current_day():
        abort(404)
    return _day(asked)


def _day(date: dt.date) -> str:
    zone, start, current = own.zone(), system().config.day_start, own.current_day()
    settings = own.own()
    since = min(week_of(date).first, date - dt.timedelta(days=HISTORY_DAYS))
    history = own.history(_COMPARED, Period(since, week_of(date).end))
    disclosed = own.disclose(DAY_FIELDS, Period.day(date))
    history[date] = day_payload(disclosed, date, str(zone))
    kept = own_times.read()
    view = day_view(
        history,
        date,
        settings,
        now=system().clock().astimezone(zone),
        current=current,
        begins=starts_at(date, zone, start).astimezone(zone),
        segments=timeline(disclosed, date),
        gaps=sorted({*not_captured(disclosed, date), *own_times.gaps_of(kept, date)}),
        noted=annotated_spans(disclosed, date),
    )
    newest = None if view.captured else system().vault.newest_day(viewer(), Field.ACTIVE_TIME, Tier.SUMMARY, date)
    return render_template(
        "me/today.html",
        view=view,
        private=own_times.shown(kept),
        newest=newest,
        first_run=newest is None and date == current and not any(payload["fields"] for payload in history.values()),
        person=person(),
        looked=who_looked.latest(),
        log_size=checkpoints.latest(system()).checkpoint.size,
        notice=notice(system()),
        stands_out=notables.sentence(view.notable),
        kinds=own_notes.kinds(),
        closing=_closing(history, kept) if date == current else None,
        nudge=_nudge(history, date, settings, disclosed) if date == current else None,
        goals=[goal_view(each, history, settings, current) for each in settings.goals.goals] if view.running else [],
    )


def _nudge(history: Mapping[dt.date, Payload], date: dt.date, settings: Own, disclosed: Disclosed) -> Nudge | None:
    """Return the nudge of the running day, for whoever wants any."""
    if not person().wants(Wish.NUDGES):
        return None
    begun = starts_at(date, own.zone(), system().config.day_start)
    now_ms = int((system().clock() - begun).total_seconds() * 1000)
    return nudge(history, date, settings, timeline(disclosed, date), now_ms)


def _closing(history: Mapping[dt.date, Payload], kept: OwnTimes) -> tuple[str, int, float] | None:
    """Return the week that can be closed now, its unexplained gaps and its seconds without a category, if any."""
    week = own_week.due()
    if week is None:
        return None
    gaps, seconds = own_week.counts(history, week, kept)
    return (week_name(week), gaps, seconds) if gaps or seconds >= own_week.LEAST_SECONDS else None


@blueprint.get("/me/as-seen-by-manager")
@requires(Permission.OWN_READ)
def as_seen_by_manager() -> str:
    """Show what a manager of mine gets for a closed week: the same payload, the same template."""
    managers = {each.person.subject: each for each in system().directory.managers_of(viewer())}
    if not managers:
        return render_template("me/manager_view.html", managers=[])
    manager = managers.get(request.args.get("viewer", ""), next(iter(managers.values())))
    week = week_name(week_from(request.args["week"])) if "week" in request.args else _newest_open(manager)
    shown: dict[str, Any] = {"answer": None}
    try:
        found = system().weeks.as_seen_by_manager(
            manager.person.subject, viewer(), week, Purpose.ONE_TO_ONE, session_key()
        )
        shown = {"answer": found, "purpose": PURPOSE_NAMES[Purpose.ONE_TO_ONE]}
    except WeekClosedToManager as closed:
        shown = {"answer": None, "refusal": closed.decision.sentence}
    return render_template(
        "me/manager_view.html",
        managers=[(_mirror(each, week), each.person.name, each is manager) for each in managers.values()],
        manager=manager.person.name,
        weeks=[(_mirror(manager, each), each, each == week) for each in _weeks()],
        week=week,
        **shown,
    )


def _weeks() -> list[str]:
    """Return the names of the running week and of those before it that can be open, newest first."""
    monday = week_of(own.current_day()).first
    return [week_name(week_of(monday - dt.timedelta(days=7 * back))) for back in range(READABLE_WEEKS + 1)]


def _newest_open(manager: Manager) -> str:
    """Return the newest week that the manager can open, else the last week that is over."""
    viewer_id, weeks = manager.person.subject, _weeks()
    gate = system().gate
    for week in weeks:
        period = week_from(week)
        fields = system().weeks.asked(viewer(), Purpose.ONE_TO_ONE, period)
        if gate.decide(viewer_id, viewer(), fields, Purpose.ONE_TO_ONE, period, Tier.WEEK).permitted:
            return week
    return weeks[1]


def _mirror(manager: Manager, week: str) -> str:
    return f"/me/as-seen-by-manager?week={week}&viewer={manager.person.subject}"


@blueprint.get("/me/access/shown/<int:entry>")
@requires(Permission.OWN_READ)
def shown(entry: int) -> str:
    """Show what somebody else saw of me, as it was: the frozen week, and its digest beside the one in the log."""
    found = receipts.open_again(entry)
    return render_template("me/shown.html", shown=found, answer=found.answer, **receipts.facts(found))


@blueprint.get("/me/recorded")
@requires(Permission.ACCOUNT_READ)
def recorded() -> str:
    """Show the policy, the rules at the door, and what they did on one of my days."""
    current = own.current_day()
    date = day_from(request.args["day"]) if "day" in request.args else current
    disclosed = own.disclose({Field.CAPTURE_LEDGER, Field.RHYTHM}, Period.day(date))
    kept = own_times.read()
    gaps = [*not_captured(disclosed, date), *own_times.gaps_of(kept, date)]
    counts, (first, end) = value_of(disclosed, date, Field.CAPTURE_LEDGER), own_times.borders(date)
    days = [current - dt.timedelta(days=back) for back in range(LEDGER_DAYS)]
    return render_template(
        "me/recorded.html",
        private=own_times.shown(kept),
        notice=notice(system()),
        coming=proposed(system()),
        sources=sources.mine(),
        source_days=sources.DAYS,
        zone=person().zone,
        ledger=ledger(counts, system().policies.in_force(), gaps, (end - first) // 1000),
        day=date,
        days=[(f"/me/recorded?day={each}", each, each == date) for each in days],
    )
