"""In which time zones somebody was from when on: where the public holidays of a day were is asked of it."""

import datetime as dt
from typing import Final

from sqlalchemy import Engine, bindparam, select

from auth.models import FormerZone
from privacy.statement import Question

_TABLE: Final = FormerZone.__table__
_FORMER: Final = Question(
    select(_TABLE.c.until, _TABLE.c.timezone)
    .where(_TABLE.c.subject_id == bindparam("subject"))
    .order_by(_TABLE.c.until)
)


def zones_over_time(engine: Engine, subject: str, now: str) -> list[tuple[dt.date, str]]:
    """Return `(first day, zone)` of a person's zones, oldest first; `now` is the name of the present one."""
    former = _FORMER.ask(engine, subject=subject)
    begins = [dt.date.min, *(until for until, _ in former)]
    return list(zip(begins, [*(zone for _, zone in former), now], strict=True))
