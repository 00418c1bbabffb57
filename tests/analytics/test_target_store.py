"""Acts of targets are stored on either database as they were written, and a changed row is no act."""

import datetime as dt

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from analytics.target_store import Stored, TargetStore
from analytics.targets import Act, ActKind
from privacy.stores import Stores, writing

ACT = Act("claims", 1, 1, ActKind.ANNOUNCED, dt.date(2026, 11, 19), "a" * 32, '{"low":45}', 7)


@pytest.fixture
def rows(stores: Stores) -> TargetStore:
    return TargetStore(stores.data, lambda: b"k" * 32)


def add(stores: Stores, rows: TargetStore, *acts: Act) -> None:
    with writing(stores.data) as connection:
        rows.lock(connection)
        for act in acts:
            rows.add(connection, act)


def test_acts_are_read_back_by_team_number_and_sequence(stores: Stores, rows: TargetStore) -> None:
    other = Act("payroll", 1, 1, ActKind.ENDED, dt.date(2026, 11, 20), "b" * 32, '{"reason":"Ende „gut“"}', 2**40)
    later = Act("claims", 1, 2, ActKind.ANSWERED, dt.date(2026, 11, 20), "a" * 32, "{}", 8)
    add(stores, rows, later, other, ACT)

    assert [each.act for each in rows.read()] == [ACT, later, other]
    assert [each.act for each in rows.read("payroll")] == [other]


@pytest.mark.parametrize(
    "changed",
    [
        "content = '{}'",
        "by_id = 'x'",
        "day = '2026-11-18'",
        "kind = 'ended'",
        "kind = 'won'",
        "entry = 8",
        "number = 2",
    ],
)
def test_a_row_that_was_changed_is_no_act(stores: Stores, rows: TargetStore, changed: str) -> None:
    add(stores, rows, ACT)
    with writing(stores.data) as connection:
        connection.execute(text(f"UPDATE target_act SET {changed}"))  # noqa: S608 - our own

    (found,) = rows.read()
    assert found == Stored("claims", found.number, 1, None)


def test_a_row_that_another_key_stamped_is_no_act(stores: Stores, rows: TargetStore) -> None:
    add(stores, TargetStore(stores.data, lambda: b"x" * 32), ACT)

    assert rows.read()[0].act is None


def test_no_act_is_written_over_another(stores: Stores, rows: TargetStore) -> None:
    add(stores, rows, ACT)

    with pytest.raises(IntegrityError):
        add(stores, rows, ACT)
