"""What a team's target can be about, and between what its own figure lay: as it was delivered, or released."""

import datetime as dt
from typing import TYPE_CHECKING, Final

from analytics import volume_store
from analytics.target_aims import AIMS, RELEASED, Seen, seen_of_work
from analytics.volumes import KEPT_IN_VIEW, view_until
from privacy.period import Period

if TYPE_CHECKING:
    from portal.wiring import System

_DAY: Final = dt.timedelta(days=1)


def possible(system: "System", team: str, today: dt.date) -> list[tuple[str, str]]:
    """Return what a team can have a target about, each as the name of a measure and of a process of its work, or none.

    A process is one of which something was delivered in the last weeks.
    """
    since = Period(today - KEPT_IN_VIEW, today + _DAY)
    names = sorted({row.process for row in volume_store.read(system.stores.data, team, since)}, key=str.casefold)
    of_work = [aim.name for aim in AIMS.values() if aim.of_process]
    return [(name, "") for name in AIMS if name in RELEASED] + [(aim, name) for name in names for aim in of_work]


def seen(system: "System", team: str, aim: str, process: str, today: dt.date) -> Seen | None:
    """Return between what a figure of a team lay over the last weeks, None where there is none yet."""
    if aim not in AIMS or aim in RELEASED:
        return None
    period = view_until(today)
    rows = volume_store.read(system.stores.data, team, Period(period.first - KEPT_IN_VIEW, period.end))
    return seen_of_work(rows, period, aim, process)
