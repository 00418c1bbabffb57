"""What is known of erasures: by the key store, by the file beside the checkpoints, and by the log.

Whoever puts an older key store back, by hand or with the whole machine, brings back one that has forgotten who was
erased. It learns of it here before anything is served, and before a restore goes on: else names, rows and keys that
came back with it would stay.

What none of the three confirms orders nothing. Whoever writes to the tables of the key store, or to the folder of the
checkpoints, could otherwise let the portal erase somebody, or let everything go, and it would look like a request. So
erasing, retention and restores ask here (`stones`, `expiries`), and `problems` names what is left out.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, Engine

from portal import backup_files, checkpoint_files, retention
from portal.config import Config
from portal.wiring import System
from privacy import key_store, tombstone_file, tombstones
from privacy.period import Period
from privacy.stamp_key import tombstone_stamps
from privacy.stores import writing
from privacy.tombstone_file import Tombstones, TombstonesBroken
from privacy.tombstones import Expired, Stone, TombstoneStamps


class Copy(NamedTuple):
    """What a file beside the key store says of erasures, and which file it is."""

    path: Path
    said: Tombstones


# What is obeyed


def stones(system: System) -> list[Stone]:
    """Return the tombstones that are genuine."""
    stamps = tombstone_stamps(system.keys)
    with system.stores.keys.connect() as connection:
        return [each for each in tombstones.read(connection) if stamps.holds(each)]


def expiries(system: System) -> list[Expired]:
    """Return the expiries that are genuine and can be over by now.

    Others were written while the clock was ahead. That cost the keys once; it is not to cost what a backup brings back.
    """
    stamps = tombstone_stamps(system.keys)
    with system.stores.keys.connect() as connection:
        found = tombstones.expired(connection)
    return [each for each in found if stamps.holds(each) and retention.may_be_over(system, each)]


# What the key store learns


def learn(system: System) -> int:
    """Enter into the key store what it does not know, as unfinished, and return how many erasures that were.

    What an older version wrote there, without a stamp, gets one if the log confirms it. TombstonesBroken if the file
    beside the checkpoints cannot be read.
    """
    stamps, copies = tombstone_stamps(system.keys), beside_checkpoints(system.config)
    with system.stores.keys.connect() as connection:
        found, let_go = tombstones.read(connection), tombstones.expired(connection)
        heard = all(tombstone_file.is_known(connection, stamps, each.said) for each in copies)
    told = list(_told_by_log(system, stamps, found))
    confirmed = [each for each in let_go if each.stamp is None and _is_recorded(system, each)]
    new = 0
    if told or confirmed or not heard:
        with writing(system.stores.keys) as connection:
            key_store.lock_for_moving(connection)
            for stone in told:
                tombstones.put(connection, stamps.stone(stone))
            for expiry in confirmed:
                tombstones.expire(connection, stamps, expiry)
            new = sum(tombstone_file.merge(connection, stamps, each.said) for each in copies)
        new += sum(not stone.finished for stone in told)
    if not copies and (told or confirmed or any(map(stamps.holds, found)) or any(map(stamps.holds, let_go))):
        keep_file(system)
    return new


def has_unstamped(engine: Engine) -> bool:
    """Tell whether a key store has anything without a stamp, such as what an older version wrote."""
    with engine.connect() as connection:
        stamps = [each.stamp for each in tombstones.read(connection)]
        return None in (*stamps, *(each.stamp for each in tombstones.expired(connection)))


def keep_file(system: System) -> Path:
    """Write all that is genuine beside the checkpoints, for whoever restores without the newest key store."""
    stamps = tombstone_stamps(system.keys)
    with system.stores.keys.connect() as connection:
        content = tombstone_file.dump(connection, stamps)
    path = _file(system.config)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    checkpoint_files.replace(path, content.decode())
    return path


def beside_checkpoints(config: Config) -> list[Copy]:
    """Return what the file beside the checkpoints says, nothing if there is none; TombstonesBroken names it."""
    path = _file(config)
    if not path.exists():
        return []
    try:
        return [Copy(path, tombstone_file.load(path.read_bytes()))]
    except TombstonesBroken as error:
        raise TombstonesBroken(f"{path} is {error}; take a copy from a newer backup") from error


def _file(config: Config) -> Path:
    return config.checkpoints / backup_files.TOMBSTONES


def _told_by_log(system: System, stamps: TombstoneStamps, found: list[Stone]) -> Iterator[Stone]:
    """Yield the erasures that the log knows and no genuine tombstone names.

    That a chain ended is a plain value, which does not suffice to erase somebody: the entry must open, say so, and
    name just the rows that were emptied, and be nobody else's.
    """
    genuine = {each.subject: each for each in found if stamps.holds(each)}
    here = {each.subject: each for each in found}
    ended = system.log.ended()
    claims = Counter([*ended.values(), *(each.entry for each in genuine.values() if each.subject not in ended)])
    for subject in sorted(ended.keys() - genuine.keys()):
        stone = _recorded(system, subject)
        if stone is not None and claims[stone.entry] == 1:
            yield stone._replace(finished=_was_finished(here.get(subject), stone))


def _recorded(system: System, subject: str) -> Stone | None:
    """Return the tombstone of a person by the entry that records their erasure, None if it does not."""
    recorded = system.log.recorded_erasure(subject)
    if recorded is None:
        return None
    day, erased = recorded
    return Stone(subject, day, erased.entry, erased.rows, finished=False)


def _was_finished(here: Stone | None, recorded: Stone) -> bool:
    """Tell whether an older version wrote the same, and that it was finished: nothing is to be done again."""
    return (
        here is not None
        and here.stamp is None
        and here.finished
        and (here.entry, here.rows) == (recorded.entry, recorded.rows)
    )


def _is_recorded(system: System, expiry: Expired) -> bool:
    """Tell whether an entry of the organisation says that just this was let go."""
    try:
        bound = retention.bound_of(expiry)
    except ValueError:
        return False
    return system.log.records_expiry(bound.fields, Period(retention.DATED_FROM, bound.first))


# What is left out


def problems(system: System) -> Iterator[str]:
    """Yield what says that somebody was erased, or something has expired, and orders nothing."""
    stamps = tombstone_stamps(system.keys)
    with system.stores.keys.connect() as connection:
        for stone in tombstones.read(connection):
            if not stamps.holds(stone):
                yield (
                    f"tombstone of {stone.subject}: was not written by the portal, and the log does not confirm it:"
                    " nobody is erased for it. Delete it from the key store, or run `sameview people erase` if this"
                    " person wants that"
                )
        for expiry in tombstones.expired(connection):
            place = f"expiry of {expiry.key_class} keys before epoch {expiry.before_epoch}"
            if not stamps.holds(expiry):
                yield (
                    f"{place}: was not written by the portal, and the log does not confirm it: nothing is let go for"
                    " it. Delete it from the key store"
                )
            elif not retention.may_be_over(system, expiry):
                yield f"{place}: cannot be over yet: the clock was ahead when it was written; a restore leaves it out"
        try:
            copies = beside_checkpoints(system.config)
        except TombstonesBroken as error:
            yield str(error)
        else:
            yield from doubts(connection, stamps, copies, "delete the file, and the next start writes it anew")


def doubts(connection: Connection, stamps: TombstoneStamps, copies: Iterable[Copy], fix: str) -> Iterator[str]:
    """Yield the lines of files that order nothing, as far as the key store does not say the same."""
    for copy in copies:
        for line in tombstone_file.doubtful(connection, stamps, copy.said):
            yield f"{copy.path}: {line} was not written by this portal, and nothing confirms it: it is left out; {fix}"
