"""What addresses and forms say, read into the vocabulary; what cannot be read is refused with the reason."""

import datetime as dt
import re
from collections.abc import Mapping
from typing import Final
from zoneinfo import ZoneInfo

from analytics.days import DAY_FIELDS
from portal.clock_changes import SECOND
from portal.locale import _
from portal.problems import Problem
from portal.show import day as long_day
from privacy.fields import Field
from privacy.period import Period, iso_week
from privacy.policy import Purpose

LONGEST_DAYS: Final = 400
"""Days in one answer: a year of one's own days and some more."""
YEARS: Final = range(1970, 9999)
"""The calendar goes on for a while before and after them, so that midnight and next week are always in it."""
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_WEEK: Final = re.compile(r"([0-9]{4})-W([0-9]{2})")
MOMENT: Final = "%Y-%m-%dT%H:%M"
"""How a form sends a day and a time."""


def bad(detail: str) -> Problem:
    """Return the refusal of a request that cannot be read."""
    return Problem(400, _("Bad Request"), detail)


def day_from(text: str) -> dt.date:
    """Read an ISO date; raise a 400 for anything else."""
    try:
        found = dt.date.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.isoformat() != text:  # not 20261119 and not 2026-W47-4, which Python reads as well
        raise bad(_no_day(text) or _("A day is written like 2026-11-19."))
    return _of_the_years(found)


def _no_day(text: str) -> str:
    """Say that a day which is written well is none, such as 30 February; nothing of what is written otherwise."""
    return _("The calendar has no %(day)s.", day=text) if _DAY.fullmatch(text) else ""


def _of_the_years(day: dt.date) -> dt.date:
    if day.year not in YEARS:
        raise bad(_("Days are of the years %(start)s to %(stop)s.", start=YEARS.start, stop=YEARS.stop - 1))
    return day


def period_from(first: str, end: str) -> Period:
    """Read the half-open range of days from `first` to before `end`; raise a 400 for none, or for too many."""
    start, stop = day_from(first), day_from(end)
    if not 0 < (stop - start).days <= LONGEST_DAYS:
        raise bad(
            _(
                "`to` must be 1 to %(LONGEST_DAYS)s days after `from`; the range does not include it.",
                LONGEST_DAYS=LONGEST_DAYS,
            )
        )
    return Period(start, stop)


def _no_moment(text: str) -> str:
    day, _between, time = text.partition("T")
    try:
        dt.datetime.strptime(time, "%H:%M")  # noqa: DTZ007 - a time of day has no zone
    except ValueError:
        return ""
    return _no_day(day)


def moment_from(text: str, zone: ZoneInfo, fold: int = 0) -> dt.datetime:
    """Read a moment on the clock of `zone` as a form sends it; of an hour that comes twice, `fold` says which.

    A time that the clock leaves out is refused by name, since nobody can have meant it.
    """
    try:
        found = dt.datetime.strptime(text, MOMENT)  # noqa: DTZ007 - the zone comes beside it
    except ValueError:
        raise bad(_no_moment(text) or _("Write a day and a time, such as 2026-11-19, 09:30.")) from None
    if found.year not in YEARS:
        raise bad(_("That is no time of yours."))
    local = found.replace(tzinfo=zone, fold=fold)
    moment = local.astimezone(dt.UTC)
    if moment.astimezone(zone).replace(tzinfo=None) != found:
        before, after = (found.replace(tzinfo=zone, fold=n).utcoffset() or dt.timedelta() for n in (0, 1))
        raise bad(
            _(
                "On %(day)s the clock goes forward by %(minutes)s minutes: %(time)s does not exist.",
                day=long_day(found.date()),
                minutes=(after - before) // dt.timedelta(minutes=1),
                time=f"{found:%H:%M}",
            )
        )
    return moment


def times_from(given: Mapping[str, str], zone: ZoneInfo) -> tuple[dt.datetime, dt.datetime]:
    """Read `from` and `to` of a form as moments; what is wrong is refused with the name of its field."""
    start, end = (_time_from(given, name, zone) for name in ("from", "to"))
    return start, end


def _time_from(given: Mapping[str, str], name: str, zone: ZoneInfo) -> dt.datetime:
    try:
        return moment_from(given.get(name, ""), zone, given.get(f"{name}-pass") == SECOND)
    except Problem as wrong:
        wrong.more["field"] = name
        raise


def is_shown_by(value: str, kind: str) -> bool:
    """Tell whether a browser's field of a kind (`date`, `datetime-local`, …) shows a value, or would leave it out."""
    form = {"date": "%Y-%m-%d", "datetime-local": MOMENT}.get(kind)
    try:
        return form is None or not value or bool(dt.datetime.strptime(str(value), form))  # noqa: DTZ007 - text alone
    except ValueError:
        return False


def one_day(text: str) -> Period:
    """Read a day as the period that holds only it."""
    return Period.day(day_from(text))


def week_from(text: str) -> Period:
    """Read an ISO week; raise a 400 for anything else."""
    try:
        found = iso_week(text)
    except (ValueError, OverflowError):
        written = _WEEK.fullmatch(text)
        none = written and _("The year %(year)s has no week %(week)s.", year=written[1], week=written[2])
        raise bad(none or _("A week is written like 2026-W46.")) from None
    _of_the_years(found.first)
    return found


def purpose_from(text: str) -> Purpose | None:
    """Read a purpose; None when there is no such purpose."""
    return Purpose(text) if text in set(Purpose) else None


def day_fields_from(text: str | None) -> frozenset[Field]:
    """Read a comma-separated choice of a day's fields; all of them when nothing is chosen."""
    if not text:
        return frozenset(DAY_FIELDS)
    chosen = frozenset(each.strip() for each in text.split(","))
    if unknown := sorted(chosen - {field.value for field in DAY_FIELDS}):
        raise bad(_("No such field of a day: %(join)s.", join=", ".join(unknown)[:80]))
    return frozenset(Field(each) for each in chosen)


def number_from(text: str | None, default: int) -> int:
    """Read a number from 0 of at most 12 digits; raise a 400 for anything else."""
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 12):
        raise bad(_("A number is written with digits only."))
    return int(text)
