"""What somebody was told: kept with ids, read with the names of today, shown until it was seen and readable after."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, Engine, bindparam, func, select, update

from auth import models
from auth.notice_sentences import PEOPLE, sentence
from auth.notices import Kind
from auth.person import some
from privacy.statement import Question
from privacy.stores import writing


@dataclass(frozen=True, slots=True)
class Announced:
    """An announcement as its person reads it; `entry` is the number of the entry in the access log."""

    entry: int
    day: dt.date
    kind: Kind
    sentence: str
    seen: bool


_TABLE: Final = models.Announcement.__table__
_UNSEEN: Final = Question(  # every page asks
    select(func.count()).select_from(_TABLE).where(_TABLE.c.subject_id == bindparam("subject"), ~_TABLE.c.seen)
)


class Announcements:
    """Reads announcements for the person whom they concern."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of(self, subject: str, *, unseen_only: bool = False) -> list[Announced]:
        """Return what `subject` was told, newest first."""
        query = select(_TABLE).where(_TABLE.c.subject_id == subject).order_by(_TABLE.c.entry.desc())
        if unseen_only:
            query = query.where(~_TABLE.c.seen)
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
            names = _names(connection, {row.parameters[key] for row in rows for key in PEOPLE & row.parameters.keys()})
            teams = {row.id: row.name for row in connection.execute(select(models.Team.id, models.Team.name))}
        return [
            Announced(
                row.entry, row.day, Kind(row.kind), sentence(Kind(row.kind), row.parameters, names, teams), row.seen
            )
            for row in rows
        ]

    def parameters(self, kind: Kind, subject: str | None = None) -> list[Mapping[str, str]]:
        """Return what was said in announcements of a kind, to one person or to everybody, oldest first."""
        query = select(_TABLE.c.parameters).where(_TABLE.c.kind == kind.value).order_by(_TABLE.c.entry)
        if subject is not None:
            query = query.where(_TABLE.c.subject_id == subject)
        with self._engine.connect() as connection:
            return list(connection.scalars(query))

    def unseen(self, subject: str) -> int:
        """Return how many announcements `subject` has not seen."""
        return int(_UNSEEN.ask(self._engine, subject=subject)[0][0])

    def mark_seen(self, subject: str, up_to: int) -> None:
        """Note that `subject` has seen every announcement up to the entry `up_to`."""
        own = (models.Announcement.subject_id == subject, models.Announcement.entry <= up_to)
        seen = update(models.Announcement).where(*own, ~models.Announcement.seen)
        with writing(self._engine) as connection:
            connection.execute(seen.values(seen=True))


def _names(connection: Connection, ids: set[str]) -> dict[str, str]:
    table = models.Person.__table__
    found: dict[str, str] = {}
    for portion in some(ids - {""}):
        query = select(table.c.subject_id, table.c.name).where(table.c.subject_id.in_(portion))
        found.update((row.subject_id, row.name) for row in connection.execute(query))
    return found
