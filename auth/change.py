"""What every change of people is made of: one transaction at one moment, and the notices about it."""

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, Row, or_, select, update

from auth import genuine, person
from auth.errors import ChangeRefused
from auth.models import Management, Membership, RoleGrant
from auth.notices import Kind, Notice
from auth.person import Person
from auth.stamps import Stamps
from privacy.messages import N_, Said

ONE_DAY: Final = dt.timedelta(days=1)
_FARTHEST_AHEAD: Final = dt.timedelta(hours=14)  # Kiritimati, from UTC
_FARTHEST_BEHIND: Final = dt.timedelta(hours=12)  # Baker Island

Dated = type[Membership] | type[Management] | type[RoleGrant]
"""Tables whose rows hold from a day until before a day."""


class Change:
    """Belongs to one transaction. Nothing is back-dated: what begins, begins today at the earliest."""

    def __init__(self, connection: Connection, now: dt.datetime, stamps: Stamps) -> None:
        self.connection = connection
        self.now = now
        self.stamps = stamps
        self.notices: list[Notice] = []

    def person(self, subject: str) -> Person:
        """Return the person, or raise ChangeRefused."""
        found = person.one(self.connection, subject)
        if found is None or found.is_erased:
            raise ChangeRefused(N_("There is no such person."))
        return found

    def today(self, whose: Person) -> dt.date:
        """Return the day on the person's own clock."""
        return self.now.astimezone(whose.zone).date()

    def tell(self, subject: str, kind: Kind, **parameters: str) -> None:
        """Note that this person must be told."""
        self.notices.append(Notice(subject, kind, parameters))

    def write(self, subject: str, **values: Any) -> None:
        """Set columns of the person's row, and its stamp."""
        genuine.write(self.connection, self.stamps, subject, values, zone_until=latest_day(self.now))

    def current(self, table: Dated, whose: Person) -> Sequence[Row[Any]]:
        """Return the rows of this person that have not ended."""
        columns = table.__table__.c
        own = select(table.__table__).where(columns.subject_id == whose.subject, not_ended(table, self.today(whose)))
        return self.connection.execute(own.order_by(columns.since, columns.id)).all()

    def end(self, table: Dated, whose: Person, until: dt.date, *also: ColumnElement[bool]) -> int:
        """Let the rows of this person that have not ended (and meet `also`) end before the day `until`; count them."""
        own = (table.__table__.c.subject_id == whose.subject, not_ended(table, self.today(whose)), *also)
        return self.connection.execute(update(table).where(*own).values(until=until)).rowcount


def not_ended(table: Dated, today: dt.date | ColumnElement[dt.date]) -> ColumnElement[bool]:
    """Return the condition that a row has not ended by the day `today`."""
    until = table.__table__.c.until
    return or_(until.is_(None), until > today)


def end_of(whose: Person) -> dt.date | None:
    """Return the day before which everything of this person ends, None if no last day is known."""
    return None if whose.left is None else whose.left + ONE_DAY


def latest_day(now: dt.datetime) -> dt.date:
    """Return the latest date on earth at the moment `now`: no change of a time zone makes it an earlier one."""
    return (now.astimezone(dt.UTC) + _FARTHEST_AHEAD).date()


def earliest_day(now: dt.datetime) -> dt.date:
    """Return the earliest date on earth at the moment `now`: what ended before it has ended on every clock."""
    return (now.astimezone(dt.UTC) - _FARTHEST_BEHIND).date()


def zone_named(name: str) -> ZoneInfo:
    """Return the zone with this IANA name; ChangeRefused for any other text."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ChangeRefused(
            Said(N_("%(name)s is not a time zone; write an IANA name such as Europe/Vienna"), name=repr(name))
        ) from error
