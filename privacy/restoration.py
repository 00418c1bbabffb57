"""The mark of a restore that is not finished: one row in the data store, which comes with the restored data.

Data and mark arrive in one step (one rename on SQLite, one transaction on PostgreSQL), so there is no moment at which
restored data could be served before erasures were applied to them again. The row says what is still to be done.
"""

import datetime as dt
from dataclasses import asdict, dataclass

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Connection, Date, Integer, delete, insert, inspect, select
from sqlalchemy.orm import Mapped

from privacy.base import Base, Sensitivity, column


class RestorationRow(Base):
    """The one row that is there as long as a restore is not finished."""

    __tablename__ = "restoration"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: Mapped[int] = column(Sensitivity.OPERATIONAL, Integer, primary_key=True, autoincrement=False)
    backup_day: Mapped[dt.date] = column(Sensitivity.OPERATIONAL, Date)
    takes_log: Mapped[bool] = column(Sensitivity.OPERATIONAL, Boolean)
    takes_keys: Mapped[bool] = column(Sensitivity.OPERATIONAL, Boolean)
    data_size: Mapped[int] = column(Sensitivity.OPERATIONAL, BigInteger)
    log_size: Mapped[int] = column(Sensitivity.OPERATIONAL, BigInteger)
    lost_entries: Mapped[int] = column(Sensitivity.OPERATIONAL, BigInteger)


@dataclass(frozen=True, slots=True)
class Restoration:
    """A restore that has begun: the day of the backup, and whether log and keys are taken from it, too.

    `data_size` is the number of entries that the log had when the data were saved: what later entries record is undone.
    `log_size` is the number of entries that the log has when everything is in its place, `lost_entries` how many it is
    known to have had beyond them.
    """

    backup_day: dt.date
    takes_log: bool
    takes_keys: bool
    data_size: int
    log_size: int
    lost_entries: int


_TABLE = RestorationRow.__table__


def find(connection: Connection) -> Restoration | None:
    """Return the restore that is not finished, or None; a store of before this table has none."""
    if not inspect(connection).has_table(RestorationRow.__tablename__):
        return None
    row = connection.execute(select(_TABLE)).one_or_none()
    return None if row is None else Restoration(*row[1:])


def mark(connection: Connection, restoration: Restoration) -> None:
    """Write the mark, in place of an older one."""
    clear(connection)
    connection.execute(insert(RestorationRow).values(id=1, **asdict(restoration)))


def clear(connection: Connection) -> None:
    """Remove the mark: everything is in its place, and what was erased is erased again."""
    connection.execute(delete(RestorationRow))
