"""Checking the vault: rows against their manifests, and the keys that open them. No row is opened.

A manifest holds hashes of sealed rows, so all of this works on ciphertext; manifests are opened for it, and only those
of the classes whose keys this process was given.
"""

from collections import defaultdict
from collections.abc import Iterator

from sqlalchemy import Connection, select, union
from sqlalchemy.exc import SQLAlchemyError

from privacy.fields import Field, KeyClass, Tier
from privacy.inventory import ALL_EPOCHS, Inventory, Numbers, VaultIncomplete, difference, row_name
from privacy.key_store import Epoch, WrappedKey
from privacy.keys import KeyGone, KeyRefused, KeyRing
from privacy.manifest import day_and_sequence, fingerprint, is_basis, number, shelf
from privacy.seal import SealBroken
from privacy.vault_store import Manifest, SealedField

_BROKEN = (VaultIncomplete, SealBroken, KeyGone, KeyRefused)
Shelves = dict[tuple[Epoch, str], Numbers]
"""The fingerprints of rows by epoch and shelf."""


def subjects(connection: Connection) -> list[str]:
    """Return everybody of whom the vault holds something."""
    found = union(select(SealedField.subject_id), select(Manifest.subject_id))
    return sorted(connection.scalars(found))


def incomplete(connection: Connection, keys: KeyRing, subject: str) -> Iterator[str]:
    """Yield what is wrong with a subject's rows and manifests, as `place: reason`."""
    there: dict[KeyClass, Shelves] = defaultdict(lambda: defaultdict(dict))
    try:
        for place, sealed in _rows(connection, subject):
            epoch, name, row = place
            there[epoch[0]][epoch, name][row] = fingerprint(sealed)
    except (ValueError, TypeError, SQLAlchemyError) as e:
        yield f"sealed_field subject={subject}: a column is not of its type ({type(e).__name__})"
        return
    for key_class in sorted(keys.classes):
        try:
            inventory = Inventory.read(connection, keys, subject, {key_class: ALL_EPOCHS})
        except _BROKEN as e:
            yield f"vault: {e}"
            continue
        yield from _differences(subject, inventory, there.get(key_class, {}))


def unwrappable(connection: Connection, keys: KeyRing) -> Iterator[str]:
    """Yield each subject and class with a wrapped key that does not unwrap (`connection` is to the key store).

    Keys at hand are forgotten first, since what is filed is what counts, and afterwards, since nobody needs them.
    """
    epochs: dict[tuple[str, KeyClass], list[Epoch]] = defaultdict(list)
    for subject, key_class, epoch in connection.execute(
        select(WrappedKey.subject_id, WrappedKey.key_class, WrappedKey.epoch)
    ):
        if key_class in keys.classes:
            epochs[subject, KeyClass(key_class)].append((KeyClass(key_class), epoch))
    for (subject, key_class), wanted in sorted(epochs.items()):
        keys.evict(subject)
        try:
            keys.warm(subject, wanted)
        except (KeyRefused, KeyGone) as e:
            yield f"wrapped_key subject={subject} class={key_class}: {e}"
        keys.evict(subject)


def _rows(connection: Connection, subject: str) -> Iterator[tuple[tuple[Epoch, str, int], bytes]]:
    columns = (SealedField.key_class, SealedField.key_epoch, SealedField.tier, SealedField.field)
    query = select(*columns, SealedField.day, SealedField.sequence, SealedField.sealed)
    listed = (SealedField.subject_id == subject, SealedField.tier != Tier.HOT)  # hot rows number each other (hot.py)
    for key_class, epoch, tier, field, day, sequence, sealed in connection.execute(query.where(*listed)):
        name = shelf(Tier(tier), Field(field))
        yield ((KeyClass(key_class), epoch), name, number(day, sequence)), sealed


def _differences(subject: str, inventory: Inventory, there: Shelves) -> Iterator[str]:
    listed: Shelves = {
        (epoch, name): listing.read(name)
        for epoch, listing in inventory.listings.items()
        for name in listing.shelves()
        if not is_basis(name)
    }
    for place in sorted(listed.keys() | there.keys()):
        expected, found = listed.get(place, {}), there.get(place, {})
        for row in sorted(expected.keys() | found.keys()):
            if expected.get(row) != found.get(row):
                tier, _, field = place[1].partition("/")
                name = row_name(subject, field, tier, *day_and_sequence(row))
                yield f"{name}: {difference(row in expected, row in found)}"
