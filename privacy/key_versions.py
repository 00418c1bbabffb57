"""The versions of the key-encryption keys, as the key store knows them: since when each wraps, and when it died.

A provider keeps keys and nothing else; days of their making belong here, beside the wrapped keys that they concern.
"""

import datetime as dt
from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import Connection, Date, Engine, Integer, String, insert, inspect, select, update
from sqlalchemy.orm import Mapped

from privacy.base import KEY_SCHEMA, KeyBase, Sensitivity, column
from privacy.fields import KeyClass
from privacy.key_store import WrappedKey


class KekVersion(KeyBase):
    """One version of the KEK of a class; `destroyed_on` is null while it exists."""

    __tablename__ = "kek_version"

    key_class: Mapped[str] = column(Sensitivity.OPERATIONAL, String(16), primary_key=True)
    version: Mapped[int] = column(Sensitivity.OPERATIONAL, Integer, primary_key=True, autoincrement=False)
    made_on: Mapped[dt.date] = column(Sensitivity.OPERATIONAL, Date)
    destroyed_on: Mapped[dt.date | None] = column(Sensitivity.OPERATIONAL, Date)


class Version(NamedTuple):
    """What is known of a version."""

    key_class: KeyClass
    version: int
    made_on: dt.date
    destroyed_on: dt.date | None


_COLUMNS = (KekVersion.key_class, KekVersion.version, KekVersion.made_on, KekVersion.destroyed_on)


def read(connection: Connection) -> list[Version]:
    """Return every version that was ever recorded, by class, oldest first."""
    rows = connection.execute(select(*_COLUMNS).order_by(KekVersion.key_class, KekVersion.version))
    return [Version(KeyClass(c), version, made_on, destroyed_on) for c, version, made_on, destroyed_on in rows]


def classes_known(engine: Engine) -> frozenset[KeyClass]:
    """Return the classes of which a version was recorded, or wraps a key; of a key store without tables, none."""
    places = (KekVersion.key_class, WrappedKey.key_class)
    with engine.connect() as connection:
        schema = KEY_SCHEMA if connection.dialect.name == "postgresql" else None
        here = [each for each in places if inspect(connection).has_table(each.class_.__tablename__, schema=schema)]
        return frozenset(KeyClass(name) for each in here for name in connection.scalars(select(each).distinct()))


def recorded(engine: Engine) -> list[Version]:
    """Return the same, in a transaction of its own."""
    with engine.connect() as connection:
        return read(connection)


def destroyed_on(engine: Engine, key_class: KeyClass, version: int) -> dt.date | None:
    """Return the day on which a version was destroyed, None if it was not, or nobody wrote so."""
    days = {(each.key_class, each.version): each.destroyed_on for each in recorded(engine)}
    return days.get((key_class, version))


def record(connection: Connection, key_class: KeyClass, existing: Collection[int], today: dt.date) -> None:
    """Date the versions that exist without a record: with today, since nothing older is known of them.

    The caller holds `key_store.lock_for_moving`, and looked at what exists behind it.
    """
    known = {each.version for each in read(connection) if each.key_class is key_class}
    rows = [{"key_class": key_class.value, "version": v, "made_on": today} for v in sorted({*existing} - known)]
    if rows:
        connection.execute(insert(KekVersion), rows)


def record_destroyed(connection: Connection, key_class: KeyClass, version: int, today: dt.date) -> None:
    """Write down that a version was destroyed today; the first such day stays."""
    place = (KekVersion.key_class == key_class, KekVersion.version == version)
    connection.execute(update(KekVersion).where(*place, KekVersion.destroyed_on.is_(None)).values(destroyed_on=today))
