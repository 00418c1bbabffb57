"""The highest checkpoint of the log that this installation has published, kept apart from the log.

Whoever puts an older log back has to put an older key store back, too, and every kept file and every witness.
"""

from typing import Final, NamedTuple

from sqlalchemy import BigInteger, Engine, String, Text, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped

from privacy.base import KeyBase, Sensitivity, column
from privacy.statement import Question
from privacy.stores import writing


class SeenCheckpoint(KeyBase):
    """The published checkpoint with the largest size, one row for each origin."""

    __tablename__ = "seen_checkpoint"

    origin: Mapped[str] = column(Sensitivity.OPERATIONAL, String(200), primary_key=True)
    size: Mapped[int] = column(Sensitivity.OPERATIONAL, BigInteger)
    note: Mapped[str] = column(Sensitivity.OPERATIONAL, Text)


class Seen(NamedTuple):
    """The highest published checkpoint: its size, and the note as the log signed it."""

    size: int
    note: str


_seen = SeenCheckpoint.__table__
_OF_ORIGIN: Final = Question(select(_seen.c.size, _seen.c.note).where(_seen.c.origin == bindparam("of")))


def raise_to(engine: Engine, origin: str, size: int, note: str) -> None:
    """Remember a published checkpoint of a log; a smaller one, or one of the same size, changes nothing."""
    with writing(engine) as connection:
        insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
        statement = insert(SeenCheckpoint).values(origin=origin, size=size, note=note)
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=[_seen.c.origin],
                set_={"size": statement.excluded.size, "note": statement.excluded.note},
                where=_seen.c.size < statement.excluded.size,
            )
        )


def seen(engine: Engine, origin: str) -> Seen | None:
    """Return the highest published checkpoint of a log, or None if none was published yet."""
    rows = _OF_ORIGIN.ask(engine, of=origin)
    return Seen(*rows[0]) if rows else None
