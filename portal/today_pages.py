"""Today, and any one day of the employee's: the page that shows a day beside the days before it.

All that it shows of the person is opened at once, under one entry of the log: the page is asked for every minute of a
working day, and each reading of its own would read and check the same manifests anew.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Final

from flask import Blueprint, abort, render_template

from analytics.days import DAY_FIELDS, annotated_spans, day_payload, drawn
from analytics.goal_view import goal_view
from analytics.nudges import Nudge, nudge
from analytics.own_times import OwnTimes
from analytics.rings import Own, Payload
from analytics.timeline import Segment
from analytics.today import today as day_view
from auth.permissions import Permission, requires
from auth.wishes import Wish
from portal import checkpoints, notables, own, own_notes, own_settings, own_times, own_week, standing, who_looked
from portal.access import person, system, viewer
from portal.parse import day_from
from portal.recorded import short
from privacy.disclosure import Disclosed
from privacy.fields import Field, Tier
from privacy.period import Period, week_name, week_of
from privacy.vault import Wanted
from privacy.working_time import Windows

blueprint = Blueprint("today", __name__)

HISTORY_DAYS: Final = 60
OFFICE_HOURS: Final = (dt.time(7), dt.time(19))
"""Nobody is nudged before or after, whatever their hours are."""
_COMPARED: Final = frozenset({Field.ACTIVE_TIME, Field.ANNOTATIONS, Field.CATEGORY_DETAIL, Field.FOCUS, Field.RECOVERY})
"""What the rings need of the days before."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What the page needs of its reader: settings, private times, the day, the days around it, the week to close."""

    settings: Own
    kept: OwnTimes
    day: Disclosed
    history: dict[dt.date, Payload]
    closing: Disclosed | None


@blueprint.get("/")
@requires(Permission.OWN_READ)
def today() -> str:
    """Show my day as it is now."""
    return _page(own.current_day())


@blueprint.get("/me/days/<date>")
@requires(Permission.OWN_READ)
def day(date: str) -> str:
    """Show one of my days."""
    asked = day_from(date)
    if asked > own.current_day():
        abort(404)
    return _page(asked)


def _page(date: dt.date) -> str:
    zone, current = own.zone(), own.current_day()
    opened = _open(date, own_week.due() if date == current else None)
    begins = own_notes.at(own_times.borders_in(opened.day, date)[0])
    segments, gaps = drawn(opened.day, date)
    view = day_view(
        opened.history,
        date,
        opened.settings,
        now=system().clock().astimezone(zone),
        current=current,
        begins=begins.astimezone(zone),
        segments=segments,
        gaps=sorted({*gaps, *own_times.gaps_of(opened.kept, date, opened.day)}),
        noted=annotated_spans(opened.day, date),
    )
    newest = None if view.captured else system().vault.newest_day(viewer(), Field.ACTIVE_TIME, Tier.SUMMARY, date)
    recorded = any(payload["fields"] for payload in opened.history.values())
    return render_template(
        "me/today.html",
        view=view,
        private=own_times.shown(opened.kept),
        newest=newest,
        first_run=newest is None and date == current and not recorded,
        person=person(),
        looked=who_looked.latest(),
        log_size=checkpoints.newest(system()).size,
        notice=short(system()),
        stands_out=notables.sentence(view.notable),
        kinds=own_notes.kinds(),
        closing=_closing(opened),
        nudge=_nudge(opened, date, segments, begins) if view.running else None,
        goals=[goal_view(each, opened.history, opened.settings, current) for each in opened.settings.goals.goals]
        if view.running
        else [],
    )


def _open(date: dt.date, closing: Period | None) -> Opened:
    current = own.current_day()
    since = min(week_of(date).first, date - dt.timedelta(days=HISTORY_DAYS))
    wanted = [
        Wanted(own_settings.FIELDS, Tier.SUMMARY, standing.now(system().clock())),
        Wanted(own_times.FIELDS, Tier.DAY, Period.day(current)),
        Wanted(frozenset(DAY_FIELDS), Tier.SUMMARY, Period.day(date)),
    ]
    if closing is not None:
        wanted.append(Wanted(own_week.COUNTED, Tier.SUMMARY, own_week.days_of(closing)))
    history, opened = own.with_history(_COMPARED, Period(since, week_of(date).end), *wanted)
    settings, kept, shown, *week = opened
    history[date] = day_payload(shown, date, str(own.zone()))
    return Opened(
        settings=own_settings.own_of(system(), person(), settings.values),
        kept=own_times.of(kept),
        day=shown,
        history=history,
        closing=next(iter(week), None),
    )


def _nudge(opened: Opened, date: dt.date, segments: list[Segment], begins: dt.datetime) -> Nudge | None:
    """Return the nudge of the running day, for whoever wants any; none after hours."""
    if not person().wants(Wish.NUDGES) or _is_after_hours():
        return None
    now_ms = int((system().clock() - begins).total_seconds() * 1000)
    return nudge(opened.history, date, opened.settings, segments, now_ms)


def _is_after_hours() -> bool:
    """Tell whether it is outside of office hours, or of the working time that the policy gives the person's team."""
    now, zone = system().clock(), own.zone()
    if not OFFICE_HOURS[0] <= now.astimezone(zone).time() < OFFICE_HOURS[1]:
        return True
    windows = Windows(system().policies.of(viewer()).now.schedules[0], zone)
    at = own_times.microseconds(now)
    return not windows.always and not any(begin <= at < end for begin, end in windows.between(at, at + 1))


def _closing(opened: Opened) -> tuple[str, int, float] | None:
    """Return the week that can be closed now, its unexplained gaps and its seconds without a category, if any."""
    if opened.closing is None:
        return None
    gaps, seconds = own_week.counts(opened.closing, opened.history, opened.kept)
    week = week_name(week_of(opened.closing.period.first))
    return (week, gaps, seconds) if gaps or seconds >= own_week.LEAST_SECONDS else None
