"""The office of the tests in here: on both engines, and on SQLite alone where the engine makes no difference."""

from pathlib import Path

import pytest
from conftest import Clock

from privacy.stores import Stores
from tests.analytics.intake_office import Office, open_office


@pytest.fixture
def office(stores: Stores, tmp_path: Path, clock: Clock) -> Office:
    """On both engines."""
    return open_office(stores, tmp_path, clock)


@pytest.fixture
def small_office(sqlite_stores: Stores, tmp_path: Path, clock: Clock) -> Office:
    """On SQLite, where the engine makes no difference."""
    return open_office(sqlite_stores, tmp_path, clock)
