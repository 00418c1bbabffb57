"""The vault's tables, and the statements over them. Nothing here sees plaintext."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    Connection,
    Date,
    Engine,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    bindparam,
    delete,
    func,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped

from privacy.base import Base, Sensitivity, column
from privacy.fields import STATE_FIELDS, Field, KeyClass, Tier
from privacy.statement import Question


class Subject(Base):
    """A person as the vault knows them: a random number. Without their keys all that is sealed here is unreadable."""

    __tablename__ = "subject"

    id: Mapped[str] = column(Sensitivity.OPERATIONAL, String(32), primary_key=True)
    created_day: Mapped[dt.date] = column(Sensitivity.OPERATIONAL, Date)


class SealedField(Base):
    """One field of one subject and local day, sealed with every other column as associated data."""

    __tablename__ = "sealed_field"

    subject_id: Mapped[str] = column(Sensitivity.OPERATIONAL, String(32), ForeignKey("subject.id"), primary_key=True)
    tier: Mapped[str] = column(Sensitivity.OPERATIONAL, String(16), primary_key=True)
    field: Mapped[str] = column(Sensitivity.OPERATIONAL, String(32), primary_key=True)
    day: Mapped[dt.date] = column(Sensitivity.OPERATIONAL, Date, primary_key=True)
    sequence: Mapped[int] = column(Sensitivity.OPERATIONAL, Integer, primary_key=True, autoincrement=False)
    key_class: Mapped[str] = column(Sensitivity.OPERATIONAL, String(16))
    key_epoch: Mapped[int] = column(Sensitivity.OPERATIONAL, Integer)
    sealed: Mapped[bytes] = column(Sensitivity.SEALED, LargeBinary)


class Manifest(Base):
    """What there is of one subject, class and key epoch; epoch 0 is the head of the class: it lists the manifests."""

    __tablename__ = "manifest"

    subject_id: Mapped[str] = column(Sensitivity.OPERATIONAL, String(32), ForeignKey("subject.id"), primary_key=True)
    key_class: Mapped[str] = column(Sensitivity.OPERATIONAL, String(16), primary_key=True)
    key_epoch: Mapped[int] = column(Sensitivity.OPERATIONAL, Integer, primary_key=True, autoincrement=False)
    sealed: Mapped[bytes] = column(Sensitivity.SEALED, LargeBinary)


class UnknownSubject(LookupError):
    """There is no such subject."""


_DAYS_BEGIN: Final = dt.date(1901, 1, 1)

# Building a statement costs more than running it: built once.
_OF_FIELD: Final = (
    SealedField.subject_id == bindparam("of"),
    SealedField.tier == bindparam("at"),
    SealedField.field == bindparam("what"),
)
_DELETE = delete(SealedField).where(
    *_OF_FIELD, SealedField.day == bindparam("when"), SealedField.sequence == bindparam("nth")
)
_NEWEST: Final = Question(select(func.max(SealedField.day)).where(*_OF_FIELD, SealedField.day < bindparam("before")))
_OLDEST: Final = Question(select(func.min(SealedField.day)).where(*_OF_FIELD))


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """One reading transaction in which every statement sees the same state; SQLite's transactions always do."""
    options = {} if engine.dialect.name == "sqlite" else {"isolation_level": "REPEATABLE READ"}
    with engine.connect().execution_options(**options) as connection:
        yield connection


def lock(connection: Connection, subject: str) -> None:
    """Let one writer at a time change a subject's rows and manifests (SQLite has one writer anyway)."""
    if connection.scalar(select(Subject.id).where(Subject.id == subject).with_for_update()) is None:
        raise UnknownSubject(f"no subject {subject}")


def upsert(connection: Connection, table: type[Base], rows: list[dict[str, Any]]) -> None:
    """Write rows, replacing those that have the same primary key."""
    if not rows:
        return
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    key = [c.name for c in table.__table__.primary_key]
    statement = insert(table)
    changed = {c.name: statement.excluded[c.name] for c in table.__table__.columns if c.name not in key}
    connection.execute(statement.on_conflict_do_update(index_elements=key, set_=changed), rows)


def remove(connection: Connection, subject: str, places: Iterable[tuple[Tier, Field, dt.date, int]]) -> None:
    """Delete the rows at `places`; one that is not there is no error."""
    rows = [{"of": subject, "at": t, "what": f, "when": d, "nth": s} for t, f, d, s in places]
    if rows:
        connection.execute(_DELETE, rows)


def remove_all(connection: Connection, subject: str) -> int:
    """Delete every row and manifest of a subject, and return how many rows there were."""
    connection.execute(delete(Manifest).where(Manifest.subject_id == subject))
    return connection.execute(delete(SealedField).where(SealedField.subject_id == subject)).rowcount


def remove_epochs(connection: Connection, subject: str, key_class: KeyClass, low: int, before: int) -> int:
    """Delete the rows and manifests of a class from key epoch `low` to before `before`; return how many rows."""
    for table in (Manifest, SealedField):
        own = (table.subject_id == subject, table.key_class == key_class)
        removed = connection.execute(delete(table).where(*own, table.key_epoch >= low, table.key_epoch < before))
    return removed.rowcount


def filed_before(connection: Connection, key_class: KeyClass, low: int, before: int) -> list[str]:
    """Return the subjects that have rows or manifests of a class from key epoch `low` to before `before`."""
    found: set[str] = set()
    for table in (Manifest, SealedField):
        of_class = (table.key_class == key_class, table.key_epoch >= low, table.key_epoch < before)
        found |= set(connection.scalars(select(table.subject_id).where(*of_class).distinct()))
    return sorted(found)


def newest_day(source: Engine | Connection, subject: str, field: Field, tier: Tier, before: dt.date) -> dt.date | None:
    """Return the newest day before `before` that has a row of a field at a tier."""
    found: dt.date | None = _NEWEST.ask(source, of=subject, at=tier, what=field, before=before)[0][0]
    return found


def oldest_day(source: Engine | Connection, subject: str, field: Field, tier: Tier) -> dt.date | None:
    """Return the oldest day that has a row of a field at a tier."""
    found: dt.date | None = _OLDEST.ask(source, of=subject, at=tier, what=field)[0][0]
    return found


def days(connection: Connection, subject: str, field: Field, tier: Tier) -> list[dt.date]:
    """Return the days for which a field is filed; opens nothing."""
    filed = select(SealedField.day).where(
        SealedField.subject_id == subject, SealedField.field == field, SealedField.tier == tier
    )
    return sorted(connection.scalars(filed.distinct()))


class Extent(NamedTuple):
    """How much is filed of a subject: days by tier, the first and the last of them, and bytes of ciphertext."""

    days: Mapping[str, int]
    first: dt.date | None
    last: dt.date | None
    sealed_bytes: int


def extent(connection: Connection, subject: str) -> Extent:
    """Return how much is filed of a subject for days since 1901; before them lies what holds for every day."""
    asked = (SealedField.subject_id == subject, SealedField.day >= _DAYS_BEGIN)
    numbers = (func.count(SealedField.day.distinct()), func.min(SealedField.day), func.max(SealedField.day))
    size = func.sum(func.length(SealedField.sealed))
    dated = (*asked, SealedField.field.not_in(STATE_FIELDS), SealedField.tier != Tier.MONTH)  # which says it once more
    rows = connection.execute(select(SealedField.tier, *numbers, size).where(*dated).group_by(SealedField.tier)).all()
    firsts, lasts = [row[2] for row in rows], [row[3] for row in rows]
    days = {tier: count for tier, count, *_ in rows}
    return Extent(days, min(firsts, default=None), max(lasts, default=None), sum(row[4] for row in rows))


def all_manifests(connection: Connection, subject: str) -> list[tuple[str, int, bytes]]:
    """Return every sealed manifest of a subject, heads included, in order of class and epoch."""
    rows = select(Manifest.key_class, Manifest.key_epoch, Manifest.sealed).where(Manifest.subject_id == subject)
    return sorted((c, e, sealed) for c, e, sealed in connection.execute(rows))
