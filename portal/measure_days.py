"""A measure over several days: what was asked, the days behind it, and what they make; each day leads to its times."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from flask import abort, render_template, request

from analytics.baseline import WINDOW_DAYS
from analytics.day_parts import added
from analytics.formulas import Day
from analytics.measures import Measure
from analytics.own_times import stem
from analytics.rings import Own, Payload
from analytics.together import Asked, together
from portal import own, own_notes
from portal.access import session_key, system, viewer
from portal.history_pages import HALF_YEAR_WEEKS, SPANS, month_from
from portal.locale import _
from portal.measure_parts import before_notes, part_of, query, words
from portal.parse import bad, day_from, period_from, week_from
from portal.show import day as day_words
from portal.show import duration, span, weekday_names
from portal.show import week as week_words
from privacy.fields import Field
from privacy.period import Period, week_name, week_of
from privacy.policy import Purpose

NAMED: Final = ("week", "month", "weeks", "usual", "from")
"""What chooses several days, in an address."""
_ALWAYS: Final = frozenset({Field.ACTIVE_TIME, Field.ANNOTATIONS})
"""Whether a day was captured at all, and what was noted of it."""
_LONGEST_BY_CATEGORY: Final = 31
_DAY: Final = dt.timedelta(days=1)


def opened(fields: Collection[Field]) -> frozenset[Field]:
    """Return what has to be opened for a measure of these fields."""
    return (frozenset(fields) | _ALWAYS) - {Field.WORKING_PATTERN}


def fields_of(of: Measure, part: str | None) -> frozenset[Field]:
    """Return what has to be opened for a measure: of a category below the top level, the whole paths as well."""
    is_path = of.part == "category" and part is not None and " > " in part
    return opened(of.fields | ({Field.CATEGORY_DETAIL} if is_path else set()))


def page(of: Measure) -> str:
    """Show the days behind a figure that is made of several."""
    asked, mine, current = _asked(of), own.own(), own.current_day()
    history = own.history(fields_of(of, asked.part), asked.period)
    found = together(of, history, asked, mine, current)
    week = week_name(asked.period) if "week" in request.args and not asked.usual else None
    return render_template(
        "me/measure_days.html",
        of=of,
        part=words(of, asked.part),
        query=query(of, asked.part, asked.before_notes),
        asked=asked,
        heading=_heading(asked, week),
        found=found,
        week=week,
        today=current,
        by_category=_by_category(of, asked),
        shared=_shared(of, asked, mine) if week and "shared" in request.args else None,
    )


def _asked(of: Measure) -> Asked:
    part, given, current = part_of(of), request.args, own.current_day()
    if "usual" in given:
        before = day_from(given["usual"])
        return Asked(Period(before - dt.timedelta(days=WINDOW_DAYS), before), part, usual=True)
    if "week" in given:
        period = week_from(given["week"])
    elif "month" in given:
        period = month_from(given["month"])
    elif "weeks" in given:
        period = _back(given["weeks"], current)
    else:
        period = period_from(given["from"], given.get("to", ""))
    if period.first > current:
        abort(404)
    return Asked(period, part, _weekday(given), before_notes())


def _back(count: str, current: dt.date) -> Period:
    if count not in {str(weeks) for weeks, _words in (*SPANS, (HALF_YEAR_WEEKS, ""))}:
        raise bad(_("There is no such measure, or not over so many weeks."))
    return Period(week_of(current).first - dt.timedelta(weeks=int(count) - 1), current + _DAY)


def _weekday(given: Mapping[str, str]) -> int | None:
    text = given.get("weekday")
    if text is None:
        return None
    if text not in set("0123456"):
        raise bad(_("A weekday is a number from 0, Monday, to 6."))
    return int(text)


def _heading(asked: Asked, week: str | None) -> str:
    """Say which days these are."""
    if asked.usual:
        return _("Your usual before %(day)s", day=day_words(asked.period.end, "yMMMd"))
    days = span(asked.period.first, asked.period.end) if week is None else week_words(week)
    return days if asked.weekday is None else f"{weekday_names()[asked.weekday]} · {days}"


def _by_category(of: Measure, asked: Asked) -> Sequence[tuple[str, str]]:
    """Return how long an application was used for which category on these days, in words."""
    if of.name != "app_time" or (asked.period.end - asked.period.first).days > _LONGEST_BY_CATEGORY:
        return []
    days = Period(asked.period.first, min(asked.period.end, own.current_day() + _DAY))
    stored = own_notes.events(days)
    times = added(own_notes.times_of(stored, date) for date in days.days())
    return [(each.category, duration(each.seconds)) for each in times if stem(each.app) == stem(asked.part or "")]


def _shared(of: Measure, asked: Asked, mine: Own) -> Mapping[str, Any] | None:
    """Return the figure as it was frozen for others, and its part of the week; None where nothing is frozen."""
    answer = system().weeks.again(viewer(), asked.period, Purpose.ONE_TO_ONE, session_key())
    if answer is None:
        return None
    frozen: Payload = answer.payload["fields"]
    value = of.value(Day({Field(name): each for name, each in frozen.items()}, mine.core, 0, asked.part))
    if value is None:
        return None
    whole = sum(frozen.get("categories", {}).values()) / 60
    return {"value": value, "share": value / whole if of.name == "category_time" and whole else None}
