"""The organisation that a set of stores belongs to: one row, written once by `init`."""

import datetime as dt
import re
import secrets
from dataclasses import dataclass

from sqlalchemy import Boolean, CheckConstraint, Connection, Date, Integer, String, insert, select
from sqlalchemy.orm import Mapped

from privacy.base import Base, Sensitivity, column


class OrganisationRow(Base):
    """The one row that says whose stores these are."""

    __tablename__ = "organisation"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: Mapped[int] = column(Sensitivity.OPERATIONAL, Integer, primary_key=True, autoincrement=False)
    name: Mapped[str] = column(Sensitivity.OPERATIONAL, String(200))
    origin: Mapped[str] = column(Sensitivity.OPERATIONAL, String(200))
    throw_away: Mapped[bool] = column(Sensitivity.OPERATIONAL, Boolean)
    created_day: Mapped[dt.date] = column(Sensitivity.OPERATIONAL, Date)


@dataclass(frozen=True, slots=True)
class Organisation:
    """Name, origin of the log's checkpoints (`sameview/<slug>-<8 hex>`), and whether the stores are for trial only."""

    name: str
    origin: str
    throw_away: bool


def found(connection: Connection, name: str, day: dt.date, *, throw_away: bool = False) -> Organisation:
    """Write the row of a new installation and return it."""
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] or "organisation"
    organisation = Organisation(name, f"sameview/{slug}-{secrets.token_hex(4)}", throw_away)
    connection.execute(
        insert(OrganisationRow).values(
            id=1, name=name, origin=organisation.origin, throw_away=throw_away, created_day=day
        )
    )
    return organisation


def find(connection: Connection) -> Organisation | None:
    """Return the organisation of these stores, or None before `init`."""
    table = OrganisationRow.__table__
    row = connection.execute(select(table.c.name, table.c.origin, table.c.throw_away)).one_or_none()
    return None if row is None else Organisation(row.name, row.origin, row.throw_away)
