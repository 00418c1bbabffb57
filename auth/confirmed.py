"""What the log confirms to have been said: the announcements, compared with the entries that commit to them."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from auth.journal import content_digest
from auth.models import Announcement
from auth.notices import TOLD, UNDONE_FROM, Kind
from privacy.log_ledger import Ledger

OUTCOMES: Final = frozenset(outcome for outcome, _ in TOLD.values())
"""The outcomes of entries that commit to an announcement."""
_RESTORES: Final = frozenset({Kind.RESTORED, Kind.ENTRIES_LOST})


@dataclass(frozen=True, slots=True)
class Confirmed:
    """An announcement that the log confirms, or did until the entry expired."""

    entry: int
    kind: Kind
    parameters: Mapping[str, str]


class ConfirmedAnnouncements:
    """All announcements of an installation; `problems` names those that the log does not confirm, and the missing.

    What a restore has lost, and told everybody that it did, is a warning: it names what may have to be done again.
    The entries of old announcements expire, and nobody can tell any more whether they were made: they count for less
    than anything that is confirmed, and whoever's last word is among them is noted in `uncompared`, as a subject id.
    """

    def __init__(self, connection: Connection, ledger: Ledger) -> None:
        self._ledger = ledger
        self._confirmed: dict[str, list[Confirmed]] = defaultdict(list)
        self._expired: dict[str, list[Confirmed]] = defaultdict(list)
        self.uncompared: set[str] = set()
        self.warnings: list[str] = []
        self._spans: list[tuple[int, int]] | None = None
        self.problems = list(self._read(connection))

    def last(self, subject: str, *kinds: Kind, **parameters: str) -> Confirmed | None:
        """Return the last that was said to a subject of these kinds with these parameters."""
        for said in (self._confirmed, self._expired):
            for each in reversed(said.get(subject, ())):
                if each.kind in kinds and all(each.parameters.get(name) == value for name, value in parameters.items()):
                    if said is self._expired:
                        self.uncompared.add(subject)
                    return each
        return None

    def every(self, kind: Kind) -> Iterator[Confirmed]:
        """Yield all of a kind that the log confirms, whomever they were said to."""
        yield from (each for said in self._confirmed.values() for each in said if each.kind is kind)

    def undone_by(self, entry: int) -> int | None:
        """Return the entry with which everybody was told that a restore undid another entry, None if none did."""
        return next((told for first, told in self._undone() if first <= entry < told), None)

    def _read(self, connection: Connection) -> Iterator[str]:
        missing = {n for n, each in self._ledger.announced.items() if each.outcome in OUTCOMES}
        for row in connection.execute(select(Announcement.__table__).order_by(Announcement.entry)):
            missing.discard(row.entry)
            if (reason := self._contradiction(row)) is None:
                expired = row.entry in self._ledger.expired
                said = self._expired if expired else self._confirmed
                said[row.subject_id].append(Confirmed(row.entry, Kind(row.kind), row.parameters))
            else:
                yield f"announcement {row.entry} to {row.subject_id}: {reason}"
        for entry in sorted(missing):
            subject, outcome = self._ledger.announced[entry].subject, self._ledger.announced[entry].outcome
            if (told := self.undone_by(entry)) is None:
                yield (
                    f"entry {entry}: the announcement to {subject} that it commits to is missing: it was hidden, or its"
                    " change did not come about"
                )
            else:
                self.warnings.append(
                    f"entry {entry}: “{outcome}” of {subject} is not in the data that were put back, as entry"
                    f" {told} told everybody: if it still holds, make the change again"
                )

    def _undone(self) -> list[tuple[int, int]]:
        """Return what restores undid, as everybody was told: the first entry, and one after the last."""
        if self._spans is not None:
            return self._spans
        spans: dict[int, int] = {}
        for each in (each for said in self._confirmed.values() for each in said if each.kind in _RESTORES):
            first = str(each.parameters.get(UNDONE_FROM, ""))
            if first.isdecimal():
                spans[int(first)] = max(each.entry, spans.get(int(first), 0))
        self._spans = sorted(spans.items())
        return self._spans

    def _contradiction(self, row: Row[Any]) -> str | None:
        if row.kind not in TOLD or not isinstance(row.parameters, dict):
            return "the portal says nothing of this kind"
        if self._ledger.may_have_held(row.subject_id, row.entry):
            return None
        found = self._ledger.announced.get(row.entry)
        if found is None or found.subject != row.subject_id:
            return "the log has no such entry about this person"
        if TOLD[Kind(row.kind)][0] != found.outcome:
            return f"the log says {found.outcome}"
        if found.digest != content_digest(row.kind, row.parameters):
            return "its words are not those that the log commits to"
        return None
