"""Comparing one-to-ones with the access log: each stands as the last that was said to its employee about it."""

from collections.abc import Collection, Iterator
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from auth.confirmed import Confirmed, ConfirmedAnnouncements
from auth.models import Meeting
from auth.notices import MEETINGS, Kind
from auth.stamps import Stamps
from privacy.log_ledger import Ledger

_NAMES: Final = {Kind.MEETING_CANCELLED: "cancelled", Kind.MEETING_AGREED: "agreed to"}


def meeting_problems(
    connection: Connection, stamps: Stamps, said: ConfirmedAnnouncements, ledger: Ledger, erased: Collection[str]
) -> Iterator[str]:
    """Yield which one-to-ones are not as the log says, and which are missing, as `place: reason`."""
    here = set()
    for row in connection.execute(select(Meeting.__table__).order_by(Meeting.subject_id, Meeting.number)):
        here.add((row.subject_id, str(row.number)))
        place = f"one-to-one {row.number} of {row.subject_id} with {row.manager_id}"
        if not stamps.holds(Meeting, row):
            yield f"{place}: was not written by the portal, and opens nothing"
        last = said.last(row.subject_id, *MEETINGS, person=row.subject_id, meeting=str(row.number))
        if (reason := _contradiction(row, last)) is not None:
            yield f"{place}: {reason}"
    for each in said.every(Kind.MEETING_PROPOSED):
        whose = (person, number) = each.parameters.get("person", ""), each.parameters.get("meeting", "")
        if whose not in here and person not in erased and not ledger.is_shortened(person):
            here.add(whose)
            yield (
                f"one-to-one {number} of {person}: is not there, and entry {each.entry} of the log proposed it: it was"
                " taken away"
            )


def _contradiction(row: Row[Any], last: Confirmed | None) -> str | None:
    if last is None:
        return "no entry of the log made it so"
    if (last.parameters.get("manager"), last.parameters.get("day")) != (row.manager_id, row.day.isoformat()):
        return f"is with somebody else or on another day than entry {last.entry} of the log says"
    said, stands = _NAMES.get(last.kind, "proposed"), _state(row)
    return None if said == stands else f"stands as {stands}, and entry {last.entry} of the log says {said}"


def _state(row: Row[Any]) -> str:
    if row.ended_on is not None:
        return "cancelled"
    return "proposed" if row.agreed_on is None else "agreed to"
