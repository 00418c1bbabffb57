"""Rows of the vault, sealed and opened: each bound to its place, under a key of its field and time.

Plaintext is padded before it is sealed, so that a blob's size does not tell how much somebody worked: to powers of two,
and what grows with the hours to one size for every common day. (Padmé was tried: with its finer steps the size of a
day's rhythm told the hours worked with a correlation of 0.997.)

Only the vault and its hot rows seal and open here; whoever opens has logged it before.
"""

import datetime as dt
import functools
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

from privacy.fields import CLASS_OF, Field, Tier, key_of
from privacy.inventory import row_name
from privacy.keys import KeyRing
from privacy.seal import FieldKey, SealBroken, aad, element, pad, padded_size, steps_of_two, unpad
from privacy.vault_query import Stored
from privacy.vault_store import SealedField

_LEAST_BYTES: Final = {
    Field.RHYTHM: 4096,
    Field.TITLES: 4096,
    Field.URLS: 2048,
    Field.APPS: 1024,
    Field.CATEGORY_DETAIL: 1024,
    Field.ANNOTATIONS: 2048,
    Field.OWN_TIMES: 8192,
    Field.OWN_RULES: 2048,
}
_LEAST_MONTH_BYTES: Final = {
    Field.RHYTHM: 8192,
    Field.CATEGORY_DETAIL: 8192,
    Field.CATEGORIES: 4096,
    Field.ANNOTATIONS: 8192,
    Field.ACTIVE_TIME: 1024,
    Field.AWAY_TIME: 1024,
    Field.FOCUS: 2048,
    Field.RECOVERY: 2048,
}
BY_NAME: Final[dict[str, Field]] = {each: each for each in Field}
"""Fields by their names, which a page looks up a hundred times."""


class Row(NamedTuple):
    """A plain value on its way in. Only hot rows have a sequence other than 0."""

    field: Field
    tier: Tier
    day: dt.date
    sequence: int
    plaintext: bytes


class RowSeal:
    """Seals and opens rows with the keys of their subjects."""

    def __init__(self, keys: KeyRing) -> None:
        self._keys = keys

    def seal(self, subject: str, rows: Iterable[Row]) -> list[dict[str, Any]]:
        """Return the columns of `sealed_field` for rows; their keys are there. ValueError for a row that cannot be."""
        keys: dict[tuple[Field, int], FieldKey] = {}
        sealed = []
        for field, tier, day, sequence, plaintext in rows:
            if sequence and tier is not Tier.HOT:
                raise ValueError(f"a {tier} row has no sequence: {field} of {day}")
            if tier is Tier.MONTH and (day.day != 1 or not plaintext):
                raise ValueError(f"a month's row says something, and is filed under its first day: {field} of {day}")
            key_class, epoch = key_of(field, day)
            if (key := keys.get((field, epoch))) is None:
                key = keys[field, epoch] = self._keys.field_key(subject, key_class, epoch, field)
            least = (_LEAST_MONTH_BYTES if tier is Tier.MONTH else _LEAST_BYTES).get(field, 0)
            padded = pad(plaintext, steps_of_two(max(padded_size(plaintext), least)))
            sealed.append(
                {
                    "subject_id": subject,
                    "tier": tier,
                    "field": field,
                    "day": day,
                    "sequence": sequence,
                    "key_class": key_class,
                    "key_epoch": epoch,
                    "sealed": key.seal(padded, _aad(subject, field, tier, day, sequence, epoch)),
                }
            )
        return sealed

    def open(self, subject: str, rows: Iterable[Stored]) -> Iterator[tuple[Stored, bytes]]:
        """Yield stored rows with what they hold. SealBroken names the first that does not open."""
        keys: dict[tuple[str, str, int], tuple[FieldKey, bytes, bytes]] = {}
        for row in rows:
            field = BY_NAME[row.field]
            try:
                if (row.key_class, row.key_epoch) != key_of(field, row.day):
                    raise SealBroken("filed under another key")
                if (known := keys.get(place := (row.tier, row.field, row.key_epoch))) is None:
                    key = self._keys.field_key(subject, CLASS_OF[field], row.key_epoch, field)
                    known = keys[place] = (key, *_aad_around(subject, field, row.tier, row.key_epoch))
                key, before, after = known
                plaintext = key.open(row.sealed, before + element(row.day) + element(row.sequence) + after)
                opened = unpad(plaintext)
            except SealBroken as e:
                raise SealBroken(f"{row_name(subject, field, row.tier, row.day, row.sequence)}: {e}") from e
            yield row, opened


def _aad(subject: str, field: Field, tier: str, day: dt.date, sequence: int, epoch: int) -> bytes:
    before, after = _aad_around(subject, field, tier, epoch)
    return before + element(day) + element(sequence) + after


@functools.lru_cache(4096)
def _aad_around(subject: str, field: Field, tier: str, epoch: int) -> tuple[bytes, bytes]:
    """Return the associated data of a row before its day and sequence, and behind them: the same for many rows."""
    before = aad(SealedField.__tablename__, 1, subject, tier, field)
    return before, element(CLASS_OF[field]) + element(epoch)
