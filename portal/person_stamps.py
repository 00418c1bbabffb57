"""Stamps for people whom an older version wrote (`auth.genuine`): once, and an entry of the log says that it was done.

Nothing confirms what stands in such rows, neither the log nor the key store: it is taken as it is at that moment. So
that nobody can take the stamps away and have what they wrote stamped by the next `sameview migrate`, the entry is asked
first. A restore of a backup from before stamps stamps again what the backup says.
"""

from typing import Final

from auth import genuine
from portal.wiring import System
from privacy.log_entries import Draft
from privacy.log_said import has_said
from privacy.policy import Purpose, Relation
from privacy.stores import writing

STAMPED: Final = "people-stamped"


def settle(system: System, *, restoring: bool = False) -> int:
    """Stamp everybody if nobody was ever stamped, let the log say so, and return how many people that were."""
    said, stamped = has_said(system.log, STAMPED), 0
    with writing(system.stores.data) as connection:
        if restoring or not said:
            stamped = genuine.stamp_all(connection, system.stamps)
        if not said or stamped:
            system.log.append(
                Draft(None, None, Relation.OPERATIONS, (), Purpose.OPERATIONS, None, STAMPED, chain="organisation")
            )
    return stamped


def problems(system: System) -> list[str]:
    """Return who is not as the portal wrote them."""
    with system.stores.data.connect() as connection:
        return list(genuine.problems(connection, system.stamps))
