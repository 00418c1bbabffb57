"""Checking the log from scratch: every entry, chain, hash and signature, and the place of whatever does not fit.

The tree first (`log_verify_tree`): each stored hash is that of its halves, entries are numbered without a gap, the head
and every kept checkpoint are signed and have the roots of the tree. Then the payloads (`log_verify_payloads`), unless
only the hashes are wanted. Problems are sentences; no payload is ever quoted.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, select

from privacy.checkpoint import Checkpoint, NoteBroken, Verifier
from privacy.log_ledger import Ledger
from privacy.log_problems import Problems, raw
from privacy.log_seals import LogSeals
from privacy.log_tables import CheckpointRow
from privacy.log_tree import entry, head, reader
from privacy.log_verify_payloads import Days, PayloadCheck
from privacy.log_verify_tree import TreeCheck
from privacy.merkle import EMPTY_ROOT, root_hash

kept = CheckpointRow.__table__


@dataclass(frozen=True, slots=True)
class Verification:
    """The result. `root` is rebuilt from the entries, None if one is missing; problems are `entry N: reason`.

    `unopened` counts own reads that this process was not given the keys for; None when only hashes were checked.
    """

    size: int
    root: bytes | None
    problems: list[str]
    unopened: int | None = None
    ledger: Ledger | None = None
    """What the entries commit to outside of the log; None when only hashes were checked."""

    @property
    def sound(self) -> bool:
        return not self.problems


def verify(connection: Connection, seals: LogSeals, verifier: Verifier, *, hashes_only: bool = False) -> Verification:
    """Check the whole log, and return all that was found."""
    problems = Problems()
    check = _Check(connection, verifier, problems)
    size = check.size()
    root = TreeCheck(connection, size, problems).run()
    check.head(size, root)
    days, unopened, ledger = None, None, None
    if not hashes_only:
        payloads = PayloadCheck(connection, seals, problems)
        payloads.run(size)
        days, unopened, ledger = payloads.days, payloads.unopened, payloads.ledger
    check.kept(size, days)
    if problems.left_out:
        problems.append(f"and {problems.left_out} more")
    return Verification(size, root, list(problems), unopened, ledger)


class _Check:
    """The head and the kept checkpoints."""

    def __init__(self, connection: Connection, verifier: Verifier, problems: Problems) -> None:
        self._connection = connection
        self._verifier = verifier
        self._problems = problems
        self._head: Row[Any] | None = None

    def size(self) -> int:
        """Return the size that the head states, or as many as there are entries if it states none."""
        columns = raw(head.c.size, head.c.root, head.c.note, head.c.day, head.c.kept)
        self._head = self._connection.execute(select(*columns).where(head.c.id == 1)).one_or_none()
        last = self._connection.scalar(select(func.max(entry.c.index)))
        if self._head is not None and isinstance(self._head.size, int) and self._head.size >= 0:
            return self._head.size
        if self._head is not None or last is not None:
            self._problems.report("head", "missing, or without a size")
        return 0 if last is None else int(last) + 1

    def head(self, size: int, root: bytes | None) -> None:
        """The head's note is signed, states the head's own columns, and these are the entries'."""
        if self._head is None:
            return
        if root is not None and self._head.root != root:
            self._problems.report("head", "the root is not that of the entries")
        stated = self._open("head", self._head.note)
        if stated is not None and (stated.size, stated.root) != (size, self._head.root):
            self._problems.report("head", "the signed checkpoint states another size or root")

    def kept(self, size: int, days: Days | None) -> None:
        """Every kept checkpoint is signed and has the root of the tree at its size; none is missing."""
        found: dict[dt.date, int] = {}
        for row in self._connection.execute(select(*raw(kept.c.day, kept.c.size, kept.c.note)).order_by(kept.c.day)):
            place = f"checkpoint {row.day}"
            stated = self._open(place, row.note)
            if stated is None:
                continue
            if stated.size != row.size or not 0 < stated.size <= size:
                self._problems.report(place, "states another size than its row, or than the log ever had")
            elif stated.root != self._root(stated.size):
                self._problems.report(place, "the log did not have this root at this size")
            if (day := _day(row.day)) is not None:
                found[day] = stated.size
        count = self._connection.scalar(select(func.count()).select_from(kept))
        if self._head is not None and self._head.kept != count:
            self._problems.report("head", f"states {self._head.kept} kept checkpoints, there are {count}")
        if days is not None:
            self._compare(found, days, size)

    def _compare(self, found: dict[dt.date, int], days: Days, size: int) -> None:
        """The kept checkpoints are those of the days that ended, as the entries tell."""
        for day, end in days.ends.items():
            if found.get(day) != end:
                self._problems.report(end, f"the checkpoint of {day}, which ended before it, is missing or another's")
        for day, end in found.items():
            if day not in days.ends and not days.may_end(end):
                self._problems.report(f"checkpoint {day}", "no day of the log ended there")
        latest = None if self._head is None else _day(self._head.day)
        if size and days.latest is not None and latest != days.latest and not (days.may_end(size) and latest):
            self._problems.report("head", "the day is not that of the latest entry")

    def _open(self, place: str, note: Any) -> Checkpoint | None:
        try:
            return self._verifier.open_checkpoint(note)
        except (NoteBroken, TypeError, AttributeError) as e:
            self._problems.report(place, f"the signed note does not open: {e}")
            return None

    def _root(self, size: int) -> bytes | None:
        try:
            return root_hash(size, reader(self._connection)) if size else EMPTY_ROOT
        except (LookupError, TypeError):
            return None


def _day(value: Any) -> dt.date | None:
    try:
        return dt.date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        return None
