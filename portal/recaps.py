"""The week that is over, in short, and a month beside the one before it: pages, and what the mail says."""

import datetime as dt
from collections.abc import Mapping
from typing import Final, NamedTuple

from flask import Blueprint, abort, render_template
from werkzeug.wrappers import Response

from analytics.past import Compared
from analytics.recap import Recap, months, recap
from analytics.rings import Own, Payload
from auth.permissions import Permission, requires
from portal import history_pages, own
from portal.history_pages import COMPARED, month_from
from portal.locale import _, ngettext
from portal.parse import week_from
from portal.show import day, duration, figure
from privacy.period import Period, week_name, week_of

blueprint = Blueprint("recaps", __name__, url_prefix="/me")

FIELDS: Final = history_pages.OF_A_WEEK
"""What a recap needs to be opened."""
BEFORE: Final = dt.timedelta(days=60)


@blueprint.get("/recap/")
@requires(Permission.OWN_READ)
def latest() -> Response:
    """Go to the last week that is over."""
    return history_pages.go(f"/me/recap/{week_name(last_week(own.current_day()))}")


@blueprint.get("/recap/<week>")
@requires(Permission.OWN_READ)
def one_week(week: str) -> str:
    """Show one of my weeks in short, once it is over."""
    period, current = week_from(week), own.current_day()
    if period.end > current:
        abort(404)
    found = recap_of(own.history(FIELDS, reaching_back(period)), period, own.own(), current)
    return render_template("me/recap.html", name=week, recap=found, lines=lines(found), views=_views())


@blueprint.get("/look-back/")
@requires(Permission.OWN_READ)
def latest_month() -> Response:
    """Go to the last month that is over."""
    last = own.current_day().replace(day=1) - dt.timedelta(days=1)
    return history_pages.go(f"/me/look-back/{last:%Y-%m}")


@blueprint.get("/look-back/<month>")
@requires(Permission.OWN_READ)
def look_back(month: str) -> str:
    """Show one of my months beside the month before it."""
    period, current = month_from(month), own.current_day()
    if period.end > current:
        abort(404)
    before = month_from(f"{period.first - dt.timedelta(days=1):%Y-%m}")
    history = own.history(FIELDS, Period(before.first, period.end))
    return render_template(
        "me/look_back.html",
        views=_views(),
        name=month,
        month=period,
        before=before,
        months=months(history, period, before, COMPARED, own.own(), current),
        earlier=f"{before.first:%Y-%m}",
        later=f"{period.end:%Y-%m}" if month_from(f"{period.end:%Y-%m}").end <= current else None,
    )


def _views() -> list[tuple[str, str, bool]]:
    return history_pages.views_of("recap")


def last_week(today: dt.date) -> Period:
    """Return the last week that is over on a day."""
    return week_of(week_of(today).first - dt.timedelta(days=1))


def reaching_back(week: Period) -> Period:
    """Return a week with the days before it that say what is usual."""
    return Period(week.first - BEFORE, week.end)


def recap_of(history: Mapping[dt.date, Payload], week: Period, mine: Own, today: dt.date) -> Recap:
    """Return a week in short."""
    return recap(history, week, COMPARED, mine, today)


class Line(NamedTuple):
    """A sentence of a recap, and where what it says comes from; empty where it says nothing of a figure."""

    text: str
    address: str = ""


def lines(found: Recap) -> list[Line]:
    """Return what a recap says, sentence by sentence: figures, and no verdict."""
    if not found.days:
        return [Line(_("Nothing was captured or noted in this week."))]
    week = f"?week={week_name(found.period)}"
    message = ngettext(
        "%(active)s active on %(num)s day.",
        "%(active)s active on %(num)s days.",
        found.days,
        active=duration(found.active_seconds),
    )
    said = [
        Line(message, f"/me/measures/active_time{week}"),
        Line(_("%(focus)s of it in focus.", focus=duration(found.focus_seconds)), f"/me/measures/focus_time{week}"),
    ]
    if not found.is_known:
        said.append(Line(_("Your usual is still being learned: nothing is compared before ten working days.")))
    said += [Line(_outside(each), f"/me/measures/{each.measure.name}{week}") for each in found.outside]
    if found.is_known and not found.outside:
        said.append(
            Line(_("Everything that is compared lay within your usual range."), f"/me/weeks/{week_name(found.period)}")
        )
    if found.best is not None:
        longest, date = duration(found.best.seconds), day(found.best.date, "MMMMEEEEd")
        message = _("The longest focus block was %(length)s, on %(day)s.", length=longest, day=date)
        said.append(Line(message, f"/me/measures/longest_focus?day={found.best.date}"))
    if found.meetings.seconds:
        message = _("Meetings took %(length)s.", length=duration(found.meetings.seconds))
        said.append(Line(message, f"/me/measures/meeting_time{week}"))
    return said


def _outside(found: Compared) -> str:
    unit, usual = found.measure.unit, found.usual
    if usual is None or found.value is None:
        return ""
    values = {"title": _(found.measure.title), "value": figure(found.value, unit)}
    low, high = figure(usual.low, unit), figure(usual.high, unit)
    if found.stands == "above":
        return _(
            "%(title)s: %(value)s on the middle day, above your usual %(low)s to %(high)s.",
            low=low,
            high=high,
            **values,
        )
    return _(
        "%(title)s: %(value)s on the middle day, below your usual %(low)s to %(high)s.", low=low, high=high, **values
    )
