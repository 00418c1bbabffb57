"""One-to-ones in the synthetic back office: two that were held, one that was moved twice, and everybody's next one.

Weeks open on their sheets, so each is agreed to before, through the doors that people use. The one that was moved is
still ahead: so the weeks since the last that was held, eight of them, stand on its sheet.
"""

import datetime as dt
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from analytics.agreed import Side
from analytics.sheets import Doer, Item, Kind
from auth.meetings import OneToOne
from portal import sheets
from portal.between import Author
from portal.demo.organisation import EMPLOYEE, MANAGER
from privacy.one_to_ones import working_days_from

if TYPE_CHECKING:
    from portal.wiring import System

OPENED: Final[Mapping[int, tuple[int, ...]]] = {1: (0,), 4: (2, 3), 8: (5, 7), 11: (8, 10), 12: (11,)}
"""Which recorded weeks the manager opens on the Thursday of which week: those of a one-to-one."""
_WITHOUT: Final = 2
"""How many of the team, the last by name, have none: their weeks stay closed."""
_WEEK: Final = dt.timedelta(days=7)


def happen(system: "System", subjects: Mapping[str, str], number: int, thursday: dt.date) -> None:
    """Let happen what comes before the talk on the Thursday of a recorded week."""
    two = _Two(system, subjects[EMPLOYEE], subjects[MANAGER], thursday)
    if number == 1:
        two.propose(thursday)
        two.write(1, Side.EMPLOYEE, Kind.TOPIC, "How the first weeks with the new case file went")
        two.write(1, Side.MANAGER, Kind.QUESTION, "What keeps you from the cases that wait longest?")
    if number == 3:
        two.write(2, Side.EMPLOYEE, Kind.TOPIC, "Two hours without calls for reserve cases: who takes the duty desk?")
        two.write(2, Side.EMPLOYEE, Kind.QUESTION, "Is there a date for the training on injury claims?")


def follow(system: "System", subjects: Mapping[str, str], number: int, thursday: dt.date, today: dt.date) -> None:
    """Let happen what the talk ends with: agreements, and the next date. `today` is the demo's."""
    two = _Two(system, subjects[EMPLOYEE], subjects[MANAGER], thursday)
    if number == 1:
        two.write(1, Side.MANAGER, Kind.AGREEMENT, "Ask the other teams how they cover calls", Doer.MANAGER, 14)
        two.write(
            1, Side.EMPLOYEE, Kind.AGREEMENT, "Note for two weeks what interrupts reserve cases", Doer.EMPLOYEE, 14
        )
        two.propose(thursday + 3 * _WEEK)
    if number == 4:
        two.write(
            2, Side.EMPLOYEE, Kind.AGREEMENT, "Timo takes the duty desk on Tuesdays, to begin with", Doer.MANAGER, 7
        )
        two.write(2, Side.MANAGER, Kind.AGREEMENT, "Look at it again before Christmas", Doer.BOTH)
        two.strike(2, Side.MANAGER, 4)
        two.propose(thursday + 4 * _WEEK)
        system.announcements.mark_seen(subjects[EMPLOYEE], system.log.size)
    if number == 8:
        two.move(3, Side.EMPLOYEE, thursday + 3 * _WEEK)
    if number == 11:
        two.move(3, Side.MANAGER, working_days_from(today, 1))
        two.write(3, Side.EMPLOYEE, Kind.TOPIC, "The monthly forecast: what I can take over, and what goes in return")
        two.write(3, Side.EMPLOYEE, Kind.TOPIC, "Mail at eleven and at four only: how it went so far")
        two.write(3, Side.MANAGER, Kind.QUESTION, "Which of the agreed goals should we drop or change?")


def everybody(system: "System", subjects: Mapping[str, str], team: list[str], today: dt.date) -> None:
    """Let all of the team but the last two by name agree on their next one-to-one; one of these two asks for one."""
    manager, day = subjects[MANAGER], working_days_from(today, 1)
    mates = sorted(name for name in team if name != MANAGER)
    for name in mates[:-_WITHOUT]:
        if name != EMPLOYEE:
            _Two(system, subjects[name], manager, today).propose(day)
    system.announcements.mark_seen(manager, system.log.size)
    waiting = subjects[mates[-_WITHOUT]]
    with system.people.changing(waiting) as changes:
        changes.propose_meeting(waiting, manager, working_days_from(today, 4), waiting)


class _Two:
    """An employee and the manager on a day, and what they do."""

    def __init__(self, system: "System", employee: str, manager: str, today: dt.date) -> None:
        self._system, self._employee, self._manager, self._today = system, employee, manager, today

    def propose(self, day: dt.date) -> None:
        """The manager proposes a day, and the employee says yes to it."""
        with self._system.people.changing(self._manager) as changes:
            number = changes.propose_meeting(self._employee, self._manager, day, self._manager)
        self._accept(number, self._employee)

    def move(self, number: int, by: Side, day: dt.date) -> None:
        """One of both moves a one-to-one, and the other one says yes to the new day."""
        first, second = self._employee, self._manager
        if by is Side.MANAGER:
            first, second = second, first
        with self._system.people.changing(first) as changes:
            changes.move_meeting(self._employee, number, self._meeting(number).changes, day, first)
        self._accept(number, second)

    def write(
        self, number: int, by: Side, kind: Kind, text: str, doer: Doer | None = None, due_in: int | None = None
    ) -> None:
        """One of both writes a line on a sheet; an agreement is due in so many days."""
        due = None if due_in is None else self._today + dt.timedelta(days=due_in)
        item = Item(0, kind, by, self._today, text, doer, due)
        sheets.write(self._system, self._author(by), self._meeting(number), item)

    def strike(self, number: int, by: Side, item: int) -> None:
        """One of both strikes a line out."""
        sheets.strike(self._system, self._author(by), self._meeting(number), item)

    def _accept(self, number: int, by: str) -> None:
        with self._system.people.changing(by) as changes:
            changes.accept_meeting(self._employee, number, self._meeting(number).changes, by)

    def _author(self, by: Side) -> Author:
        if by is Side.MANAGER:
            return Author(self._manager, self._employee, self._employee)
        return Author(self._employee, self._employee, self._manager, f"demo:{self._today}")

    def _meeting(self, number: int) -> OneToOne:
        found = self._system.directory.meetings.find(self._employee, number)
        if found is None:
            raise LookupError(f"one-to-one {number} was proposed and is not there")
        return found
