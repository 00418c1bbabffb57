"""Restoring: an older state of the data comes back, under the newest keys and the longest log, and nobody erased does.

Everything is read from the backup, verified and decided first, beside the live stores; a refusal has changed nothing.
Then the data are exchanged in one step, together with a mark that lets nobody open the installation before the rest is
done: log and keys where they are taken from a backup, erasures applied again, everything verified, everybody told. An
interrupted restore is finished by the next `sameview restore`, from wherever it stopped.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from auth import restored
from portal import backup_files, occupancy, restore_keys, restore_log, schema, staging
from portal.backup_files import Contents, Manifest
from portal.config import Config
from portal.finishing import Restored, finish, place_rest
from portal.founding import make_folders
from portal.providers import open_provider
from portal.restore_log import LogChoice, LogState, RestoreRefused
from portal.tables import Step
from portal.wiring import Clock, utc_now
from privacy import organisation, restoration
from privacy.access_log import AccessLog, open_signer
from privacy.fields import KeyClass
from privacy.keys import KeyRing
from privacy.log_tables import HeadRow
from privacy.organisation import OrganisationRow
from privacy.restoration import Restoration
from privacy.stores import writing

__all__ = ["RestoreRefused", "Restored", "Source", "restore"]


@dataclass(frozen=True, slots=True)
class Source:
    """Where to restore from, and which losses are accepted."""

    folder: Path | None
    keys_folder: Path | None = None
    checkpoint: Path | None = None
    lost_entries: bool = False
    lost_keys: bool = False


def restore(config: Config, source: Source, step: Step, clock: Clock = utc_now) -> Restored:
    """Restore an installation from a backup; without one, finish a restore that was interrupted.

    RestoreRefused, BackupRefused and Occupied say what stands in the way; nothing was changed then.
    """
    if withheld := frozenset(KeyClass) - config.key_classes:
        raise RestoreRefused(
            f"a restore verifies everything: run it where SAMEVIEW_KEY_CLASSES has {', '.join(sorted(withheld))}"
        )
    with occupancy.alone(config.home):
        unfinished, left_out = find_mark(config), list[str]()
        if unfinished is not None:
            place_rest(config, unfinished, step)
        if source.folder is not None:
            left_out = _begin(config, source.folder, source, unfinished, step, clock)
        elif unfinished is None:
            raise RestoreRefused("no restore is waiting to be finished: name a backup with --from DIR")
        done = finish(config, step, clock)
        done.problems += left_out
        return done


def find_mark(config: Config) -> Restoration | None:
    """Return the mark of a restore that is not finished, or None."""
    live = staging.live_file(config, "data")
    if live is not None and not live.exists():
        return None
    with staging.opened(config, "data", staged=False) as engine:
        try:
            with engine.connect() as connection:
                return restoration.find(connection)
        except SQLAlchemyError:
            if live is not None:
                return None  # damaged: there is nothing to finish, and everything to restore
            raise


def _begin(
    config: Config, folder: Path, source: Source, unfinished: Restoration | None, step: Step, clock: Clock
) -> list[str]:
    """Prepare everything beside the live stores, then exchange the data; return what files say that is left out.

    What is refused leaves nothing behind.
    """
    make_folders(config)
    staging.discard(config)
    mark = None
    try:
        mark, left_out = _prepare(config, folder, source, unfinished, step, clock)
        together = ["data", "log"] if staging.live_file(config, "data") is None else ["data"]
        staging.place(config, together, step)
        return left_out
    finally:
        if mark is None or find_mark(config) != mark:
            staging.discard(config)


def _prepare(
    config: Config, folder: Path, source: Source, unfinished: Restoration | None, step: Step, clock: Clock
) -> tuple[Restoration, list[str]]:
    """Stage, verify and decide everything; return the mark of the staged data, and what files say that is left out."""
    manifest = backup_files.read_manifest(folder, Contents.DATA)
    today = clock().date()
    for number, name in enumerate(("data", "log")):
        step("reading the backup", number, 2)
        restore_keys.stage(config, folder, manifest, name)
    _check_owner(config, folder, manifest)
    known = restore_keys.known_beside(config, folder, backup_files.read(folder, manifest, backup_files.TOMBSTONES))
    keys_folder = None if unfinished is not None and unfinished.takes_keys else source.keys_folder
    keys_taken = restore_keys.choose(config, manifest, keys_folder, known, today, lost_keys=source.lost_keys)
    with staging.opened(config, "keys", staged=keys_taken) as engine:
        ring = KeyRing(engine, open_provider(config, config.key_classes), classes=config.key_classes)
        said = unfinished is not None and unfinished.lost_entries > 0
        choice = _choose_log(config, folder, manifest, ring, source.checkpoint, all_payloads=keys_taken, loss_said=said)
    if choice.lost and not source.lost_entries:
        raise RestoreRefused(
            f"the newest known checkpoint states {choice.lost} entries more than the log would have: who looked then"
            " would be forgotten. Take a newer backup, or accept it with --lost-entries; everybody is told"
        )
    mark = Restoration(manifest.day, choice.taken, keys_taken, manifest.data_size, choice.size, choice.lost)
    mark = mark if unfinished is None else _with_losses_of(unfinished, mark)
    _settle(config, mark, today, keep_log=choice.taken)
    if not keys_taken:  # true whatever becomes of this restore, and nothing is refused from here on
        restore_keys.tell_live(config, known, lost_keys=source.lost_keys)
    return mark, restore_keys.left_out(config, known, staged=keys_taken)


def _with_losses_of(unfinished: Restoration, mark: Restoration) -> Restoration:
    """Return the mark with what an unfinished restore took and gave up: nobody was told of it yet."""
    return replace(
        mark,
        takes_log=mark.takes_log or unfinished.takes_log,
        takes_keys=mark.takes_keys or unfinished.takes_keys,
        log_size=min(mark.log_size, unfinished.log_size) if unfinished.lost_entries else mark.log_size,
        lost_entries=max(mark.lost_entries, unfinished.lost_entries),
    )


def _check_owner(config: Config, folder: Path, manifest: Manifest) -> None:
    """The data are those of the backup's organisation, and so is the installation, as far as it can be read."""
    with staging.opened(config, "data", staged=True) as engine, engine.connect() as connection:
        saved = organisation.find(connection)
    if saved is None or saved.origin != manifest.origin:
        raise RestoreRefused(f"{folder / 'data.db'} is not of {manifest.origin}: take another backup")
    live = staging.live_file(config, "data")
    if live is not None and not live.exists():
        return
    with staging.opened(config, "data", staged=False) as engine:
        if not staging.is_readable(engine, OrganisationRow.__tablename__, "data"):
            return
        try:
            with engine.connect() as connection:
                here = organisation.find(connection)
        except SQLAlchemyError:
            return
    if here is not None and here.origin != saved.origin:
        raise RestoreRefused(f"this installation is {here.origin}, the backup is of {saved.origin}: set SAMEVIEW_HOME")


def _choose_log(
    config: Config,
    folder: Path,
    manifest: Manifest,
    ring: KeyRing,
    given: Path | None,
    *,
    all_payloads: bool,
    loss_said: bool,
) -> LogChoice:
    """Verify both logs, and choose. Keys of a backup have to open all payloads, or chains could not be continued.

    Of a log that is not gone on with, the tree is enough: newer keys do not open whom it does not know as erased yet.
    `loss_said` is that an unfinished restore gave entries up: the log here has grown since, past the lost ones.
    """
    signer = open_signer(ring, manifest.origin)

    def state(engine: Engine, *, payloads: bool) -> tuple[LogState, list[str]]:
        found = AccessLog(engine, ring, signer, utc_now).verify(hashes_only=not payloads)
        return restore_log.state_of(engine, found.size), found.problems

    with staging.opened(config, "log", staged=True) as saved_engine:
        saved, problems = state(saved_engine, payloads=False)
        _refuse_problems(folder, problems)
        note = backup_files.read(folder, manifest, backup_files.CHECKPOINT).decode()
        stated = restore_log.opened(signer.verifier, note, str(folder / backup_files.CHECKPOINT))
        if (stated.size, stated.root) != (saved.size, saved.root_at(saved.size)):
            raise RestoreRefused(f"{folder / 'log.db'} is not the log that checkpoint.txt states: take another backup")
        known = restore_log.known_checkpoints(config, signer.verifier, ring.engine, given)
        choice = None
        if _log_is_here(config):
            with staging.opened(config, "log", staged=False) as live_engine:
                here, problems = state(live_engine, payloads=all_payloads)
                choice = None if problems else restore_log.choose(here, saved, [] if loss_said else known)
        choice = choice or restore_log.choose(None, saved, known)
        if choice.taken and all_payloads:
            _refuse_problems(folder, state(saved_engine, payloads=True)[1])
        return choice


def _refuse_problems(folder: Path, problems: Sequence[str]) -> None:
    if problems:
        raise RestoreRefused(f"{folder / 'log.db'} does not verify ({problems[0]}): take another backup")


def _log_is_here(config: Config) -> bool:
    live = staging.live_file(config, "log")
    if live is not None and not live.exists():
        return False
    with staging.opened(config, "log", staged=False) as engine:
        if not staging.is_readable(engine, HeadRow.__tablename__, "log"):
            return False
        if schema.revision("log", engine) != schema.newest("log"):
            raise RestoreRefused("the schema of the access log is not current: run `sameview migrate` first")
    return True


def _settle(config: Config, mark: Restoration, today: dt.date, *, keep_log: bool) -> None:
    """Write the mark into the staged data, and make every staged store durable."""
    with staging.opened(config, "data", staged=True) as engine, writing(engine) as connection:
        restored.end_what_opens(connection, today)
        restoration.mark(connection, mark)
    if not keep_log:
        staging.discard(config, ["log"])
    staging.settle(config, [name for name in staging.NAMES if staging.staged_file(config, name).exists()])
    _make_tables(config)


def _make_tables(config: Config) -> None:
    """On PostgreSQL the tables have to be there before rows arrive; SQLite files bring their own."""
    for name in staging.NAMES:
        if staging.live_file(config, name) is None:
            with staging.opened(config, name, staged=False) as engine:
                schema.upgrade_store(name, engine)
