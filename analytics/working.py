"""Planned time: a working pattern for each weekday, from a date on, days off without a reason, and public holidays.

Kept as one sealed value, `{"patterns": [{"from": "2026-01-05", "minutes": [480, 480, 480, 480, 480, 0, 0]}],
"days_off": ["2026-12-24"], "regions": [{"from": "2026-01-05", "country": "DE", "part": "BY"}], "worked":
["2026-12-26"]}`; minutes from Monday to Sunday. A region without a country is no calendar at all; `worked` are public
holidays on which the person works. Both are left out where there is nothing of them. Why a day is off is nobody's
business and has no place.
"""

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Final

from analytics.public_holidays import Region, is_holiday

Minutes = tuple[int, int, int, int, int, int, int]

FULL_TIME: Final[Minutes] = (480, 480, 480, 480, 480, 0, 0)
_DAY_MINUTES: Final = 24 * 60


class WorkingError(ValueError):
    """A working pattern that cannot be; the message says what to change."""


@dataclass(frozen=True, slots=True)
class Working:
    """Somebody's planned time; full time from Monday to Friday until the first pattern begins."""

    patterns: tuple[tuple[dt.date, Minutes], ...] = ()  # by date
    days_off: frozenset[dt.date] = frozenset()
    regions: tuple[tuple[dt.date, Region | None], ...] = ()  # by date; None for no calendar
    worked: frozenset[dt.date] = frozenset()
    assumed: tuple[tuple[dt.date, Region | None], ...] = field(default=(), compare=False)
    """Where the person is taken to work until they choose a region themselves, by date; it is not stored."""
    _planned: dict[dt.date, int] = field(init=False, default_factory=dict, compare=False, repr=False)
    """What `planned_minutes` has answered: a page asks for the same days hundreds of times."""

    def planned_minutes(self, day: dt.date) -> int:
        """Return the planned time of a local day, 0 on a day off and on a public holiday."""
        known = self._planned.get(day)
        if known is None:
            usual = self.pattern_minutes(day)
            known = self._planned[day] = 0 if usual and self.is_off(day) else usual
        return known

    def pattern_minutes(self, day: dt.date) -> int:
        """Return the time that the weekday would have if no day were off."""
        begun = [minutes for begin, minutes in self.patterns if begin <= day]
        return (begun[-1] if begun else FULL_TIME)[day.weekday()]

    def is_off(self, day: dt.date) -> bool:
        """Tell whether a day is a day off, or a public holiday on which the person does not work."""
        return day in self.days_off or (day not in self.worked and self.is_holiday(day))

    def is_holiday(self, day: dt.date) -> bool:
        """Tell whether a day is a public holiday where the person works."""
        region = self.region_on(day)
        return region is not None and is_holiday(region, day)

    def region_on(self, day: dt.date) -> Region | None:
        """Return whose public holidays hold on a day."""
        chosen = [region for begin, region in self.regions if begin <= day]
        known = chosen or [region for begin, region in self.assumed if begin <= day]
        return known[-1] if known else None

    def changed(self, begin: dt.date, minutes: Iterable[int]) -> "Working":
        """Return it with another pattern from a date on; one that began on the same date is replaced."""
        kept = [each for each in self.patterns if each[0] != begin]
        return replace(self, patterns=tuple(sorted([*kept, (begin, _minutes(list(minutes)))])))

    def with_days_off(self, days: Iterable[dt.date]) -> "Working":
        """Return it with these days off and no others."""
        return replace(self, days_off=frozenset(days))

    def in_region(self, begin: dt.date, region: Region | None) -> "Working":
        """Return it with the public holidays of another region from a date on; before it stays what was assumed."""
        known = self.regions or self.assumed
        kept = [each for each in known if each[0] < begin]
        return replace(self, regions=(*kept, (begin, region)))

    def working_on(self, days: Iterable[dt.date], of: Iterable[dt.date]) -> "Working":
        """Return it with work on these public holidays, and on no others `of` those that were asked about."""
        return replace(self, worked=(self.worked - frozenset(of)) | frozenset(days))

    def dump(self) -> bytes:
        """Return the value to seal: the same patterns, days and regions give the same bytes."""
        patterns = [{"from": begin.isoformat(), "minutes": list(minutes)} for begin, minutes in self.patterns]
        content: dict[str, Any] = {"patterns": patterns, "days_off": _dumped(self.days_off)}
        if self.regions:
            content["regions"] = [_region_dumped(*each) for each in self.regions]
        if self.worked:
            content["worked"] = _dumped(self.worked)
        return json.dumps(content, separators=(",", ":")).encode()


def parse(value: bytes | None) -> Working:
    """Read a sealed value, or None for somebody who has none; WorkingError says what is wrong with it."""
    if value is None:
        return Working()
    try:
        content = json.loads(value)
    except ValueError as error:
        raise WorkingError(f"the working pattern is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise WorkingError('the working pattern is no object; write {"patterns": […], "days_off": […]}')
    patterns = sorted(_pattern(entry) for entry in _list(content, "patterns"))
    begins = [begin for begin, _ in patterns]
    if len(set(begins)) < len(begins):
        raise WorkingError("two patterns begin on the same date; keep one of them")
    regions = tuple(sorted((_region(entry) for entry in _list(content, "regions")), key=lambda each: each[0]))
    days_off, worked = (frozenset(_date(day) for day in _list(content, name)) for name in ("days_off", "worked"))
    return Working(tuple(patterns), days_off, regions, worked)


def _dumped(days: Iterable[dt.date]) -> list[str]:
    return [day.isoformat() for day in sorted(days)]


def _region_dumped(begin: dt.date, region: Region | None) -> dict[str, str | None]:
    country, part = region or (None, None)
    return {"from": begin.isoformat(), "country": country, "part": part}


def _region(entry: Any) -> tuple[dt.date, Region | None]:
    if not isinstance(entry, dict):
        raise WorkingError('a region is written {"from": "2026-01-05", "country": "DE", "part": "BY"}')
    country, part = entry.get("country"), entry.get("part")
    if not all(each is None or isinstance(each, str) for each in (country, part)):
        raise WorkingError(f"{country!r}, {part!r} is no region; write codes such as DE and BY")
    return _date(entry.get("from")), None if country is None else Region(country, part)


def _list(content: dict[str, Any], name: str) -> list[Any]:
    value = content.get(name, [])
    if not isinstance(value, list):
        raise WorkingError(f"{name} is no list")
    return value


def _pattern(entry: Any) -> tuple[dt.date, Minutes]:
    if not isinstance(entry, dict) or not isinstance(entry.get("minutes"), list):
        raise WorkingError('a pattern is written {"from": "2026-01-05", "minutes": [480, 480, 480, 480, 480, 0, 0]}')
    return _date(entry.get("from")), _minutes(entry["minutes"])


def _date(value: Any) -> dt.date:
    try:
        return dt.date.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise WorkingError(f"{value!r} is no date; write it as 2026-01-05") from error


def _minutes(values: list[Any]) -> Minutes:
    """Check seven numbers of minutes, Monday first."""
    if len(values) != 7:
        raise WorkingError(f"a pattern has seven numbers of minutes, Monday first, not {len(values)}")
    for value in values:
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _DAY_MINUTES:
            raise WorkingError(f"{value!r} is no number of minutes from 0 to {_DAY_MINUTES}")
    monday, tuesday, wednesday, thursday, friday, saturday, sunday = values
    return monday, tuesday, wednesday, thursday, friday, saturday, sunday
