"""What is kept of closings against their entries: each row of leaves has the digest that its entry committed to.

That holds for ever: an erasure empties entries of the log, and leaves these hashes and the closing entries alone.
"""

import datetime as dt
from typing import Any

from sqlalchemy import Connection, select

from privacy.closings import closing, closing_digest, split_leaves
from privacy.log_entries import Entry
from privacy.log_problems import Problems, raw


class ClosingRows:
    """The rows of leaves, each taken once by the closing entry that it belongs to."""

    def __init__(self, connection: Connection, problems: Problems) -> None:
        self._connection = connection
        self._problems = problems
        self._taken: set[int] = set()

    def leaves(self, found: Entry) -> list[bytes] | None:
        """Return the leaves kept of a closing entry; None, and a problem, unless they are those of its digest."""
        columns = raw(closing.c.day, closing.c.leaves)
        row = self._connection.execute(select(*columns).where(closing.c.entry == found.index)).one_or_none()
        self._taken.add(found.index)
        if row is None:
            self._problems.report(found.index, "closes a day, but the leaves that it counted are missing")
            return None
        leaves = _split(row.leaves)
        if leaves is None or closing_digest(leaves) != found.digest:
            self._problems.report(found.index, "the leaves kept of this closing are not those that it states")
            return None
        if found.period is None or _day(row.day) != found.period.first:
            self._problems.report(found.index, "the leaves kept of this closing are filed under another day")
        return leaves

    def check_others(self) -> None:
        """Report rows that belong to no closing entry. No closing entry is ever erased: it is the organisation's."""
        for entry in self._connection.scalars(select(*raw(closing.c.entry)).order_by(closing.c.entry)):
            if entry not in self._taken:
                self._problems.report(entry, "leaves of a closing are kept for it, but it closes no day")


def _split(value: Any) -> list[bytes] | None:
    try:
        return split_leaves(value)
    except (TypeError, ValueError):
        return None


def _day(value: Any) -> dt.date | None:
    try:
        return dt.date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        return None
