"""What the release job remembers of an open block of four weeks, sealed under a key that is new with every save.

The memory holds figures of persons, since what may be released of a group depends on what was released of others
(`privacy.aggregates`). So it does not outlive its use: the former key is destroyed with every save, and with it what
every backup has of it. Whoever is erased is gone from backups as well, and so is a block that is over.

The key is of the class `granted`, of the organisation; its number stands beside the sealed bytes. A memory whose key is
gone, as after a restore of older data, is lost: nothing puts it back, and whoever asks has to do without it.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import msgspec
from sqlalchemy import Connection, Integer, LargeBinary, delete, insert, select
from sqlalchemy.orm import Mapped

from privacy.aggregates import Publisher
from privacy.base import Base, Sensitivity, column
from privacy.contributions import BLOCK_DAYS
from privacy.granted import GrantedSeal
from privacy.key_provider import KeyGone, KeyRefused
from privacy.seal import SealBroken, aad
from privacy.vault import ORGANISATION

_ONLY: Final = 1


class ReleaseMemoryRow(Base):
    """The one memory of an installation, and the number of the key that seals it."""

    __tablename__ = "release_memory"

    id: Mapped[int] = column(Sensitivity.OPERATIONAL, Integer, primary_key=True, autoincrement=False)
    number: Mapped[int] = column(Sensitivity.OPERATIONAL, Integer)
    sealed: Mapped[bytes] = column(Sensitivity.SEALED, LargeBinary)


_TABLE: Final = ReleaseMemoryRow.__table__


class MemoryLost(Exception):
    """There is a memory, and nothing opens it; the text says why."""


@dataclass(slots=True)
class Memory:
    """What is known of one block: its publishers by name, and who counted in which unit in which of its weeks.

    `entry` is the log's entry of the last closing, None before the first one. Of a block that `is_lost` figures were
    released that nobody knows any more, so that nothing else of it may be.
    """

    block: int
    publishers: dict[str, Publisher]
    cohorts: dict[int, dict[str, frozenset[str]]] = field(default_factory=dict)
    entry: int | None = None
    is_lost: bool = False

    def erase(self, person: str) -> bool:
        """Forget the figures of somebody, and tell whether there were any. What was published stays as it is.

        They count in nothing that is decided later: no key says any more where they do.
        """
        known = any(publisher.knows(person) for publisher in self.publishers.values())
        for publisher in self.publishers.values():
            publisher.erase(person)
        for units in self.cohorts.values():
            for unit in [unit for unit, who in units.items() if person in who]:
                units[unit] -= {person}
                known = True
        return known

    @classmethod
    def new(cls, block: int, publishers: Mapping[str, Publisher], *, is_lost: bool = False) -> "Memory":
        """Return the memory of a block of which nothing is known. Was something, and is it lost, all is withheld."""
        for publisher in publishers.values() if is_lost else ():
            publisher.forget((block + 1) * BLOCK_DAYS)
        return cls(block, dict(publishers), is_lost=is_lost)


class _State(msgspec.Struct, array_like=True):
    """People are numbers in their list."""

    block: int
    entry: int | None
    publishers: dict[str, bytes]
    people: list[str]
    cohorts: dict[int, dict[str, list[int]]]
    is_lost: bool


def dump(memory: Memory) -> bytes:
    """Return a memory as bytes, for nothing but sealing."""
    everybody = sorted({person for units in memory.cohorts.values() for who in units.values() for person in who})
    place = {person: n for n, person in enumerate(everybody)}
    cohorts = {
        week: {unit: sorted(map(place.__getitem__, who)) for unit, who in sorted(units.items())}
        for week, units in sorted(memory.cohorts.items())
    }
    publishers = {name: publisher.dump() for name, publisher in memory.publishers.items()}
    return msgspec.msgpack.encode(_State(memory.block, memory.entry, publishers, everybody, cohorts, memory.is_lost))


def load(dumped: bytes) -> Memory:
    """Return what was dumped."""
    state = msgspec.msgpack.decode(dumped, type=_State)
    cohorts = {
        week: {unit: frozenset(state.people[n] for n in who) for unit, who in units.items()}
        for week, units in state.cohorts.items()
    }
    publishers = {name: Publisher.load(each) for name, each in state.publishers.items()}
    return Memory(state.block, publishers, cohorts, state.entry, state.is_lost)


class ReleaseMemory:
    """Seals, opens and replaces the memory. All of it belongs to the caller's transaction on the data store."""

    def __init__(self, seal: GrantedSeal) -> None:
        self._seal = seal

    def lock(self, connection: Connection) -> int | None:
        """Keep everybody else from saving until the transaction ends; return the number of the key, if there is one.

        On SQLite a writing transaction has the whole store already.
        """
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("LOCK TABLE release_memory IN SHARE ROW EXCLUSIVE MODE")
        return self.number(connection)

    def number(self, connection: Connection) -> int | None:
        """Return the number of the key that seals the memory, None if there is no memory."""
        return connection.scalar(select(_TABLE.c.number))

    def open(self, connection: Connection) -> Memory | None:
        """Return the memory, None if there is none. MemoryLost if its key is gone, or it is not what was sealed."""
        row = connection.execute(select(_TABLE)).one_or_none()
        if row is None:
            return None
        try:
            return load(self._seal.open(ORGANISATION, row.number, bytes(row.sealed), _place(row.number)))
        except (KeyGone, KeyRefused, SealBroken, msgspec.MsgspecError, ValueError) as error:
            raise MemoryLost(f"the memory of releases does not open: {error}") from error

    def save(self, connection: Connection, memory: Memory) -> None:
        """Put a memory in the place of the former one, under a new key. The former key goes with `discard_old`."""
        number = self._seal.new(ORGANISATION)
        sealed = self._seal.seal(ORGANISATION, number, dump(memory), _place(number))
        connection.execute(delete(ReleaseMemoryRow))
        connection.execute(insert(ReleaseMemoryRow).values(id=_ONLY, number=number, sealed=sealed))

    def discard_old(self, connection: Connection) -> int:
        """Destroy every key but that of the memory which is there, and return how many; the caller has the lock.

        Call it after what was saved is committed: a key that is needed is not destroyed, and one that a killed process
        made or left goes as well.
        """
        kept = self.lock(connection)
        old = self._seal.numbers(ORGANISATION) - {kept}
        if old:
            self._seal.destroy(ORGANISATION, *old)
        return len(old)


def _place(number: int) -> bytes:
    return aad(ReleaseMemoryRow.__tablename__, 1, _ONLY, number)


def block_of(day: dt.date) -> int:
    """Return the block of four weeks that a day falls into."""
    return (day.toordinal() - 1) // BLOCK_DAYS


def first_of(block: int) -> dt.date:
    """Return the first day of a block."""
    return dt.date.fromordinal(block * BLOCK_DAYS + 1)
