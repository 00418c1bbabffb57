"""The days of keys: since when each wraps, when it died, and that none outlives the horizon."""

import datetime as dt
from pathlib import Path

import pytest
from cast import BEN

from privacy import key_versions
from privacy.fields import KeyClass
from privacy.file_keys import FileKeyProvider
from privacy.keys import KeyRing
from privacy.rotation import State, due, renew, renew_due, report
from privacy.stores import Stores
from tests.privacy.key_life import MONTHS, SHARED, TODAY, Days, Journal, Quiet, derived, state_of


@pytest.fixture
def provider(tmp_path: Path) -> FileKeyProvider:
    return FileKeyProvider(tmp_path / "kek").create()


@pytest.fixture
def days() -> Days:
    return Days()


@pytest.fixture
def ring(stores: Stores, provider: FileKeyProvider, days: Days) -> KeyRing:
    made = KeyRing(stores.keys, provider, today=days)
    made.record()
    return made


@pytest.fixture
def journal(provider: FileKeyProvider) -> Journal:
    return Journal(provider)


def test_versions_that_nobody_recorded_are_dated_today_and_recorded_ones_keep_their_day(
    ring: KeyRing, days: Days
) -> None:
    days.today += dt.timedelta(days=3)
    ring.provider.rotate(SHARED)

    ring.record()

    assert (state_of(ring, 1).made_on, state_of(ring, 2).made_on) == (TODAY, days.today)


def test_a_destruction_that_died_before_its_record_is_recorded_by_the_next(ring: KeyRing, days: Days) -> None:
    ring.new_version(SHARED)
    ring.provider.destroy(SHARED, 1)

    ring.record()

    assert state_of(ring, 1).destroyed_on == days.today


def test_a_key_that_is_lost_is_not_called_destroyed(ring: KeyRing) -> None:
    ring.ensure(BEN, MONTHS)
    ring.provider.rotate(SHARED)
    ring.provider.destroy(SHARED, 1)

    ring.record()

    assert state_of(ring, 1).destroyed_on is None
    assert state_of(ring, 1).is_lost


def test_a_destroyed_key_that_is_there_again_shows(ring: KeyRing, provider: FileKeyProvider, journal: Journal) -> None:
    kek = provider.export(SHARED, 1)
    renew(ring, journal, SHARED)
    assert not state_of(ring, 1).is_back

    provider.adopt(SHARED, 1, kek)

    assert state_of(ring, 1).is_back


@pytest.mark.parametrize(
    ("age", "horizon", "is_due"),
    [(0, 30, False), (28, 30, False), (29, 30, True), (400, 30, True), (-1, 30, True), (0, 1, False), (1, 1, True)],
)
def test_a_key_is_due_a_day_before_the_horizon_and_where_its_day_is_yet_to_come(
    age: int, horizon: int, is_due: bool
) -> None:
    state = State(SHARED, 1, made_on=TODAY - dt.timedelta(days=age), is_here=True)

    assert due([state], TODAY, horizon) == ([state] if is_due else [])


def test_no_key_outlives_the_horizon_if_every_night_is_worked(ring: KeyRing, journal: Journal, days: Days) -> None:
    ring.ensure(BEN, MONTHS)
    before = derived(ring)

    for _ in range(40):
        days.today += dt.timedelta(days=1)
        renew_due(ring, journal, days.today, 8, lambda *_: None)
        ages = [each.age_days(days.today) for each in report(ring) if each.is_here]
        assert max(age for age in ages if age is not None) < 8

    assert derived(ring) == before
    with ring.engine.connect() as connection:
        lived = [v.destroyed_on - v.made_on for v in key_versions.read(connection) if v.destroyed_on]
    assert max(lived) == dt.timedelta(days=7)
    assert len(lived) == 5 * len(KeyClass)


def test_a_night_finishes_what_was_interrupted_and_destroys_what_was_left(ring: KeyRing, journal: Journal) -> None:
    ring.ensure(BEN, MONTHS)
    ring.new_version(SHARED)

    done = renew_due(ring, journal, TODAY, 30, lambda *_: None)

    assert [(each.key_class, each.version, each.destroyed) for each in done] == [(SHARED, 2, (1,))]
    assert ring.provider.versions(SHARED) == [2]


def test_a_confined_process_renews_the_classes_that_it_was_given(
    ring: KeyRing, journal: Journal, provider: FileKeyProvider, days: Days
) -> None:
    days.today += dt.timedelta(days=30)
    given = {SHARED, KeyClass.AUDIT}
    confined = KeyRing(ring.engine, FileKeyProvider(provider.directory, given), classes=given, today=days)

    done = renew_due(confined, Quiet(), days.today, 30, lambda *_: None)

    assert {each.key_class for each in done} == given
    assert {each.is_here for each in report(confined) if each.key_class is KeyClass.TEXT} == {None}
