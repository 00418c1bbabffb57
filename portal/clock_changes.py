"""Times of a day on which the clock changes: which come twice, and how each of the two is called."""

import datetime as dt
from typing import Final
from zoneinfo import ZoneInfo

from portal.locale import _
from privacy.period import is_shown_once

SECOND: Final = "second"
"""What a form sends of a time that comes twice, if the second one is meant."""


def comes_twice(day: dt.date, zone: ZoneInfo) -> bool:
    """Tell whether some time of a date comes twice on the clock of `zone`, as when summer time ends."""
    times = (dt.datetime.combine(day, dt.time(hour, minute), zone) for hour in range(24) for minute in (0, 15, 30, 45))
    offsets = ((each.utcoffset(), each.replace(fold=1).utcoffset()) for each in times)
    return any(first is not None and second is not None and first > second for first, second in offsets)


def passing(local: dt.datetime) -> str:
    """Return which of two passes of an hour a moment lies in, as a form sends it."""
    return SECOND if local.fold else "first"


def told_apart(local: dt.datetime) -> str:
    """Write a time of day: "02:30", and which one of an hour that comes twice."""
    time = f"{local:%H:%M}"
    if is_shown_once(local):
        return time
    return _("%(time)s, the second time", time=time) if local.fold else _("%(time)s, the first time", time=time)
