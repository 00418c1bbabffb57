"""Proposing, answering, moving and cancelling one-to-ones: each an entry of both logs, and told to both.

Nothing is back-dated: a day is today or later when it is proposed, and an answer counts only until it is over. What was
agreed to and whose day is over was held, and stays so: nobody takes it away afterwards to open more weeks on the next
sheet. Where a manager stops managing somebody, what they have ahead is cancelled with it.
"""

import datetime as dt
from typing import Any, Final

from sqlalchemy import Connection, func, insert, select, update

from auth.change import Change, earliest_day, not_ended
from auth.errors import ChangeRefused
from auth.meetings import Agreements, Meetings, OneToOne
from auth.models import Management, Meeting, Membership, Told
from auth.notices import Kind
from auth.person import Person
from auth.stamps import Stamps
from auth.tellings import TOLD
from privacy.messages import N_, Said
from privacy.vault_store import lock

FARTHEST: Final = dt.timedelta(days=366)
"""How far ahead a day can be proposed."""
MOST_AHEAD: Final = 6
"""How many one-to-ones two people can have ahead of them."""


class MeetingRefused(ChangeRefused):
    """A one-to-one cannot be so; `place` is the field of the form that has to change, empty for none."""

    def __init__(self, sentence: str, place: str = "day") -> None:
        super().__init__(sentence)
        self.place = place


class MeetingMoved(MeetingRefused):
    """It has changed since the page was drawn."""

    def __init__(self) -> None:
        super().__init__(
            N_("This one-to-one has changed since you opened the page. Look at it again; nothing was done."), ""
        )


class MeetingChanges(Change):
    """Changes of one-to-ones. `by` is the employee or the manager who does it."""

    def __init__(
        self, connection: Connection, now: dt.datetime, stamps: Stamps, agreements: Agreements | None = None
    ) -> None:
        super().__init__(connection, now, stamps)
        self._agreements = agreements
        self._meetings = Meetings(connection.engine, stamps, agreements)

    def propose_meeting(self, subject: str, manager: str, day: dt.date, by: str) -> int:
        """Propose a day, and return the number of the one-to-one: it counts once the other one has said yes."""
        whose = self._locked(subject)
        self._check(whose, manager, day)
        number = 1 + (self._newest(subject) or 0)
        row = {"subject_id": subject, "number": number, "manager_id": manager, "day": day, "changes": 0}
        row |= {"proposed_by": by, "proposed_on": self.today(whose), "agreed_on": None, "agreement": None}
        stamped = self.stamps.stamped(Meeting, **row, ended_on=None)
        self.connection.execute(insert(Meeting).values(**stamped))
        self._tell_both(Kind.MEETING_PROPOSED, subject, number, manager, day)
        return number

    def accept_meeting(self, subject: str, number: int, seen: int, by: str) -> None:
        """Say yes to the day that the other one proposed."""
        whose = self._locked(subject)
        found = self._open(whose, number, seen)
        if found.waits_for(self.today(whose)) != by:
            raise MeetingMoved()
        self._relation_on(whose, found.manager, found.day)
        if self._agreements is None:
            raise LookupError("nothing here keeps agreements")
        self._set(found, agreed_on=self.today(whose), agreement=self._agreements.new(subject))
        span = {"opens": found.open.first.isoformat(), "closes": found.open.last.isoformat()}
        self._tell_both(Kind.MEETING_AGREED, subject, number, found.manager, found.day, **span)

    def move_meeting(self, subject: str, number: int, seen: int, day: dt.date, by: str) -> None:
        """Propose another day: whatever was agreed to counts no more, and the other one has to say yes anew."""
        whose = self._locked(subject)
        found = self._open(whose, number, seen)
        if day == found.day:
            raise MeetingRefused(N_("That is the day on which it is now."))
        self._check(whose, found.manager, day, moved=number)
        self._give_up(found)
        values = {"day": day, "proposed_by": by, "proposed_on": self.today(whose)}
        self._set(found, **values, agreed_on=None, agreement=None)
        self._tell_both(Kind.MEETING_MOVED, subject, number, found.manager, day)

    def cancel_meeting(self, subject: str, number: int, seen: int) -> None:
        """Give a one-to-one up, or decline it; either side can, without the other."""
        whose = self._locked(subject)
        self._cancel(self._open(whose, number, seen), self.today(whose))

    def end_meetings(self, subject: str | None = None, manager: str | None = None) -> None:
        """Cancel what lies ahead of those whose relation does not reach until its day any more."""
        found = self._meetings.of_manager(manager, self.connection, since=earliest_day(self.now)) if manager else []
        found += self._meetings.of(subject, self.connection) if subject else []
        for each in found:
            whose = self.person(each.subject)
            ahead = not each.is_cancelled and each.day >= self.today(whose)
            if ahead and not self._relates(whose, each.manager, each.day):
                self._cancel(each, self.today(whose))

    # Parts.

    def _locked(self, subject: str) -> Person:
        lock(self.connection, subject)
        return self.person(subject)

    def _newest(self, subject: str) -> int | None:
        return self.connection.scalar(select(func.max(Meeting.number)).where(Meeting.subject_id == subject))

    def _open(self, whose: Person, number: int, seen: int) -> OneToOne:
        """Return what can be changed: not cancelled, its day not over, and as whoever changes it has seen it."""
        found = self._meetings.find(whose.subject, number, self.connection)
        if found is None:
            raise LookupError(f"no one-to-one {number}")
        if found.changes != seen or found.is_cancelled:
            raise MeetingMoved()
        if found.day < self.today(whose):
            raise MeetingRefused(N_("Its day is over; propose a new one-to-one."), "")
        return found

    def _check(self, whose: Person, manager: str, day: dt.date, moved: int | None = None) -> None:
        today = self.today(whose)
        if day < today:
            raise MeetingRefused(N_("This day is over. A one-to-one is proposed for today or later."))
        if day - today > FARTHEST:
            raise MeetingRefused(N_("This is more than a year ahead."))
        self._relation_on(whose, manager, day)
        others = [
            each
            for each in self._meetings.of(whose.subject, self.connection)
            if each.manager == manager and each.number != moved and not each.is_cancelled and each.day >= today
        ]
        if any(each.day == day for each in others):
            raise MeetingRefused(N_("You two have a one-to-one on this day already."))
        if len(others) >= MOST_AHEAD:
            sentence = N_("You two have %(most)s one-to-ones ahead of you. Hold or cancel one first.")
            raise MeetingRefused(Said(sentence, most=MOST_AHEAD))

    def _relation_on(self, whose: Person, manager: str, day: dt.date) -> None:
        if manager == whose.subject:
            raise MeetingRefused(N_("Nobody has a one-to-one with themselves."), "")
        if not self._relates(whose, manager, day):
            raise MeetingRefused(N_("On this day these two are not employee and manager."))

    def _relates(self, whose: Person, manager: str, day: dt.date) -> bool:
        """Tell whether somebody manages a person now, was announced to them, and as far as is known will on `day`."""
        between = (Told.subject_id == whose.subject, Told.manager_id == manager)
        then = (Membership.since <= self.today(whose), not_ended(Membership, day), not_ended(Management, day))
        found = self.connection.execute(TOLD.where(*between, *then))
        return self._are_here(whose, manager) and any(self.stamps.holds(Told, row) for row in found)

    def _are_here(self, whose: Person, manager: str) -> bool:
        return whose.is_here(self.now) and self.person(manager).is_here(self.now)

    def _cancel(self, found: OneToOne, today: dt.date) -> None:
        self._give_up(found)
        self._set(found, ended_on=today, agreement=None)
        self._tell_both(Kind.MEETING_CANCELLED, found.subject, found.number, found.manager, found.day)

    def _give_up(self, found: OneToOne) -> None:
        """Destroy the key of an agreement at once, whatever becomes of the transaction: it opens nothing any more."""
        own = (Meeting.subject_id == found.subject, Meeting.number == found.number)
        number = self.connection.scalar(select(Meeting.agreement).where(*own))
        if number is not None and self._agreements is not None:
            self._agreements.destroy(found.subject, number)

    def _set(self, found: OneToOne, **changed: Any) -> None:
        own = (Meeting.subject_id == found.subject, Meeting.number == found.number)
        row = dict(self.connection.execute(select(Meeting.__table__).where(*own)).one()._mapping)
        row |= {**changed, "changes": found.changes + 1}
        row["stamp"] = self.stamps.of(Meeting, row)
        self.connection.execute(update(Meeting).where(*own).values(**row))

    def _tell_both(self, kind: Kind, subject: str, number: int, manager: str, day: dt.date, **more: str) -> None:
        about = {"person": subject, "manager": manager, "meeting": str(number), "day": day.isoformat(), **more}
        for each in (subject, manager):
            self.tell(each, kind, **about)
