"""The sheet of a one-to-one: read and written by the two whom it is between, and by nobody else (`portal.between`).

What either side is shown of a sheet is made here, by one function; both see its digest, which the log has for each look
of the manager. The weeks that are open on it come through the gate one by one (`analytics.weeks`).
"""

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from analytics.agreed import Agreed, Side
from analytics.sheets import Item, Sheet, Sheets, parse
from analytics.weeks import Answer
from auth.meetings import OneToOne
from portal import agreeing, retention
from portal.access import session_key, system, viewer
from portal.between import Author, Between, today_of
from privacy.canonical import digest
from privacy.decisions import Decision
from privacy.disclosure import Disclosed
from privacy.fields import Field, KeyClass, Tier
from privacy.period import READABLE_WEEKS, Period, local_day, week_name, week_of
from privacy.policy import Purpose

if TYPE_CHECKING:
    from portal.wiring import System

SHEETS: Final = Between(Field.ONE_TO_ONES, Purpose.ONE_TO_ONE, parse, keeps_history=False)
_WEEK: Final = dt.timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Page:
    """What both sides are shown of one sheet. `goals` is None where the policy shares none with managers."""

    side: Side
    meeting: OneToOne
    today: dt.date
    sheet: Sheet
    digest: str
    entry: int
    goals: Agreed | None
    weeks: tuple[str, ...]  # names of those that are open on it now, newest first
    why: str  # the sentence that says why none is, though the sheet is open; else empty
    shares_weeks: bool

    @property
    def state(self) -> str:
        """How the meeting stands."""
        return self.meeting.state(self.today)

    @property
    def me(self) -> str:
        """The subject id of whose page it is."""
        return self.meeting.subject if self.side is Side.EMPLOYEE else self.meeting.manager

    @property
    def waits_for_me(self) -> bool:
        return self.meeting.waits_for(self.today) == self.me

    @property
    def can_write(self) -> bool:
        return not self.meeting.is_cancelled


def shown(side: Side, meeting: OneToOne) -> Page:
    """Return a sheet as the asker, who is one of the two, is shown it; a manager's look has its receipt by then.

    Raises NotPermitted where a manager may read no sheet of this person, with the refusal in the log.
    """
    subject, manager = meeting.subject, meeting.manager
    everything, disclosed = _opened(side, subject)
    weeks = tuple(week_name(week) for week in _closed(meeting) if _decided(meeting, week).permitted)
    payload = everything.payload(subject, manager, meeting.number)
    found = digest(payload)
    system().gate.receipt(disclosed, found)
    return Page(
        side=side,
        meeting=meeting,
        today=today_of(system(), subject),
        sheet=everything.find(meeting.number, manager) or blank(meeting),
        digest=found,
        entry=disclosed.entry,
        goals=_goals(side, subject, manager),
        weeks=weeks,
        why="" if weeks else _why_none(meeting),
        shares_weeks=shares_weeks(subject),
    )


def week(side: Side, meeting: OneToOne, name: str) -> Answer:
    """Open a closed week on a sheet: the same bytes for both. Refusals are as elsewhere, and logged."""
    weeks, purpose = system().weeks, Purpose.ONE_TO_ONE
    if side is Side.MANAGER:
        return weeks.for_manager(viewer(), meeting.subject, name, purpose)
    return weeks.as_seen_by_manager(meeting.manager, viewer(), name, purpose, session_key())


def shares_weeks(subject: str) -> bool:
    """Tell whether the policy lets managers open anything of a person's weeks."""
    running = week_of(local_day(system().clock(), system().directory.zone(subject), system().config.day_start))
    return bool(system().gate.shared(subject, Purpose.ONE_TO_ONE, running))


def blank(meeting: OneToOne) -> Sheet:
    """Return the sheet of a meeting on which nothing is written yet."""
    return Sheet(meeting.number, meeting.manager)


def write(of: "System", author: Author, meeting: OneToOne, *items: Item) -> None:
    """Write items on a sheet, all or none of them; SheetError leaves it as it was."""
    gone = too_old(of, author.subject)

    def change(found: Sheets, _today: dt.date) -> Sheets:
        found = found.without(gone)
        for item in items:
            found = found.written(blank(meeting), item)
        return found

    SHEETS.file(of, author, change)


def strike(of: "System", author: Author, meeting: OneToOne, item: int) -> None:
    """Strike an item out; LookupError if there is none."""
    by = Side.EMPLOYEE if author.is_employee else Side.MANAGER
    SHEETS.file(of, author, lambda found, today: found.struck(meeting.number, meeting.manager, item, by, today))


def let_go(of: "System", subject: str) -> None:
    """Let somebody's old sheets go, as a job of the system."""
    gone = too_old(of, subject)
    SHEETS.tidy(of, subject, lambda found: found.without(gone))


def too_old(of: "System", subject: str) -> frozenset[int]:
    """Return the numbers of somebody's one-to-ones whose sheets were kept for as long as was agreed."""
    first = kept_from(of)
    return frozenset(each.number for each in of.directory.meetings.of(subject) if each.day < first)


def kept_from(of: "System") -> dt.date:
    """Return the day from which on sheets are kept: that of the class of keys that seals them."""
    return next(bound.first for bound in retention.bounds(of) if bound.key_class is KeyClass.SHARED)


def _opened(side: Side, subject: str) -> tuple[Sheets, Disclosed]:
    if side is Side.MANAGER:
        return SHEETS.opened(subject)
    return SHEETS.opened_by_owner()


def _goals(side: Side, subject: str, manager: str) -> Agreed | None:
    if side is Side.EMPLOYEE:
        return agreeing.mine().of(manager)
    return agreeing.shown(subject).agreed if agreeing.GOALS.is_open_to(manager, subject) else None


def _closed(meeting: OneToOne) -> list[Period]:
    """Return the weeks that can stand on this sheet, newest first, if it is open today."""
    day_start, zone = system().config.day_start, system().directory.zone(meeting.subject)
    today = local_day(system().clock(), zone, day_start)
    if not meeting.stands or today not in meeting.open:
        return []
    running = week_of(today).first
    return [week_of(running - back * _WEEK) for back in range(1, READABLE_WEEKS + 1)]


def _why_none(meeting: OneToOne) -> str:
    """Return why the newest week is not open though the sheet is: it has not closed, or listening comes first."""
    newest = next(iter(_closed(meeting)), None)
    return "" if newest is None else _decided(meeting, newest).sentence


def _decided(meeting: OneToOne, week: Period) -> Decision:
    """Return what the gate would answer the manager now; nothing is opened or logged."""
    fields = system().weeks.asked(meeting.subject, Purpose.ONE_TO_ONE, week)
    return system().gate.decide(meeting.manager, meeting.subject, fields, Purpose.ONE_TO_ONE, week, Tier.WEEK)
