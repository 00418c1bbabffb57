"""What the log confirms to have been said: the announcements, compared with the entries that commit to them."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from auth.announcements import TOLD, UNDONE_FROM, Kind
from auth.journal import content_digest
from auth.models import Announcement
from privacy.log_ledger import Ledger

OUTCOMES: Final = frozenset(outcome for outcome, _ in TOLD.values())
"""The outcomes of entries that commit to an announcement."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """An announcement that the log confirms."""

    entry: int
    kind: Kind
    parameters: Mapping[str, str]


class ConfirmedAnnouncements:
    """All announcements of an installation; `problems` names those that the log does not confirm, and the missing.

    What a restore has lost, and told everybody that it did, is a warning: it names what may have to be done again.
    """

    def __init__(self, connection: Connection, ledger: Ledger) -> None:
        self._ledger = ledger
        self._confirmed: dict[str, list[Confirmed]] = defaultdict(list)
        self.warnings: list[str] = []
        self.problems = list(self._read(connection))

    def last(self, subject: str, *kinds: Kind, **parameters: str) -> Confirmed | None:
        """Return the last that was said to a subject of these kinds with these parameters."""
        fitting = (
            each
            for each in reversed(self._confirmed[subject])
            if each.kind in kinds and all(each.parameters.get(name) == value for name, value in parameters.items())
        )
        return next(fitting, None)

    def _read(self, connection: Connection) -> Iterator[str]:
        missing = {n for n, each in self._ledger.announced.items() if each.outcome in OUTCOMES}
        for row in connection.execute(select(Announcement.__table__).order_by(Announcement.entry)):
            missing.discard(row.entry)
            if (reason := self._contradiction(row)) is None:
                self._confirmed[row.subject_id].append(Confirmed(row.entry, Kind(row.kind), row.parameters))
            else:
                yield f"announcement {row.entry} to {row.subject_id}: {reason}"
        for entry in sorted(missing - self._undone()):
            subject, outcome = self._ledger.announced[entry].subject, self._ledger.announced[entry].outcome
            if self._ledger.restored is not None and entry < self._ledger.restored:
                self.warnings.append(
                    f"entry {entry}: “{outcome}” of {subject} is not in the data that entry {self._ledger.restored} put"
                    " back: if it still holds, make the change again"
                )
                continue
            yield (
                f"entry {entry}: the announcement to {subject} that it commits to is missing: it was hidden, or its"
                " change did not come about"
            )

    def _undone(self) -> set[int]:
        """Return the entries whose changes a restore undid, as everybody was told."""
        told = {
            (each.entry, each.parameters.get(UNDONE_FROM, "")) for said in self._confirmed.values() for each in said
        }
        spans = [(int(first), entry) for entry, first in told if first.isdecimal()]
        return {n for n in self._ledger.announced if any(first <= n < entry for first, entry in spans)}

    def _contradiction(self, row: Row[Any]) -> str | None:
        if row.entry in self._ledger.erased:
            return None
        found = self._ledger.announced.get(row.entry)
        if found is None or found.subject != row.subject_id:
            return "the log has no such entry about this person"
        if TOLD.get(row.kind, (None, ""))[0] != found.outcome:
            return f"the log says {found.outcome}"
        if found.digest != content_digest(row.kind, row.parameters):
            return "its words are not those that the log commits to"
        return None
