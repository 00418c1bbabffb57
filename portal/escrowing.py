"""Escrow and drill: what is done with the key that is kept elsewhere, in the order that loses nothing.

A drill needs neither a KEK nor a running system. What an escrow is for, is in `portal.recovery`.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sqlalchemy import Engine

from portal import key_records
from portal.config import Config
from portal.escrow_files import EscrowFolder, PublicKey, share_page, write_once
from portal.wiring import System
from privacy import escrow, escrow_key
from privacy.canonical import digest_of
from privacy.escrow import Escrow, Receipt
from privacy.escrow_key import EscrowRefused
from privacy.fields import KeyClass
from privacy.file_keys import FileKeyProvider
from privacy.key_history import ESCROW_KEY_MADE
from privacy.key_provider import KeyProvider
from privacy.log_entries import Draft
from privacy.policy import Purpose, Relation
from privacy.wrapping import Wrapping

ESCROWED: Final = "escrowed"
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
        system.log.append(_entry(ESCROW_KEY_MADE, public.public_bytes_raw()))
        folder.keep_public(public, today)
    except BaseException:
        for path in written:  # shares of a key that is not in use would be taken for those of one that is
            path.unlink()
        raise
    return written


def hand_out(system: System, output: Path) -> Escrow:
    """Seal every KEK to the escrow's key, log it, write the file, and keep a receipt of what it holds."""
    provider, folder = _exporting(system), EscrowFolder(system.config.home)
    if (public := key_records.escrow_key(system)) is None:
        raise EscrowRefused("there is no escrow key: make one with `sameview keys escrow-key --output DIR`")
    if output.exists():
        raise EscrowRefused(f"{output} exists already, and is not written over: name another place")
    sealed = _seal(system, provider, public)
    _keep(system, folder, sealed, (), lambda _receipt: output)
    return sealed


def keep_up(system: System) -> bool:
    """Leave a new escrow in HOME/escrow if the last one lacks a key, and tell whether one was written.

    Without an escrow key there is none; a process that has not every key leaves it to one that has. Those of earlier
    nights that still lie there go: all that they hold besides was destroyed. EscrowRefused if the key is not the one
    that the log knows, whether or not there is something to seal to it tonight.
    """
    folder, classes = EscrowFolder(system.config.home), system.keys.classes
    if not isinstance(system.provider, FileKeyProvider) or classes != frozenset(KeyClass):
        return False
    public, receipt = key_records.escrow_key(system), folder.receipt()
    here = {(c, version) for c in KeyClass for version in system.provider.versions(c)}
    if public is None or (receipt is not None and here <= receipt.places):
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


def drill(keys: Engine, provider: KeyProvider, step: Step) -> list[Drilled]:
    """Unwrap every DEK of the key store with `provider`, and count by class what opens and what would be lost."""
    ring = Wrapping(keys, provider)
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
