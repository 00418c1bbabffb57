"""The vault: sealed fields, filed by subject, field, tier and local day.

Writing is open to whoever holds the transaction. Reading is not: `_open` belongs to `privacy.disclosure`, which has
logged the read before. How a row is sealed is `privacy.row_seal`'s.
"""

import datetime as dt
import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import nullcontext
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import Connection, Engine

from privacy import vault_query, vault_store
from privacy.fields import STATE_FIELDS, Field, KeyClass, Tier, epoch_of, key_of
from privacy.inventory import ALL_EPOCHS, Inventory, VaultIncomplete, by_field, spans
from privacy.key_store import Epoch
from privacy.keys import KeyRing
from privacy.manifest import HEAD_EPOCH, fingerprint, number, shelf
from privacy.period import Period
from privacy.row_seal import BY_NAME, Row, RowSeal
from privacy.seal import aad
from privacy.vault_query import Stored, Wanted
from privacy.vault_store import Manifest, SealedField, Subject, UnknownSubject

__all__ = [
    "ORGANISATION",
    "OUTGROWN",
    "Place",
    "Row",
    "Subject",
    "UnknownSubject",
    "Vault",
    "VaultIncomplete",
    "Wanted",
    "parts",
]

_parts: Final = msgspec.msgpack.Decoder(dict[int, bytes]).decode
ORGANISATION: Final = "0" * 32
"""The subject of entries that concern no person."""


Opened = dict[tuple[dt.date, Field], bytes]
"""Plaintexts by local day and field."""

OUTGROWN: Final = b""
"""What is opened of a month whose row does not say, or no longer says, what the figures of its days say."""


class Place(NamedTuple):
    """Where a row of a subject is filed."""

    field: Field
    tier: Tier
    day: dt.date
    sequence: int = 0


class Vault:
    """Seals and files what is known about people."""

    def __init__(self, engine: Engine, keys: KeyRing) -> None:
        self.engine = engine
        self.keys = keys
        self._rows = RowSeal(keys)

    def put(self, connection: Connection, subject: str, rows: Iterable[Row] = (), remove: Iterable[Place] = ()) -> None:
        """Remove and file rows, replacing those in the same places, together with the manifests that list them.

        All of it belongs to the caller's transaction on the data store. UnknownSubject if the subject does not exist.
        A month's row counts only as long as the days' figures are those that are filed when it is.
        """
        new, gone = list(rows), list(remove)
        vault_store.lock(connection, subject)
        epochs = {key_of(p.field, p.day) for p in gone} | {key_of(row.field, row.day) for row in new}
        self.keys.ensure(subject, epochs | {(key_class, HEAD_EPOCH) for key_class, _ in epochs})
        ranges = dict(spans(epochs))
        inventory = Inventory.read(connection, self.keys, subject, ranges)
        if not all(map(inventory.knows_states, ranges)):
            inventory = Inventory.read(connection, self.keys, subject, dict.fromkeys(ranges, ALL_EPOCHS))
        sealed = self._rows.seal(subject, new)
        vault_store.remove(connection, subject, ((p.tier, p.field, p.day, p.sequence) for p in gone))
        vault_store.upsert(connection, SealedField, sealed)
        for epoch, shelves in _changes(gone, new, sealed).items():
            for name, changes in shelves.items():
                inventory.change(epoch, name, changes)
        for row in new:
            if row.tier is Tier.MONTH:
                inventory.rest(row.field, row.day)
        vault_store.upsert(connection, Manifest, inventory.seal(epochs))

    def drop(self, connection: Connection, subject: str) -> int:
        """Delete every row and manifest of a subject, and return how many rows; no key is needed, nothing is opened.

        Waits for whoever writes about the subject now. UnknownSubject if there is no such subject.
        """
        vault_store.lock(connection, subject)
        return vault_store.remove_all(connection, subject)

    def expire(self, connection: Connection, subject: str, key_class: KeyClass, low: int, before: int) -> int:
        """Delete the rows and manifests of a class from key epoch `low` to before `before`; return how many rows.

        The head of the class then lists what is left. Needs no key of those epochs: they may be destroyed already.
        """
        vault_store.lock(connection, subject)
        inventory = Inventory.read(connection, self.keys, subject, {key_class: (before, before - 1)})  # the head alone
        count = vault_store.remove_epochs(connection, subject, key_class, low, before)
        vault_store.upsert(connection, Manifest, inventory.forget(key_class, low, before))
        return count

    def has(self, connection: Connection, subject: str, fields: Collection[Field], tier: Tier, period: Period) -> bool:
        """Tell whether anything of `fields` is filed for `period`: opens no row. VaultIncomplete if one was removed."""
        vault_store.lock(connection, subject)  # rows and manifests of the same state
        wanted = Wanted(frozenset(fields), tier, period)
        ranges = _ranges([wanted], since=dt.date.min)
        found = vault_query.read(connection, subject, [wanted], ranges)
        inventory = Inventory.of(self.keys, subject, found.manifests, ranges)
        inventory.check(wanted, by_field(found.rows[0]))
        return bool(found.rows[0])

    def outgrown(
        self, connection: Connection, subject: str, fields: Collection[Field], period: Period
    ) -> list[dt.date]:
        """Return the months of a period in which a row of `fields` is missing, or its days have outgrown it.

        Opens no row.
        """
        wanted = Wanted(frozenset(fields), Tier.MONTH, period.whole_months())
        inventory = Inventory.read(connection, self.keys, subject, _ranges([wanted]))
        return sorted({month for month, _ in inventory.outgrown(wanted)})

    def newest_day(self, subject: str, field: Field, tier: Tier, before: dt.date) -> dt.date | None:
        """Return the newest day before `before` for which `field` is filed; days are plain, and nothing is opened."""
        return vault_store.newest_day(self.engine, subject, field, tier, before)

    def oldest_day(self, subject: str, field: Field, tier: Tier) -> dt.date | None:
        """Return the oldest day for which `field` is filed; days are plain, and nothing is opened."""
        return vault_store.oldest_day(self.engine, subject, field, tier)

    def digest(self, subject: str, connection: Connection | None = None) -> str:
        """Return "sha256:…" over all manifests of a subject, for a log entry that commits to what the vault holds.

        With `connection`, to what its transaction will have written.
        """
        with nullcontext(connection) if connection is not None else self.engine.connect() as reading:
            found = vault_store.all_manifests(reading, subject)
        listed = b"".join(aad(key_class, epoch, fingerprint(sealed)) for key_class, epoch, sealed in found)
        return "sha256:" + hashlib.sha256(listed).hexdigest()

    def warm(self, subjects: Collection[str], fields: Collection[Field], period: Period, today: dt.date) -> None:
        """Fetch the keys of several subjects with which `fields` of a period are opened, and a log entry is sealed."""
        ranges = _ranges([Wanted(frozenset(fields), Tier.SUMMARY, period)])
        audit = epoch_of(KeyClass.AUDIT, today)

        def is_used(key_class: KeyClass, epoch: int) -> bool:
            low, high = ranges.get(key_class, (audit, audit) if key_class is KeyClass.AUDIT else (1, 0))
            return low <= epoch <= high or (epoch == HEAD_EPOCH and key_class in ranges)

        self.keys.warm_all(subjects, is_used)

    def _open(
        self, subject: str, fields: Collection[Field], tier: Tier, period: Period, source: Engine | None = None
    ) -> Opened:
        """Open `fields` for each day of `period`; a field that is a state, its latest value before the period's end.

        Only `privacy.disclosure` calls this. SealBroken names a row that does not open, VaultIncomplete one that was
        removed, added or rolled back, KeyGone says that a key was destroyed. Hot rows have several parts a day: theirs
        come as one value, which `parts` takes apart, and no manifest lists them. `source` is a copy of the store as it
        was (`privacy.snapshot`).
        """
        wanted = Wanted(frozenset(fields), tier, period)
        if tier is Tier.HOT:
            return self._open_hot(source or self.engine, subject, wanted)
        return self._open_all(subject, [wanted], source)[0]

    def _open_all(self, subject: str, wanted: Sequence[Wanted], source: Engine | None = None) -> list[Opened]:
        """Open several things as `_open` opens one, from one state of the store; none of them hot rows."""
        found, inventory = self._read(source or self.engine, subject, wanted, _ranges(wanted))
        if not all(inventory.covers(each) for each in wanted):
            found, inventory = self._read(source or self.engine, subject, wanted, _ranges(wanted, since=dt.date.min))
        opened = [self._open_rows(subject, rows) for rows in found.rows]
        for each, rows, values in zip(wanted, found.rows, opened, strict=True):
            inventory.check(each, by_field(rows))
            if each.tier is Tier.MONTH:
                values |= dict.fromkeys(inventory.outgrown(each), OUTGROWN)
        return opened

    def _read(
        self, source: Engine, subject: str, wanted: Sequence[Wanted], ranges: vault_query.Ranges
    ) -> tuple[vault_query.Found, Inventory]:
        found = vault_query.read(source, subject, wanted, ranges)
        return found, Inventory.of(self.keys, subject, found.manifests, ranges)

    def _open_hot(self, source: Engine, subject: str, wanted: Wanted) -> Opened:
        rows = vault_query.read(source, subject, [wanted], {}).rows[0]
        self.keys.warm(subject, {(KeyClass(row.key_class), row.key_epoch) for row in rows})
        joined: dict[tuple[dt.date, Field], dict[int, bytes]] = defaultdict(dict)
        for row, plaintext in self._rows.open(subject, rows):
            joined[row.day, Field(row.field)][row.sequence] = plaintext
        return {place: msgspec.msgpack.encode(found) for place, found in joined.items()}

    def _open_rows(self, subject: str, rows: Iterable[Stored]) -> Opened:
        return {(row.day, BY_NAME[row.field]): plaintext for row, plaintext in self._rows.open(subject, rows)}


def parts(value: bytes) -> Mapping[int, bytes]:
    """Take the value of a day's hot rows apart: plaintexts by their sequence."""
    return _parts(value)


def _changes(
    gone: Iterable[Place], new: Iterable[Row], sealed: Iterable[dict[str, Any]]
) -> dict[Epoch, dict[str, dict[int, bytes | None]]]:
    """Return what the manifests have to learn; a row that is removed and filed at once is filed."""
    changes: dict[Epoch, dict[str, dict[int, bytes | None]]] = defaultdict(lambda: defaultdict(dict))
    for place in gone:
        shelves = changes[key_of(place.field, place.day)]
        shelves[shelf(place.tier, place.field)][number(place.day, place.sequence)] = None
    for row, written in zip(new, sealed, strict=True):
        shelves = changes[key_of(row.field, row.day)]
        shelves[shelf(row.tier, row.field)][number(row.day, row.sequence)] = fingerprint(written["sealed"])
    return changes


def _ranges(wanted: Iterable[Wanted], since: dt.date | None = None) -> dict[KeyClass, tuple[int, int]]:
    """Return the epochs whose manifests list the rows: those of the period, and for states those `since` a day."""
    epochs: set[Epoch] = set()
    for fields, _, period in wanted:
        firsts = ((field, since if since and field in STATE_FIELDS else period.first) for field in fields)
        epochs |= {key_of(field, day) for field, first in firsts for day in (first, period.last)}
    return dict(spans(epochs))
