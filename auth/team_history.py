"""Which teams somebody was in, over time: what the capture policy needs to know whose working time holds."""

from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, select

from auth.models import Membership, Person, Team
from privacy.period import starts_at
from privacy.policies import BEGINNING, Teams

_MEMBERSHIPS: Final = (
    select(Team.name, Membership.since, Membership.until, Person.timezone)
    .join(Membership, Membership.team_id == Team.id)
    .join(Person, Person.subject_id == Membership.subject_id)
)


def teams_over_time(engine: Engine, subject: str) -> list[Teams]:
    """Return the names of somebody's teams from each moment on at which they changed, on the person's own clock."""
    with engine.connect() as connection:
        rows = connection.execute(_MEMBERSHIPS.where(Membership.subject_id == subject)).all()
    days = sorted({day for row in rows for day in (row.since, row.until) if day is not None})
    found = [Teams(BEGINNING, frozenset())]
    for day in days:
        here = frozenset(row.name for row in rows if row.since <= day and (row.until is None or day < row.until))
        found.append(Teams(starts_at(day, ZoneInfo(rows[0].timezone)), here))
    return found
