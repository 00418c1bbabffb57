"""Installations to erase people from, on both engines, and a clock for each process."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from conftest import Clock
from installation import NOW, Copies, subject_of

from portal.config import Config
from portal.wiring import System, build


@dataclass
class Monotonic:
    """The clock by which a process forgets keys, moved by hand."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class House:
    """One installation, in which several processes may run at once."""

    config: Config
    clock: Clock = field(default_factory=lambda: Clock(NOW))
    monotonic: Monotonic = field(default_factory=Monotonic)
    running: list[System] = field(default_factory=list)

    def process(self) -> System:
        """Start another process: stores, keys and caches of its own, on the same clocks."""
        system = build(self.config, self.clock)
        system.keys._monotonic = self.monotonic
        self.running.append(system)
        return system

    def id(self, name: str) -> str:
        return subject_of(self.running[0], name)


@pytest.fixture
def house(copies: Copies) -> Iterator[House]:
    """A house on SQLite and on PostgreSQL in turn, with one process: Ana manages Ben, Oda operates."""
    made = House(copies())
    made.process()
    yield made
    for system in made.running:
        system.close()
