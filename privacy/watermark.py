"""The highest checkpoint of the log that this installation has published, kept apart from the log.

Whoever puts an older log back has to put an older key store back, too, and every kept file and every witness.
"""

from sqlalchemy import BigInteger, String, Text
from sqlalchemy.orm import Mapped

from privacy.base import KeyBase, Sensitivity, column


class SeenCheckpoint(KeyBase):
    """The published checkpoint with the largest size, one row for each origin."""

    __tablename__ = "seen_checkpoint"

    origin: Mapped[str] = column(Sensitivity.OPERATIONAL, String(200), primary_key=True)
    size: Mapped[int] = column(Sensitivity.OPERATIONAL, BigInteger)
    note: Mapped[str] = column(Sensitivity.OPERATIONAL, Text)
