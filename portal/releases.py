"""Released figures of units as pages and the API read them: as they were decided, the same for everybody.

Reading computes nothing and is no entry of the log: a release says nothing about one person, and its closing is in the
log already. What was changed in the database is not shown (`privacy.release_store`).
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from auth.permissions import Role
from portal.locale import _
from privacy.key_provider import KeyGone
from privacy.period import Period, week_name, week_of
from privacy.release_store import FOUR_WEEKS, PARENT, WEEK, Released
from privacy.seats import seat

if TYPE_CHECKING:
    from portal.wiring import System

__all__ = ["FOUR_WEEKS", "PARENT", "WEEK", "Counted", "Released", "counted_in", "of_unit", "read", "visible"]


@dataclass(frozen=True, slots=True)
class Counted:
    """What somebody is told of a unit of theirs and a period. `is_counted` only where something was released;
    `people` is how many are in the mean of active time, None where that is not said.
    """

    unit: str
    name: str
    kind: str
    period: Period
    is_released: bool
    is_counted: bool
    people: int | None

    @property
    def week(self) -> str:
        """The name of the last week of the period."""
        return week_name(week_of(self.period.last))


def read(system: "System", unit: str, kind: str, first_day: dt.date) -> Released | None:
    """Return what is released of a unit and period, None if nothing is yet, or nothing that the portal wrote."""
    return system.releases.read(unit, kind, first_day)


def of_unit(system: "System", unit: str, kind: str, limit: int, before: dt.date | None = None) -> list[Released]:
    """Return the releases of a unit, the newest first; only those that began before a day, if there is one."""
    return system.releases.of_unit(unit, kind, limit, before)


def visible(system: "System", viewer: str, roles: Iterable[Role]) -> dict[str, str]:
    """Return the units whose releases somebody may see, id → name: their own teams and those they manage, all for a
    planner; and all together, for whoever sees a team.
    """
    if Role.PLANNER in roles:
        teams = system.directory.teams()
    else:
        found = system.directory.teams_of(viewer) | system.directory.teams_managed(viewer)
        teams = dict(sorted(found.items(), key=lambda each: each[1].casefold()))
    return teams | {PARENT: _("All teams together")} if teams else {}


def counted_in(system: "System", subject: str, kind: str = WEEK, limit: int = 8) -> list[Counted]:
    """Return in which of the last releases of their teams somebody is counted, the newest first.

    Only the person's own key tells, so this answers them and nobody else. Why something was not released is not known
    here.
    """
    teams = system.directory.teams_of(subject)
    found = []
    for unit, day, payload, seats in system.releases.seats(teams, kind, system.releases.newest(kind, limit)):
        content = msgspec.json.decode(payload)
        first, end = map(dt.date.fromisoformat, content["period"])
        shown = any(cell["low"] is not None for each in content["measures"].values() for cell in each["cells"])
        counted = shown and _seat(system, subject, unit, kind, day) in seats
        found.append(Counted(unit, teams[unit], kind, Period(first, end), shown, counted, content["counted"]))
    return found


def _seat(system: "System", subject: str, unit: str, kind: str, first_day: dt.date) -> bytes | None:
    try:
        return seat(system.keys, subject, unit, kind, first_day)
    except KeyGone:  # of a year that is over, or of somebody who was never counted
        return None
