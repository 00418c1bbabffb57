"""Goals that an employee and their manager agree on, as either side reads and changes them (`portal.between`).

Each read of a manager has its entry and its receipt, each change its entry and a notice to the other side.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from analytics.agreed import Agreed, parse
from auth.notices import Kind
from portal.access import session_key, system, viewer
from portal.between import Author, Between, today_of
from privacy.canonical import digest
from privacy.fields import Field
from privacy.policy import Purpose

if TYPE_CHECKING:
    from portal.wiring import System

__all__ = ["Author", "Change", "Shown", "change_as_manager", "change_mine", "digest_for", "file", "mine", "shown"]

Change = Callable[[Agreed, dt.date], Agreed]
"""From what stands, and the employee's day, to what is to stand."""

GOALS: Final = Between(Field.AGREED_GOALS, Purpose.TARGET_SETTING, parse)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a manager is shown of one employee: the goals between them, and the receipt of it."""

    agreed: Agreed
    today: dt.date
    entry: int
    digest: str


def mine() -> Agreed:
    """Return everything that the asker has agreed on."""
    return GOALS.mine()


def digest_for(agreed: Agreed, subject: str, manager: str) -> str:
    """Return the digest of what a manager is shown, as it is logged when they look."""
    return digest(agreed.payload(subject, manager))


def shown(subject: str) -> Shown:
    """Open the goals between the asker, a manager, and somebody: the receipt is in the log before this returns.

    Raises NotPermitted with the refusal in the log.
    """
    everything, disclosed = GOALS.opened(subject)
    agreed = everything.of(viewer())
    found = digest_for(agreed, subject, viewer())
    system().gate.receipt(disclosed, found)
    return Shown(agreed, today_of(system(), subject), disclosed.entry, found)


def change_mine(manager: str, kind: Kind, change: Change) -> None:
    """File a change by the asker, an employee, and tell the manager."""
    file(system(), Author(viewer(), viewer(), manager, session_key()), kind, change)


def change_as_manager(subject: str, kind: Kind, change: Change) -> None:
    """File a change by the asker, a manager, and tell the employee. Raises NotPermitted as `shown` does."""
    file(system(), Author(viewer(), subject, subject), kind, change)


def file(of: "System", author: Author, kind: Kind, change: Change) -> None:
    """Open, change and file what stands, and tell the other side; what `change` raises leaves everything as it was."""
    GOALS.file(of, author, change, kind)
