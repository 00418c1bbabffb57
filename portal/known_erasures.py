"""What is known of erasures beside the key store: by the file beside the checkpoints, and by the log.

Whoever puts an older key store back, by hand or with the whole machine, brings back one that has forgotten who was
erased. It learns of it here before anything is served, and before a restore goes on: else names, rows and keys that
came back with it would stay.
"""

from collections import Counter
from collections.abc import Iterator

from portal import backup_files
from portal.config import Config
from portal.wiring import System
from privacy import key_store, tombstone_file, tombstones
from privacy.stores import writing
from privacy.tombstone_file import Tombstones, TombstonesBroken
from privacy.tombstones import Stone


def learn(system: System) -> int:
    """Enter into the key store what it does not know, as unfinished, and return how many erasures that were.

    TombstonesBroken if the file beside the checkpoints cannot be read.
    """
    with system.stores.keys.connect() as connection:
        stones = tombstones.read(connection)
        known = [*beside_checkpoints(system.config), tombstone_file.of_stones(_told_by_log(system, stones))]
        if all(tombstone_file.is_known(connection, each) for each in known):
            return 0
    with writing(system.stores.keys) as connection:
        key_store.lock_for_moving(connection)
        return sum(tombstone_file.merge(connection, each) for each in known)


def beside_checkpoints(config: Config) -> list[Tombstones]:
    """Return what the file beside the checkpoints says, nothing if there is none; TombstonesBroken names it."""
    path = config.checkpoints / backup_files.TOMBSTONES
    if not path.exists():
        return []
    try:
        return [tombstone_file.load(path.read_bytes())]
    except TombstonesBroken as error:
        raise TombstonesBroken(f"{path} is {error}; take a copy from a newer backup") from error


def _told_by_log(system: System, stones: list[Stone]) -> Iterator[Stone]:
    """Yield the erasures that the log knows and `stones` do not.

    That a chain ended is a plain value, which does not suffice to erase somebody: the entry must open, say so, and
    name just the rows that were emptied, and be nobody else's.
    """
    ended = system.log.ended()
    claims = Counter([*ended.values(), *(each.entry for each in stones if each.subject not in ended)])
    for subject in sorted(ended.keys() - {each.subject for each in stones}):
        stone = _recorded(system, subject)
        if stone is not None and claims[stone.entry] == 1:
            yield stone


def _recorded(system: System, subject: str) -> Stone | None:
    """Return the tombstone of a person by the entry that records their erasure, None if it does not."""
    recorded = system.log.recorded_erasure(subject)
    if recorded is None:
        return None
    day, erased = recorded
    return Stone(subject, day, erased.entry, erased.rows, finished=False)
