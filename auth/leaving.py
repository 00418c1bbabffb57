"""The last day of somebody, and taking it back. Who is managed by them is told, too."""

import datetime as dt

from sqlalchemy import update

from auth.change import ONE_DAY, not_ended
from auth.models import Management, Membership
from auth.notices import Kind
from auth.person import Person
from auth.teams import TeamChanges


class LeavingChanges(TeamChanges):
    """Changes of the last day."""

    def leave(self, subject: str, last_day: dt.date) -> None:
        """Note the last day: memberships and managing end after it (today at the earliest), and so does sign-in."""
        found = self.person(subject)
        if found.left == last_day:
            return
        self.write(subject, left=last_day)
        self.tell(subject, Kind.LEAVING, last_day=last_day.isoformat())
        until = max(last_day + ONE_DAY, self.today(found))
        now = until <= self.today(found)
        self._tell_managed(found, Kind.MANAGER_DISMISSED if now else Kind.MANAGER_LEAVING, last_day.isoformat())
        for table in (Membership, Management):
            self.end(table, found, until)
        self.end_meetings(subject, subject)

    def stay(self, subject: str) -> None:
        """Take the last day back. What has ended already stays ended."""
        found = self.person(subject)
        if found.left is None:
            return
        self.write(subject, left=None)
        self.tell(subject, Kind.STAYING)
        self._tell_managed(found, Kind.MANAGER_STAYING)
        for table in (Membership, Management):
            planned = (table.subject_id == subject, not_ended(table, self.today(found)))
            self.connection.execute(update(table).where(*planned).values(until=None))

    def _tell_managed(self, manager: Person, kind: Kind, last_day: str = "") -> None:
        for management in self.current(Management, manager):
            told = {"manager": manager.subject, "team": management.team_id}
            if last_day:
                told["last_day"] = last_day
            for member, _membership in self.members(management.team_id):
                if member.subject != manager.subject:
                    self.tell(member.subject, kind, **told)
