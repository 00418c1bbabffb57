"""Public holidays by country and part of it, from the kept library `holidays`.

The library is large (0.1 s and some 10 MB once a process), so it is imported when a calendar is asked for, and each
year of a region is kept. A region that the library does not know has no holidays: a stored choice never breaks a page.
"""

import datetime as dt
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from babel.core import get_global

YEARS: Final = range(1970, 2101)
"""No rule of a calendar is known for other years."""
_ENGLISH: Final = "en_US"  # the library's English names


class Region(NamedTuple):
    """A country (ISO 3166-1) and, where its parts have holidays of their own, one of them (ISO 3166-2 without it)."""

    country: str
    subdivision: str | None = None


def name_of(region: Region, day: dt.date, language: str = "en") -> str | None:
    """Return the name of the public holiday that a day is in a region, None if it is none.

    In the language where the library has it, else in English, else in that of the country.
    """
    return _calendar(region, day.year, language).get(day) if day.year in YEARS else None


def is_holiday(region: Region, day: dt.date) -> bool:
    """Tell whether a day is a public holiday in a region."""
    return day.year in YEARS and day in _calendar(region, day.year, "en")


@lru_cache(maxsize=1024)
def country_of(zone: str) -> str | None:
    """Return the country that a time zone belongs to, None for one that is of no single country, such as UTC."""
    canonical = get_global("zone_aliases").get(zone, zone)
    country = get_global("zone_territories").get(canonical)
    return country if country in regions() else None


@lru_cache(maxsize=1)
def regions() -> Mapping[str, tuple[str, ...]]:
    """Return the countries that have a calendar, each with its parts that have one of their own."""
    from holidays import list_supported_countries

    return {code: tuple(parts) for code, parts in sorted(list_supported_countries(include_aliases=False).items())}


@lru_cache(maxsize=256)
def parts_of(country: str) -> tuple[tuple[str, str], ...]:
    """Return a country's parts as (code, name), ordered by name; the code where no name is known."""
    from holidays import country_holidays

    if not regions().get(country):
        return ()
    aliases = getattr(country_holidays(country), "subdivisions_aliases", {})
    names = {code: name for name, code in reversed(aliases.items())}
    return tuple(sorted(((code, names.get(code, code)) for code in regions()[country]), key=lambda each: each[1]))


@lru_cache(maxsize=512)
def _calendar(region: Region, year: int, language: str) -> Mapping[dt.date, str]:
    from holidays import country_holidays

    try:
        known = country_holidays(region.country, subdiv=region.subdivision)
        spoken = getattr(known, "supported_languages", ())
        written = next((each for each in spoken if each.split("_")[0] == language), None)
        written = written or (_ENGLISH if _ENGLISH in spoken else None)
        return dict(country_holidays(region.country, subdiv=region.subdivision, years=year, language=written))
    except NotImplementedError:  # so the library says that it does not know a region
        return {}
