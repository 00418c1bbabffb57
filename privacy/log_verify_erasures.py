"""What was erased from a log: every empty row is stated by one record, and only what expired leaves gaps in chains.

An empty row would excuse whatever is missing, so nothing excuses an empty row but its record: an entry of the
organisation's chain, which never expires, whose digest states exactly the rows that it emptied, all of them before it.
Whoever has no keys of the log can write no record, and what a row says of itself counts for nothing.
"""

from bisect import bisect_left
from collections import defaultdict
from typing import Final, NamedTuple

from privacy.chains import Place, erasure_digest
from privacy.log_entries import Chain, Entry
from privacy.log_ledger import Ledger
from privacy.log_problems import Problems
from privacy.log_upkeep import ERASED, EXPIRED

_OF_A_PERSON: Final = [Chain.OTHERS, Chain.SELF]


class Gap(NamedTuple):
    """That `missing` entries of a chain lie between two rows of the log; `at` is where that shows."""

    chain: Place
    low: int
    high: int
    missing: int
    at: int | str
    reason: str


class ErasedRows:
    """The empty rows and the records, collected while the log is read, and compared when it was read to the end."""

    def __init__(self, problems: Problems, ledger: Ledger) -> None:
        self._problems = problems
        self._ledger = ledger
        self._rows: dict[int, list[int]] = defaultdict(list)
        self._records: dict[int, Entry] = {}
        self._ended: dict[int, set[Place]] = defaultdict(set)
        self._gaps: list[Gap] = []
        self.count = 0

    def take(self, index: int, record: int) -> None:
        """Take up an empty row, and the entry that it names as its record."""
        self._rows[record].append(index)
        self.count += 1

    def take_record(self, found: Entry) -> None:
        """Take up an entry, which counts if it records that rows were emptied."""
        if found.chain is Chain.ORGANISATION and found.outcome in (ERASED, EXPIRED):
            self._records[found.index] = found

    def take_gap(self, gap: Gap) -> None:
        """Take up that entries of a chain are missing; whether they expired is known in the end."""
        self._gaps.append(gap)

    def take_ended(self, place: Place, record: int) -> None:
        """Take up that in the place of a chain's head stands the record of an erasure."""
        self._ended[record].add(place)
        self._ledger.ended[place[0]] = record

    def check(self) -> None:
        """Report what no record states, and give the ledger what expired."""
        for record, rows in self._rows.items():
            if record not in self._records:
                self._problems.report(rows[0], f"erased, but entry {record} does not record the erasure of these rows")
        for record, found in self._records.items():
            self._check_record(found, self._rows.get(record, []))
        for record, places in self._ended.items():
            self._check_ended(record, places)
        self._check_gaps(sorted(self._ledger.expired))

    def _check_record(self, found: Entry, rows: list[int]) -> None:
        """A record states its rows, and they lie before it; that of a person's erasure ends their chains."""
        if found.digest != erasure_digest(rows):
            reason = f"erased, but entry {found.index} does not record the erasure of these rows"
            where = rows[0] if rows else found.index
            self._problems.report(where, reason if rows else "records an erasure, but its rows are not erased")
        elif rows and max(rows) >= found.index:
            self._problems.report(max(rows), f"erased by entry {found.index}, which does not come after it")
        elif found.outcome == EXPIRED:
            self._ledger.expired.update(rows)
        if found.outcome == ERASED and found.index not in self._ended:
            self._check_ended(found.index, set())

    def _check_ended(self, record: int, places: set[Place]) -> None:
        """Only the erasure of a person ends chains: the two of that person."""
        found = self._records.get(record)
        if found is None or found.outcome != ERASED:
            for subject, chain in sorted(places):
                reason = f"ended by entry {record}, which records no erasure of a person"
                self._problems.report(f"chain {chain} of {subject}", reason)
        elif sorted(chain for _, chain in places) != _OF_A_PERSON or len({subject for subject, _ in places}) != 1:
            self._problems.report(record, "records the erasure of a person, whose two chains do not end with it")

    def _check_gaps(self, expired: list[int]) -> None:
        """A person's chain may lack what expired between two of its entries. The organisation's lacks nothing, ever.

        Rows that went with an erased person are no excuse: their chains are not there any more.
        """
        for gap in self._gaps:
            room = bisect_left(expired, gap.high) - bisect_left(expired, gap.low + 1)
            subject, chain = gap.chain
            if chain == Chain.ORGANISATION or gap.missing > room:
                self._problems.report(gap.at, gap.reason)
            else:
                self._ledger.take_gap(subject, Chain(chain), gap.low, gap.high)
