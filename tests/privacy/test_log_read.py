"""Readers of the access log find what they ask for, newest first, and hear of what does not open."""

import datetime as dt
from pathlib import Path

import pytest
from cast import ANA, BEN, CLEO, DAN
from conftest import Clock
from log_book import keep_busy, open_log
from sqlalchemy import update

from privacy.access_log import AccessLog, Filter
from privacy.log_tree import entry
from privacy.period import Period
from privacy.stores import Stores
from privacy.vault import ORGANISATION

TODAY = dt.date(2026, 11, 19)


@pytest.fixture
def log(stores: Stores, tmp_path: Path, clock: Clock) -> AccessLog:
    return open_log(stores, tmp_path, clock)


@pytest.fixture
def busy_log(log: AccessLog, clock: Clock) -> AccessLog:
    return keep_busy(log, clock)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Filter(), [8, 7, 5, 4, 3, 1, 0]),
        (Filter(subject=BEN), [7, 4, 3, 0]),
        (Filter(subject=BEN, chains=["others", "self"]), [7, 6, 4, 3, 2, 0]),
        (Filter(subject=ORGANISATION), [5]),
        (Filter(viewer=ANA), [3, 1, 0]),
        (Filter(viewer=CLEO, subject=DAN), [8]),
        (Filter(viewer=ORGANISATION), [7, 5]),
        (Filter(viewer=BEN, chains=["self"]), [6, 2]),
        (Filter(outcome="refused"), [3]),
        (Filter(purpose="operations"), [7, 5]),
        (Filter(relation="manager", end_day=dt.date(2026, 11, 1)), [3, 1, 0]),
        (Filter(first_day=dt.date(2026, 11, 1), end_day=dt.date(2026, 11, 2)), [5, 4]),
        (Filter(first_day=dt.date(2026, 11, 1), subject=BEN), [7, 4]),
        (Filter(subject="e" * 32), []),
    ],
    ids=range(14),
)
def test_a_reader_finds_what_matches_newest_first(busy_log: AccessLog, wanted: Filter, found: list[int]) -> None:
    assert [e.index for e in busy_log.read(wanted).entries] == found


def test_the_count_of_a_filter_by_columns_is_known_without_opening(busy_log: AccessLog) -> None:
    assert busy_log.count(Filter(subject=BEN)) == 4
    assert busy_log.count(Filter(viewer=ANA, first_day=dt.date(2026, 11, 1))) == 0


def test_pages_follow_one_another(busy_log: AccessLog) -> None:
    first = busy_log.read(Filter(limit=4))
    second = busy_log.read(Filter(limit=4, before=first.before))

    assert [e.index for e in first.entries + second.entries] == [8, 7, 5, 4, 3, 1, 0]
    assert (first.before, second.before) == (4, None)


def test_a_person_finds_all_entries_about_them(busy_log: AccessLog) -> None:
    assert [(e.index, e.chain, e.sequence) for e in busy_log.of_subject(BEN)] == [
        (0, "others", 0),
        (2, "self", 0),
        (3, "others", 1),
        (4, "others", 2),
        (6, "self", 1),
        (7, "others", 3),
    ]
    assert busy_log.of_subject("e" * 32) == []


def test_an_entry_reads_back_as_it_was_drafted(busy_log: AccessLog) -> None:
    found = busy_log.entry(4)

    assert found is not None
    assert (found.viewer, found.subject, found.fields) == (CLEO, BEN, ("active_time", "focus"))
    assert (found.period, found.time) == (
        Period(dt.date(2026, 11, 2), dt.date(2026, 11, 9)),
        dt.datetime(2026, 11, 1, 9, tzinfo=dt.UTC),
    )
    with pytest.raises(LookupError, match="no entry 10"):
        busy_log.entry(10)


def test_a_reader_is_told_which_entries_do_not_open(busy_log: AccessLog, stores: Stores) -> None:
    with stores.log.begin() as connection:
        connection.execute(update(entry).where(entry.c.index == 4).values(day=TODAY))

    page = busy_log.read(Filter())

    assert page.unreadable == (4,)
    assert len(page.entries) == 6
