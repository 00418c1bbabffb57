"""Volumes in the data store: put in by deliveries, the newest of which counts, and read by team and days."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, cast

from sqlalchemy import Connection, Engine, Table, bindparam, func, insert, select, text, tuple_, update

from analytics import models
from analytics.volumes import COUNTS, Volume
from privacy.period import Period

_TABLE: Final = cast(Table, models.Volume.__table__)
_A_STATEMENT: Final = 500  # rows
_KEY: Final = (_TABLE.c.team_id, _TABLE.c.process, _TABLE.c.day)


@dataclass(frozen=True, slots=True)
class Changed:
    """How many rows came, and of these how many were not there and how many were there with other figures."""

    rows: int = 0
    new: int = 0
    replaced: int = 0

    def __bool__(self) -> bool:
        return bool(self.new or self.replaced)


def put(connection: Connection, rows: Iterable[Volume], day: dt.date) -> Changed:
    """Store rows, none of them twice, as delivered on `day`, in the caller's transaction.

    A row replaces that of the same team, process and day; one that says the same changes nothing, not even the day.
    """
    if connection.dialect.name == "postgresql":  # two deliveries at once would find, both, that a row is not there
        connection.execute(text("LOCK TABLE volume IN SHARE ROW EXCLUSIVE MODE"))
    count = new = replaced = 0
    for portion in _portions(rows):
        known = _known(connection, portion)
        added = [row for row in portion if row.key not in known]
        changed = [row for row in portion if known.get(row.key, row.figures) != row.figures]
        if added:
            connection.execute(insert(_TABLE), [_values(row.delivered(day)) for row in added])
        if changed:
            connection.execute(_UPDATE, [_bound(row.delivered(day)) for row in changed])
        count, new, replaced = count + len(portion), new + len(added), replaced + len(changed)
    return Changed(count, new, replaced)


def read(source: Engine | Connection, team: str, period: Period) -> list[Volume]:
    """Return a team's rows of a period, by process and day."""
    query = select(_TABLE).where(_TABLE.c.team_id == team, _TABLE.c.day >= period.first, _TABLE.c.day < period.end)
    ordered = query.order_by(_TABLE.c.process, _TABLE.c.day)
    if isinstance(source, Connection):
        return [_volume(row) for row in source.execute(ordered)]
    with source.connect() as connection:
        return [_volume(row) for row in connection.execute(ordered)]


def last_delivered(engine: Engine, teams: Sequence[str]) -> dict[str, dt.date]:
    """Return for each of the teams the day of the last delivery; a team without any is left out."""
    query = select(_TABLE.c.team_id, func.max(_TABLE.c.delivered_on)).where(_TABLE.c.team_id.in_(teams))
    with engine.connect() as connection:
        return {team: day for team, day in connection.execute(query.group_by(_TABLE.c.team_id))}


def _portions(rows: Iterable[Volume]) -> Iterator[list[Volume]]:
    waiting = iter(rows)
    while portion := list(islice(waiting, _A_STATEMENT)):
        yield portion


def _known(connection: Connection, rows: Sequence[Volume]) -> dict[tuple[str, str, dt.date], tuple[Any, ...]]:
    query = select(_TABLE).where(tuple_(*_KEY).in_([row.key for row in rows]))
    return {found.key: found.figures for found in map(_volume, connection.execute(query))}


_UPDATE: Final = (
    update(_TABLE)
    .where(*(each == bindparam(f"key_{each.name}") for each in _KEY))
    .values({name: bindparam(name) for name in (*COUNTS, "delivered_on")})
)


def _values(row: Volume) -> dict[str, Any]:
    figures = dict(zip(COUNTS, row.figures, strict=True))
    return {"team_id": row.team, "process": row.process, "day": row.day, **figures, "delivered_on": row.delivered_on}


def _bound(row: Volume) -> dict[str, Any]:
    values = _values(row)
    return {f"key_{each.name}": values.pop(each.name) for each in _KEY} | values


def _volume(row: Any) -> Volume:
    figures = {name: getattr(row, name) for name in COUNTS}
    return Volume(row.team_id, row.process, row.day, delivered_on=row.delivered_on, **figures)
