"""A gate with nothing real behind it, whose parts a test can look at; what needs real ones makes its own."""

import pytest
from conftest import Clock

from privacy.disclosure import Gate
from tests.privacy.gates import FakeDirectory, MemoryLog, MemoryVault


@pytest.fixture
def directory() -> FakeDirectory:
    return FakeDirectory()


@pytest.fixture
def log() -> MemoryLog:
    return MemoryLog()


@pytest.fixture
def vault(log: MemoryLog) -> MemoryVault:
    return MemoryVault(log)


@pytest.fixture
def gate(vault: MemoryVault, log: MemoryLog, directory: FakeDirectory, clock: Clock) -> Gate:
    return Gate(vault, log, directory, clock)  # type: ignore[arg-type]
