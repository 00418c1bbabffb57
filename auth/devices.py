"""Devices: a person's own computers, each with a token of its own that sends, and reads what its person keeps private.

A device begins with an enrolment (`auth.enrolments`). Its owner names it and takes it off the list; both are logged and
told, as everything about a person's credentials is. When it was last seen is known by the day.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Engine, select, update

from auth.errors import ChangeRefused
from auth.journal import Journal
from auth.models import PersonalToken
from auth.notices import Kind, Notice
from auth.person import Clock
from auth.tokens import checked_name
from privacy.messages import N_, Said
from privacy.stores import writing

LONGEST_HOST: Final = 255
_OLD: Final = dt.timedelta(days=90)
"""So long a device that was taken off is still listed."""


@dataclass(frozen=True, slots=True)
class Device:
    """A computer as its owner sees it."""

    id: str
    name: str
    host: str
    enrolled_on: dt.date
    expires_on: dt.date
    last_seen_on: dt.date | None
    revoked_on: dt.date | None


class Devices:
    """Lists, renames and revokes devices."""

    def __init__(self, engine: Engine, journal: Journal, clock: Clock) -> None:
        self._engine = engine
        self._journal = journal
        self._clock = clock

    def of(self, subject: str) -> list[Device]:
        """Return the devices of a person: those that send, newest first, then those taken off lately."""
        own = (PersonalToken.subject_id == subject, PersonalToken.host.is_not(None))
        newest = (PersonalToken.created_on.desc(), PersonalToken.name, PersonalToken.id)
        with self._engine.connect() as connection:
            rows = connection.execute(select(PersonalToken.__table__).where(*own).order_by(*newest)).all()
        listed = [row for row in rows if row.revoked_on is None or row.revoked_on > self._clock().date() - _OLD]
        return [_device(row) for row in sorted(listed, key=lambda row: row.revoked_on is not None)]

    def rename(self, subject: str, device_id: str, name: str) -> bool:
        """Give a living device another name; False if there is none. Raises ChangeRefused for a name that is none."""
        wanted = checked_name(name, "device")
        with writing(self._engine) as connection:
            found = select(PersonalToken.name).where(*_living(subject, device_id)).with_for_update()
            was = connection.scalar(found)
            if was is None:
                return False
            if was != wanted:
                connection.execute(update(PersonalToken).where(*_living(subject, device_id)).values(name=wanted))
                words = {"name": wanted, "was": was, "token": device_id}
                self._journal.tell(connection, [Notice(subject, Kind.DEVICE_RENAMED, words)], by=subject)
        return True

    def revoke(self, subject: str, device_id: str) -> bool:
        """Take a device off the list, at once and for good; False if there is none that lives."""
        gone = update(PersonalToken).where(*_living(subject, device_id)).values(revoked_on=self._clock().date())
        with writing(self._engine) as connection:
            name = connection.scalar(gone.returning(PersonalToken.name))
            if name is None:
                return False
            notice = Notice(subject, Kind.DEVICE_REVOKED, {"name": name, "token": device_id})
            self._journal.tell(connection, [notice], by=subject)
        return True


def checked_host(text: str) -> str:
    """Return the name that a computer has in its network; ChangeRefused if it cannot be shown."""
    host = " ".join(text.split())
    if not host or len(host) > LONGEST_HOST or not host.isprintable():
        raise ChangeRefused(
            Said(N_("A computer's name has 1 to %(longest_host)s printable characters."), longest_host=LONGEST_HOST)
        )
    return host


def _living(subject: str, device_id: str) -> tuple[Any, ...]:
    one = (PersonalToken.subject_id == subject, PersonalToken.id == device_id)
    return (*one, PersonalToken.host.is_not(None), PersonalToken.revoked_on.is_(None))


def _device(row: Any) -> Device:
    return Device(row.id, row.name, row.host, row.created_on, row.expires_on, row.last_used_on, row.revoked_on)
