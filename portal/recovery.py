"""Recovery: the KEKs come back from an escrow, on the day on which the keys are gone, or the whole host.

It needs neither a KEK nor a running system, only the key store, which shows which keys are genuine. On a new host there
is none yet, and a restore needs the KEKs: there the newest backup of the key store stands in for it.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import Engine

from portal import occupancy, restore_keys, staging
from portal.config import Config
from portal.escrow_files import EscrowFolder, read_escrow
from portal.occupancy import Occupancy
from portal.restore_log import RestoreRefused
from portal.wiring import NotInitialised, build
from privacy import escrow, escrow_key, key_store, key_versions
from privacy.canonical import digest_of
from privacy.escrow import Place, RecoveredKeys
from privacy.escrow_key import EscrowRefused
from privacy.fields import KeyClass
from privacy.file_keys import FileKeyProvider
from privacy.key_provider import KeyClassWithheld, KeyGone, ProviderRefused
from privacy.log_entries import Draft, LogUnavailable
from privacy.policy import Purpose, Relation
from privacy.wrapping import Wrapping

RECOVERED: Final = "recovered"


@dataclass(frozen=True, slots=True)
class Recovered:
    """What a recovery wrote, and left out: keys that were destroyed, and those that nothing shows to be genuine."""

    written: list[Place]
    destroyed: list[Place]
    unproven: list[Place]


@contextmanager
def key_store_here(config: Config) -> Iterator[tuple[Engine, list[str]]]:
    """Open the live key store without any of its keys, and name the logs whose signing keys it has."""
    installation = Occupancy(config.home)
    try:
        if not (origins := restore_keys.origins_here(config)):
            raise NotInitialised(
                f"there is no key store at {config.home}: set SAMEVIEW_HOME; if it is lost, run `sameview keys recover`"
                " with --keys DIR, the newest backup of it, and then `sameview restore` with the same"
            )
        with staging.opened(config, "keys", staged=False) as engine:
            yield engine, origins
    finally:
        installation.leave()


@contextmanager
def _key_store_of(config: Config, folder: Path, today: dt.date) -> Iterator[tuple[Engine, list[str]]]:
    """Open a copy of the key store in a backup, in place of the one that is lost; it is gone at the end."""
    with occupancy.alone(config.home):
        if restore_keys.origins_here(config):
            raise RestoreRefused("the key store is here, and newer than any backup of it: leave out --keys")
        manifest = restore_keys.read_backup(config, folder, today)
        copy = staging.recovery_file(config)
        try:
            restore_keys.copy_store(folder, manifest, "keys", copy)
            with staging.opened_file(copy) as engine:
                yield engine, [manifest.origin]
        finally:
            staging.discard(config, ())


def open_escrow(origins: Sequence[str], file: Path, shares: Sequence[Path]) -> dict[Place, bytes]:
    """Return the KEKs of an escrow, opened with a key or with shares from files. They stay in memory.

    EscrowRefused if it is that of none of the `origins` (one at least).
    """
    sealed = escrow.read(read_escrow(file), str(file))
    read = [escrow_key.read_share(read_escrow(each).decode("utf-8", "replace"), str(each)) for each in shares]
    origin = sealed.origin if sealed.origin in origins else origins[0]
    return escrow.unseal(sealed, origin, escrow_key.combine(read))


def recover_on_new_host(config: Config, file: Path, shares: Sequence[Path], folder: Path, today: dt.date) -> Recovered:
    """Write the KEKs of an escrow that open a DEK of a key backup, before anything is restored.

    There is no log to note it in yet, nor a receipt that tells which escrow is the newest: so only keys that open
    something are taken. A restore follows, and is in the log.
    """
    with _key_store_of(config, folder, today) as (keys, origins):
        return recover(config, keys, open_escrow(origins, file, shares), lambda: None, handed_out=False)


def recover(
    config: Config, keys: Engine, keks: dict[Place, bytes], note: Callable[[], None], *, handed_out: bool
) -> Recovered:
    """Write the KEK files that are missing; `handed_out` says that the escrow may be the one that was handed out last.

    Whoever has the public key can make an escrow, so a key proves itself: it opens a DEK of the key store, or its
    version is recorded there, wraps nothing, and comes from the escrow that was handed out. `note` is called before the
    first file is written. No file is ever written over: one that differs is a KeyFileRefused, and nothing after it is
    written.
    """
    if config.key_provider != "file":
        raise EscrowRefused("an escrow holds key files, and SAMEVIEW_KEY_PROVIDER is not file: restore the token")
    destroyed = {(v.key_class, v.version) for v in key_versions.recorded(keys) if v.destroyed_on is not None}
    provider = FileKeyProvider(config.kek_dir, frozenset(KeyClass), config.key_passphrase)
    genuine = _opening(keys, keks) | (_recorded_empty(keys) & keks.keys() if handed_out else set())
    wanted = sorted(genuine - destroyed)
    if any(version not in provider.versions(key_class) for key_class, version in wanted):
        note()
    written = [place for place in wanted if provider.adopt(*place, keks[place])]
    return Recovered(written, sorted(keks.keys() & destroyed), sorted(keks.keys() - destroyed - genuine))


def was_handed_out(config: Config, file: Path) -> bool:
    """Tell whether an escrow is the one that was handed out last; True where there is no receipt to compare with."""
    receipt = EscrowFolder(config.home).receipt()
    return receipt is None or receipt.digest == digest_of(read_escrow(file))


def note_recovery(config: Config, file: Path) -> bool:
    """Write to the log that keys come back from the escrow in `file`; False if the log cannot be written now."""
    try:
        system = build(config)
    except (KeyGone, KeyClassWithheld, ProviderRefused, NotInitialised):
        return False
    digest = digest_of(read_escrow(file))
    try:
        system.log.append(
            Draft(None, None, Relation.OPERATIONS, (), Purpose.OPERATIONS, None, RECOVERED, digest=digest)
        )
    except (KeyGone, LogUnavailable):
        return False
    finally:
        system.close()
    return True


def _opening(keys: Engine, keks: dict[Place, bytes]) -> set[Place]:
    """Return which of the keys open at least one DEK of the key store."""
    ring, found = Wrapping(keys, RecoveredKeys(keks)), set[Place]()
    for key_class in KeyClass:
        of_class = {place for place in keks if place[0] is key_class}
        for filed, fault in ring.prove(key_class) if of_class else ():
            if fault is None:
                found.add((key_class, filed.kek_version))
            if of_class <= found:
                break
    return found


def _recorded_empty(keys: Engine) -> set[Place]:
    """Return the versions that the key store has recorded and that wrap nothing there."""
    wrapping = {(KeyClass(each.key_class), each.kek_version) for each in key_store.counts(keys)}
    return {(each.key_class, each.version) for each in key_versions.recorded(keys)} - wrapping
