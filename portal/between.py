"""Reading and changing what an employee and a manager both see and both write: through the gate, for either side.

A change opens the value, changes it and files it in one transaction that holds the employee's row, so that two who
change it at once do so one after the other. The manager's side needs no key of the private class: what is between two
people is sealed in the class that is shared. Each read of a manager has its entry, each change its entry.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from sqlalchemy import Connection

from auth.notices import Kind, Notice
from portal import own, standing
from portal.access import system, viewer
from privacy import vault_store
from privacy.disclosure import Disclosed
from privacy.fields import Field, Tier
from privacy.period import Period, local_day
from privacy.policy import Purpose
from privacy.stores import writing
from privacy.vault import Place, Row

if TYPE_CHECKING:
    from portal.wiring import System


class Value(Protocol):
    """What is sealed."""

    def dump(self) -> bytes:
        """Return the value to seal."""


T = TypeVar("T", bound=Value)


@dataclass(frozen=True, slots=True)
class Author:
    """Who changes what stands about whom, and who is told of it; `session` is that of an employee."""

    id: str
    subject: str
    told: str
    session: str | None = None

    @property
    def is_employee(self) -> bool:
        return self.id == self.subject


@dataclass(frozen=True, slots=True)
class Between(Generic[T]):
    """One value per employee, filed under `field`, that managers read for `purpose`."""

    field: Field
    purpose: Purpose
    parse: Callable[[bytes | None], T]
    keeps_history: bool = True  # False: what stood before goes when something new is filed

    def mine(self) -> T:
        """Return all that the asker has with whomever."""
        return self.opened_by_owner()[0]

    def opened_by_owner(self) -> tuple[T, Disclosed]:
        """Open it as the employee whose it is."""
        disclosed = own.disclose({self.field}, standing.now(system().clock()))
        return self._value(disclosed), disclosed

    def opened(self, subject: str) -> tuple[T, Disclosed]:
        """Open it as a manager; the caller narrows it to what is theirs and writes the receipt. Raises NotPermitted."""
        day = standing.day(system(), subject, {self.field}, today_of(system(), subject))
        disclosed = system().gate.disclose(viewer(), subject, {self.field}, self.purpose, Period.day(day))
        return self._value(disclosed), disclosed

    def is_open_to(self, manager: str, subject: str) -> bool:
        """Tell whether a manager would be shown it; nothing is opened or logged."""
        day = standing.day(system(), subject, {self.field}, today_of(system(), subject))
        return system().gate.decide(manager, subject, {self.field}, self.purpose, Period.day(day)).permitted

    def file(self, of: "System", author: Author, change: Callable[[T, dt.date], T], kind: Kind | None = None) -> None:
        """Open, change and file what stands, and tell the other side, if `kind` says what.

        What `change` raises leaves everything as it was.
        """
        subject, today = author.subject, today_of(of, author.subject)
        purpose = Purpose.OWN_REVIEW if author.is_employee else self.purpose
        with writing(of.stores.data) as connection:
            vault_store.lock(connection, subject)
            day = standing.day(of, subject, {self.field}, today, connection)
            asked = (author.id, subject, {self.field}, purpose, Period.day(day))
            changed = change(self._value(of.gate.disclose(*asked, session=author.session)), today)
            self._put(of, connection, subject, day, changed)
            if kind is not None:
                of.journal.tell(connection, [Notice(author.told, kind, {})], by=author.id)
            of.gate.account(subject, connection, own=author.is_employee, fields={self.field})

    def tidy(self, of: "System", subject: str, change: Callable[[T], T]) -> None:
        """Do as `file` does, as a job of the system: for what nobody does themselves, such as letting old things go."""
        with writing(of.stores.data) as connection:
            vault_store.lock(connection, subject)
            day = standing.day(of, subject, {self.field}, today_of(of, subject), connection)
            opened = of.gate.disclose(None, subject, {self.field}, Purpose.OPERATIONS, Period.day(day))
            self._put(of, connection, subject, day, change(self._value(opened)))
            of.gate.account(subject, connection, fields={self.field})

    def _put(self, of: "System", connection: Connection, subject: str, day: dt.date, value: T) -> None:
        before = vault_store.newest_day(connection, subject, self.field, Tier.SUMMARY, day)
        gone = [] if before is None or self.keeps_history else [Place(self.field, Tier.SUMMARY, before, 0)]
        of.vault.put(connection, subject, [Row(self.field, Tier.SUMMARY, day, 0, value.dump())], gone)

    def _value(self, disclosed: Disclosed) -> T:
        newest = max(disclosed.values, default=None)
        return self.parse(None if newest is None else disclosed.values[newest])


def today_of(of: "System", subject: str) -> dt.date:
    """Return the local day that runs now for somebody."""
    return local_day(of.clock(), of.directory.zone(subject), of.config.day_start)
