"""`jobs close-week`: team figures are computed once, stored frozen, and committed to by the access log.

For each period: who counts is read, their figures are opened (each person's log says so), the disclosure control
decides, and then, in one transaction, the log's entry is written, the releases are filed and the memory is sealed anew.
Without the entry nothing is released. A job that is killed leaves the old state or the new one: if its entry was
written and the rest was not, the next run decides again, and releases only what the entry commits to. If it comes to
anything else, by late data or an older store that was put back, nothing of that block of four weeks is released any
more: never two different figures of one period.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from auth.rosters import Snapshot
from portal import known_erasures, release_due, release_upkeep
from portal.release_deciding import Deciding, new_memory
from portal.release_due import Due, Said
from portal.release_values import Step, Tell, Values, gather
from portal.wiring import System
from privacy.canonical import digest_of
from privacy.log_entries import RELEASED, Chain, Draft
from privacy.policy import TEAM_FIELDS, Purpose, Relation
from privacy.release_memory import Memory, MemoryLost
from privacy.release_store import WEEK, Closing, Release, statement
from privacy.stores import writing
from privacy.tombstones import SubjectErased

_TRIES: Final = 3
"""How often a period is decided again because somebody else saved, or was erased, meanwhile."""


class Overtaken(Exception):
    """The memory was saved by somebody else while a period was decided about."""


@dataclass(frozen=True, slots=True)
class Done:
    """What a run released: weeks, periods of four weeks, and of how many units; `withheld` of these say nothing."""

    weeks: int = 0
    periods: int = 0
    releases: int = 0
    withheld: int = 0

    def __add__(self, other: "Done") -> "Done":
        return Done(
            self.weeks + other.weeks,
            self.periods + other.periods,
            self.releases + other.releases,
            self.withheld + other.withheld,
        )


def run(system: System, step: Step, tell: Tell) -> Done:
    """Release all that is due, the oldest first, and return what it was; the caller knows that the clock is right.

    `tell` hears who could not be counted. LogUnavailable: what was released until then stays, and no more was.
    """
    release_upkeep.tidy(system)
    done, tries = Done(), 0
    while True:
        try:
            closed = _close_next(system, step, tell)
        except (Overtaken, SubjectErased) as error:
            if (tries := tries + 1) == _TRIES:
                raise Overtaken(str(error)) from error
            continue
        if closed is None:
            return done
        done, tries = done + closed, 0


@dataclass(frozen=True, slots=True)
class _State:
    """Where the closing of periods stands: what memory there is, under which key, and the entry that waits for it."""

    number: int | None
    memory: Memory | None
    closed: Sequence[Due]
    there: Sequence[Due]
    pending: Said | None
    is_lost: bool


def _close_next(system: System, step: Step, tell: Tell) -> Done | None:
    state, snapshot = _state(system), Snapshot(system.stores.data, system.stamps)
    pending = state.pending
    due = pending.due if pending else release_due.next_due(system, snapshot, state.closed, state.there)
    if due is None:
        return None
    memory = _memory_for(system, state, due)
    deciding = Deciding(system, snapshot, memory, due)
    releases = deciding.releases(_values(system, memory, due, deciding.people, step, tell))
    if pending is not None and digest_of(statement(due.kind, due.first_day, releases)) != pending.digest:
        memory, pending = new_memory(system, due.block, is_lost=True), None
        releases = Deciding(system, snapshot, memory, due).releases({})
    _commit(system, state, due, memory, releases, pending)
    with writing(system.stores.data) as connection:
        system.release_memory.discard_old(connection)
    return _counted(due, releases)


def _state(system: System) -> _State:
    """Read where things stand. What is ahead of the memory is either one closing that was broken off, or more: then the
    memory is an older one, and as good as lost."""
    said, rows = release_due.said(system), system.releases.closings()
    there = [Due(each.kind, each.first_day) for each in rows]
    memory, is_lost = None, False
    with system.stores.data.connect() as connection:
        number = system.release_memory.number(connection)
        try:
            memory = system.release_memory.open(connection)
        except MemoryLost:
            is_lost = True
    known = -1 if memory is None or memory.entry is None else memory.entry
    ahead = [each for each in said if each.entry > known]
    is_lost = is_lost or (memory is None and bool(there)) or len({each.due for each in ahead}) > 1
    is_lost = is_lost or any(each.due in there for each in ahead)
    pending = None if is_lost or not ahead else ahead[-1]
    closed = {*there, *(each.due for each in said)} - ({pending.due} if pending else set())
    return _State(number, None if is_lost else memory, sorted(closed), there, pending, is_lost)


def _memory_for(system: System, state: _State, due: Due) -> Memory:
    """Return the memory of the block of a period: the one that is there, or a new one.

    A lost one is missing in every block of which anything was released.
    """
    if state.memory is not None and state.memory.block == due.block:
        return state.memory
    touched = {each.block for each in state.closed}
    return new_memory(system, due.block, is_lost=state.is_lost and due.block in touched)


def _values(
    system: System, memory: Memory, due: Due, wanted: frozenset[str], step: Step, tell: Tell
) -> dict[str, Values]:
    """Return what people contribute to a week; four weeks are made of their weeks as the memory has them."""
    if due.kind != WEEK or memory.is_lost:
        return {}
    people = [each for each in system.people.everybody() if each.subject in wanted]
    return gather(system, people, due.period, step, tell)


def _commit(
    system: System, state: _State, due: Due, memory: Memory, releases: Sequence[Release], pending: Said | None
) -> None:
    """Write everything or nothing; the entry of the log comes first, unless it is there already."""
    stated = statement(due.kind, due.first_day, releases)
    with writing(system.stores.data) as connection:
        if system.release_memory.lock(connection) != state.number:
            raise Overtaken("somebody else closes weeks at this moment, or many are being erased: run it again")
        for stone in known_erasures.stones(system):  # begun before this transaction, or it finds what is saved here
            memory.erase(stone.subject)
        entry = pending.entry if pending else system.gate.record(_draft(due, digest_of(stated)))
        memory.entry = entry
        system.releases.put(connection, Closing(due.kind, due.first_day, entry, stated), releases)
        system.release_memory.save(connection, memory)


def _draft(due: Due, digest: str) -> Draft:
    return Draft(
        viewer=None,
        subject=None,
        relation=Relation.OPERATIONS,
        fields=sorted(TEAM_FIELDS),
        purpose=Purpose.TEAM_RHYTHM,
        period=due.period,
        outcome=RELEASED,
        digest=digest,
        chain=Chain.ORGANISATION,
    )


def _counted(due: Due, releases: Sequence[Release]) -> Done:
    withheld = sum(not each.seats for each in releases)
    weeks = int(due.kind == WEEK)
    return Done(weeks, 1 - weeks, len(releases), withheld)
