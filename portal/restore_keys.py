"""Which key store a restored installation goes on with: always the newest there is.

The key store here is used if it is there, since only it lacks the keys that were destroyed. A key backup is taken when
it is lost, and never one that is older than the erasure horizon. A key backup that does not know of an erasure which is
known elsewhere is taken only when somebody says so, and learns of it before anything opens.

What files say of erasures counts if its stamps hold, and the key of the stamps is in every key store that can be taken.
Only what an older version wrote has none: whoever says that keys are lost says that this is to be obeyed, too.
"""

import datetime as dt
from pathlib import Path

from sqlalchemy import Engine, select
from sqlalchemy.exc import SQLAlchemyError

from portal import backup_files, known_erasures, schema, staging
from portal.backup_files import Contents, Manifest
from portal.config import Config
from portal.known_erasures import Copy
from portal.providers import open_provider
from portal.restore_log import RestoreRefused
from privacy import key_store, tombstone_file
from privacy.keys import KeyRing
from privacy.log_tables import LogKeyRow
from privacy.stamp_key import tombstone_stamps
from privacy.stores import writing
from privacy.tombstone_file import TombstonesBroken
from privacy.tombstones import TombstoneStamps


def choose(
    config: Config, data: Manifest, folder: Path | None, known: list[Copy], today: dt.date, *, lost_keys: bool
) -> bool:
    """Return whether the keys are taken from a backup; they are staged then. RestoreRefused if there are none.

    `data` is what the backup of the data says, `known` are the erasures that are known beside the key stores.
    """
    origin = data.origin
    if _is_here(config, origin):
        if folder is not None:
            raise RestoreRefused("the key store is here, and newer than any backup of it: leave out --keys")
        return False
    if folder is None:
        raise RestoreRefused(
            f"the key store of {origin} is not here: name the newest backup of the keys with --keys DIR; the data are"
            " nothing without them"
        )
    manifest = read_backup(config, folder, today)
    if manifest.origin != origin:
        raise RestoreRefused(f"{folder} holds the keys of {manifest.origin}, not of {origin}")
    if manifest.log_size < data.log_size and not lost_keys:
        raise RestoreRefused(
            f"{folder} is older than the data: what was sealed since does not open. Take the data of the same backup,"
            " or accept it with --lost-keys"
        )
    stage(config, folder, manifest, "keys")
    _tell_staged(config, folder, known, lost_keys=lost_keys)
    return True


def read_backup(config: Config, folder: Path, today: dt.date) -> Manifest:
    """Return what a backup of the keys says of itself; RestoreRefused if it is older than the erasure horizon."""
    manifest = backup_files.read_manifest(folder, Contents.KEYS)
    _check_age(config, folder, manifest, today)
    return manifest


def stage(config: Config, folder: Path, manifest: Manifest, name: str) -> None:
    """Copy a store of a backup to its place beside the live one, and bring it to the newest schema."""
    copy_store(folder, manifest, name, staging.staged_file(config, name))


def copy_store(folder: Path, manifest: Manifest, name: str, to: Path) -> None:
    """Copy a store of a backup to `to` if it is the file that was saved, and bring it to the newest schema."""
    if not schema.knows(name, manifest.revisions.get(name, "")):
        raise RestoreRefused(f"{folder} was written by a newer Sameview: install that version, or a newer one")
    backup_files.take(folder, manifest, f"{name}.db", to)
    with staging.opened_file(to) as engine:
        schema.upgrade_store(name, engine)


def origins_here(config: Config) -> list[str]:
    """Return the logs whose signing keys are in the live key store; none if it is missing, empty or damaged."""
    live = staging.live_file(config, "keys")
    if live is not None and not live.exists():
        return []
    with staging.opened(config, "keys", staged=False) as engine:
        if not staging.is_readable(engine, LogKeyRow.__tablename__, "keys"):
            return []
        try:
            with engine.connect() as connection:
                return list(connection.scalars(select(LogKeyRow.origin).order_by(LogKeyRow.origin)))
        except SQLAlchemyError:
            if engine.dialect.name == "sqlite":
                return []
            raise


def _is_here(config: Config, origin: str) -> bool:
    """Tell whether the live key store has the signing key of this log; RestoreRefused if it is another's, or old."""
    origins = origins_here(config)
    if origins and origin not in origins:
        raise RestoreRefused(f"the key store here is that of {origins[0]}, the backup is of {origin}")
    if not origins:
        return False
    with staging.opened(config, "keys", staged=False) as engine:
        if schema.revision("keys", engine) != schema.newest("keys"):
            raise RestoreRefused("the schema of the key store is not current: run `sameview migrate` first")
    return True


def _check_age(config: Config, folder: Path, manifest: Manifest, today: dt.date) -> None:
    age = (today - manifest.day).days
    if age < 0:
        raise RestoreRefused(
            f"{folder} is dated {manifest.day}, which is after today: its age is unknown, and it may hold keys of what"
            " was erased since. Set this machine's clock right, or take another backup of the keys"
        )
    if age > config.erasure_horizon:
        raise RestoreRefused(
            f"{folder} is {age} days old, the erasure horizon is {config.erasure_horizon} days: it may hold keys of"
            " what was erased since. Take a newer backup of the keys, and delete this one"
        )


def _tell_staged(config: Config, folder: Path, known: list[Copy], *, lost_keys: bool) -> None:
    with staging.opened(config, "keys", staged=True) as engine:
        stamps = _stamps(config, engine)
        with writing(engine) as connection:
            unstamped = sum(tombstone_file.unheard_of(connection, each.said) for each in known)
            new = sum(tombstone_file.merge(connection, stamps, each.said, also_unstamped=lost_keys) for each in known)
    if new and not lost_keys:
        raise RestoreRefused(
            f"{folder} does not know of {new} erasure(s) that were made since: take a newer backup of the keys. If"
            " there is none, --lost-keys erases again before anything opens"
        )
    if unstamped and not lost_keys:
        raise RestoreRefused(
            f"{folder} does not know of {unstamped} erasure(s) that {_paths(known)} state without a stamp, as older"
            " versions did and forgers do: take a newer backup of the keys, or delete the lines if nobody was erased."
            " --lost-keys obeys them, and erases again before anything opens"
        )


def tell_live(config: Config, known: list[Copy], *, lost_keys: bool) -> None:
    """Let the key store here learn what is known beside it: it may itself be an older one that was put back."""
    with staging.opened(config, "keys", staged=False) as engine:
        stamps = _stamps(config, engine)
        with writing(engine) as connection:
            key_store.lock_for_moving(connection)
            for each in known:
                tombstone_file.merge(connection, stamps, each.said, also_unstamped=lost_keys)


def left_out(config: Config, known: list[Copy], *, staged: bool) -> list[str]:
    """Return what files say of erasures, and is not obeyed, each a sentence."""
    fix = "if somebody was erased whom the log and the keys do not know, restore again with --lost-keys"
    with staging.opened(config, "keys", staged=staged) as engine:
        stamps = _stamps(config, engine)
        with engine.connect() as connection:
            return list(known_erasures.doubts(connection, stamps, known, fix))


def _stamps(config: Config, engine: Engine) -> TombstoneStamps:
    return tombstone_stamps(KeyRing(engine, open_provider(config, config.key_classes), classes=config.key_classes))


def _paths(known: list[Copy]) -> str:
    return " and ".join(str(each.path) for each in known if any(stone.stamp is None for stone in each.said.tombstones))


def known_beside(config: Config, folder: Path, erased: bytes) -> list[Copy]:
    """Return what the folder of checkpoints and the file of a backup say; RestoreRefused names one that is broken."""
    try:
        here = known_erasures.beside_checkpoints(config)
    except TombstonesBroken as error:
        raise RestoreRefused(str(error)) from error
    path = folder / backup_files.TOMBSTONES
    try:
        return [Copy(path, tombstone_file.load(erased)), *here]
    except TombstonesBroken as error:
        raise RestoreRefused(f"{path} is {error}; take another backup") from error
