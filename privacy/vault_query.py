"""What a reader of the vault asks: the rows of some fields and the manifests that list them, in one statement.

One statement sees one state of the database, so that rows and manifests fit together without a transaction around
them, and costs one round trip. Nothing here sees plaintext.
"""

import datetime as dt
import functools
from collections.abc import Collection, Mapping
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Engine, Select, bindparam, func, null, or_, select, tuple_, union_all

from privacy.fields import Field, KeyClass, Tier
from privacy.key_store import Epoch
from privacy.manifest import HEAD_EPOCH
from privacy.period import Period
from privacy.statement import Question
from privacy.vault_store import Manifest, SealedField

Ranges = Mapping[KeyClass, tuple[int, int]]
"""The first and last key epoch (inclusive) of each class."""


class Stored(NamedTuple):
    """A row of `sealed_field` without its subject, as it was read."""

    tier: str
    field: str
    day: dt.date
    sequence: int
    key_class: str
    key_epoch: int
    sealed: bytes


class Found(NamedTuple):
    """The rows of the asked fields, and the sealed manifests of the asked ranges with the heads of their classes."""

    rows: list[Stored]
    manifests: dict[Epoch, bytes]


_AT: Final = (SealedField.subject_id == bindparam("of"), SealedField.tier == bindparam("at"))
_BEFORE: Final = SealedField.day < bindparam("end")
_STORED: Final = select(*(getattr(SealedField, name) for name in Stored._fields)).where(*_AT)


def read(
    source: Engine | Connection,
    subject: str,
    tier: Tier,
    dated: Collection[Field],
    states: Collection[Field],
    period: Period,
    ranges: Ranges,
) -> Found:
    """Return the rows of `dated` within `period`, of `states` the latest before its end, and the manifests of `ranges`.

    With a connection, as its transaction sees them.
    """
    question = _question(len(dated), len(states), tuple(sorted(ranges)))
    values: dict[str, Any] = {"of": subject, "at": tier, "first": period.first, "end": period.end}
    values.update((f"dated_{n}", field) for n, field in enumerate(dated))
    values.update((f"state_{n}", field) for n, field in enumerate(states))
    rows: list[Stored] = []
    manifests: dict[Epoch, bytes] = {}
    for row in question.ask(source, **values, **_bounds(ranges)):
        if row[0] is None:
            manifests[KeyClass(row[4]), row[5]] = row[6]
        else:
            rows.append(Stored._make(row))
    return Found(rows, manifests)


def manifests(source: Engine | Connection, subject: str, ranges: Ranges) -> dict[Epoch, bytes]:
    """Return the sealed manifests of each class from its first to its last epoch (inclusive), and the class's head."""
    if not ranges:
        return {}
    found = _question(0, 0, tuple(sorted(ranges))).ask(source, of=subject, **_bounds(ranges))
    return {(KeyClass(row[4]), row[5]): row[6] for row in found}


def _bounds(ranges: Ranges) -> dict[str, int]:
    bounds = {f"low_{key_class}": low for key_class, (low, _) in ranges.items()}
    return bounds | {f"high_{key_class}": high for key_class, (_, high) in ranges.items()}


@functools.cache
def _question(dated: int, states: int, classes: tuple[KeyClass, ...]) -> Question:
    """Build the statement for so many fields and these classes; there are a handful of kinds."""
    parts: list[Select[Any]] = []
    if dated:
        asked = SealedField.field.in_([bindparam(f"dated_{n}") for n in range(dated)])
        parts.append(_STORED.where(asked, SealedField.day >= bindparam("first"), _BEFORE))
    if states:
        asked = SealedField.field.in_([bindparam(f"state_{n}") for n in range(states)])
        latest = select(SealedField.field, func.max(SealedField.day)).where(*_AT, asked, _BEFORE)
        place = tuple_(SealedField.field, SealedField.day)
        parts.append(_STORED.where(place.in_(latest.group_by(SealedField.field))))
    if classes:
        parts.append(_select_manifests(classes))
    return Question(union_all(*parts) if len(parts) > 1 else parts[0])


def _select_manifests(classes: tuple[KeyClass, ...]) -> Select[Any]:
    wanted = (
        (Manifest.key_class == c.value)
        & (
            Manifest.key_epoch.between(bindparam(f"low_{c}"), bindparam(f"high_{c}"))
            | (Manifest.key_epoch == HEAD_EPOCH)
        )
        for c in classes
    )
    nothing: tuple[Any, ...] = tuple(null().label(name) for name in ("tier", "field", "day", "sequence"))
    columns: tuple[Any, ...] = (*nothing, Manifest.key_class, Manifest.key_epoch, Manifest.sealed)
    return select(*columns).where(Manifest.subject_id == bindparam("of"), or_(*wanted))
