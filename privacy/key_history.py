"""What the access log says of keys: since when each version is there, and which key is that of the escrow.

The key store's days and the escrow's public key lie in the open: whoever can write there can move the one and replace
the other. The organisation's entries about them are sealed, numbered and never expire, so that these are compared with
the entries, not believed.
"""

import datetime as dt
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Protocol

from privacy.fields import KeyClass
from privacy.key_provider import KeyClassWithheld, KeyRefused
from privacy.log_entries import Chain, Entry
from privacy.log_read import Filter, Page
from privacy.vault import ORGANISATION

FOUNDED: Final = "founded"
ROTATED: Final = "rotated"
NOTED: Final = "key-noted"
DESTROYED: Final = "key-destroyed"
ESCROW_KEY_MADE: Final = "escrow-key-made"

_WANTED: Final = Filter(subject=ORGANISATION, chains=(Chain.ORGANISATION,), limit=sys.maxsize)
_NAME: Final = re.compile(rf"kek-({'|'.join(KeyClass)})-([1-9][0-9]*)")


class Log(Protocol):
    """What is asked for the history of keys."""

    def read(self, wanted: Filter) -> Page:
        """Open the newest entries that match."""


class Said(NamedTuple):
    """That an entry, of a day of UTC, shows a version to be there."""

    day: dt.date
    entry: int


@dataclass(frozen=True, slots=True)
class KeyHistory:
    """What the entries say: `since` by version, and `escrow_key` the digest of the public key that was made last.

    It `is_whole` if no entry of the organisation is missing before its last one, and all of them open.
    """

    since: Mapping[tuple[KeyClass, int], Said] = field(default_factory=dict)
    escrow_key: str | None = None
    is_whole: bool = False


def read(log: Log) -> KeyHistory:
    """Read the organisation's chain; one that does not open says nothing, and is not whole."""
    try:
        page = log.read(_WANTED)
    except (KeyClassWithheld, KeyRefused):
        return KeyHistory()
    entries = page.entries[::-1]
    since: dict[tuple[KeyClass, int], Said] = {}
    for each in entries:
        for key_class, version in _shown(each):
            for earlier in range(version, 0, -1):  # versions follow one another: the older ones were there before
                if (key_class, earlier) in since:
                    break
                since[key_class, earlier] = Said(each.time.date(), each.index)
    made = [each.digest for each in entries if each.outcome == ESCROW_KEY_MADE]
    is_whole = bool(entries) and not page.unreadable and [e.sequence for e in entries] == [*range(len(entries))]
    return KeyHistory(since, made[-1] if made else None, is_whole)


def _shown(found: Entry) -> list[tuple[KeyClass, int]]:
    """Return the versions that an entry shows to be there: a setup makes the first, a newest one is never destroyed."""
    if found.outcome == FOUNDED:
        return [(key_class, 1) for key_class in KeyClass]
    if found.outcome not in (ROTATED, NOTED, DESTROYED):
        return []
    more = 1 if found.outcome == DESTROYED else 0
    matches = filter(None, map(_NAME.fullmatch, found.fields))
    return [(KeyClass(match[1]), int(match[2]) + more) for match in matches]
