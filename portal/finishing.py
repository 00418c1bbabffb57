"""The second half of a restore: from data with the mark to an installation that may be opened.

Every step can be repeated, so that an interruption anywhere leaves a restore that the next run finishes.
"""

import datetime as dt
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import delete, func, select

from auth.notices import UNDONE_FROM, Kind
from portal import erasing, known_erasures, person_stamps, policy_record, release_upkeep, staging, verifying
from portal.config import Config
from portal.founding import make_folders
from portal.tables import Step
from portal.wiring import Clock, System, build
from privacy import restoration, vault_check
from privacy.log_entries import Draft, LogUnavailable
from privacy.log_ledger import Ledger
from privacy.period import Period
from privacy.policy import Purpose, Relation
from privacy.restoration import Restoration
from privacy.stores import writing
from privacy.vault_store import SealedField, snapshot
from privacy.watermark import SeenCheckpoint

RESTORED: Final = "restored"


@dataclass(slots=True)
class Restored:
    """What a restore brought back; `problems` are what does not verify, each a sentence."""

    backup_day: dt.date
    took_log: bool
    took_keys: bool
    lost_entries: int
    erased_again: int = 0
    people: int = 0
    rows: int = 0
    entries: int = 0
    problems: list[str] = field(default_factory=list)


def finish(config: Config, step: Step, clock: Clock) -> Restored:
    """Finish the restore that the data store is marked with. The caller holds the installation alone."""
    mark = _mark(config)
    place_rest(config, mark, step)
    make_folders(config)
    system = build(config, clock, restoring=True)
    try:
        if mark.lost_entries:
            _forget_longer_log(system, mark.log_size)
        done = Restored(mark.backup_day, mark.takes_log, mark.takes_keys, mark.lost_entries)
        # Before anybody is changed: of an older backup nobody is stamped.
        person_stamps.settle(system, backup_size=mark.data_size)
        step("erasing again", 0, 1)
        known_erasures.learn(system)
        done.erased_again = erasing.reapply(system, done.problems.append)
        policy_record.take_up(system)
        _tell(system, mark, done)
        _account(system, step)
        release_upkeep.account(system)
        _verify(system, done, step)
        with writing(system.stores.data) as connection:
            restoration.clear(connection)
        return done
    finally:
        system.close()


def place_rest(config: Config, mark: Restoration, step: Step) -> None:
    """Put log and keys into their places, where the mark says that they are taken and they still wait."""
    taken = [name for name, takes in (("log", mark.takes_log), ("keys", mark.takes_keys)) if takes]
    staging.place(config, taken, step)
    staging.discard(config)


def _mark(config: Config) -> Restoration:
    with staging.opened(config, "data", staged=False) as engine, engine.connect() as connection:
        if (mark := restoration.find(connection)) is None:
            raise LookupError("there is no restore to finish")
        return mark


def _forget_longer_log(system: System, size: int) -> None:
    """The loss was accepted: the watermark goes, and the files of longer checkpoints are put aside, not away."""
    with writing(system.stores.keys) as connection:
        longer = (SeenCheckpoint.origin == system.organisation.origin, SeenCheckpoint.size > size)
        connection.execute(delete(SeenCheckpoint).where(*longer))
    folder = system.config.checkpoints
    aside = folder / f"before-the-restore-of-{system.clock().date()}"
    for path in sorted(folder.glob("*.txt")):
        stated = path.stem.partition("-")[0]  # <size>.txt, or <size>-<root>.txt
        if stated == "latest" or (stated.isdecimal() and int(stated) > size):
            aside.mkdir(mode=0o700, exist_ok=True)
            path.rename(aside / path.name)


def _account(system: System, step: Step) -> None:
    """Let the log say of everybody what the vault holds of them now, where its last word is another."""
    ledger = system.log.verify().ledger or Ledger()
    with snapshot(system.stores.data) as connection:
        everybody = sorted({*vault_check.subjects(connection), *ledger.vaults})
    for number, subject in enumerate(everybody):
        step("accounting for the vault", number, len(everybody))
        said = ledger.vaults.get(subject)
        with snapshot(system.stores.data) as connection:
            if said is None or said[-1].digest != system.vault.digest(subject, connection):
                system.gate.account(subject, connection)


def _verify(system: System, done: Restored, step: Step) -> None:
    """Check the log in full, and all that has to agree with it."""
    step("verifying", 0, 1)
    done.problems += verifying.verify(system).problems
    with snapshot(system.stores.data) as connection:
        done.rows = connection.scalar(select(func.count()).select_from(SealedField)) or 0
    done.people = sum(not each.is_erased for each in system.people.everybody())
    done.entries = system.log.size


def _tell(system: System, mark: Restoration, done: Restored) -> None:
    """Write the entry, and tell everybody. Interrupted, it is done again: nobody hears too little."""
    period = Period(mark.backup_day, system.clock().date() + dt.timedelta(days=1))
    system.log.append(
        Draft(None, None, Relation.OPERATIONS, (), Purpose.OPERATIONS, period, RESTORED, chain="organisation")
    )
    kind = Kind.ENTRIES_LOST if mark.lost_entries else Kind.RESTORED
    parameters = {"day": mark.backup_day.isoformat(), UNDONE_FROM: str(mark.data_size)}
    if mark.lost_entries:
        parameters |= {"size": str(mark.log_size), "lost": str(mark.lost_entries)}
    everybody = [each.subject for each in system.people.everybody() if not each.is_erased]
    try:
        _announce(system, everybody, kind, parameters)
    except LogUnavailable:  # somebody's chain is broken: the others are told all the same
        for subject in everybody:
            try:
                _announce(system, [subject], kind, parameters)
            except LogUnavailable as error:
                done.problems.append(f"person {subject} could not be told: {error}")


def _announce(system: System, subjects: list[str], kind: Kind, parameters: dict[str, str]) -> None:
    with system.people.changing(None) as changes:
        for subject in subjects:
            changes.tell(subject, kind, **parameters)
