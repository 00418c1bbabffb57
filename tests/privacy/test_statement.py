"""A question that is asked often is answered as SQLAlchemy would answer it: by its transaction, and with its errors."""

import datetime as dt
from collections.abc import Iterator

import pytest
from sqlalchemy import Column, Connection, Date, Integer, LargeBinary, MetaData, Table, bindparam, insert, select
from sqlalchemy.exc import DBAPIError

from privacy.statement import Question
from privacy.stores import Stores, writing

DAY = dt.date(2026, 11, 19)
ROWS = Table("row", MetaData(), Column("id", Integer), Column("day", Date), Column("sealed", LargeBinary))
AFTER = Question(select(ROWS.c.id, ROWS.c.day, ROWS.c.sealed).where(ROWS.c.day > bindparam("day")).order_by(ROWS.c.id))


@pytest.fixture
def table(stores: Stores) -> Iterator[Stores]:
    with stores.data.begin() as connection:
        ROWS.create(connection)
        connection.execute(insert(ROWS).values(id=1, day=DAY, sealed=b"\0\xff"))
    yield stores
    with stores.data.begin() as connection:
        ROWS.drop(connection)


def ask(source: Connection | Stores, day: dt.date = dt.date.min) -> list[tuple[object, ...]]:
    return AFTER.ask(source if isinstance(source, Connection) else source.data, day=day)


def test_days_and_bytes_come_as_they_were_written(table: Stores) -> None:
    with table.data.connect() as connection:
        inside = ask(connection)

    assert inside == ask(table) == [(1, DAY, b"\0\xff")]
    assert ask(table, DAY) == []


def test_a_connection_sees_what_its_own_transaction_wrote_and_nobody_else_does(table: Stores) -> None:
    with writing(table.data) as connection:
        connection.execute(insert(ROWS).values(id=2, day=DAY, sealed=None))

        assert len(ask(connection)) == 2
        assert len(ask(table)) == 1


def test_two_questions_to_one_connection_are_answered_of_one_state(sqlite_stores: Stores) -> None:
    with sqlite_stores.data.begin() as connection:
        ROWS.create(connection)
    with sqlite_stores.data.connect() as reading:
        before = ask(reading)
        with writing(sqlite_stores.data) as connection:
            connection.execute(insert(ROWS).values(id=1, day=DAY, sealed=None))

        assert (before, ask(reading), len(ask(sqlite_stores))) == ([], [], 1)


def test_an_error_is_that_of_sqlalchemy_and_quotes_no_parameter(stores: Stores) -> None:
    with stores.data.connect() as connection, pytest.raises(DBAPIError) as inside:
        ask(connection, DAY)
    with pytest.raises(DBAPIError) as alone:
        ask(stores, DAY)

    assert type(inside.value) is type(alone.value)
    assert DAY.isoformat() not in f"{inside.value}{alone.value}"
