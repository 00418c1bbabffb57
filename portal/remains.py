"""What is left of people who were erased: nothing, or an older state was put back.

That somebody was erased is known twice: by the tombstone in the key store, and by the log, in which their chains ended.
Where one of them is missing an older one was put back, and where name, stored data or keys are there again, they were.
A tombstone that is not genuine is none here: it excuses nothing either.
"""

from collections.abc import Iterator

from sqlalchemy import exists, select

from auth.models import Meeting
from portal import known_erasures
from portal.wiring import System
from privacy.grants import Granted
from privacy.key_store import WrappedKey
from privacy.log_ledger import Ledger
from privacy.threads import ThreadRow
from privacy.tombstones import Stone
from privacy.vault_store import Manifest, SealedField


def problems(system: System, ledger: Ledger) -> Iterator[str]:
    """Yield who was erased and is not forgotten, as `place: reason`; a running erasure is left out."""
    stones = _stones(system)
    for subject in sorted(stones.keys() | ledger.ended.keys()):
        stone, record = stones.get(subject), ledger.ended.get(subject)
        if stone is not None and not stone.finished:
            continue
        if stone is None:
            yield (
                f"person {subject}: was erased, says entry {record}, and the key store does not know: an older one was"
                " put back"
            )
        elif record is None:
            yield f"person {subject}: was erased, says the key store, and the log does not: an older one was put back"
        for found in _left(system, subject):
            yield f"person {subject}: was erased, and {found} here again: an older state was put back"


def warnings(system: System) -> Iterator[str]:
    """Yield whose erasure has begun and not ended."""
    for subject, stone in _stones(system).items():
        if not stone.finished:
            yield f"person {subject}: the erasure is not finished; if none is running, start the portal again"


def _stones(system: System) -> dict[str, Stone]:
    return {each.subject: each for each in known_erasures.stones(system)}


def _left(system: System, subject: str) -> Iterator[str]:
    found = system.people.get(subject)
    if found is not None and not found.is_erased:
        yield "their account is"
    with system.stores.data.connect() as connection:
        if any(connection.scalar(select(exists().where(of.subject_id == subject))) for of in (SealedField, Manifest)):
            yield "their stored data are"
        if connection.scalar(select(exists().where(Meeting.subject_id == subject))):
            yield "their one-to-ones are"
        if any(connection.scalar(select(exists().where(of.subject_id == subject))) for of in (Granted, ThreadRow)):
            yield "what they let others read is"
    with system.stores.keys.connect() as connection:
        if connection.scalar(select(exists().where(WrappedKey.subject_id == subject))):
            yield "their keys are"
