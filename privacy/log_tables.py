"""The tables of the access log.

Every column except the sealed ones is plain on purpose, and says nothing about when within a day somebody looked.
"""

import datetime as dt
from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, Date, Integer, LargeBinary, String, Text
from sqlalchemy.orm import Mapped

from privacy.base import KeyBase, LogBase, Sensitivity, column

_Number: Final = BigInteger().with_variant(Integer, "sqlite")  # SQLite's own row number, without a second index


class EntryRow(LogBase):
    """One entry. An erased one keeps its hashes, and `erased_by` names the entry that records the erasure."""

    __tablename__ = "entry"

    index: Mapped[int] = column(Sensitivity.OPERATIONAL, _Number, primary_key=True, autoincrement=False)
    leaf_hash: Mapped[bytes] = column(Sensitivity.OPERATIONAL, LargeBinary(32))
    commitment: Mapped[bytes] = column(Sensitivity.OPERATIONAL, LargeBinary(32))
    day: Mapped[dt.date | None] = column(Sensitivity.OPERATIONAL, Date, index=True)
    subject_tag: Mapped[bytes | None] = column(Sensitivity.OPERATIONAL, LargeBinary(16), index=True)
    viewer_tag: Mapped[bytes | None] = column(Sensitivity.OPERATIONAL, LargeBinary(16), index=True)
    erased_by: Mapped[int | None] = column(Sensitivity.OPERATIONAL, _Number)
    sealed: Mapped[bytes | None] = column(Sensitivity.SEALED, LargeBinary)


class NodeRow(LogBase):
    """The hash of a complete subtree of two leaves or more, under its number in `merkle.stored_number`."""

    __tablename__ = "node"

    number: Mapped[int] = column(Sensitivity.OPERATIONAL, _Number, primary_key=True, autoincrement=False)
    hash: Mapped[bytes] = column(Sensitivity.OPERATIONAL, LargeBinary(32))


class ChainHeadRow(LogBase):
    """The sealed end of one chain of one subject: the last sequence number and commitment."""

    __tablename__ = "chain_head"

    subject_id: Mapped[str] = column(Sensitivity.OPERATIONAL, String(32), primary_key=True)
    chain: Mapped[str] = column(Sensitivity.OPERATIONAL, String(16), primary_key=True)
    sealed: Mapped[bytes] = column(Sensitivity.SEALED, LargeBinary)


class HeadRow(LogBase):
    """The one row that is locked by each commit: the size and root of the tree, and the checkpoint signed over them.

    `day` is the latest day of an entry, `kept` the number of rows in `checkpoint`.
    """

    __tablename__ = "head"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: Mapped[int] = column(Sensitivity.OPERATIONAL, Integer, primary_key=True, autoincrement=False)
    size: Mapped[int] = column(Sensitivity.OPERATIONAL, BigInteger)
    root: Mapped[bytes] = column(Sensitivity.OPERATIONAL, LargeBinary(32))
    note: Mapped[str] = column(Sensitivity.OPERATIONAL, Text)
    day: Mapped[dt.date] = column(Sensitivity.OPERATIONAL, Date)
    kept: Mapped[int] = column(Sensitivity.OPERATIONAL, Integer)


class CheckpointRow(LogBase):
    """The last checkpoint of a day, kept when the first entry of a later day arrives."""

    __tablename__ = "checkpoint"

    day: Mapped[dt.date] = column(Sensitivity.OPERATIONAL, Date, primary_key=True)
    size: Mapped[int] = column(Sensitivity.OPERATIONAL, BigInteger)
    note: Mapped[str] = column(Sensitivity.OPERATIONAL, Text)


class ClosingRow(LogBase):
    """The leaves of a closing entry, sorted: what proves to each person that the end of their chain was counted."""

    __tablename__ = "closing"

    entry: Mapped[int] = column(Sensitivity.OPERATIONAL, _Number, primary_key=True, autoincrement=False)
    day: Mapped[dt.date] = column(Sensitivity.OPERATIONAL, Date)
    leaves: Mapped[bytes] = column(Sensitivity.OPERATIONAL, LargeBinary)  # 32 bytes each: hashes, no counts


class LogKeyRow(KeyBase):
    """The log's signing key, sealed under a key of the organisation."""

    __tablename__ = "log_key"

    origin: Mapped[str] = column(Sensitivity.OPERATIONAL, String(200), primary_key=True)
    sealed: Mapped[bytes] = column(Sensitivity.SECRET, LargeBinary)
