"""The organisation of `release_office`, in which the last week of the block is due."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Clock

from portal.config import Config
from portal.wiring import System, build


@pytest.fixture
def system(releasing_home: Path, tmp_path: Path, clock: Clock) -> Iterator[System]:
    found = build(Config(home=Path(shutil.copytree(releasing_home, tmp_path / "home"))), clock)
    yield found
    found.close()
