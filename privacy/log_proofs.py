"""What the access log proves to anybody: its size, its signed checkpoint, inclusion, growth, and that it is whole.

Nothing is opened for whoever may not read it; only `export_bundle` with `open`, for the person whom entries are about.
"""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Engine

from privacy import bundle, closings, log_verify, merkle
from privacy.checkpoint import Signer
from privacy.log_entries import LEAF_PREFIX
from privacy.log_read import LogReader
from privacy.log_seals import LogSeals
from privacy.log_tree import read_head, reader
from privacy.log_verify import Verification
from privacy.merkle import EMPTY_ROOT


class LogProofs:
    """The half of the log that needs no clock and writes nothing (`privacy.access_log` is the other)."""

    def __init__(self, engine: Engine, seals: LogSeals, signer: Signer) -> None:
        self._engine = engine
        self._seals = seals
        self.signer = signer

    @property
    def size(self) -> int:
        """The number of entries."""
        with self._engine.connect() as connection:
            head = read_head(connection)
        return 0 if head is None else head.size

    def checkpoint(self) -> str:
        """Return the signed note of the log as it is now."""
        with self._engine.connect() as connection:
            head = read_head(connection)
        return self.signer.sign(0, EMPTY_ROOT) if head is None else head.note

    def verify(self, *, hashes_only: bool = False) -> Verification:
        """Check the whole log from scratch; `hashes_only` leaves the payloads sealed and rebuilds the tree alone."""
        with self._engine.connect() as connection:
            return log_verify.verify(connection, self._seals, self.signer.verifier, hashes_only=hashes_only)

    def closing(self, subject: str, day: dt.date | None = None) -> closings.Closed:
        """Return how the last closing, or that of a day, counted a person's chains. LookupError if it did not."""
        with self._engine.connect() as connection:
            return closings.find(connection, LogReader(connection, self._seals), self._seals, subject, day)

    def export_bundle(
        self, indices: Iterable[int], old_size: int | None = None, open: bool = False, note: str | None = None
    ) -> dict[str, Any]:
        """Return the proof bundle of some entries (`privacy.bundle`), and of growth since a checkpoint of `old_size`.

        With `open` it holds salts and payloads: for the person whom the entries are about. LookupError for an entry
        that does not exist, ValueError for an old size that the log never had. The checkpoint is the one of now, or
        that of `note`, which the log signed: ValueError if it is not one of this log.
        """
        with self._engine.connect() as connection:
            if (head := read_head(connection)) is None:
                raise LookupError("the log is empty")
            log, stored = LogReader(connection, self._seals), reader(connection)
            at = self.signer.verifier.open_checkpoint(note or head.note)
            if not 0 < at.size <= head.size or merkle.root_hash(at.size, stored) != at.root:
                raise ValueError("the log never had this checkpoint")
            proved = []
            for index in indices:
                leaf = LEAF_PREFIX + log.commitment(index)
                hashes = merkle.prove_inclusion(at.size, index, stored)
                proved.append(bundle.Proved(index, leaf, hashes, log.opened(index) if open else None))
            if not old_size:
                return bundle.bundle(note or head.note, proved)
            consistency = merkle.prove_consistency(old_size, at.size, stored)
            old = self.signer.sign(old_size, merkle.root_hash(old_size, stored))
            return bundle.bundle(note or head.note, proved, old, consistency)
