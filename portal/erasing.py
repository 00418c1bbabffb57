"""Erasing a person: one operation through every layer, in steps that can be interrupted anywhere and done again.

A tombstone comes first: from then on no key is made for the person. The log's entry comes second: from then on nothing
can be written about the person in any process, and since the gate opens nothing that it cannot log, nothing is opened
either. Rows and names go third, the keys last, since without them the log's rows could not be found. A process that was
killed in between goes on where it stopped as soon as a command or the server starts (`resume`).

An old backup brings rows, names and wrapped keys back: `reapply` erases whatever a tombstone names once more.
"""

import datetime as dt
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final

from sqlalchemy import exists, select

from auth.erasing import PLAIN
from auth.errors import ChangeRefused
from auth.permissions import Role
from portal import checkpoint_files, known_erasures, retention
from portal.erasure_receipts import Receipt, what_stays
from portal.wiring import System
from privacy import key_store, tombstone_file, tombstones
from privacy.chains import erasure_digest
from privacy.stores import StillRead, purge, writing
from privacy.tombstones import Stone
from privacy.vault import ORGANISATION, UnknownSubject
from privacy.vault_store import Manifest, SealedField

FILE: Final = "tombstones.json"

Step = Callable[[System, str, str | None], None]


def erase(system: System, subject: str, by: str | None) -> Receipt:
    """Erase a person for good and return the receipt; `by` is who does it, None for the command line.

    ChangeRefused for nobody, and for the only operator. LogUnavailable or a fault of a store in between leaves an
    erasure that the next start finishes; so does StillRead, with everything erased but a journal that is being read.
    """
    _refuse_unsuitable(system, subject)
    with writing(system.stores.keys) as connection:
        key_store.lock_for_moving(connection)
        tombstones.begin(connection, subject, system.clock().date())
    _run(system, subject, by)
    return receipt(system, subject)


def resume(system: System) -> int:
    """Finish the erasures that were interrupted, and return how many; before anything is served.

    One that an older key store has forgotten is among them. One whose last traces are in a journal that somebody reads
    waits for the next start or night.
    """
    known_erasures.learn(system)
    with system.stores.keys.connect() as connection:
        waiting = tombstones.read(connection, unfinished_only=True)
    count = 0
    for stone in waiting:
        with suppress(StillRead):
            _run(system, stone.subject, by=None)
            count += 1
    return count


def reapply(system: System) -> int:
    """Erase again whatever a restored backup brought back, and return of how many persons and classes there was any.

    For each tombstone and each expiry; a second time finds nothing. The caller holds the installation alone.
    """
    with system.stores.keys.connect() as connection:
        known, expiries = tombstones.read(connection), tombstones.expired(connection)
    count = 0
    for stone in known:
        if not stone.finished or _is_left(system, stone.subject):
            _run(system, stone.subject, by=None)
            count += 1
    return count + sum(retention.reapply(system, expiry) for expiry in expiries)


def receipt(system: System, subject: str) -> Receipt:
    """Return the receipt of a finished erasure; LookupError if there is none."""
    stone = _stone(system, subject)
    if stone is None or stone.entry is None:
        raise LookupError("this person was not erased")
    horizon = stone.day + dt.timedelta(days=system.config.erasure_horizon)
    digest = erasure_digest(stone.rows)
    stays = what_stays(system.config)
    return Receipt(stone.entry, digest, len(stone.rows), stone.day, horizon, system.log.checkpoint(), stays)


# The steps, in their order.


def erase_from_log(system: System, subject: str, _by: str | None) -> None:
    """Empty the person's entries, end their chains, and keep where the entries were."""
    stone = _stone(system, subject)
    erased = system.log.erase(subject, stone.rows if stone else ())
    with writing(system.stores.keys) as connection:
        tombstones.note(connection, subject, erased.entry, erased.rows)


def drop_rows(system: System, subject: str, _by: str | None) -> None:
    """Delete what is sealed; somebody who is not in the data store at all has nothing there."""
    try:
        with writing(system.stores.data) as connection:
            system.vault.drop(connection, subject)
    except UnknownSubject:
        pass


def forget_person(system: System, subject: str, by: str | None) -> None:
    """Take away name, credentials, relations and roles; whom this concerns is told."""
    found = system.people.get(subject)
    if found is not None:
        with system.people.changing(by) as changes:
            changes.erase(subject, system.throttle.account(found.email))


def destroy_keys(system: System, subject: str, _by: str | None) -> None:
    """Destroy every key of the person, and whatever the databases' files still hold of keys, names and rows.

    StillRead after everything was tried, if somebody reads an older state of one of them.
    """
    kept: list[StillRead] = []
    for each in (
        partial(system.keys.destroy, subject),
        partial(purge, system.stores.keys, [key_store.WrappedKey.__table__]),
        partial(purge, system.stores.data, PLAIN),
        partial(purge, system.stores.log, []),  # all that it held in plain are numbers and days
    ):
        try:
            each()
        except StillRead as error:
            kept.append(error)
    if kept:
        raise kept[0]


def finish(system: System, subject: str, _by: str | None) -> None:
    """Note that all is done, in the key store and beside the checkpoints."""
    with writing(system.stores.keys) as connection:
        tombstones.finish(connection, subject)
    keep_file(system)


STEPS: Final[tuple[Step, ...]] = (erase_from_log, drop_rows, forget_person, destroy_keys, finish)


def keep_file(system: System) -> Path:
    """Write all tombstones and expiries beside the checkpoints, for whoever restores without the newest key store."""
    with system.stores.keys.connect() as connection:
        content = tombstone_file.dump(connection)
    path = system.config.checkpoints / FILE
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    checkpoint_files.replace(path, content.decode())
    return path


def _run(system: System, subject: str, by: str | None) -> None:
    for step in STEPS:
        step(system, subject, by)


def _stone(system: System, subject: str) -> Stone | None:
    with system.stores.keys.connect() as connection:
        return tombstones.of(connection, subject)


def _refuse_unsuitable(system: System, subject: str) -> None:
    found = system.people.get(subject)
    if found is None or subject == ORGANISATION:
        raise ChangeRefused("There is no such person.")
    now, standing = system.people.standing()
    operators = {
        each.person.subject for each in standing.values() if Role.OPERATOR in each.roles and each.person.is_here(now)
    }
    if operators == {subject}:
        raise ChangeRefused(
            "This is the only operator: nobody could let anybody in any more. Give somebody else the role operator"
            " first, with `sameview people import`."
        )


def _is_left(system: System, subject: str) -> bool:
    """Tell whether anything of a person is there that an erasure takes away."""
    found = system.people.get(subject)
    if (found is not None and not found.is_erased) or system.log.erasure_of(subject) is None:
        return True
    with system.stores.data.connect() as connection:
        rows = any(
            connection.scalar(select(exists().where(table.subject_id == subject))) for table in (SealedField, Manifest)
        )
    with system.stores.keys.connect() as connection:
        return rows or bool(connection.scalar(select(exists().where(key_store.WrappedKey.subject_id == subject))))
