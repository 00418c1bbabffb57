"""What the log's witnesses said last: the cosignature of each, or why there is none."""

from sqlalchemy import BigInteger, String, Text
from sqlalchemy.orm import Mapped

from privacy.base import LogBase, Sensitivity, column


class WitnessRow(LogBase):
    """One witness by the name in its verifier key. Times are seconds since 1970, on the grid of the schedule.

    `size` and `note` are those of the checkpoint that it co-signed last, `cosignature` its signature line. `tried_at`
    is when it was asked last, `answered_at` when it last answered at all; `refusal` is its last answer if that was no.
    """

    __tablename__ = "witness"

    name: Mapped[str] = column(Sensitivity.OPERATIONAL, String(200), primary_key=True)
    size: Mapped[int] = column(Sensitivity.OPERATIONAL, BigInteger)
    note: Mapped[str] = column(Sensitivity.OPERATIONAL, Text)
    cosignature: Mapped[str] = column(Sensitivity.OPERATIONAL, Text)
    cosigned_at: Mapped[int | None] = column(Sensitivity.OPERATIONAL, BigInteger)
    tried_at: Mapped[int] = column(Sensitivity.OPERATIONAL, BigInteger)
    answered_at: Mapped[int | None] = column(Sensitivity.OPERATIONAL, BigInteger)
    refusal: Mapped[str | None] = column(Sensitivity.OPERATIONAL, Text)
