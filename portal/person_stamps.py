"""Stamps for people whom an older version wrote (`auth.genuine`): once, and an entry of the log says that it was done.

Nothing confirms what stands in such rows, neither the log nor the key store: it is taken as it is at that moment. So
that nobody can take the stamps away and have what they wrote stamped by the next `sameview migrate`, the entry is asked
first. A restore stamps what a backup of before that entry says; a later backup was made of stamped rows, or of forged
ones.
"""

from typing import Final

from auth import genuine
from portal.wiring import System
from privacy.log_entries import Draft
from privacy.log_said import has_said
from privacy.policy import Purpose, Relation
from privacy.stores import writing

STAMPED: Final = "people-stamped"


def settle(system: System, *, backup_size: int | None = None) -> int:
    """Stamp who has no stamp unless that was done once, let the log say so, and return how many people that were.

    After a restore `backup_size` is how many entries the log had when the data were saved: later ones say nothing of
    these rows.
    """
    stamped = 0
    with writing(system.stores.data) as connection:
        if not has_said(system.log, STAMPED, before=backup_size):
            stamped = genuine.stamp_all(connection, system.stamps)
        if stamped or not has_said(system.log, STAMPED):
            system.log.append(
                Draft(None, None, Relation.OPERATIONS, (), Purpose.OPERATIONS, None, STAMPED, chain="organisation")
            )
    return stamped


def problems(system: System) -> list[str]:
    """Return who is not as the portal wrote them."""
    with system.stores.data.connect() as connection:
        return list(genuine.problems(connection, system.stamps))
