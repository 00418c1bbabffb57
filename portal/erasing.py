"""Erasing a person: one operation through every layer, in steps that can be interrupted anywhere and done again.

A tombstone comes first: from then on no key is made for the person. The log's entry comes second: from then on nothing
can be written about the person in any process, and since the gate opens nothing that it cannot log, nothing is opened
either. Rows and names go third, the keys last, since without them the log's rows could not be found. A process that was
killed in between goes on where it stopped as soon as a command or the server starts (`resume`).

An old backup brings rows, names and wrapped keys back: `reapply` erases whatever a tombstone names once more. Either
obeys tombstones of this portal alone, by their stamps (`known_erasures.stones`).
"""

import datetime as dt
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy import exists, select

from auth.erasing import PLAIN
from auth.errors import ChangeRefused
from auth.permissions import Role
from portal import known_erasures, leftovers, release_upkeep, retention
from portal.erasure_receipts import Receipt, what_stays
from portal.retention import DAMAGE, Tell
from portal.wiring import System
from privacy import key_store, tombstones
from privacy.chains import erasure_digest
from privacy.grants import Granted
from privacy.stamp_key import tombstone_stamps
from privacy.stores import StillRead, purge, writing
from privacy.threads import ThreadRow
from privacy.tombstones import Stone
from privacy.vault import ORGANISATION, UnknownSubject
from privacy.vault_store import Manifest, SealedField

FILE: Final = "tombstones.json"
_logger = structlog.get_logger("sameview")


def to_server_log(_: str) -> None:
    """Say in the log of the server that something could not be done, which names nobody there."""
    _logger.error("an erasure met damage", fix="run `sameview check`, and `sameview jobs nightly`, which names it")


Untold = Sequence[str] | None
"""What a step could not do because of damage that is not its own to mend, a sentence each."""
Step = Callable[[System, str, str | None], Untold]


def erase(system: System, subject: str, by: str | None, tell: Tell = to_server_log) -> Receipt:
    """Erase a person for good and return the receipt; `by` is who does it, None for the command line.

    `tell` hears what could not be done, since a key or chain is damaged: nothing of it keeps the person from going.
    ChangeRefused for nobody, and for the only operator. LogUnavailable or a fault of a store in between leaves an
    erasure that the next start finishes; so does StillRead, with everything erased but a journal that is being read.
    """
    _refuse_unsuitable(system, subject)
    stamps = tombstone_stamps(system.keys)
    with writing(system.stores.keys) as connection:
        key_store.lock_for_moving(connection)
        tombstones.begin(connection, stamps, subject, system.clock().date())
    damaged = _run(system, subject, by, tell)
    return receipt(system, subject, damaged=damaged)


def resume(system: System, tell: Tell = to_server_log) -> int:
    """Finish the erasures that were interrupted, and return how many; before anything is served.

    One that an older key store has forgotten is among them. One whose last traces are in a journal that somebody reads
    waits for the next start or night. One that cannot be finished keeps nobody from a start: `tell` hears why.
    """
    known_erasures.learn(system)
    for problem in known_erasures.problems(system):
        tell(problem)
    waiting = [stone for stone in known_erasures.stones(system) if not stone.finished]
    count = 0
    for stone in waiting:
        count += _go_on(system, stone.subject, tell)
    return count


def reapply(system: System, tell: Tell = to_server_log) -> int:
    """Erase again whatever a restored backup brought back, and return of how many persons and classes there was any.

    For each tombstone and each expiry; a second time finds nothing. The caller holds the installation alone. `tell`
    hears what could not be done.
    """
    known, expiries = known_erasures.stones(system), known_erasures.expiries(system)
    count = 0
    for stone in known:
        if not stone.finished or _is_left(system, stone.subject):
            count += _go_on(system, stone.subject, tell, waits=False)
    release_upkeep.tidy(system)
    return count + sum(retention.reapply(system, expiry, tell) for expiry in expiries)


def receipt(system: System, subject: str, *, damaged: bool = False) -> Receipt:
    """Return the receipt of a finished erasure; LookupError if there is none.

    `damaged` says that keys were, which should have found entries to empty.
    """
    stone = _stone(system, subject)
    if stone is None or stone.entry is None:
        raise LookupError("this person was not erased")
    horizon = stone.day + dt.timedelta(days=system.config.erasure_horizon)
    digest = erasure_digest(stone.rows)
    stays = what_stays(system.config, damaged=damaged)
    return Receipt(stone.entry, digest, len(stone.rows), stone.day, horizon, system.log.checkpoint(), stays)


# The steps, in their order.


def erase_from_log(system: System, subject: str, _by: str | None) -> Untold:
    """Empty the person's entries, end their chains, and keep where the entries were.

    A damaged key of theirs counts as destroyed, or nobody with one could ever be erased: the entries that only it finds
    stay as they are, and nothing opens them.
    """
    stone, stamps = _stone(system, subject), tombstone_stamps(system.keys)
    damage: list[str] = []
    erased = system.log.erase(subject, stone.rows if stone else (), damage.append)
    with writing(system.stores.keys) as connection:
        tombstones.note(connection, stamps, subject, erased.entry, erased.rows)
    return [f"person {subject}: entries of the log were not emptied, and nothing opens them: {each}" for each in damage]


def drop_rows(system: System, subject: str, _by: str | None) -> None:
    """Delete what is sealed, and what others granted to the person; whoever is not in the data store has nothing there.

    The memory of releases forgets them; what was released stays, since it is about nobody. What the person wrote in
    somebody else's conversation is that person's, and stays with a number for a name.
    """
    try:
        with writing(system.stores.data) as connection:
            system.vault.drop(connection, subject)
            system.rooms.grants.drop(connection, subject)
            system.rooms.threads.drop(connection, subject)
    except UnknownSubject:
        pass
    release_upkeep.forget(system, subject)


def forget_person(system: System, subject: str, by: str | None) -> Untold:
    """Take away name, credentials, relations and roles; whom this concerns is told, but for broken chains."""
    found = system.people.get(subject)
    if found is None:
        return None
    with system.people.changing(by) as changes:
        changes.erase(subject, system.throttle.account(found.email))
        broken = system.log.broken({each.subject for each in changes.notices})
        changes.notices = [each for each in changes.notices if each.subject not in broken]
    untold = broken.keys() - system.log.ended().keys()  # whoever is being erased as well need not hear of it
    return [f"person {each} could not be told that {subject} was erased: {broken[each]}" for each in sorted(untold)]


def destroy_keys(system: System, subject: str, _by: str | None) -> None:
    """Destroy every key of the person, and whatever files still hold of keys, names and rows.

    StillRead after everything was tried, if somebody reads an older state of one of them.
    """
    leftovers.discard(system)
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
    return known_erasures.keep_file(system)


def _run(system: System, subject: str, by: str | None, tell: Tell) -> bool:
    """Do the steps, and tell what could not be done; return whether that concerns the person's own entries."""
    damaged = False
    for step in STEPS:
        for each in step(system, subject, by) or ():
            tell(each)
            damaged = damaged or step is erase_from_log
    return damaged


def _go_on(system: System, subject: str, tell: Tell, *, waits: bool = True) -> bool:
    """Finish an erasure that began before, and tell whether it is; if it `waits`, a journal may still be read."""
    try:
        _run(system, subject, None, tell)
    except DAMAGE as error:
        tell(f"person {subject}: the erasure could not be finished: {error}")
        return False
    except StillRead:
        if not waits:
            raise
        return False
    return True


def _stone(system: System, subject: str) -> Stone | None:
    return next((each for each in known_erasures.stones(system) if each.subject == subject), None)


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
            connection.scalar(select(exists().where(table.subject_id == subject)))
            for table in (SealedField, Manifest, Granted, ThreadRow)
        )
    with system.stores.keys.connect() as connection:
        return rows or bool(connection.scalar(select(exists().where(key_store.WrappedKey.subject_id == subject))))
