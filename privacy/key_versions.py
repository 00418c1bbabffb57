"""The versions of the key-encryption keys, as the key store knows them: since when each wraps, and when it died.

A provider keeps keys and nothing else; days of their making belong here, beside the wrapped keys that they concern.
"""

import datetime as dt

from sqlalchemy import Date, Integer, String
from sqlalchemy.orm import Mapped

from privacy.base import KeyBase, Sensitivity, column


class KekVersion(KeyBase):
    """One version of the KEK of a class; `destroyed_on` is null while it exists."""

    __tablename__ = "kek_version"

    key_class: Mapped[str] = column(Sensitivity.OPERATIONAL, String(16), primary_key=True)
    version: Mapped[int] = column(Sensitivity.OPERATIONAL, Integer, primary_key=True, autoincrement=False)
    made_on: Mapped[dt.date] = column(Sensitivity.OPERATIONAL, Date)
    destroyed_on: Mapped[dt.date | None] = column(Sensitivity.OPERATIONAL, Date)
