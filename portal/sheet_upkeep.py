"""The night's part for sheets of one-to-ones: those of days that are older than agreed go.

The meetings themselves stay while their person is here: they say why weeks could be opened. Sheets are one sealed
value, so whether an old one is among them is known only when it is opened, which is an entry in the person's log: that
is done once a month, where a meeting is old enough. Whoever writes on a sheet lets go of old ones (`portal.sheets`).
"""

import datetime as dt
from collections.abc import Callable

from auth.change import earliest_day
from portal import sheets
from portal.retention import DAMAGE
from portal.wiring import System
from privacy import vault_store
from privacy.fields import Field, Tier


def run(system: System, tell: Callable[[str], object]) -> int:
    """Let old sheets go, and return of how many persons they were looked at. `tell` hears what could not be done."""
    month = earliest_day(system.clock()).replace(day=1)
    count = 0
    for subject in system.directory.meetings.with_one_before(sheets.kept_from(system)):
        if not _is_filed_before(system, subject, month):
            continue
        try:
            sheets.let_go(system, subject)
        except DAMAGE as error:
            tell(f"person {subject}: old sheets of one-to-ones were not let go: {error}")
            continue
        count += 1
    return count


def _is_filed_before(system: System, subject: str, month: dt.date) -> bool:
    """Tell whether sheets were filed last before this month: then old ones can be among them."""
    end = earliest_day(system.clock()) + dt.timedelta(days=2)  # no clock on earth is farther ahead
    newest = vault_store.newest_day(system.stores.data, subject, Field.ONE_TO_ONES, Tier.SUMMARY, end)
    return newest is not None and newest < month
