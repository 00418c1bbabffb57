"""What keeps the memory of releases from outliving its use: erasures, restores, and keys that nobody needs any more."""

from portal import known_erasures, release_due
from portal.release_due import Said
from portal.wiring import System
from privacy.canonical import digest
from privacy.log_entries import RELEASES_RESTORED, Chain, Draft
from privacy.policy import TEAM_FIELDS, Purpose, Relation
from privacy.release_memory import MemoryLost
from privacy.stores import writing


def forget(system: System, *subjects: str) -> bool:
    """Forget the figures of people who were erased, from backups as well; tell whether there were any.

    What was released with them stays as it is. A memory that does not open holds nothing that anybody could read.
    """
    with writing(system.stores.data) as connection:
        system.release_memory.lock(connection)
        try:
            memory = system.release_memory.open(connection)
        except MemoryLost:
            return False
        known = memory is not None and any([memory.erase(each) for each in subjects])
        if memory is not None and known:
            system.release_memory.save(connection, memory)
    _discard_old(system)
    return known


def tidy(system: System) -> None:
    """Forget whoever was erased and is still known, as after a restore; destroy keys that a killed job has left."""
    forget(system, *(each.subject for each in known_erasures.stones(system)))


def account(system: System) -> bool:
    """After a restore: let the log say which releases are there, if it knows of others; tell whether it does.

    What people saw of the others stays with them, and is never computed again.
    """
    there = system.releases.closings()
    if {each.entry for each in there} >= {each.entry for each in _newest(release_due.said(system))}:
        return False
    draft = Draft(
        viewer=None,
        subject=None,
        relation=Relation.OPERATIONS,
        fields=sorted(TEAM_FIELDS),
        purpose=Purpose.OPERATIONS,
        period=None,
        outcome=RELEASES_RESTORED,
        digest=stated(system),
        chain=Chain.ORGANISATION,
    )
    system.gate.record(draft)
    return True


def stated(system: System, before: int | None = None) -> str:
    """Return the digest of which releases are there, with `before` of those whose entry precedes that one."""
    there = sorted(each.entry for each in system.releases.closings() if before is None or each.entry < before)
    return digest({"releases": there})


def _newest(said: list[Said]) -> list[Said]:
    """Return the last word of the log about each period."""
    return list({each.due: each for each in said}.values())


def _discard_old(system: System) -> None:
    with writing(system.stores.data) as connection:
        system.release_memory.discard_old(connection)
