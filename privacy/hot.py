"""Hot rows: what collectors have just sent, durable at once, until it is folded into days.

A person has one *head*, rewritten with every call: the open (last) event of each bucket, since the next heartbeat may
make it longer, and the closed ones that are not yet worth a row. Everything else is appended, in rows that are numbered
within their day. Private parts are filed under `rhythm`, kept texts beside them under `titles`; the day is the day
(UTC) on which the oldest event of the row began, and tells nothing finer.

No manifest lists these rows and no log entry is written for them: receiving goes on when the log cannot be written. The
head counts the rows of each day instead, so that one which was removed is missed when they are folded; from then on the
manifests of the day's rows guard them. That a whole head was put back is not noticed before.

Reading the head inside the transaction that rewrites it is part of writing: `open_head` belongs to
`analytics.receiving`, which hands out nothing of it but the length of the event that its caller has just sent. Whoever
wants to see hot rows asks the gate.
"""

import datetime as dt
import hashlib
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import Connection, Engine, bindparam, delete, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from privacy.fields import CLASS_OF, Field, KeyClass, Tier, epoch_of
from privacy.manifest import HEAD_EPOCH
from privacy.row_seal import Row, RowSeal
from privacy.statement import Question, Statement
from privacy.vault import Vault
from privacy.vault_query import Stored
from privacy.vault_store import SealedField, Subject, UnknownSubject

CHANGED: Final = 0
"""The sequence of a head of which something is not yet in the person's figures."""
SUMMED: Final = 1
"""The sequence of a head of which everything is."""
FIRST: Final = 2
"""The sequence of a day's first appended row."""

FIELDS: Final = (Field.RHYTHM, Field.TITLES)
_MARKS: Final = b"sameview/v1/hot/marks"
_KEY_BYTES: Final = 32
_canonical: Final = msgspec.msgpack.Encoder().encode


class HotPlace(NamedTuple):
    """Where a hot row is filed."""

    day: dt.date
    sequence: int


class HotRow(NamedTuple):
    """A hot row in plain: its private part, and the texts beside it if any were kept."""

    place: HotPlace
    private: bytes
    texts: bytes | None


class Marker:
    """Makes the keyed fingerprints of one person's events: equal for equal events, and of no use without the key."""

    __slots__ = ("_begun",)

    def __init__(self, key: bytes) -> None:
        self._begun = hashlib.blake2b(digest_size=8, key=key)  # copied for each mark, which is quicker than to key anew

    def data(self, text: bytes) -> int:
        """Return the mark of what an event said, before any policy; `text` is its canonical JSON."""
        mark = self._begun.copy()
        mark.update(text)
        return int.from_bytes(mark.digest(), "little")

    def part(self, key: tuple[str, str, str], times: tuple[int, int, int], data: int) -> bytes:
        """Return the mark of a part of an event of a stream: its times, and the mark of what it said."""
        mark = self._begun.copy()
        mark.update(_canonical((key, times, data)))
        return mark.digest()


_OWN: Final = (
    SealedField.subject_id == bindparam("of"),
    SealedField.tier == Tier.HOT.value,
    or_(*(SealedField.field == field.value for field in FIELDS)),
)
_STORED: Final = [getattr(SealedField, name) for name in Stored._fields]
_PLACES: Final = Question(
    select(SealedField.day, SealedField.sequence).where(
        SealedField.subject_id == bindparam("of"),
        SealedField.tier == Tier.HOT.value,
        SealedField.field == Field.RHYTHM.value,
    )
)


class _Statements:
    """The statements of the hot path, compiled once for an engine."""

    def __init__(self, engine: Engine) -> None:
        there = select(Subject.id).where(Subject.id == bindparam("of"))
        self.lock = Statement(engine, there if engine.dialect.name == "sqlite" else there.with_for_update())
        self.head = Statement(engine, select(*_STORED).where(*_OWN, SealedField.sequence < FIRST))
        insert = sqlite.insert if engine.dialect.name == "sqlite" else postgresql.insert
        columns = [column.name for column in SealedField.__table__.columns]
        new = insert(SealedField)
        changed = {name: new.excluded[name] for name in ("key_class", "key_epoch", "sealed")}
        key = [column.name for column in SealedField.__table__.primary_key]
        self.file = Statement(engine, new.on_conflict_do_update(index_elements=key, set_=changed), columns)
        at = (SealedField.day == bindparam("when"), SealedField.sequence == bindparam("nth"))
        self.remove = Statement(engine, delete(SealedField).where(*_OWN, *at))


class HotRows:
    """Seals and files hot rows, in the caller's transaction on the data store."""

    def __init__(self, vault: Vault) -> None:
        self._keys = vault.keys
        self._rows = RowSeal(vault.keys)
        self.engine = vault.engine
        self._statements = _Statements(vault.engine)

    def marker(self, subject: str) -> Marker:
        """Return what makes the marks of a person's events; the key is made when it is first asked for."""
        return Marker(self._keys.derive(subject, KeyClass.PRIVATE, HEAD_EPOCH, _MARKS, _KEY_BYTES, create=True))

    def prepare(self, subject: str, days: Iterable[dt.date], texts: bool) -> None:
        """Make the keys for rows of `days` where they are missing: before the transaction, which then stays short."""
        classes = {CLASS_OF[field] for field in (FIELDS if texts else FIELDS[:1])}
        self._keys.ensure(subject, {(each, epoch_of(each, day)) for each in classes for day in days})

    def open_head(self, connection: Connection, subject: str) -> HotRow | None:
        """Lock a person's rows and return their head, None if there is none. Raises UnknownSubject, SealBroken."""
        self.lock(connection, subject)
        found = [Stored._make(row) for row in self._statements.head.fetch(connection, of=subject)]
        if not found:
            return None
        opened = {row.field: plain for row, plain in self._rows.open(subject, map(_with_day, found))}
        place = HotPlace(_day(found[0].day), found[0].sequence)
        return HotRow(place, opened[Field.RHYTHM], opened.get(Field.TITLES))

    def lock(self, connection: Connection, subject: str) -> None:
        """Let one writer at a time change a person's rows (SQLite has one writer anyway)."""
        if not self._statements.lock.fetch(connection, of=subject):
            raise UnknownSubject(f"no subject {subject}")

    def file(
        self, connection: Connection, subject: str, rows: Sequence[HotRow], remove: Sequence[HotPlace] = ()
    ) -> None:
        """Remove rows, then file others. Their keys exist already, or are made now."""
        plain = [
            Row(field, Tier.HOT, *row.place, value)
            for row in rows
            for field, value in zip(FIELDS, (row.private, row.texts), strict=True)
            if value is not None
        ]
        self.prepare(subject, {row.place.day for row in rows}, any(row.texts is not None for row in rows))
        if remove:
            gone = [{"of": subject, "when": place.day, "nth": place.sequence} for place in remove]
            self._statements.remove.run(connection, *gone)
        if plain:
            self._statements.file.run(connection, *self._rows.seal(subject, plain))

    def places(self, source: Engine | Connection, subject: str) -> list[HotPlace]:
        """Return where a person's hot rows are filed; opens nothing."""
        return sorted(HotPlace(day, sequence) for day, sequence in _PLACES.ask(source, of=subject))

    def days(self, source: Engine | Connection, subject: str) -> list[dt.date]:
        """Return the days under which a person's appended rows are filed, in order; opens nothing."""
        return sorted({place.day for place in self.places(source, subject) if place.sequence >= FIRST})

    def is_fresh(self, subject: str) -> bool:
        """Tell whether anything came that is not yet in a person's figures; opens nothing."""
        return any(place.sequence != SUMMED for place in self.places(self.engine, subject))

    def subjects(self) -> list[str]:
        """Return everybody of whom something came that is not yet in their figures."""
        fresh = (SealedField.tier == Tier.HOT, SealedField.sequence != SUMMED, SealedField.field == Field.RHYTHM)
        with self.engine.connect() as connection:
            return sorted(connection.scalars(select(SealedField.subject_id).where(*fresh).distinct()))


def _with_day(row: Stored) -> Stored:
    return row._replace(day=_day(row.day))


def _day(value: Any) -> dt.date:
    return dt.date.fromisoformat(value) if isinstance(value, str) else value


__all__ = ["CHANGED", "FIELDS", "FIRST", "SUMMED", "HotPlace", "HotRow", "HotRows", "Marker"]
