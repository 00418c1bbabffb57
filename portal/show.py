"""How figures, days and moments are written for people: every one of them goes through babel, in one locale.

A duration is written to the minute ("3h 20m"), because a second more or less says nothing about a day; the JSON answers
and the table twins keep the exact figures. `None` is never written as a number: the templates draw a mark in its place.
"""

import datetime as dt
from functools import lru_cache
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_interval, format_skeleton
from babel.lists import format_list
from babel.numbers import format_decimal, format_percent
from babel.units import format_unit
from jinja2 import Environment

from analytics.measures import MINUTES, PERCENT
from analytics.palette import Category, categories
from privacy.canonical import canonical

LOCALE: Final = Locale("en", "GB")

Length = Literal["narrow", "short", "long"]


def _split(seconds: float) -> list[tuple[int, str]]:
    """Return hours and minutes, rounded to the minute; seconds alone below one minute."""
    if 0 < seconds < 60:
        return [(round(seconds), "duration-second")]
    hours, minutes = divmod(round(seconds / 60), 60)
    shown = [(hours, "duration-hour"), (minutes, "duration-minute")]
    return [each for each in shown if each[0]] or [(0, "duration-minute")]


@lru_cache(maxsize=4096)
def duration(seconds: float, length: Length = "narrow") -> str:
    """Write a duration in seconds: "3h 20m", or with `length="long"` "3 hours 20 minutes"."""
    if 0 < seconds < 1:
        return "<" + duration(1, length)
    return " ".join(format_unit(n, unit, length, locale=LOCALE) for n, unit in _split(seconds))


@lru_cache(maxsize=4096)
def duration_parts(seconds: float) -> tuple[tuple[str, str], ...]:
    """Return a duration as (number, unit) pairs, for setting the number large and the unit small."""
    parts = []
    for count, unit in _split(seconds):
        number = format_decimal(count, locale=LOCALE)
        parts.append((number, format_unit(count, unit, "narrow", locale=LOCALE).replace(number, "").strip()))
    return tuple(parts)


def spoken(seconds: float) -> str:
    """Write a duration in whole words, for titles that a screen reader says."""
    return duration(seconds, "long")


def number(value: float, digits: int = 0) -> str:
    """Write a number with the locale's grouping and at most `digits` decimals."""
    return str(format_decimal(round(value, digits), locale=LOCALE))


def percent(share: float) -> str:
    """Write a share (1.0 = the whole) as a whole percentage."""
    return str(format_percent(share, locale=LOCALE))


def figure(value: float, unit: str) -> str:
    """Write a measure's value in its unit (see `analytics.measures`)."""
    if unit == MINUTES:
        return duration(value * 60)
    return percent(value / 100) if unit == PERCENT else number(value, 1)


def listing(words: list[str]) -> str:
    """Write words as a sentence lists them: "active time, categories and focus"."""
    return str(format_list(words, locale=LOCALE))


@lru_cache(maxsize=4096)
def day(date: dt.date, skeleton: str = "yMMMMEEEEd") -> str:
    """Write a day, by default in full: "Thursday 19 November 2026"; `skeleton` is a CLDR skeleton such as "MMMd"."""
    if skeleton == "MMMMEEEEd":
        return str(format_date(date, "EEEE d MMMM", locale=LOCALE))
    return str(format_skeleton(skeleton, dt.datetime.combine(date, dt.time()), locale=LOCALE))


def short_day(date: dt.date) -> str:
    """Write a day briefly: "19 Nov"."""
    return day(date, "MMMd")


def weekday(date: dt.date) -> str:
    """Write the weekday briefly: "Thu"."""
    return str(format_date(date, "EEE", locale=LOCALE))


@lru_cache(maxsize=512)
def span(first: dt.date, end: dt.date) -> str:
    """Write a half-open range of days by its first and last day: "9–15 Nov 2026"."""
    last = end - dt.timedelta(days=1)
    return day(first, "yMMMd") if last <= first else str(format_interval(first, last, "yMMMd", locale=LOCALE))


@lru_cache(maxsize=512)
def week(name: str) -> str:
    """Write an ISO week: "Week 46 · 9–15 Nov 2026". A name that is no week is a ValueError."""
    monday = dt.datetime.strptime(f"{name}-1", "%G-W%V-%u").replace(tzinfo=dt.UTC).date()
    return f"Week {monday.isocalendar().week} · {span(monday, monday + dt.timedelta(days=7))}"


def week_short(name: str) -> str:
    """Write an ISO week for a narrow place: "Week 46"."""
    return week(name).partition(" · ")[0]


def moment(at: dt.datetime, zone: ZoneInfo | None = None) -> str:
    """Write a moment as the reader's clock showed it: "19 Nov 2026, 11:42"."""
    local = at.astimezone(zone or dt.UTC)
    return f"{day(local.date(), 'yMMMd')}, {clock(local)}"


def clock(at: dt.datetime | dt.time) -> str:
    """Write a time of day on the 24-hour clock: "11:42"."""
    return at.strftime("%H:%M")


def clock_ms(milliseconds: int) -> str:
    """Write milliseconds since the day began as a time of day; the day's end is "24:00"."""
    minutes = milliseconds // 60_000
    return f"{minutes // 60:02}:{minutes % 60:02}"


def initials(name: str) -> str:
    """Return the first letters of a name's first and last word: "ML"."""
    words = name.split()
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper() or "·"


def parts(seconds: dict[str, float], core: frozenset[str] = frozenset({"Work"})) -> tuple[Category, ...]:
    """Return categories as parts of a bar; `core` only chooses which one comes first."""
    return categories(seconds, core)


def as_bytes(payload: Any) -> str:
    """Write a payload in the canonical form that its digest is taken of."""
    return canonical(payload).decode()


FILTERS: Final[dict[str, Any]] = {
    "canonical": as_bytes,
    "clock": clock,
    "clock_ms": clock_ms,
    "day": day,
    "duration": duration,
    "duration_parts": duration_parts,
    "figure": figure,
    "initials": initials,
    "listing": listing,
    "moment": moment,
    "number": number,
    "parts": parts,
    "percent": percent,
    "short_day": short_day,
    "span": span,
    "spoken": spoken,
    "week": week,
    "week_short": week_short,
    "weekday": weekday,
}


def register(environment: Environment) -> None:
    """Give the filters to Jinja, and let templates trim the lines that hold only tags."""
    environment.filters.update(FILTERS)
    environment.trim_blocks = True
    environment.lstrip_blocks = True
