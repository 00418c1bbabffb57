"""The nightly work: a week is frozen when nobody can explain or correct it any more, not before."""

import datetime as dt
from typing import Any

from portal import nightly
from privacy.fields import SHARED_FIELDS, Tier
from privacy.period import Period, iso_week


def frozen(office: Any, week: Period) -> bool:
    with office.system.stores.data.connect() as connection:
        return bool(office.system.vault.has(connection, office.ids["ben"], SHARED_FIELDS, Tier.WEEK, week))


def test_a_change_of_the_time_zone_takes_nothing_from_the_time_to_correct_a_week(office: Any) -> None:
    office.clock.now = dt.datetime(2026, 11, 17, 22, 59, tzinfo=dt.UTC)  # a minute before the grace ends in Berlin
    with office.system.people.changing(None) as changes:
        changes.update(office.ids["ben"], timezone="Pacific/Kiritimati")

    nightly.run(office.system, lambda _what, _done, _total: None)
    assert not frozen(office, iso_week("2026-W46"))
    office.clock.advance(minutes=1)
    nightly.run(office.system, lambda _what, _done, _total: None)

    assert frozen(office, iso_week("2026-W46"))
