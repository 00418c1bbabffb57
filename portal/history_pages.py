"""The employee's own past: a week, a month, half a year, and one measure over time; each with its table and as CSV."""

import calendar
import datetime as dt
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from flask import Blueprint, Response, abort, redirect, render_template, request
from werkzeug.wrappers import Response as Redirect

from analytics import charts, past, trends
from analytics.baseline import WINDOW_DAYS
from analytics.days import DAY_FIELDS
from analytics.measures import Measure, measure
from analytics.rings import Own, Payload
from auth.permissions import Permission, requires
from portal import own
from portal.answers import csv_file
from portal.csv_text import csv_lines, decimal
from portal.locale import N_, _
from portal.parse import YEARS, bad, week_from
from portal.show import figure
from privacy.fields import Field
from privacy.period import Period, week_name, week_of

blueprint = Blueprint("history", __name__, url_prefix="/me")

HALF_YEAR_WEEKS: Final = 26
SPANS: Final = (
    (1, N_("Week")),
    (4, N_("4 weeks")),
    (12, N_("12 weeks")),
    (HALF_YEAR_WEEKS, N_("6 months")),
    (52, N_("1 year")),
)
COMPARED: Final = tuple(
    measure(name) for name in ("active_time", "focus_time", "longest_focus", "utilisation", "breaks", "longest_stretch")
)
"""What a week is compared in."""

_ALWAYS: Final = frozenset({Field.ACTIVE_TIME, Field.ANNOTATIONS})
OF_A_WEEK: Final = frozenset(
    {Field.ACTIVE_TIME, Field.ANNOTATIONS, Field.CATEGORIES, Field.CATEGORY_DETAIL, Field.FOCUS, Field.RECOVERY}
)
"""What the pages of a week need to be opened."""
_OF_A_HALF_YEAR: Final = OF_A_WEEK - {Field.CATEGORIES} | {Field.RHYTHM}
"""The same for half a year, which shows no bar of categories: that is a seventh of all rows."""
_MONTH: Final = re.compile(r"([0-9]{4})-([0-9]{2})")
_DAY: Final = dt.timedelta(days=1)


@blueprint.get("/weeks/")
@requires(Permission.OWN_READ)
def weeks() -> Redirect:
    """Go to the week that runs."""
    return go(f"/me/weeks/{week_name(week_of(own.current_day()))}")


@blueprint.get("/weeks/<week>")
@requires(Permission.OWN_READ)
def one_week(week: str) -> str:
    """Show one of my weeks, day by day, and beside what is usual for me."""
    period, current = _week(week), own.current_day()
    mine, history = _read(OF_A_WEEK, Period(period.first - dt.timedelta(days=WINDOW_DAYS), period.end))
    return render_template(
        "me/week.html",
        views=views_of("week"),
        name=week,
        period=period,
        running=current in period,
        totals=past.totals(history, period),
        days=past.day_parts(history, period, mine, current),
        compared=past.compared(history, period, COMPARED, mine, current),
        meetings=past.meetings(history, period),
        stretches=past.stretches(history, period, 3),
        earlier=week_name(week_of(period.first - _DAY)),
        later=week_name(week_of(period.end)) if period.end <= current else None,
    )


@blueprint.get("/weeks/<week>.csv")
@requires(Permission.OWN_READ)
def week_csv(week: str) -> Response:
    """The same week as CSV: a row per day, a column per measure and category."""
    period, current = _week(week), own.current_day()
    mine, history = _read(OF_A_WEEK, period)
    parts = past.day_parts(history, period, mine, current)
    names = sorted({part.name for each in parts for part in each.parts})
    rows = []
    for each in parts:
        seconds = {part.name: part.seconds for part in each.parts}
        found = (trends.day_row(history.get(each.date), each.date, of, mine) for of in COMPARED)
        values = ["" if row is None else decimal(row.value) for row in found]
        rows.append([each.date, each.state, *values, *(decimal(seconds[n]) if n in seconds else "" for n in names)])
    heading = ["day", "state", *(f"{of.name} ({of.unit})" for of in COMPARED), *(f"{n} (seconds)" for n in names)]
    return csv_file(f"sameview-{week}.csv", csv_lines([heading, *rows]))


@blueprint.get("/months/")
@requires(Permission.OWN_READ)
def months() -> Redirect:
    """Go to the month that runs."""
    return go(f"/me/months/{own.current_day():%Y-%m}")


@blueprint.get("/months/<month>")
@requires(Permission.OWN_READ)
def one_month(month: str) -> str:
    """Show one of my months as a calendar in shades of one measure."""
    period, of, current = month_from(month), _measure(), own.current_day()
    rows, days = _calendar(of, period)
    return render_template(
        "me/month.html",
        views=views_of("month"),
        name=month,
        period=period,
        trend=rows,
        spec=_specification(rows),
        weeks=_by_week(days),
        measures=_measures(of, lambda each: f"/me/months/{month}?measure={each.name}"),
        csv=f"/me/months/{month}.csv?measure={of.name}",
        earlier=f"{period.first - _DAY:%Y-%m}",
        later=f"{period.end:%Y-%m}" if period.end <= current else None,
    )


@blueprint.get("/months/<month>.csv")
@requires(Permission.OWN_READ)
def month_csv(month: str) -> Response:
    """The same month as CSV."""
    of = _measure()
    return _rows_csv(f"sameview-{month}-{of.name}.csv", _calendar(of, month_from(month))[0])


@blueprint.get("/half-year")
@requires(Permission.OWN_READ)
def half_year() -> str:
    """Show my last 26 weeks: a calendar, the days of the week, the best hours, meetings, and long stretches."""
    of, current = _measure(), own.current_day()
    period = _back(HALF_YEAR_WEEKS)
    mine, history = _read(of.fields | _OF_A_HALF_YEAR, period)
    rows = trends.trend(history, of, period, mine, current)
    return render_template(
        "me/half_year.html",
        views=views_of("half-year"),
        period=period,
        trend=rows,
        spec=_specification(rows),
        weeks=_by_week(past.calendar(history, rows, mine, current)),
        weekdays=past.weekdays(rows, mine),
        hours=past.hours(history, period, mine, current),
        meetings=_meeting_weeks(history, period),
        stretches=past.stretches(history, period),
        measures=_measures(of, lambda each: f"/me/half-year?measure={each.name}"),
        csv=_trends(of.name, HALF_YEAR_WEEKS, "trends.csv"),
    )


@blueprint.get("/trends")
@requires(Permission.OWN_READ)
def trend() -> str:
    """Show one measure of my days as a chart and as the same table."""
    of, weeks_back = _asked()
    found = _trend(of, _back(weeks_back))
    return render_template(
        "me/trends.html",
        views=views_of("trends"),
        trend=found,
        spec=_specification(found),
        measures=_measures(of, lambda each: _trends(each.name, weeks_back)),
        spans=[(_trends(of.name, count), _(words), count == weeks_back) for count, words in SPANS],
        csv=_trends(of.name, weeks_back, "trends.csv"),
        weeks=weeks_back,
    )


@blueprint.get("/trends.csv")
@requires(Permission.OWN_READ)
def trend_csv() -> Response:
    """The same rows as CSV."""
    of, weeks_back = _asked()
    return _rows_csv(f"sameview-{of.name}.csv", _trend(of, _back(weeks_back)))


def go(address: str) -> Redirect:
    """Go to a page of the past by its name."""
    return redirect(address)


def views_of(current: str) -> list[tuple[str, str, bool]]:
    """Return the views of the past, for the chips above each of them."""
    every = (
        ("week", "/me/weeks/", _("Week")),
        ("month", "/me/months/", _("Month")),
        ("half-year", "/me/half-year", _("Half-year")),
        ("trends", "/me/trends", _("Trends")),
        ("recap", "/me/recap/", _("Looking back")),
    )
    return [(address, words, name == current) for name, address, words in every]


def _week(name: str) -> Period:
    period = week_from(name)
    if period.first > own.current_day():
        abort(404)
    return period


def month_from(name: str) -> Period:
    """Read a month of the past or present; raise a 400 for anything else, a 404 for one to come."""
    found = _MONTH.fullmatch(name)
    if found is None or int(found[1]) not in YEARS or not 1 <= int(found[2]) <= 12:
        raise bad(_("A month is written like 2026-11."))
    first = dt.date(int(found[1]), int(found[2]), 1)
    if first > own.current_day():
        abort(404)
    return Period(first, first + dt.timedelta(days=calendar.monthrange(first.year, first.month)[1]))


def _asked() -> tuple[Measure, int]:
    """Read which measure, and how many weeks back."""
    weeks_back = request.args.get("weeks", "12")
    if weeks_back not in {str(count) for count, _words in SPANS}:
        raise bad(_("There is no such measure, or not over so many weeks."))
    return _measure(), int(weeks_back)


def _measure() -> Measure:
    named = {each.name: each for each in trends.SHOWN}
    found = named.get(request.args.get("measure", "focus_time"))
    if found is None:
        raise bad(_("There is no such measure, or not over so many weeks."))
    return found


def _measures(chosen: Measure, address: Callable[[Measure], str]) -> list[tuple[str, str, bool]]:
    return [(address(each), _(each.title), each is chosen) for each in trends.SHOWN]


def _back(weeks_back: int) -> Period:
    """Return the last weeks, the running one included."""
    current = own.current_day()
    return Period(week_of(current).first - dt.timedelta(weeks=weeks_back - 1), current + _DAY)


def _read(fields: Iterable[Field], period: Period) -> tuple[Own, dict[dt.date, Payload]]:
    return own.own_and_history((frozenset(fields) | _ALWAYS) & frozenset(DAY_FIELDS), period)


def _trend(of: Measure, period: Period) -> trends.Trend:
    current = own.current_day()
    mine, history = _read(of.fields, trends.needed(period, current))
    return trends.trend(history, of, period, mine, current)


def _calendar(of: Measure, period: Period) -> tuple[trends.Trend, tuple[past.CalendarDay, ...]]:
    """Return a period's rows, with what was usual in it, and its days in shades."""
    current = own.current_day()
    mine, history = _read(of.fields, trends.needed(period, current))
    rows = trends.trend(history, of, period, mine, current)
    return rows, past.calendar(history, rows, mine, current)


def _by_week(days: Sequence[past.CalendarDay]) -> list[tuple[str, list[past.CalendarDay | None]]]:
    """Return days by their week, each with seven places; None for one outside of the period."""
    found: dict[dt.date, list[past.CalendarDay | None]] = {}
    for each in days:
        found.setdefault(week_of(each.date).first, [None] * 7)[each.date.weekday()] = each
    return [(week_name(week_of(monday)), places) for monday, places in sorted(found.items())]


def _meeting_weeks(history: dict[dt.date, Payload], period: Period) -> list[tuple[str, past.Meetings]]:
    weeks_of = {week_of(date).first for date in period.days()}
    found = [(week_of(monday), past.meetings(history, week_of(monday))) for monday in sorted(weeks_of)]
    return [(week_name(each), meetings) for each, meetings in found if meetings.days]


def _specification(found: trends.Trend) -> dict[str, Any]:
    return charts.packed(trends.specification(found, lambda value: figure(value, found.measure.unit)))


def _trends(name: str, weeks_back: int, page: str = "trends") -> str:
    return f"/me/{page}?measure={name}&weeks={weeks_back}"


def _rows_csv(name: str, found: trends.Trend) -> Response:
    return csv_file(name, trends.as_csv(found))
