"""One-to-ones in tests: a manager proposes a day, and the employee says yes to it."""

import datetime as dt

from portal.wiring import System


def meet(system: System, subject: str, manager: str, day: dt.date) -> int:
    """Let two people agree on a one-to-one, through the doors that pages use, and return its number."""
    with system.people.changing(manager) as changes:
        number = changes.propose_meeting(subject, manager, day, manager)
    with system.people.changing(subject) as changes:
        changes.accept_meeting(subject, number, 0, subject)
    return number
