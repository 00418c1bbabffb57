"""Entries of the access log: what a caller drafts, what is committed to, and what a reader gets back.

The leaf of an entry is `"sameview/audit-leaf/v1\\0"` and a commitment, SHA-256 over a random salt and the payload: a
leaf says nothing to those who have not both. The payload is canonical JSON (RFC 8785).
"""

import datetime as dt
import enum
import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from privacy.canonical import canonical_record
from privacy.period import Period
from privacy.policy import POLICY_VERSION, Purpose
from privacy.vault import ORGANISATION

LEAF_PREFIX: Final = b"sameview/audit-leaf/v1\0"
SALT_BYTES: Final = 32
LOG_FIELD: Final = "access_log"
"""What an entry names as its field when the log itself was read, closed or erased from."""
GRANT_FIELD: Final = "granted"
"""What an entry names as its field when somebody asked for a grant that is not theirs."""
THREAD_FIELD: Final = "thread"
"""What an entry names as its field when a conversation that somebody began was read."""
INVENTORIED: Final = "inventoried"
"""The outcome of an entry that commits to all that the vault holds of a person, after a change (`Gate.account`)."""
PAUSED, RESUMED, FORGOTTEN, PRIVATE_APPS = "paused", "resumed", "forgotten", "private-apps"
"""Outcomes of such entries after what a person did about what is recorded of them; in the chain of their own reads."""
NOTED, NOTE_REMOVED, CORRECTED = "noted", "note-removed", "corrected"
"""Outcomes of such entries after what a person said about their own days; in the same chain."""
MAILED, MAIL_FAILED = "mailed", "mail-failed"
"""Outcomes of entries that say what a mail to the person themselves was made of, and that no server took it."""
VOLUMES_DELIVERED: Final = "volumes-delivered"
"""The outcome of an entry that commits to a delivery of the state of the work, in the organisation's chain."""
RELEASED: Final = "released"
"""The outcome of an entry that commits to all team figures of a period (`privacy.release_store`)."""
RELEASES_RESTORED: Final = "releases-restored"
"""The outcome of an entry that commits to the releases that a restore brought back, where these are fewer."""
TARGET_ANNOUNCED, TARGET_ENDED, TARGET_ANSWERED = "target-announced", "target-ended", "target-answered"
"""Outcomes of entries that commit to an act about a target of a team, in the same chain."""
_OF_JOBS: Final = frozenset({Purpose.OPERATIONS, Purpose.TEAM_RHYTHM})
ACCOUNTS: Final = frozenset(
    {"imported", "compacted", "removed", "expired", INVENTORIED, PAUSED, RESUMED, FORGOTTEN, PRIVATE_APPS}
    | {NOTED, NOTE_REMOVED, CORRECTED}
)
"""All outcomes of such entries, about a person."""


class LogUnavailable(Exception):
    """The log cannot be written now, so nothing may be opened. Nothing was half-written."""


class Chain(enum.StrEnum):
    """Whose numbering an entry belongs to: others about a person, a person's own reads, or what concerns no person."""

    OTHERS = "others"
    SELF = "self"
    ORGANISATION = "organisation"


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry to be written. `at` defaults to now, in UTC; `session` makes an own read one entry a day."""

    viewer: str | None
    subject: str | None
    relation: str
    fields: Collection[str]
    purpose: str
    period: Period | None
    outcome: str
    digest: str | None = None
    chain: str = Chain.OTHERS
    session: str | None = None
    at: dt.datetime | None = None
    policy: int = POLICY_VERSION

    def __post_init__(self) -> None:
        if Chain(self.chain) is Chain.SELF and (self.viewer is None or self.viewer != self.subject):
            raise ValueError("the chain of own reads holds a person's reads of their own data")
        if Chain(self.chain) is Chain.ORGANISATION and self.owner != ORGANISATION:
            raise ValueError("the organisation's chain holds entries without a person")
        if isinstance(self.fields, str):
            raise TypeError("fields is a collection of names")

    @property
    def owner(self) -> str:
        """Whose chain the entry goes to, and whose key seals it."""
        return self.subject or ORGANISATION


@dataclass(frozen=True, slots=True)
class Appended:
    """Where a draft stands in the log; `written` is false for an own read that already had its entry."""

    index: int
    written: bool = True


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as it was opened."""

    index: int
    time: dt.datetime
    viewer: str | None
    subject: str | None
    relation: str
    fields: tuple[str, ...]
    purpose: str
    period: Period | None
    policy: int
    outcome: str
    chain: Chain
    sequence: int
    previous: str | None
    digest: str | None

    @property
    def by_job(self) -> bool:
        """Whether the system did this by itself: its own work names what it opened, noted or let go.

        What an operator changes at the command line has no viewer either, but names no field; an erasure is done for
        a person, whoever starts it. Filters, pages and sentences all ask here.
        """
        return self.viewer is None and bool(self.fields) and self.purpose in _OF_JOBS


def body_of(draft: Draft, at: dt.datetime) -> dict[str, Any]:
    """Return the payload of a draft without its place in the chain. An own read of a session has no period."""
    chain = Chain.ORGANISATION if draft.owner == ORGANISATION else Chain(draft.chain)
    period = None if chain is Chain.SELF and draft.session is not None else draft.period
    body = {
        "v": 1,
        "time": at.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "viewer": None if draft.viewer == ORGANISATION else draft.viewer,
        "subject": None if draft.owner == ORGANISATION else draft.subject,
        "relation": str(draft.relation),
        "fields": sorted(map(str, draft.fields)),
        "purpose": str(draft.purpose),
        "period": None if period is None else [period.first.isoformat(), period.end.isoformat()],
        "policy": draft.policy,
        "outcome": str(draft.outcome),
        "chain": chain.value,
    }
    if draft.digest is not None:
        body["digest"] = draft.digest
    return body


def payload_of(body: dict[str, Any], sequence: int, previous: bytes | None) -> bytes:
    """Return the canonical payload of a body at its place in the chain."""
    return canonical_record({**body, "sequence": sequence, "previous": previous.hex() if previous else None})


def commitment_of(salt: bytes, payload: bytes) -> bytes:
    """Return what the log commits to: SHA-256 of salt and payload."""
    return hashlib.sha256(salt + payload).digest()


def once_key(body: dict[str, Any], session: str) -> bytes:
    """Return 16 bytes that are alike for own reads which share an entry: session, UTC day, field set, purpose …"""
    parts = [session, body["time"][:10], body["purpose"], body["outcome"], body["fields"], body.get("digest")]
    return hashlib.sha256(msgspec.json.encode(parts)).digest()[:16]


def entry_of(index: int, payload: bytes) -> Entry:
    """Read a payload; ValueError if it is none."""
    read = msgspec.json.decode(payload)
    try:
        if read.pop("v") != 1:
            raise ValueError("unknown version of the payload")
        period = read.pop("period")
        return Entry(
            index=index,
            time=dt.datetime.fromisoformat(read.pop("time")),
            fields=tuple(read.pop("fields")),
            period=None if period is None else Period(*map(dt.date.fromisoformat, period)),
            chain=Chain(read.pop("chain")),
            digest=read.pop("digest", None),
            **read,
        )
    except (AttributeError, KeyError, TypeError) as e:
        raise ValueError(f"not a payload of the log: {e}") from e
