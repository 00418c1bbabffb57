"""Retention: what is older than agreed goes with its keys, reads as missing, and the log stays whole."""

import datetime as dt
from typing import Any

import pytest
from installation import figures
from sqlalchemy import func, select

from analytics.goals import focus_goal
from analytics.working import Working
from portal import erasing, retention
from portal.wiring import System
from privacy import tombstones
from privacy.fields import Field, KeyClass, Tier, epoch_of
from privacy.key_store import WrappedKey
from privacy.log_entries import Chain
from privacy.log_read import Filter
from privacy.period import Period
from privacy.policy import Purpose
from privacy.stores import writing
from privacy.vault import ORGANISATION, Row
from privacy.vault_store import SealedField
from tests.erasure.restored import put_back, save

NOVEMBER = Period(dt.date(2026, 11, 1), dt.date(2026, 12, 1))
LATER = dt.datetime(2028, 1, 15, 3, 0, tzinfo=dt.UTC)
"""13 whole months after November 2026 end with December 2027: on 1 January 2028 the month is too old."""


def read(system: System, subject: str, field: Field, period: Period = NOVEMBER) -> dict[Any, bytes]:
    values = system.gate.disclose(subject, subject, [field], Purpose.OWN_REVIEW, period).values
    return dict(values)


def file_rows(system: System, subject: str, rows: list[Row]) -> None:
    with writing(system.stores.data) as connection:
        system.vault.put(connection, subject, rows)
        system.gate.account(subject, connection, fields=sorted({row.field for row in rows}))


def file_day(system: System, subject: str, day: dt.date) -> None:
    file_rows(system, subject, [Row(f, Tier.SUMMARY, day, 0, b'{"active_seconds":1}') for f in figures(day)])


def epochs(system: System, key_class: KeyClass, subject: str | None = None) -> list[int]:
    wanted = select(WrappedKey.epoch).where(WrappedKey.key_class == key_class, WrappedKey.epoch > 0)
    own = wanted.where(WrappedKey.subject_id != ORGANISATION if subject is None else WrappedKey.subject_id == subject)
    with system.stores.keys.connect() as connection:
        return sorted(connection.scalars(own.distinct()))


def expired(system: System) -> list[Any]:
    found = system.log.read(Filter(outcome="expired", chains=[Chain.ORGANISATION], limit=100)).entries
    return [each for each in found if each.subject is None]


@pytest.mark.parametrize(
    ("today", "first"),
    [
        (dt.date(2026, 11, 19), dt.date(2025, 10, 1)),
        (dt.date(2027, 2, 1), dt.date(2026, 1, 1)),
        (dt.date(2027, 1, 31), dt.date(2025, 12, 1)),
    ],
)
def test_whole_months_are_kept_and_the_running_one_comes_on_top(house: Any, today: dt.date, first: dt.date) -> None:
    house.clock.now = dt.datetime.combine(today, dt.time(12), tzinfo=dt.UTC)

    bounds = {bound.key_class: bound.first for bound in retention.bounds(house.running[0])}

    assert bounds[KeyClass.SHARED] == bounds[KeyClass.PRIVATE] == first
    assert bounds[KeyClass.AUDIT] == dt.date(today.year - 3, 1, 1)
    assert today - dt.timedelta(days=7) < bounds[KeyClass.TEXT] <= today


def test_figures_that_are_too_old_go_with_their_keys_and_read_as_missing(house: Any) -> None:
    system, ben = house.running[0], house.id("ben")
    assert len(read(system, ben, Field.ACTIVE_TIME)) == 17
    house.clock.now = LATER
    file_day(system, ben, LATER.date())

    retention.expire(system)

    assert read(system, ben, Field.ACTIVE_TIME) == read(system, ben, Field.APPS) == {}
    assert len(read(system, ben, Field.APPS, Period.day(LATER.date()))) == 1
    for key_class in (KeyClass.SHARED, KeyClass.PRIVATE):
        assert min(epochs(system, key_class)) >= epoch_of(key_class, dt.date(2026, 12, 1))
    assert system.log.verify().problems == system.log.verify(hashes_only=True).problems == []


def test_own_reads_of_a_month_go_with_it_and_later_ones_stay_in_their_chain(house: Any) -> None:
    system, ben = house.running[0], house.id("ben")
    read(system, ben, Field.ACTIVE_TIME)
    house.clock.now = LATER
    read(system, ben, Field.ACTIVE_TIME)
    others = [each.index for each in system.log.of_subject(ben) if each.chain is Chain.OTHERS]

    retention.expire(system)

    kept = system.log.of_subject(ben)
    assert [each.time.date() for each in kept if each.chain is Chain.SELF] == [LATER.date()]
    assert [each.index for each in kept if each.chain is Chain.OTHERS][: len(others)] == others
    assert system.log.verify().problems == []


def test_a_chain_that_nobody_wrote_to_for_years_goes_on_after_its_keys_expired(house: Any) -> None:
    system, ben = house.running[0], house.id("ben")
    read(system, ben, Field.ACTIVE_TIME)
    for year in (2028, 2029):
        house.clock.now = LATER.replace(year=year)
        retention.expire(system)

    read(system, ben, Field.ACTIVE_TIME)

    (entry,) = [each for each in system.log.of_subject(ben) if each.chain is Chain.SELF]
    assert (entry.sequence, entry.time.year) == (1, 2029)
    assert system.log.verify().problems == []


def test_years_of_the_log_go_but_never_the_organisation_s_own(house: Any) -> None:
    system, ben = house.running[0], house.id("ben")
    house.clock.now = dt.datetime(2030, 1, 2, 12, tzinfo=dt.UTC)

    retention.expire(system)

    assert epochs(system, KeyClass.AUDIT) == [2027, 2030]  # the ends of chains are sealed by a key that stays
    assert [each.time.year for each in system.log.of_subject(ben)] == [2030] * len(system.log.of_subject(ben))
    assert "founded" in {each.outcome for each in system.log.read(Filter(limit=100)).entries}
    assert 2026 in epochs(system, KeyClass.AUDIT, ORGANISATION)
    assert system.log.verify().problems == []


def test_kept_text_goes_with_the_key_of_its_week_when_its_last_day_is_too_old(house: Any) -> None:
    system, ben = house.running[0], house.id("ben")
    monday = dt.date(2026, 11, 9)
    file_rows(system, ben, [Row(Field.TITLES, Tier.DAY, monday + dt.timedelta(days=n), 0, b"x") for n in range(14)])
    object.__setattr__(system.config, "capture_preset", "own_insight")  # keeps text for 14 days

    house.clock.now = dt.datetime(2026, 11, 29, 18, tzinfo=dt.UTC)  # Sunday's text is 14 days old
    retention.expire(system)
    assert epochs(system, KeyClass.TEXT) == [epoch_of(KeyClass.TEXT, monday + dt.timedelta(days=n)) for n in (0, 7)]
    house.clock.now += dt.timedelta(days=1)
    retention.expire(system)

    assert epochs(system, KeyClass.TEXT) == [epoch_of(KeyClass.TEXT, monday + dt.timedelta(days=7))]
    with system.stores.data.connect() as connection:
        oldest = select(func.min(SealedField.day)).where(SealedField.field == Field.TITLES)
        assert connection.scalar(oldest) == monday + dt.timedelta(days=7)
    assert system.log.verify().problems == []


def test_what_holds_until_it_is_changed_is_carried_on(house: Any) -> None:
    system, ben = house.running[0], house.id("ben")
    first, second = dt.date(2026, 11, 3), dt.date(2026, 11, 5)
    undated = dt.date(1900, 1, 1)
    file_rows(
        system,
        ben,
        [
            Row(Field.GOALS, Tier.SUMMARY, first, 0, focus_goal(60).dump()),
            Row(Field.GOALS, Tier.SUMMARY, second, 0, focus_goal(90).dump()),
            Row(Field.WORKING_PATTERN, Tier.SUMMARY, first, 0, Working().dump()),
            Row(Field.SOURCES, Tier.DAY, undated, 0, b"\x90"),
        ],
    )
    for moment in (LATER, LATER + dt.timedelta(days=365)):
        house.clock.now = moment
        retention.expire(system)

    now = Period.day(house.clock.now.date())
    assert list(read(system, ben, Field.GOALS, now).values()) == [focus_goal(90).dump()]
    assert list(read(system, ben, Field.WORKING_PATTERN, now).values()) == [Working().dump()]
    sources = system.gate.disclose(ben, ben, [Field.SOURCES], Purpose.OWN_REVIEW, now, tier=Tier.DAY).values
    assert list(sources.values()) == [b"\x90"]
    opened = [each for each in system.log.of_subject(ben) if each.outcome == "disclosed" and each.by_job]
    assert {field for each in opened for field in each.fields} == {"goals", "working_pattern"}
    assert system.log.verify().problems == []


def test_each_class_leaves_one_entry_and_a_second_night_none(house: Any) -> None:
    system = house.running[0]
    house.clock.now = LATER

    count = retention.expire(system)
    entries = expired(system)
    again = retention.expire(system)

    assert count == len(entries) == 2
    classes = (KeyClass.SHARED, KeyClass.PRIVATE)
    named = {tuple(retention.Bound(each, LATER.date()).fields) for each in classes}
    assert {each.fields for each in entries} == named
    assert {each.period.end for each in entries} == {dt.date(2026, 12, 1)}
    assert (again, expired(system)) == (0, entries)
    with system.stores.keys.connect() as connection:
        assert {(each.key_class, each.before_epoch) for each in tombstones.expired(connection)} == {
            (c, epoch_of(c, dt.date(2026, 12, 1))) for c in (KeyClass.SHARED, KeyClass.PRIVATE)
        }


@pytest.mark.parametrize("step", ["_drop_rows", "log", "_destroy_keys"])
def test_a_night_that_is_interrupted_is_finished_by_the_next(
    house: Any, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    system, ben = house.running[0], house.id("ben")
    read(system, ben, Field.APPS)
    house.clock.now = LATER

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(*((system.log, "expire") if step == "log" else (retention, step)), killed)
        with pytest.raises(KeyboardInterrupt):
            retention.expire(system)
    assert read(system, house.id("ana"), Field.APPS) == {}
    retention.expire(system)

    assert read(system, ben, Field.APPS) == {}
    assert min(epochs(system, KeyClass.PRIVATE, ben)) >= epoch_of(KeyClass.PRIVATE, dt.date(2026, 12, 1))
    assert system.log.verify().problems == []
    assert retention.expire(system) == 0


def test_expired_data_that_a_backup_brings_back_goes_again(house: Any) -> None:
    system, ben = house.running[0], house.id("ben")
    data = save(system.stores.data, [SealedField])
    keys = save(system.stores.keys, [WrappedKey])
    house.clock.now = LATER
    retention.expire(system)
    put_back(system.stores.data, data)
    put_back(system.stores.keys, keys)

    assert erasing.reapply(system) == 2

    assert read(system, ben, Field.ACTIVE_TIME) == {}
    assert epochs(system, KeyClass.SHARED) == []
    assert erasing.reapply(system) == 0
