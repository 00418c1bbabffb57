"""Reading and changing what an employee and their manager agreed on: through the gate, for either side.

A change opens the value, changes it and files it in one transaction that holds the employee's row, so that two who
change it at once do so one after the other. The manager's side needs no key of the private class: what both agreed on
is sealed in the class that is shared. Each read of a manager has its entry and its receipt, each change its entry and a
notice to the other side.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analytics.agreed import Agreed, parse
from auth.announcements import Kind, Notice
from portal import own, standing
from portal.access import session_key, system, viewer
from privacy import vault_store
from privacy.canonical import digest
from privacy.decisions import AGREED
from privacy.disclosure import Disclosed
from privacy.fields import Field, Tier
from privacy.period import Period, local_day
from privacy.policy import Purpose
from privacy.stores import writing
from privacy.vault import Row

if TYPE_CHECKING:
    from portal.wiring import System

Change = Callable[[Agreed, dt.date], Agreed]
"""From what stands, and the employee's day, to what is to stand."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a manager is shown of one employee: the goals between them, and the receipt of it."""

    agreed: Agreed
    today: dt.date
    entry: int
    digest: str


def mine() -> Agreed:
    """Return everything that the asker has agreed on."""
    return _value(own.disclose(AGREED, standing.now(system().clock())))


def digest_for(agreed: Agreed, subject: str, manager: str) -> str:
    """Return the digest of what a manager is shown, as it is logged when they look."""
    return digest(agreed.payload(subject, manager))


def shown(subject: str) -> Shown:
    """Open the goals between the asker, a manager, and somebody: the receipt is in the log before this returns.

    Raises NotPermitted with the refusal in the log.
    """
    today = _today(system(), subject)
    period = Period.day(standing.day(system(), subject, AGREED, today))
    disclosed = system().gate.disclose(viewer(), subject, AGREED, Purpose.TARGET_SETTING, period)
    agreed = _value(disclosed).of(viewer())
    found = digest_for(agreed, subject, viewer())
    system().gate.receipt(disclosed, found)
    return Shown(agreed, today, disclosed.entry, found)


def change_mine(manager: str, kind: Kind, change: Change) -> None:
    """File a change by the asker, an employee, and tell the manager."""
    file(system(), Author(viewer(), viewer(), manager, session_key()), kind, change)


def change_as_manager(subject: str, kind: Kind, change: Change) -> None:
    """File a change by the asker, a manager, and tell the employee. Raises NotPermitted as `shown` does."""
    file(system(), Author(viewer(), subject, subject), kind, change)


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


def file(of: "System", author: Author, kind: Kind, change: Change) -> None:
    """Open, change and file what stands, and tell the other side; what `change` raises leaves everything as it was."""
    subject, today = author.subject, _today(of, author.subject)
    purpose = Purpose.OWN_REVIEW if author.is_employee else Purpose.TARGET_SETTING
    with writing(of.stores.data) as connection:
        vault_store.lock(connection, subject)
        day = standing.day(of, subject, AGREED, today, connection)
        opened = of.gate.disclose(author.id, subject, AGREED, purpose, Period.day(day), session=author.session)
        changed = change(_value(opened), today)
        of.vault.put(connection, subject, [Row(Field.AGREED_GOALS, Tier.SUMMARY, day, 0, changed.dump())])
        of.journal.tell(connection, [Notice(author.told, kind, {})], by=author.id)
        of.gate.account(subject, connection, own=author.is_employee, fields=AGREED)


def _value(disclosed: Disclosed) -> Agreed:
    newest = max(disclosed.values, default=None)
    return parse(None if newest is None else disclosed.values[newest])


def _today(of: "System", subject: str) -> dt.date:
    return local_day(of.clock(), of.directory.zone(subject), of.config.day_start)
