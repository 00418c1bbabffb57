"""What a figure is: its definition, the arithmetic with the numbers of a day, the times behind it, and its charter.

Every figure of the employee's pages leads here in one click.
"""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Final
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, render_template, request

from analytics import segments
from analytics.baseline import WINDOW_DAYS, Baseline, baseline
from analytics.corrected import Said
from analytics.days import not_captured
from analytics.evidence import Known, evidence
from analytics.evidence_times import Term, Time
from analytics.goals import Direction
from analytics.measured import as_captured, is_corrected, measured
from analytics.measures import MEASURES, Measure
from analytics.noting import NOTED_FIELDS, notes_of, rules_of
from analytics.rings import Own, Payload
from analytics.summaries import as_said, see
from auth.permissions import Permission, requires
from portal import measure_days, own
from portal.access import system, viewer
from portal.locale import _
from portal.measure_parts import before_notes, part_of, query, words
from portal.own_notes import at
from portal.parse import day_from
from portal.show import clock_exact, duration, number
from privacy.fields import Field
from privacy.period import Period, week_name, week_of

blueprint = Blueprint("measures", __name__, url_prefix="/me/measures")

_ROUNDED: Final = 0.001
"""Minutes by which the times of hours and their figure, which is in whole milliseconds, may differ."""
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
    listed = [each for each in MEASURES if each.part is None]
    history = _history(day, frozenset[Field]().union(*(each.fields for each in listed)))
    return render_template("me/measures.html", shown=[_shown(each, history, day, mine) for each in listed], day=day)


@blueprint.get("/<measure>")
@requires(Permission.OWN_READ)
def one_measure(measure: str) -> str:
    """Show one measure: of a day with its arithmetic and the times behind it, or of several days with each of them."""
    of = next((each for each in MEASURES if each.name == measure), None)
    if of is None:
        abort(404)
    if any(each in request.args for each in measure_days.NAMED):
        return measure_days.page(of)
    day, part, mine, before = _day(), part_of(of), own.own(), before_notes()
    shown = _shown(of, _history(day, measure_days.fields_of(of, part)), day, mine, part, before)
    return render_template(
        "me/measure.html",
        shown=shown,
        part=words(of, part),
        query=query(of, part),
        before=before,
        terms=() if shown.value is None else _terms(shown, day, mine, part, before),
        goal=_goal(of, day, mine),
        day=day,
        week=week_name(week_of(day)),
    )


def _goal(of: Measure, day: dt.date, mine: Own) -> tuple[int, bool] | None:
    """Return what the asker wants of a day of theirs, and whether that is the most; None where no goal holds."""
    found = mine.goals.of(of.name)
    wanted = None if found is None else found.value_on(day)
    return None if found is None or wanted is None else (wanted, found.direction is Direction.AT_MOST)


def _day() -> dt.date:
    current = own.current_day()
    day = day_from(request.args["day"]) if "day" in request.args else current
    if day > current:
        abort(404)
    return day


def _history(day: dt.date, fields: Collection[Field]) -> dict[dt.date, Payload]:
    period = Period(day - dt.timedelta(days=WINDOW_DAYS), day + dt.timedelta(days=1))
    return own.history(measure_days.opened(fields), period)


def _shown(
    of: Measure,
    history: Mapping[dt.date, Payload],
    day: dt.date,
    mine: Own,
    part: str | None = None,
    before: bool = False,
) -> Shown:
    past = {date: measured(of, each, date, mine, part) for date, each in history.items() if date < day}
    payload = history.get(day)
    value = measured(of, as_captured(payload) if before and payload else payload, day, mine, part)
    return Shown(of, value, baseline(past, day, mine.working), is_corrected(of, payload))


def _terms(shown: Shown, day: dt.date, mine: Own, part: str | None, before: bool) -> tuple[ShownTerm, ...] | None:
    """Return the numbers of a day's sum with the times behind them; None where its single events are gone."""
    values = own.stored(_STORED, Period.day(day)).values
    blobs = {field: value for (date, field), value in values.items() if date == day and field not in NOTED_FIELDS}
    if Field.RHYTHM not in blobs:
        return None
    events = segments.decode(blobs).events
    said = Said(notes_of(values, day), rules_of(values).on(day))
    gaps = not_captured(own.disclose({Field.RHYTHM}, Period.day(day)), day)
    unknown = [(events.first_us + start * 1000, events.first_us + end * 1000) for start, end, _ in gaps]
    seen = see(events)
    seen = seen if before else as_said(seen, said)
    known = Known(seen, mine.core, mine.planned_seconds(day), unknown, part, own.zone())
    if shown.measure.part == "hour":
        known = replace(known, zone=_clock_of(shown, known, day))
    return tuple(_term(each, known.zone) for each in evidence(shown.measure.name, known))


def _clock_of(shown: Shown, known: Known, day: dt.date) -> ZoneInfo:
    """Return the clock by which the hours of a day were told: that of now, or one that the asker had before."""
    for zone in system().directory.zones(viewer(), day):
        found = evidence(shown.measure.name, replace(known, zone=zone))
        if abs(sum(each.seconds or 0 for each in found) / 60 - (shown.value or 0)) < _ROUNDED:
            return zone
    return known.zone


def _term(term: Term, zone: ZoneInfo) -> ShownTerm:
    amount = number(term.count) if term.seconds is None and term.count is not None else duration(term.seconds or 0)
    times = None if term.times is None else tuple(_time(each, zone) for each in term.times)
    return ShownTerm(_(term.name) if term.of is None else term.of, amount, times)


def _time(time: Time, zone: ZoneInfo) -> ShownTime:
    start, end = (at(each).astimezone(zone) for each in (time.start_us, time.end_us))
    return ShownTime(clock_exact(start), clock_exact(end), time.counted_us / 1e6)
