"""The receipt of an erasure, and in plain words what goes, what stays, and from when on no backup opens it."""

import datetime as dt
from dataclasses import asdict, dataclass
from typing import Any, Final

import msgspec

from portal.show import day

GOES: Final = (
    "Every figure, setting and note about you: days, frozen weeks, goals, planned week, kept titles and addresses.",
    "Your name, e-mail address and password, sessions, tokens, invitations and everything that you were told.",
    "What your entries in the access log say: who looked at you, what you looked at, when and why.",
    "The keys that opened all this. Your teams, roles and appointments end.",
)
STAYS: Final = (
    "The hash of each of your entries in the access log, so that the log can still be checked. It says nothing.",
    "One entry that records the erasure, with its number and how many entries it emptied. It does not name you.",
    "A random number that stood for you, with the day of the erasure, so that no backup brings you back.",
    "In other people’s logs: that somebody with this number looked at them. These entries are theirs; your name goes.",
    "If you managed a team: from when to when this number managed it, since it is why others’ weeks could be opened.",
)
"""What an erasure leaves. Team figures that are released once do not exist in this version."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What proves an erasure: the number of its entry, the digest over the numbers of the emptied entries, how many.

    `checkpoint` is a signed note of the log that holds the entry; from `horizon` on no backup opens what was erased.
    """

    entry: int
    digest: str
    entries: int
    erased_on: dt.date
    horizon: dt.date
    checkpoint: str

    def as_json(self) -> str:
        """Return the receipt for a file."""
        values: dict[str, Any] = {**asdict(self), "stays": STAYS}
        return msgspec.json.format(msgspec.json.encode(values)).decode()

    def as_text(self) -> str:
        """Return the receipt for a person."""
        lines = [
            f"erased on {self.erased_on}: log entry {self.entry}, which emptied {self.entries} entries",
            f"digest {self.digest}",
            f"no backup opens what was erased after {self.horizon}",
            "what stays:",
            *(f"  {each}" for each in STAYS),
            "the log when this was written:",
            self.checkpoint,
        ]
        return "\n".join(lines)

    @property
    def horizon_in_words(self) -> str:
        return day(self.horizon)
