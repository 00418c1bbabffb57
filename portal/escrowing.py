"""Escrow, drill and recovery: what is done with the key that is kept elsewhere, in the order that loses nothing.

A drill and a recovery need neither a KEK nor a running system: they are for the day on which the keys are gone.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from portal.config import Config
from portal.escrow_files import EscrowFolder, PublicKey, read_escrow, share_page, write_once
from portal.occupancy import Occupancy
from portal.wiring import NotInitialised, System, build, open_stores
from privacy import escrow, escrow_key, key_store, key_versions, organisation
from privacy.canonical import digest_of
from privacy.escrow import Escrow, Place, Receipt, RecoveredKeys
from privacy.escrow_key import EscrowRefused
from privacy.fields import KeyClass
from privacy.file_keys import FileKeyProvider
from privacy.key_provider import KeyClassWithheld, KeyGone, KeyProvider, ProviderRefused
from privacy.log_entries import Draft, LogUnavailable
from privacy.organisation import Organisation
from privacy.policy import Purpose, Relation
from privacy.stores import Stores
from privacy.wrapping import Wrapping

ESCROWED: Final = "escrowed"
RECOVERED: Final = "recovered"
KEY_MADE: Final = "escrow-key-made"
Step = Callable[[str, float, float], None]


@dataclass(slots=True)
class Drilled:
    """What a drill found of a class: how many DEKs opened, and why others did not."""

    key_class: KeyClass
    opened: int = 0
    lost: Counter[str] = field(default_factory=Counter)
    example: str = ""


def make_key(system: System, output: Path, threshold: int, shares: int, *, replace: bool = False) -> list[Path]:
    """Make the escrow's key pair, write its private half to files that leave the machine, and keep the public one."""
    _exporting(system)
    folder = EscrowFolder(system.config.home)
    if not replace and (known := folder.public()) is not None:
        raise EscrowRefused(f"there is the escrow key {known.fingerprint} already: --replace makes another")
    _refuse_inside(output, system.config)
    today = system.clock().date()
    public, made = escrow_key.make(threshold, shares)
    names = ["escrow-key.txt"] if shares == 1 else [f"escrow-share-{each.number}-of-{shares}.txt" for each in made]
    written: list[Path] = []
    try:
        for name, share in zip(names, made, strict=True):
            write_once(output / name, share_page(share, shares, system.organisation.origin, today))
            written.append(output / name)
        system.log.append(_entry(KEY_MADE, public.public_bytes_raw()))
        folder.keep_public(public, today)
    except BaseException:
        for path in written:  # shares of a key that is not in use would be taken for those of one that is
            path.unlink()
        raise
    return written


def hand_out(system: System, output: Path) -> Escrow:
    """Seal every KEK to the escrow's key, log it, write the file, and keep a receipt of what it holds."""
    provider, folder = _exporting(system), EscrowFolder(system.config.home)
    if (public := folder.public()) is None:
        raise EscrowRefused("there is no escrow key: make one with `sameview keys escrow-key --output DIR`")
    if output.exists():
        raise EscrowRefused(f"{output} exists already, and is not written over: name another place")
    sealed = _seal(system, provider, public)
    _keep(system, folder, sealed, (), lambda _receipt: output)
    return sealed


def keep_up(system: System) -> bool:
    """Leave a new escrow in HOME/escrow if the last one lacks a key, and tell whether one was written.

    Without an escrow key there is none; a process that has not every key leaves it to one that has. Those of earlier
    nights that still lie there go: all that they hold besides was destroyed.
    """
    folder, classes = EscrowFolder(system.config.home), system.keys.classes
    if not isinstance(system.provider, FileKeyProvider) or classes != frozenset(KeyClass):
        return False
    receipt = folder.receipt()
    here = {(c, version) for c in KeyClass for version in system.provider.versions(c)}
    if (public := folder.public()) is None or (receipt is not None and here <= receipt.places):
        return False
    sealed = _seal(system, system.provider, public)
    kept = _keep(system, folder, sealed, _names(sealed), folder.place)
    for path in folder.lying():
        if path != kept:
            path.unlink()
    return True


def _seal(system: System, provider: FileKeyProvider, public: PublicKey) -> Escrow:
    keks = {(c, version): provider.export(c, version) for c in KeyClass for version in provider.versions(c)}
    return escrow.seal(system.organisation.origin, system.clock().date(), public.loaded, keks)


def _keep(
    system: System, folder: EscrowFolder, sealed: Escrow, fields: Sequence[str], place: Callable[[Receipt], Path]
) -> Path:
    """Log an escrow, write it to its place, keep the receipt, and return the place."""
    content = sealed.encoded()
    receipt = Receipt(sealed.day, digest_of(content), sealed.places)
    system.log.append(_entry(ESCROWED, content, fields))
    write_once(place(receipt), content)
    folder.keep_receipt(receipt)
    return place(receipt)


def _names(sealed: Escrow) -> list[str]:
    return [f"kek-{key_class}-{version}" for key_class, version in sorted(sealed.places)]


@contextmanager
def unopened(config: Config) -> Iterator[tuple[Stores, Organisation]]:
    """Open the stores of an installation without any of its keys."""
    occupancy, stores = Occupancy(config.home), open_stores(config)
    try:
        with stores.data.connect() as connection:
            owner = organisation.find(connection)
        if owner is None:
            raise NotInitialised("these stores were never set up: restore them first, then the keys")
        yield stores, owner
    finally:
        stores.dispose()
        occupancy.leave()


def open_escrow(owner: Organisation, file: Path, shares: Sequence[Path]) -> dict[Place, bytes]:
    """Return the KEKs of an escrow, opened with a key or with shares from files. They stay in memory."""
    sealed = escrow.read(read_escrow(file), str(file))
    read = [escrow_key.read_share(read_escrow(each).decode("utf-8", "replace"), str(each)) for each in shares]
    return escrow.unseal(sealed, owner.origin, escrow_key.combine(read))


def drill(stores: Stores, provider: KeyProvider, step: Step) -> list[Drilled]:
    """Unwrap every DEK of the key store with `provider`, and count by class what opens and what would be lost."""
    ring = Wrapping(stores.keys, provider)
    found = []
    for number, key_class in enumerate(KeyClass):
        step(f"{key_class} keys", number, len(KeyClass))
        result = Drilled(key_class)
        for filed, fault in ring.prove(key_class):
            if fault is None:
                result.opened += 1
            else:
                result.lost[f"kek-{key_class}-{filed.kek_version}"] += 1
                result.example = result.example or fault
        found.append(result)
    return found


@dataclass(frozen=True, slots=True)
class Recovered:
    """What a recovery wrote, and left out: keys that were destroyed, and those that nothing shows to be genuine."""

    written: list[Place]
    destroyed: list[Place]
    unproven: list[Place]


def recover(
    config: Config, stores: Stores, keks: dict[Place, bytes], note: Callable[[], None], *, handed_out: bool
) -> Recovered:
    """Write the KEK files that are missing; `handed_out` says that the escrow may be the one that was handed out last.

    Whoever has the public key can make an escrow, so a key proves itself: it opens a DEK of the key store, or its
    version is recorded there, wraps nothing, and comes from the escrow that was handed out. `note` is called before the
    first file is written. No file is ever written over: one that differs is a KeyFileRefused, and nothing after it is
    written.
    """
    if config.key_provider != "file":
        raise EscrowRefused("an escrow holds key files, and SAMEVIEW_KEY_PROVIDER is not file: restore the token")
    destroyed = {(v.key_class, v.version) for v in key_versions.recorded(stores.keys) if v.destroyed_on is not None}
    provider = FileKeyProvider(config.kek_dir, frozenset(KeyClass), config.key_passphrase)
    genuine = _opening(stores, keks) | (_recorded_empty(stores) & keks.keys() if handed_out else set())
    wanted = sorted(genuine - destroyed)
    if any(version not in provider.versions(key_class) for key_class, version in wanted):
        note()
    written = [place for place in wanted if provider.adopt(*place, keks[place])]
    return Recovered(written, sorted(keks.keys() & destroyed), sorted(keks.keys() - destroyed - genuine))


def was_handed_out(config: Config, file: Path) -> bool:
    """Tell whether an escrow is the one that was handed out last; True where there is no receipt to compare with."""
    receipt = EscrowFolder(config.home).receipt()
    return receipt is None or receipt.digest == digest_of(read_escrow(file))


def _opening(stores: Stores, keks: dict[Place, bytes]) -> set[Place]:
    """Return which of the keys open at least one DEK of the key store."""
    ring, found = Wrapping(stores.keys, RecoveredKeys(keks)), set[Place]()
    for key_class in KeyClass:
        of_class = {place for place in keks if place[0] is key_class}
        for filed, fault in ring.prove(key_class) if of_class else ():
            if fault is None:
                found.add((key_class, filed.kek_version))
            if of_class <= found:
                break
    return found


def _recorded_empty(stores: Stores) -> set[Place]:
    """Return the versions that the key store has recorded and that wrap nothing there."""
    wrapping = {(KeyClass(each.key_class), each.kek_version) for each in key_store.counts(stores.keys)}
    return {(each.key_class, each.version) for each in key_versions.recorded(stores.keys)} - wrapping


def note_recovery(config: Config, file: Path) -> bool:
    """Write to the log that keys come back from the escrow in `file`; False if the log cannot be written now."""
    try:
        system = build(config)
    except (KeyGone, KeyClassWithheld, ProviderRefused, NotInitialised):
        return False
    try:
        system.log.append(_entry(RECOVERED, read_escrow(file)))
    except (KeyGone, LogUnavailable):
        return False
    finally:
        system.close()
    return True


def _exporting(system: System) -> FileKeyProvider:
    """Return the provider if its keys can leave it, all of them."""
    if not isinstance(system.provider, FileKeyProvider):
        raise EscrowRefused(
            "the keys of a token cannot leave it: use the token's own backup, and prove it with "
            "`sameview keys drill --token LABEL`"
        )
    for key_class in KeyClass:
        system.keys.require(key_class)
    return system.provider


def _refuse_inside(output: Path, config: Config) -> None:
    for place in (config.home, config.kek_dir):
        if output.absolute().resolve().is_relative_to(place.resolve()):
            raise EscrowRefused(f"{output} is inside {place}: the private key must lie apart from what it opens")


def _entry(outcome: str, content: bytes, fields: Sequence[str] = ()) -> Draft:
    """Return the draft of an entry that commits to a file; only what the nightly job does names fields (`by_job`)."""
    return Draft(None, None, Relation.OPERATIONS, fields, Purpose.OPERATIONS, None, outcome, digest=digest_of(content))
