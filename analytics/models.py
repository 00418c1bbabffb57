"""Tables of analytics beside the sealed rows of `privacy.vault`, which hold whatever is about a person.

What is here is about no person, in the clear, and the same for everybody who may see it.
"""

import datetime as dt

from sqlalchemy import BigInteger, Date, Integer, LargeBinary, String, Text
from sqlalchemy.orm import Mapped

from privacy.base import Base, Sensitivity, column

OPERATIONAL = Sensitivity.OPERATIONAL


class Volume(Base):
    """The state of a team's work in one process at the end of one day, as it was delivered. No column names a person.

    A figure is null where it was not delivered, and a day without any has no row: neither is a zero. The team is that
    of `auth.models`, which this package does not know.
    """

    __tablename__ = "volume"

    team_id: Mapped[str] = column(OPERATIONAL, String(64), primary_key=True)
    process: Mapped[str] = column(OPERATIONAL, String(80), primary_key=True)
    day: Mapped[dt.date] = column(OPERATIONAL, Date, primary_key=True)
    received: Mapped[int | None] = column(OPERATIONAL, Integer)
    completed: Mapped[int | None] = column(OPERATIONAL, Integer)
    open: Mapped[int | None] = column(OPERATIONAL, Integer)
    oldest_days: Mapped[int | None] = column(OPERATIONAL, Integer)
    in_time: Mapped[int | None] = column(OPERATIONAL, Integer)  # of the completed
    wrong: Mapped[int | None] = column(OPERATIONAL, Integer)  # of the completed
    delivered_on: Mapped[dt.date] = column(OPERATIONAL, Date)  # UTC


class TargetAct(Base):
    """Something that was done about a target of a team: announced, changed, ended, or what came of comments on it.

    Nothing is changed in place. `content` is JSON (`analytics.targets`): a band, dates and reasons, and no person but
    the managers who answer for it. The stamp is `analytics.target_store`'s.
    """

    __tablename__ = "target_act"

    team_id: Mapped[str] = column(OPERATIONAL, String(64), primary_key=True)
    number: Mapped[int] = column(OPERATIONAL, Integer, primary_key=True, autoincrement=False)
    sequence: Mapped[int] = column(OPERATIONAL, Integer, primary_key=True, autoincrement=False)
    kind: Mapped[str] = column(OPERATIONAL, String(16))
    day: Mapped[dt.date] = column(OPERATIONAL, Date)
    by_id: Mapped[str] = column(OPERATIONAL, String(32))
    content: Mapped[str] = column(OPERATIONAL, Text)
    entry: Mapped[int] = column(OPERATIONAL, BigInteger)  # of the access log
    stamp: Mapped[bytes] = column(Sensitivity.SECRET, LargeBinary(32))
