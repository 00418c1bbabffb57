"""Adding up the days of a period, field by field (pure). Seconds are added as whole milliseconds."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from privacy.fields import Field

Days = Sequence[Any]
"""The values of one field on those days that have one."""

PARTS: Final = ((0, 6, "night"), (6, 12, "morning"), (12, 18, "afternoon"), (18, 24, "evening"))
"""The parts of a day, as hours from and to: how coarse the rhythm of a period is told."""


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


def _seconds(days: Days, key: str) -> float:
    return sum(_ms(each[key]) for each in days) / 1000


def _active(days: Days) -> dict[str, float]:
    return {"active_seconds": _seconds(days, "active_seconds")}


def _away(days: Days) -> dict[str, float | None]:
    known = [each for each in days if each["afk_seconds"] is not None]
    return {"afk_seconds": _seconds(known, "afk_seconds") if known else None}


def _named(days: Days) -> dict[str, float]:
    total: Counter[str] = Counter()
    for each in days:
        total.update({name: _ms(seconds) for name, seconds in each.items()})
    return {name: ms / 1000 for name, ms in sorted(total.items())}


def _focus(days: Days) -> dict[str, float]:
    return {
        "blocks": sum(each["blocks"] for each in days),
        "seconds": _seconds(days, "seconds"),
        "longest_seconds": max((each["longest_seconds"] for each in days), default=0),
    }


def _recovery(days: Days) -> dict[str, float]:
    return {
        "breaks": sum(each["breaks"] for each in days),
        "seconds": _seconds(days, "seconds"),
        "longest_stretch_seconds": max((each["longest_stretch_seconds"] for each in days), default=0),
    }


def _rhythm(days: Days) -> dict[str, float]:
    """Return the active seconds of each part of the day; no hour, no first and no last of anything."""
    total = {name: 0 for _, _, name in PARTS}
    for each in days:
        for hour, categories in each["hours"].items():
            part = next(name for first, end, name in PARTS if first <= int(hour) < end)
            total[part] += sum(map(_ms, categories.values()))
    return {name: ms / 1000 for name, ms in total.items()}


TOTALS: Final[Mapping[Field, Callable[[Days], Any]]] = {
    Field.ACTIVE_TIME: _active,
    Field.AWAY_TIME: _away,
    Field.CATEGORIES: _named,
    Field.CATEGORY_DETAIL: _named,
    Field.FOCUS: _focus,
    Field.RHYTHM: _rhythm,
    Field.RECOVERY: _recovery,
    Field.APPS: _named,
}
"""How the days of a field become the figure of a period."""
