"""The receipt of an erasure, and in plain words what goes, what stays, and from when on no backup opens it."""

import datetime as dt
from dataclasses import asdict, dataclass
from typing import Final

import msgspec
from sqlalchemy.engine import make_url

from portal.config import Config
from portal.locale import N_
from portal.show import day

GOES: Final = (
    N_("Every figure, setting and note about you: days, frozen weeks, goals, planned week, kept titles and addresses."),
    N_("What you let others see, what others let you see, and every conversation that you began."),
    N_("Your name, e-mail address and password, sessions, tokens, invitations and everything that you were told."),
    N_("What your entries in the access log say: who looked at you, what you looked at, when and why."),
    N_("The keys that opened all this. Your teams, roles and appointments end."),
)
STAYS: Final = (
    N_("The hash of each of your entries in the access log, so that the log can still be checked. It says nothing."),
    N_(
        "That these entries were one person’s: their numbers, without a day. Whoever has the database can tell"
        " the days."
    ),
    N_("One entry that records the erasure, with its number and how many entries it emptied. It does not name you."),
    N_("A random number that stood for you, with the day of the erasure, so that no backup brings you back."),
    N_(
        "In other people’s logs: that somebody with this number looked at them. These entries are theirs; your"
        " name goes."
    ),
    N_("What you answered in a conversation that somebody else began: it is theirs, and your name goes from it."),
    N_(
        "If you managed a team: from when to when this number managed it, since it is why others’ weeks could be"
        " opened."
    ),
    N_(
        "In older backups of the data: your name and e-mail address, until they are deleted. One put back is"
        " erased again."
    ),
)
"""What an erasure leaves. Team figures that are released once do not exist in this version."""

JOURNAL: Final = N_(
    "In PostgreSQL’s own journal and its archive: your name and e-mail address, until PostgreSQL writes over them."
)
"""What stays besides, where data or log are in PostgreSQL. SQLite's journal is emptied with the erasure."""


DAMAGED: Final = N_(
    "Some of your entries in the access log, sealed: keys that find them were damaged. They are not among the emptied"
    " ones that this receipt counts. The keys are destroyed, so nothing opens these entries."
)
"""What stays besides, where keys of the person were damaged."""


def what_stays(config: Config, *, damaged: bool = False) -> tuple[str, ...]:
    """Return what an erasure leaves in an installation with these settings, a sentence each."""
    journal = () if make_url(config.data_url).get_backend_name() == "sqlite" else (JOURNAL,)
    return (*STAYS, *journal, *((DAMAGED,) if damaged else ()))


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
    stays: tuple[str, ...]

    def as_json(self) -> str:
        """Return the receipt for a file."""
        return msgspec.json.format(msgspec.json.encode(asdict(self))).decode()

    def as_text(self) -> str:
        """Return the receipt for a person."""
        lines = [
            f"erased on {self.erased_on}: log entry {self.entry}, which emptied {self.entries} entries",
            f"digest {self.digest}",
            f"from {self.horizon} on no backup opens what was erased",
            "what stays:",
            *(f"  {each}" for each in self.stays),
            "the log when this was written:",
            self.checkpoint,
        ]
        return "\n".join(lines)

    @property
    def horizon_in_words(self) -> str:
        return day(self.horizon)
