"""What a restore or a recovery left that was killed before it changed anything: copies of stores beside the live ones.

They hold what the backup held, names and wrapped keys of people who may have been erased since. A restore that stopped
later is finished by the next run, and clears up itself; one that stopped before nobody may ever run again.
"""

from pathlib import Path

from portal import staging
from portal.config import Config
from portal.wiring import System
from privacy import restoration


def find(config: Config) -> list[Path]:
    """Return the files of staged stores that are there; those of a restore that is running now are among them."""
    return [path for path in staging.staged_paths(config) if path.exists()]


def discard(system: System) -> list[Path]:
    """Remove what was left, and return what that was.

    A restore and a recovery hold the installation alone, which is a lock on the one that every open system shares: so
    none of them is running as long as this system is open. Without that share nothing is removed, nor beside the mark
    of a restore that is to be finished.
    """
    if system.occupancy is None:
        return []
    with system.stores.data.connect() as connection:
        if restoration.find(connection) is not None:
            return []
    left = find(system.config)
    if left:
        staging.discard(system.config)
    return left
