"""The checkpoints that the log keeps of earlier days: one for each day with entries, which everybody finds alike."""

import datetime as dt
from typing import NamedTuple

from sqlalchemy import Engine, select

from privacy.log_tables import CheckpointRow, HeadRow


class Kept(NamedTuple):
    """The last checkpoint of a day (UTC): the log's size then, and the note as it was signed."""

    day: dt.date
    size: int
    note: str


def last_before(engine: Engine, day: dt.date) -> Kept | None:
    """Return the log's last checkpoint before `day`, or None if it had no entry by then.

    A day's last checkpoint is kept with the first entry of a later day. Until then it is the head itself, and the same
    note: so whoever asks later finds no other one.
    """
    kept = CheckpointRow.__table__.c
    with engine.connect() as connection:
        head = connection.execute(select(HeadRow.day, HeadRow.size, HeadRow.note)).one_or_none()
        if head is not None and head.size and head.day < day:
            return Kept(*head)
        query = select(kept.day, kept.size, kept.note).where(kept.day < day).order_by(kept.day.desc()).limit(1)
        row = connection.execute(query).one_or_none()
    return None if row is None else Kept(*row)
