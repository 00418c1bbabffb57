"""How figures, days and moments are written for people: every one of them goes through babel, in the reader's locale.

A duration is written to the minute ("3h 20m"), because a second more or less says nothing about a day; the JSON answers
and the table twins keep the exact figures. `None` is never written as a number: the templates draw a mark in its place.
Each function takes the tag of a language; without one it writes in the language of the moment (`portal.locale`).
"""

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_interval, format_skeleton
from babel.lists import format_list
from babel.numbers import format_decimal, format_percent
from babel.units import format_unit
from jinja2 import Environment

from analytics.measures import MINUTES, PERCENT
from analytics.palette import Category, categories
from portal.clock_changes import told_apart
from portal.locale import LANGUAGES, _, current, speaking
from privacy.canonical import canonical

Length = Literal["narrow", "short", "long"]
_MONDAY: Final = dt.date(2024, 1, 1)

_PATTERNS: Final[dict[str, dict[str, str]]] = {
    "en": {"MMMMEEEEd": "EEEE d MMMM"},
    "de": {"MMMMEEEEd": "EEEE, d. MMMM", "yMMMMEEEEd": "EEEE, d. MMMM y"},
}
"""By language and skeleton: days that babel writes more briefly than the skeleton asks for."""

_NARROW: Final[dict[str, dict[str, str]]] = {
    "de": {"duration-hour": "{0}\xa0h", "duration-minute": "{0}\xa0min", "duration-second": "{0}\xa0s"},
}
"""Units of a narrow duration where CLDR has none: the signs of the SI, after a space that does not break."""


def _split(seconds: float) -> list[tuple[int, str]]:
    """Return hours and minutes, rounded to the minute; seconds alone below one minute."""
    if 0 < (whole := _whole(seconds)) < 60:
        return [(whole, "duration-second")]
    hours, minutes = divmod(_whole(seconds, 60), 60)
    shown = [(hours, "duration-hour"), (minutes, "duration-minute")]
    return [each for each in shown if each[0]] or [(0, "duration-minute")]


def _whole(seconds: float, unit: int = 1) -> int:
    """Return a duration in whole units, half of one upwards.

    A figure is one of milliseconds: the same is written of it whether it came as seconds or by way of minutes.
    """
    return math.floor(round(seconds, 3) / unit + 0.5)


def _unit(count: int, unit: str, length: Length, language: str) -> str:
    if length == "narrow" and (pattern := _NARROW.get(language, {}).get(unit)):
        return pattern.format(format_decimal(count, locale=LANGUAGES[language].locale))
    return format_unit(count, unit, length, locale=LANGUAGES[language].locale)


def duration(seconds: float, length: Length = "narrow", language: str | None = None) -> str:
    """Write a duration in seconds: "3h 20m", or with `length="long"` "3 hours 20 minutes"."""
    return _duration(seconds, length, language or current())


@lru_cache(maxsize=4096)
def _duration(seconds: float, length: Length, language: str) -> str:
    if 0 < seconds < 1:
        return "<" + _duration(1, length, language)
    return " ".join(_unit(n, unit, length, language) for n, unit in _split(seconds))


def duration_parts(seconds: float, language: str | None = None) -> tuple[tuple[str, str], ...]:
    """Return a duration as (number, unit) pairs, for setting the number large and the unit small."""
    return _duration_parts(seconds, language or current())


@lru_cache(maxsize=4096)
def _duration_parts(seconds: float, language: str) -> tuple[tuple[str, str], ...]:
    parts = []
    for count, unit in _split(seconds):
        number = format_decimal(count, locale=LANGUAGES[language].locale)
        parts.append((number, _unit(count, unit, "narrow", language).replace(number, "").strip()))
    return tuple(parts)


def spoken(seconds: float, language: str | None = None) -> str:
    """Write a duration in whole words, for titles that a screen reader says."""
    return duration(seconds, "long", language)


def number(value: float, digits: int = 0, language: str | None = None) -> str:
    """Write a number with the locale's grouping and at most `digits` decimals."""
    return _number(round(value, digits), language or current())


def numbers(values: Mapping[str, object]) -> dict[str, object]:
    """Return the values of a message, with the whole numbers among them as they are written."""
    return {key: number(value) if isinstance(value, int) else value for key, value in values.items()}


@lru_cache(maxsize=4096)
def _number(value: float, language: str) -> str:
    return str(format_decimal(value, locale=LANGUAGES[language].locale))


def percent(share: float, language: str | None = None) -> str:
    """Write a share (1.0 = the whole) as a whole percentage."""
    return _percent(share, language or current())


@lru_cache(maxsize=4096)
def _percent(share: float, language: str) -> str:
    return str(format_percent(share, locale=LANGUAGES[language].locale))


def figure(value: float, unit: str, language: str | None = None) -> str:
    """Write a measure's value in its unit (see `analytics.measures`)."""
    if unit == MINUTES:
        return duration(value * 60, language=language)
    return percent(value / 100, language) if unit == PERCENT else number(value, 1, language)


def listing(words: Sequence[str], language: str | None = None) -> str:
    """Write words as a sentence lists them: "active time, categories and focus"."""
    return _listing(tuple(words), language or current())


@lru_cache(maxsize=512)
def _listing(words: tuple[str, ...], language: str) -> str:
    return str(format_list(words, locale=LANGUAGES[language].locale))


def day(date: dt.date, skeleton: str = "yMMMMEEEEd", language: str | None = None) -> str:
    """Write a day, by default in full: "Thursday, 19 November 2026"; `skeleton` is a CLDR skeleton such as "MMMd"."""
    return _day(date, skeleton, language or current())


@lru_cache(maxsize=4096)
def _day(date: dt.date, skeleton: str, language: str) -> str:
    locale = LANGUAGES[language].locale
    if pattern := _PATTERNS[language].get(skeleton):
        return str(format_date(date, pattern, locale=locale))
    return str(format_skeleton(skeleton, dt.datetime.combine(date, dt.time()), locale=locale))


def short_day(date: dt.date, language: str | None = None) -> str:
    """Write a day briefly: "19 Nov"."""
    return day(date, "MMMd", language)


def weekday(date: dt.date, language: str | None = None) -> str:
    """Write the weekday briefly: "Thu"."""
    return _weekday(date.weekday(), language or current())


@lru_cache(maxsize=64)
def _weekday(number: int, language: str) -> str:
    day = _MONDAY + dt.timedelta(days=number)
    return str(format_date(day, "ccc", locale=LANGUAGES[language].locale))


def weekday_names() -> list[str]:
    """Return the weekdays briefly, from Monday on."""
    return [weekday(_MONDAY + dt.timedelta(days=number)) for number in range(7)]


def span(first: dt.date, end: dt.date, language: str | None = None) -> str:
    """Write a half-open range of days by its first and last day: "9–15 Nov 2026"."""
    return _span(first, end, language or current())


@lru_cache(maxsize=512)
def _span(first: dt.date, end: dt.date, language: str) -> str:
    last = end - dt.timedelta(days=1)
    if last <= first:
        return _day(first, "yMMMd", language)
    return str(format_interval(first, last, "yMMMd", locale=LANGUAGES[language].locale))


def week(name: str, language: str | None = None) -> str:
    """Write an ISO week: "Week 46 · 9–15 Nov 2026". A name that is no week is a ValueError."""
    monday = _monday(name)
    return f"{week_short(name, language)} · {span(monday, monday + dt.timedelta(days=7), language)}"


def week_short(name: str, language: str | None = None) -> str:
    """Write an ISO week for a narrow place: "Week 46"."""
    with speaking(language or current()):
        return _("Week %(number)s", number=_monday(name).isocalendar().week)


@lru_cache(maxsize=512)
def _monday(name: str) -> dt.date:
    return dt.datetime.strptime(f"{name}-1", "%G-W%V-%u").replace(tzinfo=dt.UTC).date()


def moment(at: dt.datetime, zone: ZoneInfo | None = None, language: str | None = None) -> str:
    """Write a moment as the reader's clock showed it: "19 Nov 2026, 11:42"; of an hour that came twice, which one."""
    local = at.astimezone(zone or dt.UTC)
    with speaking(language or current()):
        return f"{day(local.date(), 'yMMMd')}, {told_apart(local)}"


def clock(at: dt.datetime | dt.time) -> str:
    """Write a time of day on the 24-hour clock: "11:42"."""
    return at.strftime("%H:%M")


def clock_exact(at: dt.datetime) -> str:
    """Write a time of day to the second, where it is none of whole minutes: "11:42", "11:42:07"."""
    return at.strftime("%H:%M:%S" if at.second else "%H:%M")


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
    "told_apart": told_apart,
    "week": week,
    "week_short": week_short,
    "weekday": weekday,
}


def register(environment: Environment) -> None:
    """Give the filters to Jinja, and let templates trim the lines that hold only tags."""
    environment.filters.update(FILTERS)
    environment.globals["weekday_names"] = weekday_names
    environment.trim_blocks = True
    environment.lstrip_blocks = True
