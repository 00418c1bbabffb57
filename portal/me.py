"""The employee's pages besides those of days: what my manager sees, what was shown, what is recorded."""

import datetime as dt
from typing import Any, Final

from flask import Blueprint, render_template, request

from analytics.days import not_captured, value_of
from analytics.weeks import WeekClosedToManager
from auth.directory import Manager
from auth.permissions import Permission, requires
from portal import (
    history_pages,
    measure_pages,
    mine,
    own,
    own_check,
    own_times,
    recaps,
    receipts,
    releases,
    sources,
    today_pages,
)
from portal.access import person, session_key, system, viewer
from portal.ledgers import ledger
from portal.log_words import PURPOSE_NAMES
from portal.parse import day_from, week_from
from portal.proposed import proposed
from portal.recorded import notice
from privacy.decisions import NO_SHEET
from privacy.fields import Field, Tier
from privacy.period import READABLE_WEEKS, Period, week_name, week_of
from privacy.policy import Purpose

blueprint = Blueprint("me", __name__)
blueprint.register_blueprint(today_pages.blueprint)
blueprint.register_blueprint(mine.blueprint)
blueprint.register_blueprint(own_check.blueprint)
blueprint.register_blueprint(measure_pages.blueprint)
blueprint.register_blueprint(history_pages.blueprint)
blueprint.register_blueprint(recaps.blueprint)

LEDGER_DAYS: Final = 7
COUNTED_WEEKS: Final = 4


@blueprint.get("/me/as-seen-by-manager")
@requires(Permission.OWN_READ)
def as_seen_by_manager() -> str:
    """Show what a manager of mine gets for a closed week: the same payload, the same template."""
    managers = {each.person.subject: each for each in system().directory.managers_of(viewer())}
    if not managers:
        return render_template("me/manager_view.html", managers=[], counted=_counted())
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
        when=_when(manager, week),
        counted=_counted(),
        **shown,
    )


def _counted() -> list[releases.Counted]:
    """Return in which released figures of their teams the asker is counted."""
    return releases.counted_in(system(), viewer(), limit=COUNTED_WEEKS)


def _weeks() -> list[str]:
    """Return the names of the running week and of those before it that can be open, newest first."""
    monday = week_of(own.current_day()).first
    return [week_name(week_of(monday - dt.timedelta(days=7 * back))) for back in range(READABLE_WEEKS + 1)]


def _newest_open(manager: Manager) -> str:
    """Return the newest week that the manager can open, now or on a sheet, else the last week that is over."""
    viewer_id, weeks = manager.person.subject, _weeks()
    gate = system().gate
    for week in weeks:
        period = week_from(week)
        fields = system().weeks.asked(viewer(), Purpose.ONE_TO_ONE, period)
        found = gate.decide(viewer_id, viewer(), fields, Purpose.ONE_TO_ONE, period, Tier.WEEK)
        if found.permitted or found.reason == NO_SHEET:
            return week
    return weeks[1]


def _when(manager: Manager, week: str) -> str:
    """Return the sentence that says why the manager cannot open a week that is shown; empty if they can now."""
    period = week_from(week)
    fields = system().weeks.asked(viewer(), Purpose.ONE_TO_ONE, period)
    asked = (manager.person.subject, viewer(), fields, Purpose.ONE_TO_ONE, period, Tier.WEEK)
    found = system().gate.decide(*asked)
    return "" if found.permitted else found.sentence


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
    gaps = [*not_captured(disclosed, date), *own_times.gaps_of(kept, date, disclosed)]
    counts, (first, end) = value_of(disclosed, date, Field.CAPTURE_LEDGER), own_times.borders_in(disclosed, date)
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
