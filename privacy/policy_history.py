"""What the access log says of the capture policy: the digest of every version and of every pair of keys agreed on.

The rows of both lie in the open, in the data store: whoever can write there can change them. The organisation's entries
are sealed, numbered and never expire, so that the rows are held against them, not believed.
"""

import datetime as dt
import sys
from collections.abc import Mapping
from typing import Final, NamedTuple

from privacy.key_history import Log
from privacy.key_provider import KeyClassWithheld, KeyGone, KeyRefused
from privacy.log_entries import Chain
from privacy.log_ledger import POLICY_OUTCOMES
from privacy.log_read import Filter
from privacy.vault import ORGANISATION

POLICY: Final = "policy"
SIGNERS: Final = "policy-signers"
_WANTED: Final = Filter(subject=ORGANISATION, chains=(Chain.ORGANISATION,), limit=sys.maxsize)


class Said(NamedTuple):
    """That an entry, of a moment, commits to a digest; a setup commits to a first version or to keys."""

    entry: int
    outcome: str
    at: dt.datetime


def read(log: Log) -> Mapping[str, Said]:
    """Return what the entries commit to, by digest, each with its last entry; one that does not open says nothing."""
    try:
        page = log.read(_WANTED)
    except (KeyClassWithheld, KeyGone, KeyRefused):
        return {}
    return {
        each.digest: Said(each.index, each.outcome, each.time.replace(microsecond=0))
        for each in reversed(page.entries)
        if each.digest is not None and each.outcome in POLICY_OUTCOMES
    }
