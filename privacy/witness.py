"""The witness: it co-signs a checkpoint only if the log has grown out of the one that it co-signed last.

The rules are those of C2SP tlog-witness, `add-checkpoint`. A request is `old N`, the lines of a consistency proof, a
blank line and a signed checkpoint; the answer is a status and a text:

    400  the request is malformed, or its old size is larger than its checkpoint
    404  no log with this origin was agreed on
    403  the log's own key did not sign the checkpoint
    409  the old size is not what was co-signed last (the text says what was), or one size has two roots
    422  the proof does not prove that the log only grew
    200  the witness's line, recorded durably before it is returned

No I/O but the store's. What the log signed, and what does not fit to what was co-signed, is kept as evidence.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from privacy import merkle
from privacy.checkpoint import Checkpoint, NoteBroken, Verifier, decode_base64, signature_line, split_note
from privacy.cosignature import CosignatureSigner
from privacy.merkle import ProofBroken
from privacy.witness_store import FORKED, NEVER, UNPROVED, Cosigned, Deciding, Evidence, WitnessStore

TEXT: Final = "text/plain; charset=utf-8"
SIZE: Final = "text/x.tlog.size"
LONGEST_PROOF: Final = 63
_TOO_LARGE: Final = 2**63  # the database's numbers end there
_OLD: Final = re.compile(r"old (0|[1-9][0-9]{0,18})")


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back over HTTP."""

    status: int
    body: str
    content_type: str = TEXT


@dataclass(frozen=True, slots=True)
class Submission:
    """A request as it was read: nothing of it is checked yet but its form."""

    old: int
    proof: tuple[bytes, ...]
    note: str
    checkpoint: Checkpoint

    @classmethod
    def parse(cls, body: bytes) -> "Submission":
        """Read a request; NoteBroken if it is malformed."""
        try:
            head, blank, note = body.decode().partition("\n\n")
        except UnicodeDecodeError as e:
            raise NoteBroken("not UTF-8") from e
        first, *proof = head.split("\n")
        if not blank or (match := _OLD.fullmatch(first)) is None:
            raise NoteBroken("a request is `old N`, proof lines, a blank line and a checkpoint")
        if len(proof) > LONGEST_PROOF:
            raise NoteBroken(f"more than {LONGEST_PROOF} proof lines")
        hashes = tuple(decode_base64(line) for line in proof)
        checkpoint = Checkpoint.parse(split_note(note)[0])
        if checkpoint.size >= _TOO_LARGE:
            raise NoteBroken("no log is that large")
        return cls(int(match[1]), hashes, note, checkpoint)


class Witness:
    """Decides about checkpoints of the logs that were agreed on. Safe to share between threads and processes."""

    def __init__(
        self,
        store: WitnessStore,
        signer: CosignatureSigner,
        logs: Iterable[Verifier],
        clock: Callable[[], dt.datetime],
    ) -> None:
        self.store = store
        self.signer = signer
        self.logs = {log.name: log for log in logs}
        self._clock = clock

    def add_checkpoint(self, body: bytes) -> Answer:
        """Answer one request. When this returns 200, what was co-signed is on the disk."""
        try:
            submission = Submission.parse(body)
        except NoteBroken as e:
            return Answer(400, f"{e}\n")
        if (log := self.logs.get(submission.checkpoint.origin)) is None:
            return Answer(404, "this witness does not know a log with this origin\n")
        try:
            text, signatures = log.signed(submission.note)
        except NoteBroken as e:
            return Answer(403, f"{e}\n")
        if submission.old > submission.checkpoint.size:
            return Answer(400, "the old size is larger than the checkpoint\n")
        note = f"{text}\n{signature_line(log, signatures[0])}"  # others' lines are not for us to keep
        with self.store.deciding() as deciding:
            return self._decide(deciding, submission, note)

    def _decide(self, deciding: Deciding, asked: Submission, note: str) -> Answer:
        checkpoint, now = asked.checkpoint, self._clock()
        latest = deciding.latest(checkpoint.origin)
        same = deciding.of_size(checkpoint.origin, checkpoint.size)
        if same is not None and same.root != checkpoint.root:
            deciding.accuse(checkpoint.origin, Evidence(same.note, note, FORKED, now))
            return _conflict(latest)
        if asked.old != latest.size:
            return _conflict(latest)
        try:
            _check_growth(latest, asked)
        except ProofBroken as e:
            if 0 < latest.size < checkpoint.size:  # the tree that is known already, or the first one, needs no proof
                deciding.accuse(checkpoint.origin, Evidence(latest.note, note, UNPROVED, now))
            return Answer(422, f"{e}\n")
        line = self.signer.cosign(note.rpartition("\n\n")[0] + "\n", now)
        deciding.record(checkpoint, note, line.line, line.at)
        return Answer(200, line.line)


def _check_growth(latest: Cosigned, asked: Submission) -> None:
    """Raise ProofBroken unless the checkpoint grew out of the latest one; the same size has the same root already."""
    if latest.size in (0, asked.checkpoint.size):
        if asked.proof:
            raise ProofBroken("from nothing, or to the same size, there is nothing to prove: leave the proof out")
        return
    size, root = asked.checkpoint.size, asked.checkpoint.root
    merkle.check_consistency(asked.proof, latest.size, latest.root, size, root)


def _conflict(latest: Cosigned) -> Answer:
    return Answer(409, f"{latest.size}\n", SIZE)


__all__ = ["NEVER", "Answer", "Submission", "Witness"]
