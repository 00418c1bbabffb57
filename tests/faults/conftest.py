"""An installation that can be copied as it stands, on both engines, so that each death finds the same one."""

import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from installation import THEN, Copies, administer, config_of, populate

from portal.config import Config
from portal.founding import found

_numbers = itertools.count()


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
        administer(postgres_url, f"CREATE DATABASE {name}")
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
            administer(url, f"CREATE DATABASE {name} TEMPLATE {mold}")
        made.extend(names)
        return config_of(Path(shutil.copytree(home, tmp_path / f"home{number}")), url, *names)

    yield Copies(copy)
    for name in made:
        administer(url, f"DROP DATABASE {name} WITH (FORCE)")
