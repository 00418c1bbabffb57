"""Forgetting a person: what names them goes, and what is part of other people's history keeps a number without a name.

The person's row stays, without address, name, password and zone, because other people's announcements, log entries,
appointments and one-to-ones point at it: "Erased person". Whom they managed, who was told of it and whom they met as a
manager explains to the managed why their weeks could be opened; these rows end and stay. Everything else about the
person is deleted. Rejected: deleting the row, which would take from others who could read them.
"""

import datetime as dt
from typing import Final

from sqlalchemy import FromClause, delete

from auth import models, person
from auth.accounts import AccountChanges
from auth.change import ONE_DAY, earliest_day
from auth.leaving import LeavingChanges
from auth.models import Management, RoleGrant, SignInAttempt
from auth.notices import Kind
from auth.permissions import Role
from auth.person import ERASED_NAME, erased_email

_OWN: Final = (
    models.Told,
    models.Meeting,
    models.Membership,
    models.RoleGrant,
    models.FormerZone,
    models.Announcement,
    models.Invitation,
    models.SignInSession,
    models.PersonalToken,
)
"""Tables whose rows about the person are deleted, those first that point at others."""

PLAIN: Final[tuple[FromClause, ...]] = tuple(
    model.__table__ for model in (models.Person, models.Announcement, models.Invitation, models.PersonalToken)
)
"""The tables that hold personal data in plain."""


class ErasingChanges(AccountChanges, LeavingChanges):
    """Forgetting somebody."""

    def erase(self, subject: str, attempts: str = "") -> None:
        """Forget a person; whom they managed, and everybody if they reviewed the log, is told that this ended.

        `attempts` is the key of their failed sign-ins (`Throttle.account`). A second time changes nothing.
        """
        found = person.one(self.connection, subject)
        if found is None:
            return
        if not found.is_erased:
            self._tell_managed(found, Kind.MANAGER_DISMISSED)
            if any(row.role == Role.REVIEWER for row in self.current(RoleGrant, found)):
                self._tell_others(subject, Kind.REVIEWER_REVOKED, reviewer=subject)
        self.end(Management, found, earliest_day(self.now))
        self.end_meetings(manager=subject)
        for table in _OWN:
            self.connection.execute(delete(table).where(table.subject_id == subject))
        self.connection.execute(delete(SignInAttempt).where(SignInAttempt.key == attempts))
        self.write(subject, **_nobody(subject, earliest_day(self.now) - ONE_DAY))


def _nobody(subject: str, gone_since: dt.date) -> dict[str, object]:
    """Return the columns of somebody who is nobody: whoever asks finds that they have left."""
    return {
        "email": erased_email(subject),
        "name": ERASED_NAME,
        "password_hash": None,
        "timezone": "UTC",
        "joined": gone_since,
        "left": gone_since,
        "acknowledged_policy": None,
        "language": None,
        "wishes": None,
        "mailed": None,
        "looks_mailed": None,
        "former_zones": None,
    }
