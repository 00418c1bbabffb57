"""The log's fingerprint of a closed week: what is printed, pinned on a board, and read aloud to be compared.

It is the last checkpoint of the ISO week (UTC), so it is the same for everybody, whenever it is printed.
"""

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from privacy import kept_checkpoints
from privacy.period import Period, week_name, week_of

if TYPE_CHECKING:
    from portal.wiring import System

WEEKS: Final = 8
"""How many closed weeks the page offers."""
_GROUP: Final = 4  # hex digits that are read aloud in one breath


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A checkpoint for people. `groups` is the root hash as hex, four digits each."""

    week: str
    day: dt.date
    origin: str
    size: int
    groups: tuple[str, ...]
    key: str
    """The id of the log's key: eight hex digits, those in the verifier key."""
    note: str


def fingerprint(system: "System", week: Period) -> Fingerprint | None:
    """Return the fingerprint of the log at the end of a closed week; None if it had no entry by then.

    NoteBroken if the kept checkpoint is not one that the log's key signed.
    """
    kept = kept_checkpoints.last_before(system.stores.log, week.end)
    if kept is None:
        return None
    verifier = system.log.signer.verifier
    opened = verifier.open_checkpoint(kept.note)
    key = str(verifier).split("+")[1]
    return Fingerprint(
        week_name(week), kept.day, opened.origin, opened.size, groups(opened.root), key, kept.note.strip()
    )


def groups(root: bytes) -> tuple[str, ...]:
    """Return a root hash as people compare it: hex, in groups of four."""
    digits = root.hex()
    return tuple(digits[at : at + _GROUP] for at in range(0, len(digits), _GROUP))


def closed_weeks(today: dt.date) -> list[Period]:
    """Return the last closed weeks (UTC), newest first."""
    running = week_of(today).first
    return [week_of(running - dt.timedelta(weeks=back)) for back in range(1, WEEKS + 1)]
