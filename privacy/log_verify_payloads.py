"""The second pass of checking a log: payloads against the columns of their rows, and each entry against its chain."""

import datetime as dt
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, select

from privacy.chains import End, Place, chain_head, ended_by
from privacy.closings import CLOSED, leaf_hashes
from privacy.keys import KeyClassWithheld, KeyGone, KeyRefused
from privacy.log_entries import Chain, Entry, commitment_of, entry_of
from privacy.log_ledger import Ledger
from privacy.log_problems import Problems, raw
from privacy.log_read import COLUMNS, LogReader
from privacy.log_seals import SUBJECT_TAG, TAG_BYTES, VIEWER_TAG, Filed, LogSeals, class_of, is_own_read
from privacy.log_tree import entry
from privacy.log_verify_closings import ClosingRows
from privacy.log_verify_erasures import ErasedRows, Gap
from privacy.seal import SealBroken
from privacy.vault import ORGANISATION

_ROWS_A_QUERY: Final = 2_000
_ROWS: Final = select(*raw(*COLUMNS, entry.c.erased_by)).order_by(entry.c.index).limit(_ROWS_A_QUERY)


@dataclass(slots=True)
class _End:
    """The last entry of a chain so far, and how many rows before it were erased."""

    sequence: int
    commitment: bytes
    index: int
    erased: int


class Days:
    """When days ended, as the entries say: the sizes at which a checkpoint has to be kept.

    Beside erased rows, which have no day, a day may have ended anywhere.
    """

    def __init__(self) -> None:
        self.latest: dt.date | None = None
        self.ends: dict[dt.date, int] = {}
        self.vague: list[tuple[int, int]] = []
        self._next = 0

    def take(self, index: int, day: dt.date) -> None:
        """Take up the day of an entry."""
        if index != self._next:
            self.vague.append((self._next, index))
        elif self.latest is not None and day > self.latest:
            self.ends[self.latest] = index
        self.latest = day if self.latest is None else max(day, self.latest)
        self._next = index + 1

    def finish(self, size: int) -> None:
        if size != self._next:
            self.vague.append((self._next, size))

    def may_end(self, size: int) -> bool:
        """Tell whether a day may have ended at this size, among erased rows."""
        return any(low <= size <= high for low, high in self.vague)


class PayloadCheck:
    """Opens every entry, oldest first. `unopened` counts own reads whose class of key this process was not given."""

    def __init__(self, connection: Connection, seals: LogSeals, problems: Problems) -> None:
        self._connection = connection
        self._seals = seals
        self._problems = problems
        self._log = LogReader(connection, seals)
        self._ends: dict[Place, _End] = {}
        self._closings = ClosingRows(connection, problems)
        self.days = Days()
        self.ledger = Ledger()
        self._erased = ErasedRows(problems, self.ledger)
        self.unopened = 0

    def run(self, size: int) -> None:
        for row in self._rows(size):
            if (filed := self._filed(row)) is not None:
                self.days.take(filed.index, filed.day)
                self._check(filed)
        self.days.finish(size)
        self._check_heads(size)
        self._erased.check()
        self._closings.check_others()

    def _rows(self, size: int) -> Iterator[tuple[Any, ...]]:
        low = 0
        while rows := self._connection.execute(_ROWS.where(entry.c.index >= low, entry.c.index < size)).all():
            yield from map(tuple, rows)
            low = rows[-1][0] + 1

    def _filed(self, row: tuple[Any, ...]) -> Filed | None:
        """Return a row's columns; None, and a problem unless it is erased, if one is empty or not of its type."""
        index, leaf_hash, commitment, day, subject_tag, viewer_tag, sealed, erased_by = row
        if (day, subject_tag, viewer_tag, sealed) == (None, None, None, None) and isinstance(erased_by, int):
            self._erased.take(index, erased_by)
            return None
        if None in (day, subject_tag, viewer_tag, sealed) or erased_by is not None:
            self._problems.report(index, "half erased: payload, tags and day are empty together, and say by what")
            return None
        try:
            day = dt.date.fromisoformat(day) if isinstance(day, str) else day
        except ValueError:
            day = None
        columns = (leaf_hash, commitment, subject_tag, viewer_tag, sealed)
        if not isinstance(day, dt.date) or not all(isinstance(each, bytes) for each in columns):
            self._problems.report(index, "a column is not of its type")
            return None
        return Filed(index, leaf_hash, commitment, day, subject_tag, viewer_tag, sealed)

    def _check(self, row: Filed) -> None:
        try:
            subject = self._log.subject_of(row)
            salt, payload = self._seals.open_entry(subject, row)
            found = entry_of(row.index, payload)
        except KeyClassWithheld:
            self.unopened += 1
            return
        except (SealBroken, KeyGone, KeyRefused, ValueError) as e:
            self._problems.report(row.index, f"does not open: {e}")
            return
        if commitment_of(salt, payload) != row.commitment:
            self._problems.report(row.index, "salt and payload are not what was committed to")
        self.ledger.take(found)
        for reason in self._contradictions(row, subject, found):
            self._problems.report(row.index, reason)
        self._erased.take_record(found)
        if found.chain is Chain.ORGANISATION and found.outcome == CLOSED:
            self._check_closing(found)
        self._check_chain((subject, found.chain.value), row, found)

    def _contradictions(self, row: Filed, subject: str, found: Entry) -> Iterator[str]:
        """Yield what the payload and the row's columns say differently."""
        if (found.subject or ORGANISATION) != subject:
            yield "the payload is about somebody else than the subject's tag says"
        if (found.chain is Chain.ORGANISATION) != (subject == ORGANISATION):
            yield "the payload is in the chain of another kind of subject"
        if found.time.date() != row.day:
            yield "the payload is of another day than the row"
        if (found.chain is Chain.SELF) != is_own_read(row.sealed):
            yield f"sealed by another class of key than {class_of(found.chain)}"
        if found.chain is not Chain.SELF and row.viewer_tag != self._viewer_tag(row, found):
            yield "the viewer's tag is not that of the payload's viewer"
        if len(row.viewer_tag) != TAG_BYTES:
            yield "the viewer's tag is not 16 bytes"

    def _viewer_tag(self, row: Filed, found: Entry) -> bytes:
        """Return the tag of an entry's viewer; the row's own when the viewer's key was destroyed or damaged since."""
        try:
            return self._seals.tag(VIEWER_TAG, found.viewer or ORGANISATION, row.day)
        except (KeyGone, KeyRefused):
            return row.viewer_tag

    def _check_chain(self, place: Place, row: Filed, found: Entry) -> None:
        """An entry continues its chain: the next number, the commitment before. Only expired entries leave a gap."""
        end = self._ends.get(place, _End(-1, b"", -1, 0))
        gap = found.sequence - end.sequence - 1
        if gap < 0:
            self._problems.report(row.index, f"number {found.sequence} of its chain comes after {end.sequence}")
        elif gap > 0:
            reason = f"{gap} entries of its chain are missing before it"
            self._erased.take_gap(Gap(place, end.index, row.index, gap, row.index, reason))
        elif found.previous != (end.commitment.hex() or None):
            self._problems.report(row.index, "does not continue from the entry of its chain before it")
        self._ends[place] = _End(found.sequence, row.commitment, row.index, self._erased.count)

    def _check_closing(self, found: Entry) -> None:
        """The leaves kept of a closing have its digest, and among them is the end of every chain before it.

        A chain that may have gone on in a row that is erased by now is left out: nobody can tell where it ended.
        """
        leaves = self._closings.leaves(found)
        if leaves is None or found.period is None:
            return
        ends = []
        for (subject, _), end in self._ends.items():
            if end.erased == self._erased.count:
                with suppress(KeyGone):
                    tag = self._seals.tag(SUBJECT_TAG, subject, found.period.first)
                    ends.append(End(tag, end.sequence + 1, end.commitment))
        known = set(leaf_hashes(ends))
        all_known = not self._erased.count and not self.unopened
        if not known <= set(leaves) or (all_known and len(known) != len(leaves)):
            self._problems.report(found.index, "closes the day with other ends of chains than there were")

    def _check_heads(self, size: int) -> None:
        """Every chain has a head, which states its last entry."""
        columns = raw(chain_head.c.subject_id, chain_head.c.chain, chain_head.c.sealed)
        for subject, chain, sealed in self._connection.execute(select(*columns)):
            end = self._ends.pop((subject, chain), None)
            if isinstance(sealed, bytes) and (record := ended_by(sealed)) is not None:
                self._take_ended((subject, chain), record, end)
                continue
            place = f"chain {chain} of {subject}" if end is None else end.index
            end = end or _End(-1, b"", -1, 0)
            try:
                head = self._seals.open_head(subject, chain, sealed)
            except KeyClassWithheld:
                continue
            except (SealBroken, KeyGone, KeyRefused, TypeError, AttributeError) as e:
                self._problems.report(place, f"the head of the chain does not open: {e}")
                continue
            gap = head.sequence - end.sequence
            if gap < 0:
                self._problems.report(place, "the head of its chain stops before it")
            elif gap > 0:
                reason = f"the head of the chain counts {gap} entries after it, which are missing"
                self._erased.take_gap(Gap((subject, chain), end.index, size, gap, place, reason))
            elif head.commitment != end.commitment:
                self._problems.report(place, "the head of its chain states another commitment")
        for end in self._ends.values():
            self._problems.report(end.index, "the head of its chain is missing")

    def _take_ended(self, place: Place, record: int, end: _End | None) -> None:
        """Only an erasure ends a chain, and nothing of it is left."""
        self._erased.take_ended(place, record)
        if end is not None:
            self._problems.report(end.index, "its chain was ended by an erasure, and it is still there")
