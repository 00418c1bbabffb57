"""The memory of releases: opens under its newest key alone, and whoever is erased is gone from backups, too."""

import datetime as dt
from pathlib import Path

import pytest
from conftest import Clock
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from privacy.aggregates import Publisher
from privacy.fields import KeyClass
from privacy.granted import GrantedSeal
from privacy.key_store import WrappedKey
from privacy.keys import KeyRing
from privacy.release_memory import Memory, MemoryLost, ReleaseMemory, ReleaseMemoryRow, block_of, dump, first_of, load
from privacy.stores import Stores, writing
from privacy.vault import ORGANISATION
from tests.privacy.gates import FakeDirectory, real_gate

BLOCK = 5
FIRST = BLOCK * 28
PEOPLE = [f"{number:032x}" for number in range(1, 9)]


@pytest.fixture
def memories(stores: Stores, tmp_path: Path, clock: Clock) -> ReleaseMemory:
    keys: KeyRing = real_gate(stores, tmp_path, FakeDirectory(), clock)._vault.keys
    return ReleaseMemory(GrantedSeal(keys))


def remembering(people: list[str] = PEOPLE) -> Memory:
    publisher = Publisher(["Work"])
    values = {(person, FIRST + day): {"Work": 300.0 + n} for n, person in enumerate(people) for day in range(5)}
    rosters = {FIRST + day: frozenset(people) for day in range(7)}
    assert publisher.aggregate(rosters, values, (FIRST, FIRST + 6), "mean")[0][1] is not None
    return Memory(BLOCK, {"active_time": publisher}, {0: {"east": frozenset(people)}}, entry=7)


def save(memories: ReleaseMemory, stores: Stores, memory: Memory) -> None:
    with writing(stores.data) as connection:
        memories.lock(connection)
        memories.save(connection, memory)
    with writing(stores.data) as connection:
        memories.discard_old(connection)


def opened(memories: ReleaseMemory, stores: Stores) -> Memory | None:
    with stores.data.connect() as connection:
        return memories.open(connection)


def keys_of(stores: Stores) -> list[int]:
    mine = (WrappedKey.subject_id == ORGANISATION, WrappedKey.key_class == KeyClass.GRANTED.value)
    with stores.keys.connect() as connection:
        return list(connection.scalars(select(WrappedKey.epoch).where(*mine)))


def test_what_was_saved_is_there_and_no_other_key_is(memories: ReleaseMemory, stores: Stores) -> None:
    assert opened(memories, stores) is None

    for _ in range(3):
        save(memories, stores, remembering())

    found = opened(memories, stores)
    assert found is not None
    assert dump(found) == dump(remembering())
    assert len(keys_of(stores)) == 1


def test_an_older_state_that_is_put_back_does_not_open(memories: ReleaseMemory, stores: Stores) -> None:
    save(memories, stores, remembering())
    with stores.data.connect() as connection:
        older = connection.execute(select(ReleaseMemoryRow.__table__)).one()
    save(memories, stores, remembering(PEOPLE[1:]))
    with writing(stores.data) as connection:
        connection.execute(update(ReleaseMemoryRow).values(number=older.number, sealed=older.sealed))

    with pytest.raises(MemoryLost):
        opened(memories, stores)


@pytest.mark.parametrize("change", [{"number": 12345}, {"sealed": b"nothing"}, {"sealed": b""}])
def test_a_row_that_was_changed_does_not_open(
    memories: ReleaseMemory, stores: Stores, change: dict[str, object]
) -> None:
    save(memories, stores, remembering())
    with writing(stores.data) as connection:
        connection.execute(update(ReleaseMemoryRow).values(**change))

    with pytest.raises(MemoryLost):
        opened(memories, stores)


def test_its_bytes_tell_no_name_and_grow_in_steps(memories: ReleaseMemory, stores: Stores) -> None:
    sizes = set()
    for people in (PEOPLE, PEOPLE[:7], PEOPLE[:6]):
        save(memories, stores, remembering(people))
        with stores.data.connect() as connection:
            sealed = bytes(connection.scalar(select(ReleaseMemoryRow.sealed)) or b"")
        sizes.add(len(sealed))
        assert not any(person.encode() in sealed or bytes.fromhex(person) in sealed for person in people)
    assert len(sizes) == 1


def test_a_rolled_back_save_leaves_the_former_memory_and_its_key(memories: ReleaseMemory, stores: Stores) -> None:
    save(memories, stores, remembering())

    def broken_off() -> None:
        with writing(stores.data) as connection:
            memories.save(connection, remembering(PEOPLE[1:]))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken_off()

    assert len(keys_of(stores)) == 2
    with writing(stores.data) as connection:
        assert memories.discard_old(connection) == 1
    found = opened(memories, stores)
    assert found is not None
    assert dump(found) == dump(remembering())


def test_an_erasure_takes_the_figures_and_leaves_what_was_decided() -> None:
    memory = remembering()
    before = memory.publishers["active_time"].aggregate(
        {FIRST + day: frozenset(PEOPLE) for day in range(7)}, {}, (FIRST, FIRST + 6), "mean"
    )

    assert memory.erase(PEOPLE[0])
    assert not memory.erase("f" * 32)

    again = load(dump(memory))
    rosters = {FIRST + day: frozenset(PEOPLE) for day in range(7)}
    assert again.publishers["active_time"].aggregate(rosters, {}, (FIRST, FIRST + 6), "mean") == before
    assert {PEOPLE[0] in who for units in again.cohorts.values() for who in units.values()} == {False}
    own = again.publishers["active_time"]._blocks[BLOCK].own.weeks[0][PEOPLE[0]][1]
    assert all(value < 1e-300 for value in own)


def test_of_a_block_that_is_lost_everything_is_withheld() -> None:
    memory = Memory.new(BLOCK, {"active_time": Publisher(["Work"])}, is_lost=True)
    values = {(person, FIRST + day): {"Work": 300.0} for person in PEOPLE for day in range(5)}
    rosters = {FIRST + day: frozenset(PEOPLE) for day in range(7)}

    for each in (memory, load(dump(memory))):
        assert each.is_lost
        assert each.publishers["active_time"].aggregate(rosters, values, (FIRST, FIRST + 6), "mean")[0][1:] == (
            None,
            None,
            None,
        )


@given(st.dates(dt.date(2020, 1, 1), dt.date(2040, 1, 1)))
def test_a_block_is_four_weeks_from_a_monday(day: dt.date) -> None:
    first = first_of(block_of(day))

    assert first <= day < first + dt.timedelta(days=28)
    assert first.weekday() == 0
    assert (first.toordinal() - 1) % 28 == 0


def test_a_key_that_is_asked_for_anew_is_never_one_that_was_there(memories: ReleaseMemory, stores: Stores) -> None:
    seen = set()
    for _ in range(5):
        save(memories, stores, remembering())
        seen |= set(keys_of(stores))

    assert len(seen) == 5
