"""How many people a team has besides its managers: what everybody in it knows, whatever was recorded of whom."""

import datetime as dt
from typing import Final

from sqlalchemy import Date, Engine, String, bindparam, func, select

from auth.change import not_ended
from auth.models import Management, Membership

_TEAM: Final = bindparam("team", type_=String)
_DAY: Final = bindparam("day", type_=Date)
_MANAGING: Final = select(Management.subject_id).where(
    Management.team_id == _TEAM, Management.since <= _DAY, not_ended(Management, _DAY)
)
_SIZE: Final = select(func.count(Membership.subject_id.distinct())).where(
    Membership.team_id == _TEAM,
    Membership.since <= _DAY,
    not_ended(Membership, _DAY),
    Membership.subject_id.not_in(_MANAGING),
)


def size(engine: Engine, team: str, day: dt.date) -> int:
    """Return how many people belong to a team on a day who do not manage it."""
    with engine.connect() as connection:
        return connection.execute(_SIZE, {"team": team, "day": day}).scalar_one()
