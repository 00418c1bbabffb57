"""What a figure is: its definition, the arithmetic with the numbers of a day, the times behind it, and its charter.

Every figure of the employee's pages leads here in one click.
"""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from flask import Blueprint, abort, render_template, request

from analytics import segments
from analytics.baseline import WINDOW_DAYS, Baseline, baseline
from analytics.corrected import Said
from analytics.days import not_captured
from analytics.evidence import Known, Term, Time, evidence
from analytics.measured import measured
from analytics.measures import MEASURES, Measure
from analytics.noting import NOTED_FIELDS, notes_of, rules_of
from analytics.past import is_corrected
from analytics.rings import Own, Payload
from analytics.summaries import as_said, see
from auth.permissions import Permission, requires
from portal import own
from portal.own_notes import at
from portal.parse import day_from, week_from
from portal.show import clock, duration, number
from privacy.fields import Field
from privacy.period import Period, week_name, week_of

blueprint = Blueprint("measures", __name__, url_prefix="/me/measures")

OF_A_CATEGORY: Final = "category_time"
_ALWAYS: Final = frozenset({Field.ACTIVE_TIME, Field.ANNOTATIONS})
"""Whether a day was captured at all, and what was noted of it."""
_STORED: Final = frozenset(segments.SEGMENT_FIELDS) | NOTED_FIELDS


@dataclass(frozen=True, slots=True)
class Shown:
    """A measure on one day: its value in the measure's unit, None where there is none; what was usual before."""

    measure: Measure
    value: float | None
    usual: Baseline | None
    corrected: bool


@dataclass(frozen=True, slots=True)
class ShownTime:
    """A time behind a figure, on the reader's clock; `seconds` of it count."""

    start: str
    end: str
    seconds: float


@dataclass(frozen=True, slots=True)
class ShownTerm:
    """One number of a sum, in words, and the times that make it; None where it is made of none."""

    name: str
    amount: str
    times: tuple[ShownTime, ...] | None


@blueprint.get("/")
@requires(Permission.OWN_READ)
def index() -> str:
    """Show every measure with its value on one of my days."""
    day, mine = _day(), own.own()
    history = _history(day, frozenset[Field]().union(*(each.fields for each in MEASURES)))
    found = [_shown(each, history, day, mine, None) for each in MEASURES if each.name != OF_A_CATEGORY]
    return render_template("me/measures.html", shown=found, day=day)


@blueprint.get("/<measure>")
@requires(Permission.OWN_READ)
def one_measure(measure: str) -> str:
    """Show one measure: of a day with its arithmetic and the times behind it, or of a week day by day."""
    of = next((each for each in MEASURES if each.name == measure), None)
    if of is None:
        abort(404)
    category = request.args.get("category", "")[:200] or None if measure == OF_A_CATEGORY else None
    mine = own.own()
    if "week" in request.args:
        return _week(of, week_from(request.args["week"]), mine, category)
    day = _day()
    shown = _shown(of, _history(day, of.fields), day, mine, category)
    return render_template(
        "me/measure.html",
        shown=shown,
        category=category,
        terms=() if shown.value is None else _terms(of, day, mine, category),
        day=day,
        week=week_name(week_of(day)),
    )


def _week(of: Measure, week: Period, mine: Own, category: str | None) -> str:
    if week.first > own.current_day():
        abort(404)
    history = own.history(_fields(of.fields), week)
    return render_template(
        "me/measure.html",
        shown=Shown(of, None, None, corrected=False),
        category=category,
        days=[_of_week(of, history, day, mine, category) for day in week.days()],
        week=week_name(week),
    )


def _of_week(
    of: Measure, history: Mapping[dt.date, Payload], day: dt.date, mine: Own, category: str | None
) -> tuple[dt.date, float | None, bool]:
    corrected = is_corrected(history, Period.day(day), of.fields)
    return day, measured(of, history.get(day), day, mine, category), corrected


def _day() -> dt.date:
    current = own.current_day()
    day = day_from(request.args["day"]) if "day" in request.args else current
    if day > current:
        abort(404)
    return day


def _fields(fields: Collection[Field]) -> frozenset[Field]:
    return (frozenset(fields) | _ALWAYS) - {Field.WORKING_PATTERN}


def _history(day: dt.date, fields: Collection[Field]) -> dict[dt.date, Payload]:
    return own.history(_fields(fields), Period(day - dt.timedelta(days=WINDOW_DAYS), day + dt.timedelta(days=1)))


def _shown(of: Measure, history: Mapping[dt.date, Payload], day: dt.date, mine: Own, category: str | None) -> Shown:
    before = {date: measured(of, each, date, mine, category) for date, each in history.items() if date < day}
    corrected = is_corrected(history, Period.day(day), of.fields)
    value = measured(of, history.get(day), day, mine, category)
    return Shown(of, value, baseline(before, day, mine.working), corrected)


def _terms(of: Measure, day: dt.date, mine: Own, category: str | None) -> tuple[ShownTerm, ...] | None:
    """Return the numbers of a day's sum with the times behind them; None where its single events are gone."""
    values = own.stored(_STORED, Period.day(day)).values
    blobs = {field: value for (date, field), value in values.items() if date == day and field not in NOTED_FIELDS}
    if Field.RHYTHM not in blobs:
        return None
    events = segments.decode(blobs).events
    said = Said(notes_of(values, day), rules_of(values).on(day))
    gaps = not_captured(own.disclose({Field.RHYTHM}, Period.day(day)), day)
    unknown = [(events.first_us + start * 1000, events.first_us + end * 1000) for start, end, _ in gaps]
    planned = mine.planned_seconds(day)
    known = Known(as_said(see(events), said), mine.core, planned, unknown, category)
    return tuple(_term(each) for each in evidence(of.name, known))


def _term(term: Term) -> ShownTerm:
    amount = number(term.count) if term.seconds is None and term.count is not None else duration(term.seconds or 0)
    return ShownTerm(term.name, amount, None if term.times is None else tuple(map(_time, term.times)))


def _time(time: Time) -> ShownTime:
    zone = own.zone()
    start, end = (at(each).astimezone(zone) for each in (time.start_us, time.end_us))
    return ShownTime(clock(start), clock(end), time.counted_us / 1e6)
