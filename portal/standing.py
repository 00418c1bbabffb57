"""Under which day something that holds until it is changed is filed, and of which day it is read as it stands now.

It is filed under the local day of its person. After a move westwards that day can lie before one under which something
was filed already: then it is filed under that one. So the newest that is filed is what was kept last, on every clock.
"""

import datetime as dt
from collections.abc import Collection
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from auth.change import latest_day
from privacy import vault_store
from privacy.fields import Field, Tier
from privacy.period import Period

if TYPE_CHECKING:
    from portal.wiring import System


def now(clock: dt.datetime) -> Period:
    """Return a day before whose end everything is filed that was kept until `clock`: for looks of one's own."""
    return Period.day(latest_day(clock))


def day(
    system: "System", subject: str, fields: Collection[Field], today: dt.date, connection: Connection | None = None
) -> dt.date:
    """Return `today`, or the newest day under which one of `fields` is filed, if that is later; nothing is opened.

    With `connection`, as its transaction sees it.
    """
    source, end = connection or system.stores.data, now(system.clock()).end
    filed = (vault_store.newest_day(source, subject, field, Tier.SUMMARY, end) for field in fields)
    return max([today, *(each for each in filed if each is not None)])
