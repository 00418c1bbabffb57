"""Working time: which parts of an event's time may be kept, and how coarse. Pure, the same at the desk and at the door.

Times are microseconds since 1970, UTC. A schedule says minutes of local days; a day on which the clock is changed has
the hours that it has. The grid is one of UTC, so that no zone can move it.
"""

import datetime as dt
from collections.abc import Iterator
from typing import Final
from zoneinfo import ZoneInfo

from privacy.policy_parts import Schedule

Part = tuple[int, int]
"""A start and a duration."""

_SECOND: Final = 1_000_000
_DAY_US: Final = 86_400 * _SECOND
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND: Final = dt.timedelta(microseconds=1)
_KEPT_DAYS: Final = 4_000
_FIRST, _LAST = dt.date(1969, 1, 1).toordinal(), dt.date(9000, 1, 1).toordinal()
"""No watcher ran before or after, and no zone's hours are known."""


class Windows:
    """The working time of a schedule on the clocks of a zone, as half-open spans of UTC."""

    def __init__(self, schedule: Schedule, zone: ZoneInfo) -> None:
        self.schedule = schedule
        self.zone = zone
        self._known: dict[int, tuple[tuple[int, int], ...]] = {}

    @property
    def always(self) -> bool:
        """Whether any time is working time."""
        return self.schedule.days is None

    def between(self, first_us: int, last_us: int) -> Iterator[tuple[int, int]]:
        """Yield the spans that touch a stretch of time, in order; they neither overlap nor touch one another."""
        begin, end = None, 0
        for day in range(max(_ordinal(first_us) - 1, _FIRST), min(_ordinal(last_us) + 1, _LAST) + 1):
            for low, high in self._of(day):
                if begin is not None and low <= end:  # a night's two halves
                    end = max(end, high)
                    continue
                if begin is not None:
                    yield begin, end
                begin, end = low, high
        if begin is not None:
            yield begin, end

    def _of(self, ordinal: int) -> tuple[tuple[int, int], ...]:
        if (known := self._known.get(ordinal)) is not None:
            return known
        if len(self._known) > _KEPT_DAYS:
            self._known.clear()
        day = dt.date.fromordinal(ordinal)
        spans = (self.schedule.days or ((),) * 7)[day.weekday()]
        found = ((self._moment(day, begin), self._moment(day, end)) for begin, end in spans)
        self._known[ordinal] = tuple((begin, end) for begin, end in found if begin < end)
        return self._known[ordinal]

    def _moment(self, day: dt.date, minute: int) -> int:
        later, rest = divmod(minute, 1440)
        local = dt.datetime.combine(day + dt.timedelta(days=later), dt.time(*divmod(rest, 60)), tzinfo=self.zone)
        return (local.astimezone(dt.UTC) - _EPOCH) // _MICROSECOND


def kept_parts(start_us: int, duration_us: int, windows: Windows) -> tuple[Part, ...]:
    """Return the parts of an event's time that are working time: all of it, some, or none.

    An event without length is kept where a span begins, ends or goes on. One that ends before it begins is kept if
    both are in the same span.
    """
    if windows.always:
        return ((start_us, duration_us),)
    low, high = sorted((start_us, start_us + duration_us))
    parts = []
    for begin, end in windows.between(low, high):
        if begin <= low and high <= end:
            return ((start_us, duration_us),)
        if duration_us > 0 and (first := max(low, begin)) < (last := min(high, end)):
            parts.append((first, last - first))
    return tuple(parts)


def on_grid(start_us: int, duration_us: int, grid_seconds: int) -> Part:
    """Return an event's time with start and end moved to the nearest marks of the grid; 0 leaves it as it is.

    What follows upon one another still does, so that totals stay what they were on average.
    """
    if not grid_seconds:
        return start_us, duration_us
    grid = grid_seconds * _SECOND
    first, last = ((each + grid // 2) // grid * grid for each in (start_us, start_us + duration_us))
    return first, last - first


def coarse_parts(start_us: int, duration_us: int, windows: Windows, grid_seconds: int) -> tuple[Part, ...]:
    """Return what a policy leaves of an event's time: its parts in working time, moved to the grid."""
    return tuple(on_grid(*part, grid_seconds) for part in kept_parts(start_us, duration_us, windows))


def _ordinal(moment_us: int) -> int:
    return _EPOCH.toordinal() + moment_us // _DAY_US
