"""The stores' engines: durable commits, and errors that quote nobody's row."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from privacy.stores import Stores, writing


def test_every_commit_is_durable(stores: Stores) -> None:
    for engine in (stores.data, stores.log, stores.keys):
        setting = "PRAGMA synchronous" if engine.dialect.name == "sqlite" else "SHOW synchronous_commit"
        with engine.connect() as connection:
            assert connection.scalar(text(setting)) in (2, "on")


def test_the_first_line_of_an_error_does_not_quote_the_row(stores: Stores) -> None:
    with pytest.raises(DBAPIError) as failed, writing(stores.data) as connection:
        connection.execute(text("INSERT INTO person (email) VALUES (:email)"), {"email": "ben@example.org"})

    assert "parameters hidden" in str(failed.value)
    assert "ben@example.org" not in str(failed.value).partition("\n")[0]  # PostgreSQL's details quote the row


def test_a_writer_holds_the_lock_from_the_start(sqlite_stores: Stores) -> None:
    with writing(sqlite_stores.data) as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar() == 1
        other = sqlite_stores.data.raw_connection()
        other.execute("PRAGMA busy_timeout=0")
        with pytest.raises(Exception, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        other.close()
