"""What somebody asked for that nobody gets unasked: mails about their own data, and a nudge on their own page."""

import enum
from collections.abc import Iterable


class Wish(enum.StrEnum):
    """One of them."""

    LOOKS = "looks"  # a mail after a day on which somebody else looked
    NUDGES = "nudges"  # at most one a day, on the page of the running day
    RECAP = "recap"  # a mail with the week that is over


def stored(wishes: Iterable[Wish]) -> str | None:
    """Return wishes as they are stored."""
    return " ".join(sorted(set(wishes))) or None
