"""Releases are read as they were filed, on both databases, and what somebody else wrote is not there."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, update

from auth.stamps import Stamps
from privacy.canonical import canonical, digest_of
from privacy.release_store import (
    FOUR_WEEKS,
    SEAT_BYTES,
    WEEK,
    Closing,
    Release,
    ReleaseClosing,
    ReleaseStore,
    TeamRelease,
    statement,
)
from privacy.stores import Stores, writing

FIRST = dt.date(2026, 11, 9)
SEATS = [bytes([number]) * SEAT_BYTES for number in (3, 1, 2)]


def figures(unit: str, first_day: dt.date) -> bytes:
    return canonical({"unit": unit, "first_day": first_day.isoformat(), "value": 312.5})


@pytest.fixture
def store(stores: Stores) -> ReleaseStore:
    found = ReleaseStore(stores.data, Stamps(lambda: b"k" * 32))
    for number in range(3):
        put(found, WEEK, FIRST - dt.timedelta(weeks=number), entry=10 - number)
    put(found, FOUR_WEEKS, FIRST - dt.timedelta(weeks=2), entry=11)
    return found


def put(store: ReleaseStore, kind: str, first_day: dt.date, entry: int) -> None:
    releases = [
        Release(unit, figures(unit, first_day), digest_of(canonical([unit])), SEATS if unit == "east" else ())
        for unit in ("organisation", "east", "west")
    ]
    with writing(store.engine) as connection:
        store.put(connection, Closing(kind, first_day, entry, statement(kind, first_day, releases)), releases)


def test_what_was_filed_is_read_in_every_way(store: ReleaseStore) -> None:
    found = store.read("east", WEEK, FIRST)

    assert found is not None
    assert (found.payload, found.digest) == (figures("east", FIRST), digest_of(figures("east", FIRST)))
    assert (found.entry, found.end) == (10, FIRST + dt.timedelta(days=7))
    assert [each.entry for each in store.of_unit("east", WEEK, 2)] == [10, 9]
    assert store.newest(WEEK, 2) == [FIRST, FIRST - dt.timedelta(weeks=1)]
    assert [each.kind for each in store.closings()] == [FOUR_WEEKS, WEEK, WEEK, WEEK]
    assert store.read("east", WEEK, FIRST + dt.timedelta(weeks=1)) is None
    assert list(store.faults()) == []


def test_seats_are_of_the_units_and_days_that_are_asked_for_and_in_no_order_that_tells(store: ReleaseStore) -> None:
    found = store.seats(["east", "west"], WEEK, [FIRST])

    assert [(unit, day, tags) for unit, day, _, tags in found] == [
        ("east", FIRST, frozenset(SEATS)),
        ("west", FIRST, frozenset()),
    ]
    assert store.seats([], WEEK, [FIRST]) == store.seats(["east"], WEEK, []) == []


@pytest.mark.parametrize(
    "change",
    [
        {"payload": b"{}"},
        {"digest": digest_of(b"{}")},
        {"stamp": b"s" * 32},
        {"entry": 11},
        {"roster": "sha256:"},
        {"seated": ""},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_row_that_was_changed_is_not_there_and_is_named(store: ReleaseStore, change: dict[str, object]) -> None:
    here = (TeamRelease.unit == "east", TeamRelease.kind == WEEK, TeamRelease.first_day == FIRST)
    with writing(store.engine) as connection:
        connection.execute(update(TeamRelease).where(*here).values(**change))

    assert store.read("east", WEEK, FIRST) is None
    assert len(store.of_unit("east", WEEK, 5)) == 2
    assert store.seats(["east"], WEEK, [FIRST]) == []
    (fault,) = store.faults()
    assert fault.startswith("release of east, week from 2026-11-09: is not as it was released")


def test_a_row_too_many_and_one_without_a_closing_are_named(store: ReleaseStore) -> None:
    with writing(store.engine) as connection:
        connection.execute(
            update(TeamRelease).where(TeamRelease.unit == "west", TeamRelease.entry == 10).values(unit="x")
        )
        connection.execute(delete(ReleaseClosing).where(ReleaseClosing.kind == FOUR_WEEKS))

    assert list(store.faults()) == [
        "release of west, week from 2026-11-09: was removed; entry 10 of the log says that there was one",
        "release of x, week from 2026-11-09: the closing of its period does not state it",
        "release, four_weeks from 2026-10-26: no closing of a period states it",
    ]


@pytest.mark.parametrize("broken", [b"", b"[]", b'{"releases":1}', b'{"releases":{"units":[1]}}'])
def test_a_statement_that_is_none_is_named(store: ReleaseStore, broken: bytes) -> None:
    with writing(store.engine) as connection:
        connection.execute(update(ReleaseClosing).where(ReleaseClosing.entry == 10).values(statement=broken))

    assert any(each.startswith("release, week from 2026-11-09: ") for each in store.faults())


@given(st.permutations(["organisation", "east", "west"]))
def test_a_statement_does_not_depend_on_the_order_of_units(units: list[str]) -> None:
    releases = [Release(unit, figures(unit, FIRST), "sha256:", SEATS) for unit in units]

    assert statement(WEEK, FIRST, releases) == statement(WEEK, FIRST, sorted(releases, key=lambda each: each.unit))
