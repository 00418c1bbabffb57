"""A person's own goals: nobody else sees them, and nobody is told whether they are reached.

Kept as one sealed value, `{"focus_minutes": 240}`.
"""

import json
from dataclasses import dataclass
from typing import Final

MOST_MINUTES: Final = 16 * 60


class GoalError(ValueError):
    """A goal that cannot be; the message says what to change."""


@dataclass(frozen=True, slots=True)
class Goals:
    """What somebody wants of a day; 0 minutes for no goal."""

    focus_minutes: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.focus_minutes <= MOST_MINUTES:
            raise GoalError(f"a goal has 0 to {MOST_MINUTES // 60} hours a day")

    def dump(self) -> bytes:
        """Return the value to seal."""
        return json.dumps({"focus_minutes": self.focus_minutes}, separators=(",", ":")).encode()


def parse(value: bytes | None) -> Goals:
    """Read a sealed value, or None for somebody who has none. GoalError says what is wrong with it."""
    if value is None:
        return Goals()
    try:
        return Goals(int(json.loads(value)["focus_minutes"]))
    except (KeyError, TypeError, ValueError) as error:
        raise GoalError(f"not a value of goals: {error}") from error
