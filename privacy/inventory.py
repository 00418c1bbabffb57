"""The inventory of one subject: its manifests opened, compared with their head and the rows, and written again."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from sqlalchemy import Connection

from privacy import vault_query
from privacy.fields import CLASS_OF, STATE_FIELDS, Field, KeyClass, Tier, epoch_of, key_of
from privacy.key_store import Epoch
from privacy.keys import KeyRing
from privacy.manifest import (
    HEAD_EPOCH,
    HEAD_SHELF,
    INDEXED,
    Listing,
    basis,
    day_and_sequence,
    fingerprint,
    is_of_state,
    number,
    shelf,
)
from privacy.period import Period
from privacy.seal import SealBroken, aad
from privacy.vault_store import Manifest

Numbers = dict[int, bytes]
"""The fingerprints of rows by their number on a shelf."""

ALL_EPOCHS: Final = (HEAD_EPOCH + 1, 2**31 - 1)
_KEY_NAME: Final = "manifest"


class VaultIncomplete(Exception):
    """Something is not as it was written: a row or manifest, which is named, was removed, added or rolled back."""


class Inventory:
    """What a subject has, as the manifests of the loaded epochs list it."""

    def __init__(self, keys: KeyRing, subject: str) -> None:
        self._keys = keys
        self._subject = subject
        self._heads: dict[KeyClass, Listing] = {}
        self._has_head: set[KeyClass] = set()
        self._listings: dict[Epoch, Listing] = {}

    @classmethod
    def read(cls, connection: Connection, keys: KeyRing, subject: str, ranges: vault_query.Ranges) -> "Inventory":
        """Open the manifests of each class from its first to its last epoch (inclusive), or raise VaultIncomplete."""
        return cls.of(keys, subject, vault_query.manifests(connection, subject, ranges), ranges)

    @classmethod
    def of(cls, keys: KeyRing, subject: str, sealed: Mapping[Epoch, bytes], ranges: vault_query.Ranges) -> "Inventory":
        """Open manifests that were read with the heads of their classes, or raise VaultIncomplete."""
        inventory = cls(keys, subject)
        keys.warm(subject, sealed)
        for key_class, (low, high) in ranges.items():
            inventory._check_head(key_class, sealed, low, high)
        for epoch, value in sealed.items():
            if epoch[1] != HEAD_EPOCH:
                inventory._listings[epoch] = inventory._open(epoch, value)
        return inventory

    @property
    def listings(self) -> Mapping[Epoch, Listing]:
        """What the manifests list, by epoch."""
        return self._listings

    def change(self, epoch: Epoch, shelf: str, changes: dict[int, bytes | None]) -> None:
        """Enter what is written (fingerprints) and removed (None) on a shelf of a loaded epoch."""
        self._listings.setdefault(epoch, Listing()).change(shelf, changes)

    def rest(self, field: Field, month: dt.date) -> None:
        """Note that the row of a month was made from what is listed of its days now."""
        listing = self._listings[key_of(field, month)]
        listing.change(basis(field), {number(month, 0): listing.print_of(shelf(Tier.SUMMARY, field))})

    def outgrown(self, wanted: vault_query.Wanted) -> list[tuple[dt.date, Field]]:
        """Return the months whose rows do not say what their days say: there is none, or days were filed without it.

        A row whose days were all removed without it is one of them.
        """
        return [
            (month, field)
            for month in wanted.period.months()
            for field in wanted.fields
            if (listing := self._listings.get(key_of(field, month))) is not None
            and not _is_current(listing, field, month)
            and any(listing.has(shelf(tier, field)) for tier in (Tier.SUMMARY, Tier.MONTH))
        ]

    def seal(self, epochs: Iterable[Epoch]) -> list[dict[str, Any]]:
        """Return the rows of the `manifest` table for `epochs` and the heads of their classes."""
        rows = [self._row(epoch, self._listings[epoch]) for epoch in sorted(epochs)]
        for (key_class, epoch), row in zip(sorted(epochs), rows, strict=True):
            head = self._heads.setdefault(key_class, Listing())
            head.change(HEAD_SHELF, {epoch: fingerprint(row["sealed"])})
        for key_class in sorted({key_class for key_class, _ in epochs}):
            self._index(key_class)
            rows.append(self._row((key_class, HEAD_EPOCH), self._heads[key_class]))
        return rows

    def forget(self, key_class: KeyClass, low: int, before: int) -> list[dict[str, Any]]:
        """Return the head of a class without the epochs from `low` to before `before`; nothing if there is no head."""
        head = self._heads[key_class]
        gone: dict[int, bytes | None] = {epoch: None for epoch in head.read(HEAD_SHELF) if low <= epoch < before}
        if not gone:
            return []
        for name in head.shelves():
            if name != INDEXED:
                head.change(name, gone)
        return [self._row((key_class, HEAD_EPOCH), head)]

    def knows_states(self, key_class: KeyClass) -> bool:
        """Tell whether the head says in which epochs there are states: an older one does not until it is rewritten."""
        return key_class not in self._has_head or self._heads[key_class].has(INDEXED)

    def covers(self, wanted: vault_query.Wanted) -> bool:
        """Tell whether every manifest that lists one of the wanted states is loaded, as their heads say."""
        for field in wanted.states:
            key_class, last = key_of(field, wanted.period.last)
            if key_class not in self._has_head or not self.knows_states(key_class):
                return False
            listed = self._heads[key_class].read(shelf(wanted.tier, field))
            if any(epoch <= last and (key_class, epoch) not in self._listings for epoch in listed):
                return False
        return True

    def check(self, wanted: vault_query.Wanted, found: Mapping[Field, Numbers]) -> None:
        """Raise VaultIncomplete unless the rows `found` are exactly those that are listed of what was wanted."""
        tier = wanted.tier
        for field in wanted.fields:
            listed, there = self._listed(tier, field, wanted.period), found.get(field, {})
            if listed == there:
                continue
            for each in sorted(listed.keys() | there.keys(), key=lambda n: (n in there, n)):  # what is missing first
                if listed.get(each) != there.get(each):
                    reason = difference(each in listed, each in there)
                    place = row_name(self._subject, field, tier, *day_and_sequence(each))
                    raise VaultIncomplete(f"{place}: {reason}")

    def _listed(self, tier: Tier, field: Field, period: Period) -> Numbers:
        low, high = number(period.first, 0), number(period.end, 0)
        state, of_field = field in STATE_FIELDS, CLASS_OF[field]
        first, name = 0 if state else low, shelf(tier, field)
        begun = 0 if state else epoch_of(of_field, period.first)
        rows: Numbers = {}
        for (key_class, epoch), listing in self._listings.items():
            if key_class is of_field and begun <= epoch:
                rows |= {n: h for n, h in listing.read(name).items() if first <= n < high}
        if state and rows:
            low = number(day_and_sequence(max(rows))[0], 0)
            return {n: h for n, h in rows.items() if n >= low}
        return rows

    def _check_head(self, key_class: KeyClass, sealed: Mapping[Epoch, bytes], low: int, high: int) -> None:
        head = sealed.get((key_class, HEAD_EPOCH))
        listing = Listing() if head is None else self._open((key_class, HEAD_EPOCH), head)
        listed = listing.read(HEAD_SHELF)
        there = {epoch: fingerprint(s) for (c, epoch), s in sealed.items() if c is key_class and epoch != HEAD_EPOCH}
        expected = {epoch: hash_ for epoch, hash_ in listed.items() if low <= epoch <= high or epoch in there}
        for epoch in sorted(expected.keys() | there.keys()):
            if expected.get(epoch) != there.get(epoch):
                reason = difference(epoch in expected, epoch in there)
                raise VaultIncomplete(f"{_manifest_name(self._subject, key_class, epoch)}: {reason}")
        self._heads[key_class] = listing
        if head is not None:
            self._has_head.add(key_class)

    def _index(self, key_class: KeyClass) -> None:
        """Let the head of a class say which states the loaded manifests list."""
        head = self._heads[key_class]
        head.change(INDEXED, {HEAD_EPOCH: b""})
        for (of, epoch), listing in self._listings.items():
            for name in filter(is_of_state, listing.shelves() if of is key_class else ()):
                head.change(name, {epoch: b"" if listing.has(name) else None})

    def _row(self, epoch: Epoch, listing: Listing) -> dict[str, Any]:
        key = self._keys.field_key(self._subject, *epoch, _KEY_NAME)
        sealed = key.seal(listing.encode(), self._aad(epoch))
        return {"subject_id": self._subject, "key_class": epoch[0], "key_epoch": epoch[1], "sealed": sealed}

    def _open(self, epoch: Epoch, sealed: bytes) -> Listing:
        key = self._keys.field_key(self._subject, *epoch, _KEY_NAME)
        try:
            return Listing(key.open(sealed, self._aad(epoch)))
        except SealBroken as e:
            raise SealBroken(f"{_manifest_name(self._subject, *epoch)}: {e}") from e

    def _aad(self, epoch: Epoch) -> bytes:
        return aad(Manifest.__tablename__, 1, self._subject, *epoch)


def _is_current(listing: Listing, field: Field, month: dt.date) -> bool:
    """Tell whether there is a row of a month, made from just those days that are listed."""
    place = number(month, 0)
    basis_of, row = listing.read(basis(field)).get(place), listing.read(shelf(Tier.MONTH, field)).get(place)
    return row is not None and basis_of == listing.print_of(shelf(Tier.SUMMARY, field))


def row_name(subject: str, field: str, tier: str, day: object, sequence: int) -> str:
    """Return how an error names a row of `sealed_field`."""
    return f"sealed_field subject={subject} field={field} tier={tier} day={day} sequence={sequence}"


def _manifest_name(subject: str, key_class: str, epoch: int) -> str:
    return f"manifest subject={subject} class={key_class} epoch={'head' if epoch == HEAD_EPOCH else epoch}"


def difference(listed: bool, there: bool) -> str:
    if not there:
        return "it is listed, but was removed"
    if not listed:
        return "it is not listed: added behind the vault's back, or its listing was removed"
    return "it is not the one that was written last: replaced or rolled back"


def by_field(rows: Iterable[vault_query.Stored]) -> dict[Field, Numbers]:
    """Return the fingerprints of stored rows as `Inventory.check` compares them."""
    found: dict[str, Numbers] = {}
    for row in rows:
        found.setdefault(row.field, {})[number(row.day, row.sequence)] = fingerprint(row.sealed)
    return {Field(name): numbers for name, numbers in found.items()}


def spans(epochs: Iterable[Epoch]) -> Iterator[tuple[KeyClass, tuple[int, int]]]:
    """Yield each class with its first and last epoch."""
    sorted_by_class: dict[KeyClass, list[int]] = {}
    for key_class, epoch in epochs:
        sorted_by_class.setdefault(key_class, []).append(epoch)
    return ((key_class, (min(numbers), max(numbers))) for key_class, numbers in sorted_by_class.items())
