"""Tombstones: who and what was erased, kept in the key store so that no restored backup brings them back.

A tombstone is written before anything is erased and finished after all of it is: an interrupted erasure is taken up
again from here. They name random numbers and epochs, never a person.
"""

import datetime as dt
from typing import Final

from sqlalchemy import BigInteger, Boolean, Date, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped

from privacy.base import KeyBase, Sensitivity, column

_Number: Final = BigInteger().with_variant(Integer, "sqlite")


class Tombstone(KeyBase):
    """That a person was erased on a day; `entry` of the access log records it, null until it is written.

    `rows` are the indices of the log's erased entries (u64, big-endian): without the person's keys they could not be
    found again in an older log.
    """

    __tablename__ = "tombstone"

    subject_id: Mapped[str] = column(Sensitivity.OPERATIONAL, String(32), primary_key=True)
    day: Mapped[dt.date] = column(Sensitivity.OPERATIONAL, Date)
    entry: Mapped[int | None] = column(Sensitivity.OPERATIONAL, _Number)
    rows: Mapped[bytes] = column(Sensitivity.OPERATIONAL, LargeBinary)
    finished: Mapped[bool] = column(Sensitivity.OPERATIONAL, Boolean)


class Expiry(KeyBase):
    """That everybody's keys of a class were destroyed up to, not including, an epoch: what retention has let go."""

    __tablename__ = "expiry"

    key_class: Mapped[str] = column(Sensitivity.OPERATIONAL, String(16), primary_key=True)
    before_epoch: Mapped[int] = column(Sensitivity.OPERATIONAL, Integer)
    day: Mapped[dt.date] = column(Sensitivity.OPERATIONAL, Date)
