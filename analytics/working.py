"""Planned time: a working pattern for each weekday, from a date on, and days off without a reason.

Kept as one sealed value, `{"patterns": [{"from": "2026-01-05", "minutes": [480, 480, 480, 480, 480, 0, 0]}],
"days_off": ["2026-12-24"]}`; minutes from Monday to Sunday. Why a day is off is nobody's business and has no place.
"""

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

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

    def planned_minutes(self, day: dt.date) -> int:
        """Return the planned time of a local day, 0 on a day off."""
        if day in self.days_off:
            return 0
        begun = [minutes for begin, minutes in self.patterns if begin <= day]
        return (begun[-1] if begun else FULL_TIME)[day.weekday()]

    def changed(self, begin: dt.date, minutes: Iterable[int]) -> "Working":
        """Return it with another pattern from a date on; one that began on the same date is replaced."""
        kept = [each for each in self.patterns if each[0] != begin]
        return replace(self, patterns=tuple(sorted([*kept, (begin, _minutes(list(minutes)))])))

    def with_days_off(self, days: Iterable[dt.date]) -> "Working":
        """Return it with these days off and no others."""
        return replace(self, days_off=frozenset(days))

    def dump(self) -> bytes:
        """Return the value to seal: the same patterns and days give the same bytes."""
        patterns = [{"from": begin.isoformat(), "minutes": list(minutes)} for begin, minutes in self.patterns]
        days_off = [day.isoformat() for day in sorted(self.days_off)]
        return json.dumps({"patterns": patterns, "days_off": days_off}, separators=(",", ":")).encode()


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
    return Working(tuple(patterns), frozenset(_date(day) for day in _list(content, "days_off")))


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
