"""Released figures compared with the access log: what is stored has to be what the log's last entry about it says.

`sameview log verify`, `check` and the night ask here. What is named is the unit and the period, and nobody.
"""

from collections.abc import Iterator, Sequence

from portal import release_due, release_upkeep
from portal.release_due import Due, Said
from portal.wiring import System
from privacy import release_history
from privacy.fields import KeyClass


def problems(system: System) -> Iterator[str]:
    """Yield what is not as it was released, as `place: reason`; without the log's key only stamps are looked at."""
    yield from system.releases.faults()
    if KeyClass.AUDIT in system.keys.classes:
        yield from _contradictions(system, release_due.said(system))


def _contradictions(system: System, said: Sequence[Said]) -> Iterator[str]:
    there = {Due(each.kind, each.first_day): each for each in system.releases.closings()}
    last = {each.due: each for each in said}
    for due, closing in there.items():
        if due not in last:
            yield f"{_place(due)}: no entry of the log commits to it"
        elif (closing.entry, closing.digest) != (last[due].entry, last[due].digest):
            yield f"{_place(due)}: is not as entry {last[due].entry} of the log left it: changed from outside"
    excused = _restored(system)
    for due in sorted(last.keys() - there.keys()):
        if last[due].entry > excused:
            yield (
                f"{_place(due)}: entry {last[due].entry} of the log says that it was released, and it is not there:"
                " removed, or a closing was broken off, which `sameview jobs close-week` finishes"
            )


def _restored(system: System) -> int:
    """Return up to which entry a restore may lack releases: the log says so, and of the same that are there."""
    entry, stated = release_history.restored(system.log) or (-1, None)
    return entry if stated == release_upkeep.stated(system, before=entry) else -1


def _place(due: Due) -> str:
    return f"release, {due.kind} from {due.first_day}"
