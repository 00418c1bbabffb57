"""The employee's week: planned hours, days off without a reason, and the public holidays of where they work."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from babel import Locale
from flask import Blueprint, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from analytics import public_holidays
from analytics.public_holidays import Region
from analytics.working import Working, WorkingError
from auth.permissions import Permission, requires
from portal import own
from portal.locale import _, language
from portal.parse import day_from
from portal.problems import Problem
from portal.show import weekday_names

blueprint = Blueprint("pattern", __name__)

LONGEST_LEAVE: Final = 366  # days in one form
AHEAD: Final = 366
"""So many days ahead public holidays are listed."""
_MOST_HOURS: Final = 24
_Page = str | tuple[str, int] | Response


class _Wrong(ValueError):
    """What a form says wrong; `place` is the field."""

    def __init__(self, place: str, sentence: str) -> None:
        super().__init__(sentence)
        self.place = place


@dataclass(frozen=True, slots=True)
class Holiday:
    """A public holiday to come: its day, its name, and whether the person works on it."""

    day: dt.date
    name: str
    worked: bool


@blueprint.get("/pattern")
@requires(Permission.OWN_READ)
def pattern() -> str:
    """Show my planned week, my days off and my public holidays."""
    return _pattern()


@blueprint.post("/pattern")
@requires(Permission.OWN_WRITE)
def keep_pattern() -> _Page:
    """Keep another planned week from a day on."""

    def keep(planned: Working) -> Working:
        minutes = [_minutes(n, request.form.get(f"hours-{n}", "")) for n in range(7)]
        return planned.changed(_day("valid"), minutes)

    return _changed(keep)


@blueprint.post("/pattern/days-off")
@requires(Permission.OWN_WRITE)
def days_off() -> _Page:
    """Add days off, or remove one."""

    def keep(planned: Working) -> Working:
        if "remove" in request.form:
            return planned.with_days_off(planned.days_off - {_day("remove")})
        return planned.with_days_off(planned.days_off | _leave())

    return _changed(keep)


@blueprint.post("/pattern/holidays")
@requires(Permission.OWN_WRITE)
def holidays() -> _Page:
    """Choose whose public holidays hold for me, or on which of them I work."""
    return _changed(_worked if "listed" in request.form else _in_region)


def _changed(change: Callable[[Working], Working]) -> _Page:
    try:
        own.change(lambda planned, _goals: change(planned))
    except WorkingError as wrong:
        return _pattern({"hours": f"{wrong}."}), 400
    except _Wrong as wrong:
        return _pattern({wrong.place: str(wrong)}), 400
    flash(_("Kept. Only you see this."))
    return redirect("/me/pattern")


def _in_region(planned: Working) -> Working:
    code, begin = request.form.get("region", ""), _day("since")
    country, _dash, part = code.partition("-")
    if code and (country not in public_holidays.regions() or (part and not _is_part(country, part))):
        raise _Wrong("region", _("There is no calendar of this country or part of it."))
    return planned.in_region(begin, Region(country, part or None) if code else None)


def _worked(planned: Working) -> Working:
    listed = {_date("listed", each) for each in request.form.getlist("listed")}
    return planned.working_on({_date("worked", each) for each in request.form.getlist("worked")}, listed)


def _pattern(wrong: Mapping[str, str] | None = None) -> str:
    planned, _goals = own.settings()
    current = own.current_day()
    region = planned.region_on(current)
    typed = request.form if wrong else {}
    return render_template(
        "me/pattern.html",
        hours=_hours(planned, current),
        days_off=sorted(day for day in planned.days_off if day >= current),
        holidays=list(_holidays(planned, current)),
        regions=[("", _("No public holidays")), *_regions(None if region is None else region.country)],
        region="" if region is None else "-".join(each for each in region if each),
        chosen=bool(planned.regions),
        names=weekday_names(),
        today=current,
        typed=typed,
        wrong=wrong or {},
    )


def _hours(planned: Working, current: dt.date) -> list[float]:
    """Return the hours of each weekday as they are planned now, were no day off."""
    monday = current - dt.timedelta(days=current.weekday())
    pattern = planned.with_days_off([])
    return [_of_weekday(pattern, monday, current, n) for n in range(7)]


def _of_weekday(planned: Working, monday: dt.date, current: dt.date, number: int) -> float:
    day = monday + dt.timedelta(days=number)
    return planned.pattern_minutes(day if day >= current else day + dt.timedelta(days=7)) / 60


def _holidays(planned: Working, current: dt.date) -> Iterator[Holiday]:
    """Yield the public holidays of the coming year that fall on a day of work."""
    for day in (current + dt.timedelta(days=n) for n in range(AHEAD)):
        region = planned.region_on(day)
        if region is None or not planned.pattern_minutes(day):
            continue
        name = public_holidays.name_of(region, day, language().locale.language)
        if name is not None:
            yield Holiday(day, name, day in planned.worked)


def _is_part(country: str, part: str) -> bool:
    return part in public_holidays.regions()[country]


def _regions(chosen: str | None) -> list[tuple[str, str]]:
    """Return the calendars as (code, name): every country, and the parts of the chosen one after it."""
    spoken: Locale = language().locale
    named = ((code, spoken.territories.get(code, code)) for code in public_holidays.regions())
    found = []
    for code, country in sorted(named, key=lambda each: each[1]):
        found.append((code, country))
        parts = public_holidays.parts_of(code) if code == chosen else ()
        found += [(f"{code}-{part}", f"{country}: {name}") for part, name in parts]
    return found


def _minutes(number: int, hours: str) -> int:
    try:
        found = float(hours or 0)
    except ValueError:
        raise _Wrong("hours", _("Hours are written like 7.5.")) from None
    if not 0 <= found <= _MOST_HOURS:
        raise _Wrong("hours", _("A day has 0 to %(most)s hours.", most=_MOST_HOURS))
    return round(found * 60)


def _leave() -> set[dt.date]:
    start = _day("first")
    end = _day("last") if request.form.get("last") else start
    if not 0 <= (end - start).days < LONGEST_LEAVE:
        raise _Wrong("last", _("The last day off comes after the first, within a year."))
    return {start + dt.timedelta(days=n) for n in range((end - start).days + 1)}


def _day(place: str) -> dt.date:
    return _date(place, request.form.get(place, ""))


def _date(place: str, text: str) -> dt.date:
    try:
        return day_from(text)
    except Problem as problem:
        raise _Wrong(place, problem.detail) from None
