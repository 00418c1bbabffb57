"""The access log: entries, proofs, closings, and what was shown."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from portal.shapes.weeks import Week
from portal.shapes.words import Answer, Entry, Shape


class LogPayload(Shape):
    """What an entry of the access log says (keys in the order of RFC 8785 when hashed)."""

    v: int
    time: str
    viewer: str | None
    subject: str | None
    relation: str
    fields: list[str]
    purpose: str
    period: list[str] | None
    policy: int
    outcome: str
    chain: Literal["others", "self", "organisation"]
    sequence: int
    previous: str | None
    digest: str | UnsetType = UNSET


class LogEntry(Shape):
    index: int
    payload: LogPayload


class LogEntries(Shape):
    """Entries, newest first."""

    entries: list[LogEntry]


class ShownAgain(Shape):
    """What a read of my figures by somebody else showed, opened again.

    `state` is same, or differs, broken or lost (alarms), or gone, ended, unsent or refused; `sentence` says it in
    words. `again` is the week; what was shared with somebody (`ended` when it is over) is opened on its page.
    """

    state: Literal["same", "differs", "broken", "lost", "gone", "ended", "unsent", "refused"]
    sentence: str
    read: LogEntry
    receipt: LogEntry | None
    again: Answer[Week] | None


class LogPage(Shape):
    """A page of the log; `before` asks for the next one, and `entry` says that this one was read.

    `since` is the day (UTC) from which on the reader may read the log, and `sentence` says so.
    """

    entry: Entry
    since: str
    sentence: str
    entries: list[LogEntry]
    before: int | None


class Inclusion(Shape):
    index: int
    leaf: str
    hashes: list[str]
    salt: str | None
    payload: str | None


class Bundle(Shape):
    """A proof bundle: it verifies with any implementation of C2SP signed notes and RFC 9162."""

    checkpoint: str
    old: str | None
    consistency: list[str]
    inclusion: list[Inclusion]


class CountedChain(Shape):
    """One of my chains as a closing counted it: `length` entries, the last of which has this commitment.

    `hashes` lead from the leaf (tag, length, commitment) at `index` to the root that the closing entry states.
    """

    chain: Literal["others", "self"]
    tag: Annotated[str, Meta(pattern="^[0-9a-f]{32}$")]
    length: Annotated[int, Meta(ge=1)]
    commitment: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    index: int
    hashes: list[str]


class Closing(Shape):
    """How the closing of a day counted my entries: my leaves in a tree of `size`, and the proof of its entry."""

    day: str
    size: int
    chains: list[CountedChain]
    proof: Bundle


class EntryDetail(Shape):
    """One entry and its proof; `found` is null if it was erased, and `entry` says that it was read."""

    entry: Entry
    found: LogEntry | None
    proof: Bundle


class Verification(Shape):
    size: int
    root: str | None
    problems: list[str]
