"""Who is told, and the entries of the access log behind it: an entry first, then the announcement, then the commit.

If the log cannot be written, the change is not made. An entry whose change did not come about in the end (the commit
failed) claims too much, never too little. Each entry commits to the announcement by its digest, so that a word changed
later shows.
"""

import datetime as dt
import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, insert, select

from auth import models
from auth.notices import MEETINGS, TOLD, Kind, Notice
from auth.person import Clock, some
from privacy.canonical import digest
from privacy.log_entries import Draft
from privacy.policy import POLICY_VERSION, Purpose, Relation

_PARAMETER_BY: Final = "by"
_SALT: Final = "salt"
_SALT_BYTES: Final = 16
_SILENT: Final = frozenset({Kind.ACKNOWLEDGED, Kind.PASSWORD_RENEWED, Kind.GRANT_MADE, Kind.GRANT_ENDED})
"""Not shown by themselves; everything else is, to catch who acts in one's name."""


class Log(Protocol):
    """What the journal needs of the access log."""

    def append_many(self, drafts: Sequence[Draft]) -> Sequence[Any]:
        """Append durably and return for each draft an answer with its `index`; raises if the log cannot be written."""


class Journal:
    """Writes what happened into the concerned persons' chains, and tells them."""

    def __init__(self, log: Log, clock: Clock) -> None:
        self._log = log
        self._clock = clock

    def tell(self, connection: Connection, notices: Sequence[Notice], by: str | None) -> None:
        """Append an entry for every notice and write the announcements in the caller's transaction.

        `by` is who did it, None for the command line. The caller commits afterwards; nothing else may follow.
        """
        if not notices:
            return
        told = [_parameters(notice, by) for notice in notices]
        pairs = list(zip(notices, told, strict=True))
        appended = self._log.append_many([_draft(notice, parameters, by) for notice, parameters in pairs])
        days = _days(connection, {notice.subject for notice in notices}, self._clock())
        rows = [
            {
                "subject_id": notice.subject,
                "entry": entry.index,
                "day": days[notice.subject],
                "kind": notice.kind.value,
                "parameters": parameters,
                "seen": notice.kind in _SILENT or (notice.kind in MEETINGS and notice.subject == by),
            }
            for (notice, parameters), entry in zip(pairs, appended, strict=True)
        ]
        connection.execute(insert(models.Announcement), rows)


def _parameters(notice: Notice, by: str | None) -> dict[str, str]:
    """Return what is stored of a notice, with a random salt: nobody finds by trying what a digest in the log says."""
    added = {_PARAMETER_BY: notice.parameters.get(_PARAMETER_BY, by or ""), _SALT: secrets.token_hex(_SALT_BYTES)}
    return {**notice.parameters, **added}


def content_digest(kind: str, parameters: Mapping[str, str]) -> str:
    """Return the digest by which a log entry commits to an announcement."""
    return digest({"kind": kind, "parameters": dict(parameters)})


def _draft(notice: Notice, parameters: Mapping[str, str], by: str | None) -> Draft:
    return Draft(
        viewer=by,
        subject=notice.subject,
        relation=Relation.OPERATIONS,
        fields=(),
        purpose=Purpose.OPERATIONS,
        period=None,
        outcome=TOLD[notice.kind][0],
        digest=content_digest(notice.kind, parameters),
        chain="others",
        policy=int(notice.parameters["policy"]) if notice.kind is Kind.ACKNOWLEDGED else POLICY_VERSION,
    )


def _days(connection: Connection, subjects: set[str], now: dt.datetime) -> dict[str, dt.date]:
    table = models.Person.__table__
    days: dict[str, dt.date] = {}
    for portion in some(subjects):
        query = select(table.c.subject_id, table.c.timezone).where(table.c.subject_id.in_(portion))
        days.update(
            (row.subject_id, now.astimezone(ZoneInfo(row.timezone)).date()) for row in connection.execute(query)
        )
    return days
