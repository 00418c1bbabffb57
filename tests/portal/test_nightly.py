"""The nightly work: a week is frozen when nobody can correct it any more, and all is verified at the end."""

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import update

from portal import nightly
from privacy.fields import SHARED_FIELDS, Tier
from privacy.key_provider import KeyRefused
from privacy.log_tables import EntryRow
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


def night(office: Any) -> nightly.Done:
    return nightly.run(office.system, lambda _what, _done, _total: None)


def damage(office: Any, number: int, **values: Any) -> None:
    with office.system.stores.log.begin() as connection:
        connection.execute(update(EntryRow).where(EntryRow.index == number).values(**values))


def test_every_night_the_tree_is_verified_and_what_does_not_fit_is_named(office: Any) -> None:
    assert night(office).problems == ()

    damage(office, 3, leaf_hash=bytes(32))
    office.clock.advance(days=1)
    done = night(office)

    assert any("entry 3" in each for each in done.problems)
    assert done.log_days == 1, "every other step is done all the same"


def test_payloads_are_verified_on_sundays(office: Any) -> None:
    damage(office, 3, sealed=b"not what was sealed")

    found = []
    for day in (21, 22):  # a Saturday, a Sunday
        office.clock.now = dt.datetime(2026, 11, day, 2, tzinfo=dt.UTC)
        done = night(office)
        found.append((done.whole, any("entry 3" in each for each in done.problems)))

    assert found == [(False, False), (True, True)]


def test_a_key_that_does_not_unwrap_is_named_and_keeps_nothing_else_from_being_done(
    office: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise KeyRefused("the audit key of 2026 does not unwrap")

    monkeypatch.setattr(nightly.rotation, "renew_due", refused)
    done = night(office)

    assert done.problems == ("the audit key of 2026 does not unwrap",)
    assert frozen(office, iso_week("2026-W46"))
