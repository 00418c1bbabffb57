"""What a reader of the vault asks: the rows of some fields and the manifests that list them, in one statement.

One statement sees one state of the database, so that rows and manifests fit together without a transaction around
them, and costs one round trip. A page asks for several things at once: the manifests are read once for all of them.
Nothing here sees plaintext.
"""

import datetime as dt
import functools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Select,
    bindparam,
    func,
    literal_column,
    null,
    or_,
    select,
    tuple_,
    union_all,
)

from privacy.fields import STATE_FIELDS, Field, KeyClass, Tier
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


class Wanted(NamedTuple):
    """Fields of a tier for each day of a period; of a field that is a state, the latest value before its end."""

    fields: frozenset[Field]
    tier: Tier
    period: Period

    @property
    def states(self) -> frozenset[Field]:
        """Those that hold until the next value; hot rows have none."""
        return frozenset() if self.tier is Tier.HOT else STATE_FIELDS & self.fields

    @property
    def dated(self) -> frozenset[Field]:
        """Those of each day."""
        return self.fields - self.states


class Found(NamedTuple):
    """The rows of each thing that was wanted; the sealed manifests of the ranges, and the heads of their classes."""

    rows: list[list[Stored]]
    manifests: dict[Epoch, bytes]


_COLUMNS: Final = tuple(getattr(SealedField, name) for name in Stored._fields)


def read(source: Engine | Connection, subject: str, wanted: Sequence[Wanted], ranges: Ranges) -> Found:
    """Return the rows of all that is wanted, and the manifests of `ranges`; with a connection, as it sees them."""
    question = _question(tuple((len(each.dated), len(each.states)) for each in wanted), tuple(sorted(ranges)))
    values: dict[str, Any] = {"of": subject, **_bounds(ranges)}
    for n, each in enumerate(wanted):
        values |= {f"at_{n}": each.tier, f"first_{n}": each.period.first, f"end_{n}": each.period.end}
        values.update((f"dated_{n}_{m}", field) for m, field in enumerate(each.dated))
        values.update((f"state_{n}_{m}", field) for m, field in enumerate(each.states))
    rows: list[list[Stored]] = [[] for _ in wanted]
    manifests: dict[Epoch, bytes] = {}
    for row in question.ask(source, **values):
        if row[0] is None:
            manifests[KeyClass(row[5]), row[6]] = row[7]
        else:
            rows[row[0]].append(Stored._make(row[1:]))
    return Found(rows, manifests)


def manifests(source: Engine | Connection, subject: str, ranges: Ranges) -> dict[Epoch, bytes]:
    """Return the sealed manifests of each class from its first to its last epoch (inclusive), and the class's head."""
    if not ranges:
        return {}
    return read(source, subject, (), ranges).manifests


def _bounds(ranges: Ranges) -> dict[str, int]:
    bounds = {f"low_{key_class}": low for key_class, (low, _) in ranges.items()}
    return bounds | {f"high_{key_class}": high for key_class, (_, high) in ranges.items()}


@functools.cache
def _question(wanted: tuple[tuple[int, int], ...], classes: tuple[KeyClass, ...]) -> Question:
    """Build the statement for so many dated and state fields of each thing, and these classes: a handful of kinds."""
    parts: list[Select[Any]] = []
    for n, (dated, states) in enumerate(wanted):
        stored = select(literal_column(str(n)).label("part"), *_COLUMNS)
        at = (SealedField.subject_id == bindparam("of"), SealedField.tier == bindparam(f"at_{n}"))
        before = SealedField.day < bindparam(f"end_{n}")
        if dated:
            asked = SealedField.field.in_([bindparam(f"dated_{n}_{m}") for m in range(dated)])
            parts.append(stored.where(*at, asked, SealedField.day >= bindparam(f"first_{n}"), before))
        if states:
            asked = SealedField.field.in_([bindparam(f"state_{n}_{m}") for m in range(states)])
            latest = select(SealedField.field, func.max(SealedField.day)).where(*at, asked, before)
            place = tuple_(SealedField.field, SealedField.day)
            parts.append(stored.where(*at, place.in_(latest.group_by(SealedField.field))))
    if classes:
        parts.append(_select_manifests(classes, [(n, states) for n, (_, states) in enumerate(wanted) if states]))
    return Question(union_all(*parts) if len(parts) > 1 else parts[0])


def _select_manifests(classes: tuple[KeyClass, ...], states: Sequence[tuple[int, int]]) -> Select[Any]:
    """Select the manifests of the ranges, the heads, and the manifests of epochs in which there is a wanted state."""

    def of(key_class: KeyClass) -> Iterator[ColumnElement[bool]]:
        yield Manifest.key_epoch.between(bindparam(f"low_{key_class}"), bindparam(f"high_{key_class}"))
        yield Manifest.key_epoch == HEAD_EPOCH
        for n, count in states:
            asked = SealedField.field.in_([bindparam(f"state_{n}_{m}") for m in range(count)])
            at = (SealedField.subject_id == bindparam("of"), SealedField.tier == bindparam(f"at_{n}"), asked)
            yield Manifest.key_epoch.in_(select(SealedField.key_epoch).where(*at, SealedField.key_class == key_class))

    wanted = ((Manifest.key_class == each.value) & or_(*of(each)) for each in classes)
    nothing: tuple[Any, ...] = tuple(null().label(name) for name in ("part", "tier", "field", "day", "sequence"))
    columns: tuple[Any, ...] = (*nothing, Manifest.key_class, Manifest.key_epoch, Manifest.sealed)
    return select(*columns).where(Manifest.subject_id == bindparam("of"), or_(*wanted))
