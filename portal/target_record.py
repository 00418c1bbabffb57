"""Whether what is stored of teams' targets is what the portal wrote, and what the log says of them."""

from collections.abc import Callable, Iterator

from analytics.target_store import Stored
from analytics.targets import Act
from portal import targets
from portal.wiring import System
from privacy.canonical import digest
from privacy.log_ledger import Ledger
from privacy.stores import writing

Undone = Callable[[int], int | None]
"""From an entry to the one with which everybody was told that a restore undid it, None if none did."""


def problems(system: System) -> list[str]:
    """Return the rows that the portal did not write, and where one is missing between others; no entry is opened."""
    return list(_of_rows(targets.store(system).read()))


def disagreements(system: System, ledger: Ledger, size: int, undone: Undone) -> Iterator[str]:
    """Yield where rows and the first `size` entries, of which the ledger is, say different things.

    What a restore undid, and told everybody, is left out.
    """
    stored = _settled(system)
    yield from _of_rows(stored)
    acts = {digest(each.act.statement): each.act for each in stored if each.act is not None}
    for found, act in acts.items():
        if act.entry < size and ledger.targets.get(found) != act.entry:
            yield f"{_place(act)}: is not what the log says of it: changed from outside, or of another log"
    for entry in sorted(entry for found, entry in ledger.targets.items() if found not in acts):
        if undone(entry) is None:
            yield (
                f"entry {entry}: what it says of a team's target is not stored: it was changed or taken away, or did"
                " not come about"
            )


def lost(system: System, ledger: Ledger, undone: Undone) -> Iterator[str]:
    """Yield what a restore undid of targets, for a warning: it may have to be done again."""
    acts = {digest(each.act.statement) for each in targets.store(system).read() if each.act is not None}
    for found, entry in ledger.targets.items():
        if found not in acts and (told := undone(entry)) is not None:
            yield (
                f"entry {entry}: what it says of a team's target is not in the data that were put back, as entry"
                f" {told} told everybody: if it still holds, announce it again"
            )


def _settled(system: System) -> list[Stored]:
    """Return the rows once nobody is writing, since an entry is written just before its transaction is committed."""
    rows = targets.store(system)
    with writing(system.stores.data) as connection:
        rows.lock(connection)
        return rows.read(connection=connection)


def _of_rows(stored: list[Stored]) -> Iterator[str]:
    expected: dict[tuple[str, int], int] = {}
    for each in stored:
        place = f"target {each.number} of {each.team}, act {each.sequence}"
        due = expected.get((each.team, each.number), 1)
        if each.sequence != due:
            yield f"{place}: act {due} before it is missing: it was taken away, and the target is not shown"
        expected[each.team, each.number] = each.sequence + 1
        if each.act is None:
            yield f"{place}: was not written by the portal: the target is not shown"


def _place(act: Act) -> str:
    return f"target {act.number} of {act.team}, act {act.sequence}"
