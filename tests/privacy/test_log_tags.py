"""A tag is found where the key of its year exists; one that is gone is looked up once, one to come each time."""

import datetime as dt
from pathlib import Path

import pytest
from cast import BEN

from privacy import key_store
from privacy.file_keys import FileKeyProvider
from privacy.keys import KeyGone, KeyRing
from privacy.log_seals import SUBJECT_TAG, LogSeals
from privacy.stores import Stores

LAST_YEAR = [dt.date(2025, month, 1) for month in range(1, 13)]
THIS_YEAR = [dt.date(2026, month, 1) for month in range(1, 12)]


@pytest.fixture
def seals(sqlite_stores: Stores, tmp_path: Path) -> LogSeals:
    return LogSeals(KeyRing(sqlite_stores.keys, FileKeyProvider(tmp_path / "kek").create()))


def test_a_log_that_is_older_than_somebody_costs_one_question_a_year(
    seals: LogSeals, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    read = key_store.read
    monkeypatch.setattr("privacy.keys.key_store.read", lambda *given: asked.append(given) or read(*given))
    seals.tag(SUBJECT_TAG, BEN, THIS_YEAR[0], create=True)
    asked.clear()

    found = [seals.tags_found(SUBJECT_TAG, BEN, [*LAST_YEAR, *THIS_YEAR]) for _ in range(3)]

    assert [len(tags) for tags, _ in found] == [11] * 3
    assert [str(error)[:2] for _, failed in found for error in failed] == ["no"] * 3
    assert len(asked) == 1


def test_a_key_of_the_running_year_is_found_as_soon_as_it_is_made(seals: LogSeals) -> None:
    assert seals.tags(SUBJECT_TAG, BEN, THIS_YEAR) == []

    seals.tag(SUBJECT_TAG, BEN, THIS_YEAR[-1], create=True)

    assert len(seals.tags(SUBJECT_TAG, BEN, THIS_YEAR)) == 11


def test_whoever_takes_no_missing_key_for_silence_is_told_each_time(seals: LogSeals) -> None:
    for _ in range(2):
        with pytest.raises(KeyGone):
            seals.tags_found(SUBJECT_TAG, BEN, [*LAST_YEAR, *THIS_YEAR], ())
