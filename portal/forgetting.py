"""Forgetting a time also ends what is shared of its days: a grant is a copy, and would go on showing what is forgotten.

The order keeps the promise whatever breaks off: that the time can be forgotten is tried first, then the grants end
(their keys go), and only then do the events. What was given meanwhile is ended after them.
"""

import datetime as dt
from collections.abc import Sequence

from portal import granting, own, own_times
from portal.access import system, viewer
from privacy.grants import Grant
from privacy.period import Period, local_day

_DAY = dt.timedelta(days=1)


def shared_of(start: dt.datetime, end: dt.datetime) -> list[Grant]:
    """Return the asker's grants whose days meet a time, the newest first."""
    return _meeting(_days(start, end))


def shared_on(day: dt.date) -> list[Grant]:
    """Return the asker's grants that have a day among theirs. What is taken back of it ends none of them."""
    return _meeting(Period.day(day))


def forget(start: dt.datetime, end: dt.datetime) -> tuple[dict[dt.date, int], list[Grant]]:
    """Let a time be forgotten; return of how many events of which day something went, and the grants that ended.

    Raises Problem for a time that cannot be forgotten: then no grant ended.
    """
    ended: list[Grant] = []
    if shared_of(start, end):
        own_times.look(start, end)
        ended += _end(shared_of(start, end))
    found = own_times.forget(start, end)
    return found, ended + _end(shared_of(start, end))


def viewers(grants: Sequence[Grant]) -> str:
    """Return the names of those who see these grants, for a sentence."""
    names = system().directory.names({each.viewer for each in grants})
    return ", ".join(sorted({names.get(each.viewer, "?") for each in grants}))


def _meeting(days: Period) -> list[Grant]:
    grants = system().rooms.grants.of(viewer())
    return [each for each in grants if each.period.first < days.end and days.first < each.period.end]


def _end(grants: Sequence[Grant]) -> list[Grant]:
    for each in grants:
        granting.end(system(), each)
    return list(grants)


def _days(start: dt.datetime, end: dt.datetime) -> Period:
    zone, day_start = own.zone(), system().config.day_start
    return Period(local_day(start, zone, day_start), local_day(end - dt.timedelta.resolution, zone, day_start) + _DAY)
