"""The vault: sealed fields, filed by subject."""

import datetime as dt
from typing import Final

from sqlalchemy import Date, String
from sqlalchemy.orm import Mapped

from privacy.base import Base, Sensitivity, column

ORGANISATION: Final = "0" * 32
"""The subject of entries that concern no person."""


class Subject(Base):
    """A person as the vault knows them: a random number. Without their keys all that is sealed here is unreadable."""

    __tablename__ = "subject"

    id: Mapped[str] = column(Sensitivity.OPERATIONAL, String(32), primary_key=True)
    created_day: Mapped[dt.date] = column(Sensitivity.OPERATIONAL, Date)
