"""The days of keys: since when each wraps, when it died, and that none outlives the horizon."""

import datetime as dt
from pathlib import Path

import pytest
from cast import BEN
from sqlalchemy import update

from privacy import key_versions
from privacy.fields import KeyClass
from privacy.file_keys import FileKeyProvider
from privacy.key_history import Said, read
from privacy.key_versions import KekVersion
from privacy.keys import KeyRing
from privacy.rotation import State, contradictions, due, renew, renew_due, report
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
def journal(provider: FileKeyProvider, days: Days) -> Journal:
    return Journal(provider, days)


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


def test_a_key_whose_day_is_moved_every_night_is_replaced_in_time_nevertheless(
    ring: KeyRing, journal: Journal, days: Days
) -> None:
    renew_due(ring, journal, days.today, 8, lambda *_: None)
    made: dict[int, dt.date] = {1: days.today}

    for _ in range(30):
        days.today += dt.timedelta(days=1)
        with ring.engine.begin() as connection:
            connection.execute(update(KekVersion).values(made_on=days.today))
        for each in renew_due(ring, journal, days.today, 8, lambda *_: None):
            made.setdefault(each.version, days.today)
        assert all((days.today - made[version]).days < 8 for version in ring.provider.versions(SHARED))

    assert ring.provider.versions(SHARED) == [5]


@pytest.mark.parametrize(
    ("made", "said", "is_redated"), [(0, 0, False), (1, 0, False), (0, 5, False), (2, 0, True), (90, 0, True)]
)
def test_the_older_of_two_days_counts_and_a_younger_one_in_the_key_store_is_a_contradiction(
    made: int, said: int, is_redated: bool
) -> None:
    """A day is tolerated, since two processes can see midnight a little apart; what is due does not hang on it."""
    logged = Said(TODAY + dt.timedelta(days=said), 4)
    state = State(SHARED, 1, made_on=TODAY + dt.timedelta(days=made), is_here=True, said=logged)

    assert state.since == TODAY + dt.timedelta(days=min(made, said))
    assert len([*contradictions([state])]) == is_redated


def test_of_a_key_that_died_nobody_asks_any_more_who_moved_its_day(ring: KeyRing) -> None:
    gone = State(SHARED, 1, TODAY, destroyed_on=TODAY, is_here=False, said=Said(TODAY - dt.timedelta(days=9), 4))
    back = State(SHARED, 2, TODAY, destroyed_on=TODAY, is_here=True, said=Said(TODAY - dt.timedelta(days=9), 4))

    (named,) = contradictions([gone, back])

    assert named == (
        "kek-shared-2: the key store dates it 2026-11-19, but it was there on 2026-11-10, says entry 4 of the log: the"
        " key store was changed from outside, or put back; `sameview keys rotate --class shared --new` replaces the key"
    )


def test_a_key_that_no_entry_shows_is_dated_by_the_next_night(ring: KeyRing, journal: Journal, days: Days) -> None:
    """A rotation that died before its entry, of a class in which nothing is filed: nothing else would date the key."""
    renew_due(ring, journal, days.today, 30, lambda *_: None)
    ring.new_version(SHARED)
    days.today += dt.timedelta(days=1)

    for _ in range(2):
        renew_due(ring, journal, days.today, 30, lambda *_: None)

    assert journal.entries == [("key-noted", "kek-shared-2")]
    assert read(journal).since[SHARED, 2].day == days.today


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
