"""The night's part for what people let others read: grants whose time is over go, and so do old conversations.

The read itself refuses a grant from the day after its last one; here its key goes as well. A conversation that was
answered or closed is kept for a year after the last that happened in it; one that waits for an answer stays.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final

from portal import thread_upkeep
from portal.retention import DAMAGE
from portal.wiring import System
from privacy.access_log import Draft
from privacy.grants import Grant
from privacy.log_entries import THREAD_FIELD
from privacy.log_talks import THREAD_REMOVED, removal
from privacy.policy import Purpose, Relation
from privacy.stores import writing
from privacy.threads import State, Thread

KEPT_DAYS: Final = 365
"""How long a conversation is kept after the last that happened in it."""


def run(system: System, tell: Callable[[str], object]) -> int:
    """End what is over, and return how many grants and conversations there were. `tell` hears what could not be done.

    Rows whose key is gone, which a restore brought back, go as well. Those that the portal did not write lose their
    keys; they stay, so that `sameview log verify` can name them.
    """
    count = 0
    for grant in system.rooms.grants.everything():
        today = system.gate.latest_day(grant.subject, grant.given_on)
        if today > grant.expires_on or system.rooms.grants.is_locked(grant):
            count += _done(partial(_end, system, grant), grant.subject, tell)
    for thread in system.rooms.threads.everything():
        if is_over(thread, system.gate.today(thread.subject)) or system.rooms.threads.is_locked(thread):
            count += _done(partial(_remove, system, thread), thread.subject, tell)
    thread_upkeep.run(system, tell)
    for subject, number in system.rooms.grants.strays():
        system.rooms.grants.lock_out(subject, number)
    return count


def is_over(thread: Thread, today: dt.date) -> bool:
    """Tell whether a conversation was kept for as long as was agreed."""
    return thread.state is not State.OPEN and today > thread.moved_on + dt.timedelta(days=KEPT_DAYS)


def _done(step: Callable[[], None], subject: str, tell: Callable[[str], object]) -> bool:
    try:
        step()
    except DAMAGE as error:
        tell(f"person {subject}: what was over of what they let others read was not ended: {error}")
        return False
    return True


def _end(system: System, grant: Grant) -> None:
    with writing(system.stores.data) as connection:
        system.rooms.grants.end(connection, grant)
        system.gate.record(_by_itself(grant.subject, sorted(grant.fields), "grant-expired"))


def _remove(system: System, thread: Thread) -> None:
    with writing(system.stores.data) as connection:
        system.rooms.threads.remove(connection, thread)
        draft = _by_itself(thread.subject, [THREAD_FIELD], THREAD_REMOVED)
        system.gate.record(replace(draft, digest=removal(thread.number)))


def _by_itself(subject: str, fields: list[str], outcome: str) -> Draft:
    return Draft(None, subject, Relation.OPERATIONS, fields, Purpose.OPERATIONS, None, outcome)
