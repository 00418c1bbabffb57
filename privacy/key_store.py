"""The key store: wrapped data-encryption keys (DEKs), kept apart from the data so that destroying one erases what it
sealed.

Plain functions over one table; nothing here ever sees an unwrapped key.
"""

import datetime as dt
from collections.abc import Collection, Iterable
from typing import Final, NamedTuple

from sqlalchemy import (
    Connection,
    Engine,
    Integer,
    LargeBinary,
    String,
    bindparam,
    case,
    delete,
    func,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped

from privacy import tombstones
from privacy.base import KeyBase, Sensitivity, column
from privacy.fields import KeyClass, epoch_of
from privacy.statement import Question

Epoch = tuple[KeyClass, int]


class WrappedKey(KeyBase):
    """One DEK of one subject, class and epoch, wrapped by a version of the class's key-encryption key (KEK)."""

    __tablename__ = "wrapped_key"

    subject_id: Mapped[str] = column(Sensitivity.OPERATIONAL, String(32), primary_key=True)
    key_class: Mapped[str] = column(Sensitivity.OPERATIONAL, String(16), primary_key=True)
    epoch: Mapped[int] = column(Sensitivity.OPERATIONAL, Integer, primary_key=True, autoincrement=False)
    kek_version: Mapped[int] = column(Sensitivity.OPERATIONAL, Integer)
    wrapped: Mapped[bytes] = column(Sensitivity.SECRET, LargeBinary)


class Filed(NamedTuple):
    """A wrapped DEK as it is filed."""

    subject: str
    key_class: KeyClass
    epoch: int
    kek_version: int
    wrapped: bytes


_NUMBERS: Final = Question(
    select(WrappedKey.epoch).where(
        WrappedKey.subject_id == bindparam("subject"), WrappedKey.key_class == bindparam("of")
    )
)
_COLUMNS = (WrappedKey.subject_id, WrappedKey.key_class, WrappedKey.epoch, WrappedKey.kek_version, WrappedKey.wrapped)


def read(connection: Connection, subject: str, epochs: Iterable[Epoch]) -> list[Filed]:
    """Return the wrapped keys of `subject` that exist among `epochs`."""
    wanted = tuple_(WrappedKey.key_class, WrappedKey.epoch).in_([(c.value, e) for c, e in epochs])
    rows = connection.execute(select(*_COLUMNS).where(WrappedKey.subject_id == subject, wanted))
    return [Filed(s, KeyClass(c), e, v, w) for s, c, e, v, w in rows]


def read_all(connection: Connection, subjects: Iterable[str], classes: Iterable[KeyClass]) -> list[Filed]:
    """Return every wrapped key of some classes of several subjects."""
    mine = WrappedKey.subject_id.in_(list(subjects)) & WrappedKey.key_class.in_([each.value for each in classes])
    rows = connection.execute(select(*_COLUMNS).where(mine))
    return [Filed(s, KeyClass(c), e, v, w) for s, c, e, v, w in rows]


def numbers_of(engine: Engine, subject: str, key_class: KeyClass) -> frozenset[int]:
    """Return the epochs of a class for which `subject` has a key."""
    return frozenset(epoch for (epoch,) in _NUMBERS.ask(engine, subject=subject, of=key_class.value))


def numbers_of_all(engine: Engine, subjects: Collection[str], key_class: KeyClass) -> frozenset[tuple[str, int]]:
    """Return (subject, epoch) of the keys of a class that there are for some subjects."""
    query = select(WrappedKey.subject_id, WrappedKey.epoch).where(
        WrappedKey.key_class == key_class, WrappedKey.subject_id.in_(subjects)
    )
    with engine.connect() as connection:
        return frozenset((row.subject_id, row.epoch) for row in connection.execute(query))


def file_new(connection: Connection, keys: Iterable[Filed]) -> None:
    """File the keys whose place is empty; where another process was faster, its key stays.

    SubjectErased for whoever has a tombstone: roll back. It is looked for after the keys are written, so that of two
    transactions at once either this one sees the tombstone, or the one that destroys keys sees these.
    """
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    statement = insert(WrappedKey).on_conflict_do_nothing()
    filed = list(keys)
    rows = [
        {
            "subject_id": k.subject,
            "key_class": k.key_class,
            "epoch": k.epoch,
            "kek_version": k.kek_version,
            "wrapped": k.wrapped,
        }
        for k in filed
    ]
    if rows:
        connection.execute(statement, rows)
        tombstones.refuse_erased(connection, {k.subject for k in filed})


def lock_for_filing(connection: Connection) -> None:
    """Keep every KEK that exists now from being destroyed until this transaction ends; others file meanwhile.

    A key is wrapped behind this lock, or the KEK could be gone before what it wrapped is filed. On SQLite a write
    transaction has the whole store already.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"LOCK TABLE {_qualified(connection)} IN ROW EXCLUSIVE MODE")


def lock_for_moving(connection: Connection) -> None:
    """Keep everybody else from filing, moving and destroying keys until this transaction ends; reading goes on."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"LOCK TABLE {_qualified(connection)} IN SHARE ROW EXCLUSIVE MODE")


def _qualified(connection: Connection) -> str:
    return connection.dialect.identifier_preparer.format_table(WrappedKey.__table__)


After = tuple[str, int]
"""(subject, epoch) of the last key of a batch."""


def older(connection: Connection, key_class: KeyClass, version: int, after: After | None, limit: int) -> list[Filed]:
    """Return up to `limit` keys of a class wrapped by a KEK older than `version`, by subject and epoch."""
    place = (WrappedKey.subject_id, WrappedKey.epoch)
    beyond = () if after is None else (tuple_(*place) > tuple_(*after),)
    where = (WrappedKey.key_class == key_class, WrappedKey.kek_version < version, *beyond)
    rows = connection.execute(select(*_COLUMNS).where(*where).order_by(*place).limit(limit))
    return [Filed(s, KeyClass(c), e, v, w) for s, c, e, v, w in rows]


def every(connection: Connection, key_class: KeyClass, after: After | None, limit: int) -> list[Filed]:
    """Return up to `limit` keys of a class, by subject and epoch."""
    return older(connection, key_class, 2**31 - 1, after, limit)


_REPLACE: Final = (
    update(WrappedKey)
    .where(
        WrappedKey.subject_id == bindparam("of_subject"),
        WrappedKey.key_class == bindparam("of_class"),
        WrappedKey.epoch == bindparam("of_epoch"),
    )
    .values(kek_version=bindparam("version"), wrapped=bindparam("bytes"))
)


def replace(connection: Connection, keys: Iterable[Filed]) -> None:
    """Replace the wrappings of keys that are filed."""
    rows = [
        {
            "of_subject": k.subject,
            "of_class": k.key_class.value,
            "of_epoch": k.epoch,
            "version": k.kek_version,
            "bytes": k.wrapped,
        }
        for k in keys
    ]
    if rows:
        connection.execute(_REPLACE, rows)


def count_older(connection: Connection, key_class: KeyClass, version: int) -> int:
    """Return how many keys of a class are wrapped by a KEK older than `version`."""
    where = (WrappedKey.key_class == key_class, WrappedKey.kek_version < version)
    return connection.scalar(select(func.count()).select_from(WrappedKey).where(*where)) or 0


def count_of_version(connection: Connection, key_class: KeyClass, version: int) -> int:
    """Return how many keys a version of a KEK wraps."""
    where = (WrappedKey.key_class == key_class, WrappedKey.kek_version == version)
    return connection.scalar(select(func.count()).select_from(WrappedKey).where(*where)) or 0


def destroy(connection: Connection, subject: str, epochs: Iterable[Epoch] | None) -> int:
    """Delete the wrapped keys of `subject` (all, or those of `epochs`) and return how many there were."""
    statement = delete(WrappedKey).where(WrappedKey.subject_id == subject)
    if epochs is not None:
        wanted = [(c.value, e) for c, e in epochs]
        statement = statement.where(tuple_(WrappedKey.key_class, WrappedKey.epoch).in_(wanted))
    return connection.execute(statement).rowcount


def destroy_epochs(connection: Connection, key_class: KeyClass, low: int, before: int, but: Collection[str]) -> int:
    """Delete everybody's wrapped keys of a class from epoch `low` to before `before`, those of `but` excepted."""
    here = (WrappedKey.key_class == key_class, WrappedKey.epoch >= low, WrappedKey.epoch < before)
    return connection.execute(delete(WrappedKey).where(*here, WrappedKey.subject_id.not_in(but))).rowcount


class Count(NamedTuple):
    """How many keys of a class a version of its KEK wraps, and the oldest and newest epoch that has a day.

    Epoch 0, and those before 1970, are of what keeps its place through all periods.
    """

    key_class: str
    kek_version: int
    keys: int
    oldest: int | None
    newest: int | None


_BY_DAY: Final = (KeyClass.SHARED, KeyClass.PRIVATE, KeyClass.TEXT, KeyClass.AUDIT)
_FIRST_DATED: Final = case(
    {each.value: epoch_of(each, dt.date(1970, 1, 1)) for each in _BY_DAY}, value=WrappedKey.key_class, else_=1
)


def counts(engine: Engine) -> list[Count]:
    """Count the wrapped keys by class and KEK version."""
    grouped = (WrappedKey.key_class, WrappedKey.kek_version)
    dated = case((WrappedKey.epoch >= _FIRST_DATED, WrappedKey.epoch))
    epochs = (func.min(dated), func.max(dated))
    with engine.connect() as connection:
        rows = connection.execute(select(*grouped, func.count(), *epochs).group_by(*grouped).order_by(*grouped)).all()
    return [Count(*row) for row in rows]
