"""In which time zones somebody was from when on: where the public holidays of a day were is asked of it."""

import datetime as dt

from sqlalchemy import Engine, select

from auth.models import FormerZone


def zones_over_time(engine: Engine, subject: str, now: str) -> list[tuple[dt.date, str]]:
    """Return `(first day, zone)` of a person's zones, oldest first; `now` is the name of the present one."""
    table = FormerZone.__table__
    query = select(table.c.until, table.c.timezone).where(table.c.subject_id == subject).order_by(table.c.until)
    with engine.connect() as connection:
        former = connection.execute(query).all()
    begins = [dt.date.min, *(row.until for row in former)]
    return list(zip(begins, [*(row.timezone for row in former), now], strict=True))
