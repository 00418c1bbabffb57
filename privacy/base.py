"""The declarative bases of every table, and the sensitivity of every column.

There are three stores, each with its own base, so that each can be backed up, moved and destroyed apart from the
others: the data (`Base`), the access log (`LogBase`) and the key store (`KeyBase`). On SQLite each is a file; on
PostgreSQL the log and the keys are schemas of their own.
"""

import enum
from typing import Any

from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase, MappedColumn, mapped_column

LOG_SCHEMA = "access_log"
KEY_SCHEMA = "key_store"

_NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "pk": "pk_%(table_name)s",
}


class Sensitivity(enum.Enum):
    """What a column holds, and so where it may go."""

    OPERATIONAL = "operational"  # needed to run the system: ids, days, sizes
    PERSONAL = "personal"  # names a person; readable, but never written to a log
    SECRET = "secret"  # noqa: S105 - a credential or a wrapped key; never leaves the package that owns it
    SEALED = "sealed"  # ciphertext; opened only behind the gate


class UnclassifiedColumn(TypeError):
    """A mapped class has a column that does not say how sensitive it is."""


class _Classified:
    """Refuses a mapped class with a column that has no sensitivity."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        table = getattr(cls, "__table__", None)
        for each in () if table is None else table.columns:
            if not isinstance(each.info.get("sensitivity"), Sensitivity):
                raise UnclassifiedColumn(f"{cls.__name__}.{each.key}: declare it with column(Sensitivity.…)")


class Base(_Classified, DeclarativeBase):
    """Tables of the data store."""

    metadata = MetaData(naming_convention=_NAMING)


class LogBase(_Classified, DeclarativeBase):
    """Tables of the access log: a file of its own on SQLite, a schema of its own on PostgreSQL."""

    metadata = MetaData(naming_convention=_NAMING, schema=LOG_SCHEMA)


class KeyBase(_Classified, DeclarativeBase):
    """Tables of the key store: a file of its own, or a schema of its own on PostgreSQL."""

    metadata = MetaData(naming_convention=_NAMING, schema=KEY_SCHEMA)


def column(sensitivity: Sensitivity, *args: Any, **kwargs: Any) -> MappedColumn[Any]:
    """Declare a mapped column; its sensitivity is the first thing a reader sees."""
    return mapped_column(*args, info={"sensitivity": sensitivity}, **kwargs)
