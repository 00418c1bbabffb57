"""The log's checkpoint as it is published: signed, co-signed by witnesses, in files, and never an earlier one again.

What is published is the checkpoint of a moment on the schedule, not of now: the log's size at any second would tell
when somebody looked. A log that does not continue what was published (an older one, a rewritten one, one with another
key) changes nothing of it; witnesses are still asked, and refuse.
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

import structlog

from portal import checkpoint_files
from portal.wiring import System
from portal.witnessing import GRAVE, SHRUNK, Asked, NoAnswer, WitnessRefused, ask
from privacy import watermark, witnesses
from privacy.access_log import Draft, LogUnavailable
from privacy.canonical import digest
from privacy.checkpoint import Checkpoint, NoteBroken, split_note
from privacy.cosignature import Cosignature, CosignatureVerifier, merge
from privacy.log_entries import Chain
from privacy.policy import Purpose, Relation
from privacy.witnesses import Statement

REFUSED = "witness-refused"
"""The outcome of the entry that says that a witness refused."""
_logger = structlog.get_logger("sameview")


class Latest(NamedTuple):
    """The newest published checkpoint, its note with the witnesses' lines, and who co-signed exactly this one."""

    checkpoint: Checkpoint
    note: str
    cosignatures: tuple[Cosignature, ...]


def latest(system: System) -> Latest:
    """Return the newest published checkpoint; before anything was published, the checkpoint of now."""
    checkpoint, note = _newest(system)
    cosignatures = _cosignatures(system, note)
    merged = merge(note, "".join(each.line for each in cosignatures))
    return Latest(checkpoint, merged, cosignatures)


def newest(system: System) -> Checkpoint:
    """Return the newest published checkpoint as `latest` does, without asking who co-signed it."""
    return _newest(system)[0]


def _newest(system: System) -> tuple[Checkpoint, str]:
    seen = watermark.seen(system.stores.keys, system.log.signer.origin)
    if seen is not None and (published := _opened(system, seen.note)) is not None:
        return published, seen.note
    note = system.log.checkpoint()
    return system.log.signer.verifier.open_checkpoint(note), note


def publish(system: System) -> str:
    """Publish the checkpoint of now and ask every witness for its cosignature; return the published note.

    Several processes may do so at once: only one works, and doing it twice changes nothing. A witness that does not
    answer is tried again at the next round.
    """
    with witnesses.alone(system.stores.log) as alone:
        if alone:
            _round(system)
    return latest(system).note


def _round(system: System) -> None:
    note = system.log.checkpoint()
    checkpoint = system.log.signer.verifier.open_checkpoint(note)
    continues = _continues(system)
    if continues:
        watermark.raise_to(system.stores.keys, checkpoint.origin, checkpoint.size, note)
    _ask_all(system, checkpoint, note)
    if continues:
        published = latest(system)
        today = system.clock().date()
        checkpoint_files.write(system.config.checkpoints, published.checkpoint, published.note, today)
        thin(system)


def thin(system: System) -> int:
    """Remove files of checkpoints that later ones of their day stand for, and return how many; none that convicts."""
    seen = watermark.seen(system.stores.keys, system.log.signer.origin)

    def may_go(size: int, note: str) -> bool:
        stated = _opened(system, note)
        if stated is None or stated.size != size or (seen is not None and seen.size == size):
            return False
        with suppress(LookupError):
            return witnesses.root_at(system.stores.log, size) == stated.root if size else False
        return False

    return checkpoint_files.thin(system.config.checkpoints, may_go)


def agreed(system: System) -> list[CosignatureVerifier]:
    """Return the verifier keys of the witnesses that were agreed on."""
    return [CosignatureVerifier.parse(each.verifier_key) for each in system.config.witnesses]


def _continues(system: System) -> bool:
    """Tell whether the log still begins with the checkpoint that was published last."""
    seen = watermark.seen(system.stores.keys, system.log.signer.origin)
    if seen is None:
        return True
    published = _opened(system, seen.note)
    with suppress(LookupError):
        if published is not None and witnesses.root_at(system.stores.log, published.size) == published.root:
            return True
    _logger.error("the log does not continue its published checkpoint", size=seen.size)
    return False


def _opened(system: System, note: str) -> Checkpoint | None:
    """Return the checkpoint of a note that the log's key of today signed, else None."""
    with suppress(NoteBroken):
        return system.log.signer.verifier.open_checkpoint(note)
    return None


def _ask_all(system: System, checkpoint: Checkpoint, note: str) -> None:
    said = witnesses.statements(system.stores.log)
    step = system.config.checkpoint_minutes * 60
    at = int(system.clock().timestamp()) // step * step  # on the schedule's grid: no time of day of anything else
    asked = Asked(note, checkpoint.size, lambda old: _growth(system, old, checkpoint.size))
    for verifier, each in zip(agreed(system), system.config.witnesses, strict=True):
        before = said.get(verifier.name, Statement(verifier.name))
        try:
            cosignature = ask(verifier, each.address, asked, before.size, system.clock())
            after = before.cosigned(checkpoint.size, note, cosignature, at)
        except WitnessRefused as refused:
            after = _refused(system, before, refused, at)
            if before.refusal != after.refusal:
                _tell(system, after, checkpoint)
        except NoAnswer as silent:
            after = before.tried(at)
            _logger.warning("witness", name=verifier.name, answer=str(silent))
        witnesses.save(system.stores.log, after)


def _refused(system: System, before: Statement, refused: WitnessRefused, at: int) -> Statement:
    """Return what is kept of a refusal."""
    if refused.reason == SHRUNK and system.log.size >= refused.knows:
        return before.tried(at)  # another process had a later checkpoint of this log co-signed in the meantime
    # A fork stays a fork, whatever a log that goes on is refused for later: until the witness co-signs again.
    return before.refused(before.refusal if before.refusal in GRAVE else refused.reason, at)


def _growth(system: System, old: int, size: int) -> Sequence[bytes]:
    """Return the proof of growth; an empty one from a tree with holes, so that the witness refuses and says so."""
    try:
        return witnesses.growth(system.stores.log, old, size)
    except LookupError:
        return ()


def _tell(system: System, refused: Statement, checkpoint: Checkpoint) -> None:
    """Write the refusal into the log itself. Where that cannot be written, the warning on every page has to do."""
    facts = {"witness": refused.name, "refusal": refused.refusal, "checkpoint": checkpoint.text()}
    draft = Draft(
        viewer=None,
        subject=None,
        relation=Relation.OPERATIONS,
        fields=(),
        purpose=Purpose.OPERATIONS,
        period=None,
        outcome=REFUSED,
        digest=digest(facts),
        chain=Chain.ORGANISATION,
    )
    with suppress(LogUnavailable):
        system.log.append(draft)


def _cosignatures(system: System, note: str) -> tuple[Cosignature, ...]:
    """Return those of the agreed witnesses over exactly this note; whatever does not verify is left out."""
    text, _ = split_note(note)
    said = witnesses.statements(system.stores.log)
    found = []
    for verifier in agreed(system):
        statement = said.get(verifier.name)
        if statement is not None and statement.note.startswith(text + "\n"):
            with suppress(NoteBroken):
                found.append(statement.checked(verifier))
    return tuple(found)
