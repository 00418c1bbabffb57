"""Acts of targets in the data store: added, never changed, each with a stamp that the data store cannot make.

The key of the stamps comes from the key store (`auth.stamps`). A row whose stamp does not hold was not written by the
portal: its target is not drawn, and is named.
"""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, cast

from sqlalchemy import Connection, Engine, Row, Table, insert, select, text

from analytics import models
from analytics.targets import Act, ActKind
from privacy.seal import aad

SECRET: Final = "target_act"  # noqa: S105 - what the secret is for
_TABLE: Final = cast(Table, models.TargetAct.__table__)
_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Stored:
    """A row: its place, and the act, None if the portal did not write it."""

    team: str
    number: int
    sequence: int
    act: Act | None


class TargetStore:
    """Adds and reads acts. `key` returns 32 bytes that the data store does not hold."""

    def __init__(self, engine: Engine, key: Callable[[], bytes]) -> None:
        self._engine = engine
        self._key = key

    def lock(self, connection: Connection) -> None:
        """Let nobody else add acts before this transaction is over."""
        if connection.dialect.name == "postgresql":  # on SQLite a writing transaction is alone anyhow
            connection.execute(text("LOCK TABLE target_act IN SHARE ROW EXCLUSIVE MODE"))

    def add(self, connection: Connection, act: Act) -> None:
        """Store an act in the caller's transaction, which holds the lock."""
        connection.execute(insert(_TABLE).values(**_columns(act), stamp=self._stamp(act)))

    def read(self, team: str | None = None, connection: Connection | None = None) -> list[Stored]:
        """Return the rows of a team, or of all, by team, number and sequence."""
        query = select(_TABLE).order_by(_TABLE.c.team_id, _TABLE.c.number, _TABLE.c.sequence)
        query = query if team is None else query.where(_TABLE.c.team_id == team)
        if connection is not None:
            return [self._stored(row) for row in connection.execute(query)]
        with self._engine.connect() as own:
            return [self._stored(row) for row in own.execute(query)]

    def _stored(self, row: Row[Any]) -> Stored:
        try:
            act = _act(row)
            genuine = hmac.compare_digest(bytes(row.stamp), self._stamp(act))
        except (TypeError, ValueError):  # whoever wrote this row, it was not the portal
            return Stored(row.team_id, row.number, row.sequence, None)
        return Stored(row.team_id, row.number, row.sequence, act if genuine else None)

    def _stamp(self, act: Act) -> bytes:
        return hmac.digest(self._key(), aad(_TABLE.name, _VERSION, *_columns(act).values()), "sha256")


def _columns(act: Act) -> dict[str, Any]:
    return {
        "team_id": act.team,
        "number": act.number,
        "sequence": act.sequence,
        "kind": act.kind.value,
        "day": act.day,
        "by_id": act.by,
        "content": act.content,
        "entry": act.entry,
    }


def _act(row: Row[Any]) -> Act:
    kind = ActKind(row.kind)
    return Act(row.team_id, row.number, row.sequence, kind, row.day, row.by_id, row.content, row.entry)
