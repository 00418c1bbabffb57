"""The migrations make exactly the tables that the models describe, on both engines."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from portal import schema
from privacy.base import KEY_SCHEMA, LOG_SCHEMA, Base, KeyBase, LogBase
from privacy.stores import Stores, open_engine


@pytest.fixture
def empty_sqlite(tmp_path: Path) -> Stores:
    return Stores(*(open_engine(f"sqlite:///{tmp_path / name}.db") for name in ("data", "log", "keys")))


@pytest.fixture
def empty_postgres(postgres_stores: Stores) -> Stores:
    for engine, base, name in (
        (postgres_stores.data, Base, None),
        (postgres_stores.log, LogBase, LOG_SCHEMA),
        (postgres_stores.keys, KeyBase, KEY_SCHEMA),
    ):
        base.metadata.drop_all(engine)
        if name is not None:
            with engine.begin() as connection:
                connection.execute(text(f"DROP SCHEMA {name} CASCADE"))
    return postgres_stores


@pytest.fixture(params=["empty_sqlite", "empty_postgres"])
def empty(request: pytest.FixtureRequest) -> Stores:
    found: Stores = request.getfixturevalue(request.param)
    return found


def test_an_upgraded_store_is_current_and_upgrading_again_changes_nothing(empty: Stores) -> None:
    assert schema.outdated(empty) == ["data", "log", "keys"]

    schema.upgrade(empty)
    schema.upgrade(empty)

    assert schema.outdated(empty) == []


def test_migrations_make_the_tables_of_the_models(empty: Stores) -> None:
    schema.upgrade(empty)

    for engine, base in ((empty.data, Base), (empty.log, LogBase), (empty.keys, KeyBase)):
        made = {
            (table, each["name"], each["nullable"])
            for table in inspect(engine).get_table_names(_schema(engine, base))
            if table != "alembic_version"
            for each in inspect(engine).get_columns(table, _schema(engine, base))
        }
        described = {
            (table.name, each.name, bool(each.nullable)) for table in base.metadata.tables.values() for each in table.c
        }
        assert made == described


def test_nothing_is_left_for_another_migration(empty_postgres: Stores) -> None:
    schema.upgrade(empty_postgres)

    for engine, base in ((empty_postgres.data, Base), (empty_postgres.log, LogBase), (empty_postgres.keys, KeyBase)):
        options = {
            "include_schemas": base.metadata.schema is not None,
            "include_name": lambda name, kind, _, only=base.metadata.schema: kind != "schema" or name == only,
            "include_object": lambda _o, name, kind, _r, _c: kind != "table" or name != "alembic_version",
            "compare_type": True,
        }
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts=options)
            assert compare_metadata(context, base.metadata) == []


def _schema(engine: object, base: type) -> str | None:
    return base.metadata.schema if engine.dialect.name == "postgresql" else None  # type: ignore[attr-defined]
