"""Values of measures as forms take them: "1:30" for a time, digits for the rest."""

import re
from typing import Final

from analytics.measures import MINUTES, PERCENT
from portal.locale import _

_TIME: Final = re.compile(r"(\d{1,3}):([0-5]\d)")
_LONGEST: Final = 5  # digits


def amount(value: float | None, unit: str) -> str:
    """Write a value as its form takes it: "4:00", "3", or nothing."""
    if value is None:
        return ""
    return f"{int(value) // 60}:{int(value) % 60:02}" if unit == MINUTES else str(int(value))


def amount_from(text: str, unit: str) -> int | str:
    """Read a value, in minutes, per cent or a count; for what cannot be read, return the sentence that says how."""
    if unit == MINUTES:
        found = _TIME.fullmatch(text)
        return _("Write a time as hours and minutes, such as 1:30.") if found is None else _minutes(found)
    if text.isascii() and text.isdigit() and len(text) <= _LONGEST:
        return int(text)
    return _("Write per cent as a whole number.") if unit == PERCENT else _("Write a whole number.")


def _minutes(found: re.Match[str]) -> int:
    return int(found[1]) * 60 + int(found[2])
