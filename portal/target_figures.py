"""What a team's target can be about, and between what its own figure lay: as it was delivered, or released."""

import datetime as dt
from typing import TYPE_CHECKING, Final

from analytics import released, volume_store
from analytics.target_aims import AIMS, RELEASED, Seen, hull, seen_of_work
from analytics.volumes import KEPT_IN_VIEW, view_until
from portal.releases import FOUR_WEEKS, WEEK, of_unit
from privacy.period import Period

if TYPE_CHECKING:
    from portal.wiring import System

_DAY: Final = dt.timedelta(days=1)
_PERIODS: Final = 3


def possible(system: "System", team: str, today: dt.date) -> list[tuple[str, str]]:
    """Return what a team can have a target about, each as the name of a measure and of a process of its work, or none.

    A process is one of which something was delivered in the last weeks.
    """
    since = Period(today - KEPT_IN_VIEW, today + _DAY)
    names = sorted({row.process for row in volume_store.read(system.stores.data, team, since)}, key=str.casefold)
    of_work = [aim.name for aim in AIMS.values() if aim.of_process]
    return [(name, "") for name in AIMS if name in RELEASED] + [(aim, name) for name in names for aim in of_work]


def seen(system: "System", team: str, aim: str, process: str, today: dt.date) -> Seen | None:
    """Return between what a figure of a team lay over the last weeks, None where there is none yet.

    Of a released one these are the intervals of the last periods of four weeks, or of weeks before there are any.
    """
    if aim not in AIMS:
        return None
    if aim in RELEASED:
        return _released(system, team, aim, FOUR_WEEKS) or _released(system, team, aim, WEEK)
    period = view_until(today)
    rows = volume_store.read(system.stores.data, team, Period(period.first - KEPT_IN_VIEW, period.end))
    return seen_of_work(rows, period, aim, process)


def _released(system: "System", team: str, aim: str, kind: str) -> Seen | None:
    found = (released.read(each.payload).figures(aim) for each in of_unit(system, team, kind, _PERIODS))
    intervals = [figures.mean.interval for figures in found if figures is not None]
    return hull([Seen(each.low, each.high) for each in intervals if each is not None])
