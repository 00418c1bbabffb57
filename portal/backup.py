"""A backup of a running installation: data and log in one folder, the wrapped keys in another.

Each store is copied in one reading transaction while others write. The data go first, then the log, then the keys: what
the data name (the entry of an announcement, the key of a row) was there before them, so it is in what is copied after.
What only the later copies have is no harm: an entry without its change claims too much, never too little.

Whatever the engine, the copies are SQLite files with the newest schema, so that a backup can be restored to either.
Key-encryption keys are never copied: they have a backup of their own (`keys escrow`), with its own retention.
"""

import datetime as dt
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from portal import backup_files, full_disk, schema, tables
from portal.backup_files import BackupRefused, Contents, Manifest
from portal.tables import Step
from portal.wiring import System
from privacy import organisation, tombstone_file
from privacy.access_log import AccessLog, Verification
from privacy.keys import KeyRing
from privacy.stamp_key import tombstone_stamps
from privacy.stores import open_engine, writing
from privacy.vault_store import snapshot


@dataclass(frozen=True, slots=True)
class Saved:
    """What a backup holds: rows of each store, and the size of the log when the data and when the log were copied."""

    day: dt.date
    rows: dict[str, int]
    data_size: int
    log_size: int


def save(system: System, folder: Path, keys_folder: Path | None, step: Step) -> Saved:
    """Write a backup into `folder`, and the wrapped keys into `keys_folder` unless that is None.

    Both are new folders; they appear when they are complete. BackupRefused says what stands in the way.
    """
    _check_places(system, folder, keys_folder)
    try:
        with (
            backup_files.new_folder(folder) as data,
            nullcontext() if keys_folder is None else backup_files.new_folder(keys_folder) as keys,
        ):
            return _save(system, data, keys, step)
    except (OSError, SQLAlchemyError) as error:
        reason = full_disk.sentence(error) or str(getattr(error, "orig", error)).partition("\n")[0]
        raise BackupRefused(f"{folder} cannot be written: {reason}; nothing was kept") from error


def _save(system: System, data: Path, keys: Path | None, step: Step) -> Saved:
    data_rows, data_size = _copy_data(system, data, step)
    rows = {"data": data_rows, "log": _copy(system, "log", data, step)}
    note, log_size = _checkpoint(system, data / backup_files.LOG_FILE)
    rows |= {} if keys is None else {"keys": _copy(system, "keys", keys, step)}
    saved = Saved(system.clock().date(), rows, data_size, log_size)
    _describe(system, data, Contents.DATA, saved, note)
    if keys is not None:
        _describe(system, keys, Contents.KEYS, saved, note)
    return saved


def _check_places(system: System, folder: Path, keys_folder: Path | None) -> None:
    """The keys do not lie with the data, and neither lies with the keys that wrap them."""
    places = [folder.resolve()]
    if keys_folder is not None:
        places.append(keys_folder.resolve())
        if places[0].is_relative_to(places[1]) or places[1].is_relative_to(places[0]):
            raise BackupRefused(
                f"{keys_folder} and {folder} are one place, and its copy would be data with keys: name another folder"
            )
    keks = system.config.kek_dir.resolve()
    for place in places:
        if place.is_relative_to(keks):
            raise BackupRefused(f"{place} lies with the key-encryption keys: name a folder elsewhere")


def _copy_data(system: System, folder: Path, step: Step) -> tuple[int, int]:
    """Copy the data, and return the rows and the size of the log at that moment.

    On SQLite nobody writes at the moment, so that no change has its entry and is not in the copy.
    """
    with snapshot(system.stores.data) as source:
        with writing(system.stores.data):
            size = system.log.size
            organisation.find(source)  # the snapshot begins with its first statement
        return tables.copy_to_file(source, folder / "data.db", "data", step), size


def _copy(system: System, name: str, folder: Path, step: Step) -> int:
    engine = {"data": system.stores.data, "log": system.stores.log, "keys": system.stores.keys}[name]
    with snapshot(engine) as source:
        return tables.copy_to_file(source, folder / f"{name}.db", name, step)


def _checkpoint(system: System, path: Path) -> tuple[str, int]:
    """Return the signed note and the size of the log that was copied, after its hashes were checked."""
    note, found = examine_log(path, system.keys, system.log, hashes_only=True)
    if not found.sound:
        raise BackupRefused(f"the log that was copied does not verify: {found.problems[0]}; run `sameview log verify`")
    tables.close_file(path)
    return note, found.size


def examine_log(path: Path, keys: KeyRing, log: AccessLog, *, hashes_only: bool) -> tuple[str, Verification]:
    """Return the note of the log in a file, and what checking it found."""
    engine = open_engine(f"sqlite:///{path}")
    try:
        copied = AccessLog(engine, keys, log.signer, lambda: dt.datetime.now(dt.UTC))
        return copied.checkpoint(), copied.verify(hashes_only=hashes_only)
    finally:
        engine.dispose()


def _describe(system: System, folder: Path, contents: Contents, saved: Saved, note: str) -> None:
    """Write what goes with the stores of a folder, and last of all its `backup.json`."""
    stamps = tombstone_stamps(system.keys)
    with snapshot(system.stores.keys) as connection:
        backup_files.write_file(folder / backup_files.TOMBSTONES, tombstone_file.dump(connection, stamps))
    backup_files.write_file(folder / backup_files.CHECKPOINT, note.encode())
    names = backup_files.STORES[contents]
    manifest = Manifest(
        format=backup_files.FORMAT,
        contents=contents,
        origin=system.organisation.origin,
        day=saved.day,
        data_size=saved.data_size,
        log_size=saved.log_size,
        revisions={name: schema.newest(name) or "" for name in names},
        rows={name: saved.rows[name] for name in names},
        files={},
    )
    backup_files.write_manifest(folder, manifest)
