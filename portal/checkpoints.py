"""The log's checkpoint as it is published: signed, co-signed by witnesses, in files, and never an earlier one again.

What is published is the checkpoint of a moment on the schedule, not of now: the log's size at any second would tell
when somebody looked.
"""

from typing import NamedTuple

from portal.wiring import System
from privacy import watermark, witnesses
from privacy.checkpoint import Checkpoint, NoteBroken, split_note
from privacy.cosignature import Cosignature, CosignatureVerifier, merge


class Latest(NamedTuple):
    """The newest published checkpoint, its note with the witnesses' lines, and who co-signed exactly this one."""

    checkpoint: Checkpoint
    note: str
    cosignatures: tuple[Cosignature, ...]


def latest(system: System) -> Latest:
    """Return the newest published checkpoint; before anything was published, the checkpoint of now."""
    seen = watermark.seen(system.stores.keys, system.log.signer.origin)
    note = system.log.checkpoint() if seen is None else seen.note
    cosignatures = _cosignatures(system, note)
    merged = merge(note, "".join(each.line for each in cosignatures))
    return Latest(system.log.signer.verifier.open_checkpoint(merged), merged, cosignatures)


def _cosignatures(system: System, note: str) -> tuple[Cosignature, ...]:
    """Return those of the agreed witnesses over exactly this note; whatever does not verify is left out."""
    text, _ = split_note(note)
    said = witnesses.statements(system.stores.log)
    found = []
    for verifier in agreed(system):
        statement = said.get(verifier.name)
        if statement is None or not statement.note.startswith(text + "\n"):
            continue
        try:
            found.append(statement.checked(verifier))
        except NoteBroken:
            continue
    return tuple(found)


def agreed(system: System) -> list[CosignatureVerifier]:
    """Return the verifier keys of the witnesses that were agreed on."""
    return [CosignatureVerifier.parse(each.verifier_key) for each in system.config.witnesses]
