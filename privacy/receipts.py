"""Which receipt belongs to which read, in what the log says about one person.

A read by somebody else is two entries: "disclosed", committed before anything is opened, and "shown" with the digest of
the answer, committed before the answer is sent. The receipt has no pointer to its read, so it is found by order: it
belongs to the newest read before it of the same viewer, person, fields, purpose and period that has no receipt yet. A
read whose receipt could not be written so stays alone, and nothing of it was sent.

Two reads of one week by one person at the same moment may be logged as read, read, receipt, receipt. The log does not
say which receipt is whose, and nothing depends on it: the week is frozen, so both receipts must have one digest, and
each is compared with the stored bytes by itself.
"""

from collections.abc import Iterable
from typing import Final

from privacy.log_entries import Entry

READ: Final = "disclosed"
RECEIPT: Final = "shown"


def paired(entries: Iterable[Entry]) -> dict[int, int]:
    """Return, by the number of each receipt, the number of the read that it belongs to, as far as `entries` hold it."""
    open_reads: dict[tuple[object, ...], list[int]] = {}
    found = {}
    for entry in sorted(entries, key=lambda each: each.index):
        same = (entry.viewer, entry.subject, entry.fields, entry.purpose, entry.period)
        if entry.outcome == READ:
            open_reads.setdefault(same, []).append(entry.index)
        elif entry.outcome == RECEIPT and open_reads.get(same):
            found[entry.index] = open_reads[same].pop()
    return found
