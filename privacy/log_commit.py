"""One commit of the log: lock the head, number and seal the entries, grow the tree, sign the checkpoint.

All of it or nothing, in a transaction of its own that is durable when it returns.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.dialects import postgresql, sqlite

from privacy.chains import Heads, Place
from privacy.checkpoint import Signer
from privacy.keys import KeyGone, KeyRefused
from privacy.log_entries import LEAF_PREFIX, LogUnavailable, commitment_of, payload_of
from privacy.log_seals import Filed, LogSeals, new_salt
from privacy.log_sql import AppendStatements
from privacy.log_tables import HeadRow
from privacy.log_tree import Head, lock_head, read_frontier
from privacy.merkle import Frontier, leaf_hash
from privacy.seal import FieldKey, SealBroken
from privacy.statement import together
from privacy.stores import writing


@dataclass(slots=True, eq=False)
class Waiting:
    """An entry on its way: what is known before the commit, and what came of it.

    `once` is set for own reads that share an entry. `state` is asked for the digest inside the transaction; `also`
    writes there what belongs to the entry. Such an entry is `alone` in its commit.
    """

    place: Place
    day: dt.date
    body: dict[str, Any]
    subject_tag: bytes
    viewer_tag: bytes
    key: FieldKey
    once: bytes | None = None
    state: Callable[[Heads], str] | None = None
    also: Callable[[Connection, int], None] | None = None
    index: int = -1
    written: bool = False
    error: BaseException | None = None
    done: bool = False

    @property
    def alone(self) -> bool:
        """Whether it needs a commit of its own, since it looks at the state of the whole log."""
        return self.state is not None


class Committer:
    """Writes batches. One thread at a time (see `log_queue`); other processes are kept out by the lock on the head."""

    def __init__(self, engine: Engine, seals: LogSeals, signer: Signer) -> None:
        self._engine = engine
        self._seals = seals
        self._signer = signer
        self._statements: AppendStatements | None = None  # until the first connection tells the database
        self._edge: tuple[Frontier, bytes] | None = None  # the right edge after our last commit, and its root

    def commit(self, batch: Sequence[Waiting]) -> None:
        """Write a batch in one durable transaction, and set each entry's index.

        An entry whose chain is broken gets an error of its own; the others are written.
        """
        with writing(self._engine) as connection:
            statements = self._statements = self._statements or AppendStatements(connection)
            head = lock_head(connection, statements) or self._begin(connection, statements)
            heads = Heads(connection, self._seals, statements)
            work = _Batch(head, self._frontier(connection, head), heads, self._signer)
            work.heads.read({each.place for each in batch})
            for each in batch:
                each.error = None
                try:
                    work.add(each)
                except (SealBroken, KeyGone, KeyRefused) as e:
                    each.error = LogUnavailable(f"the chain of this entry cannot go on: {e}")
            root = work.write(connection, statements)
            for each in batch:
                if each.written and each.also is not None:
                    each.also(connection, each.index)
        self._edge = (work.frontier, root)

    def _begin(self, connection: Connection, statements: AppendStatements) -> Head:
        """Write the head of an empty log. In a log with entries the first one then collides, and nothing is written.

        Of two processes that begin at once one waits here for the other, and goes on from what that one wrote.
        """
        head = Head()
        head.note = self._signer.sign(0, head.root)
        new = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
        connection.execute(new(HeadRow).on_conflict_do_nothing(), {"id": 1, **_values(head)})
        return lock_head(connection, statements) or head

    def _frontier(self, connection: Connection, head: Head) -> Frontier:
        if self._edge is not None and self._edge[1] == head.root and self._edge[0].size == head.size:
            return self._edge[0].copy()
        try:
            frontier = read_frontier(connection, head.size)
        except LookupError as e:
            raise LogUnavailable("a hash of the log's tree is missing: run `sameview log verify`") from e
        if frontier.root() != head.root:
            raise LogUnavailable("the log's tree does not have the root of its head: run `sameview log verify`")
        return frontier


class _Batch:
    """The rows of one commit, as they build up."""

    def __init__(self, head: Head, frontier: Frontier, heads: Heads, signer: Signer) -> None:
        self.head = head
        self.frontier = frontier
        self.heads = heads
        self._signer = signer
        self._entries: list[dict[str, Any]] = []
        self._nodes: list[dict[str, Any]] = []
        self._kept: list[dict[str, Any]] = []

    def add(self, waiting: Waiting) -> None:
        """Give an entry its place in chain and tree, or the index of the own read that stands for it."""
        end = self.heads.head(waiting.place)
        if waiting.once is not None:
            if end.day != waiting.day.toordinal():
                end.day, end.seen = waiting.day.toordinal(), {}
            if (found := end.seen.get(waiting.once)) is not None:
                waiting.index, waiting.written = found, False
                return
        if waiting.state is not None:
            waiting.body["digest"] = waiting.state(self.heads)
        self._keep_checkpoint(waiting.day)
        waiting.index, waiting.written = self.frontier.size, True
        if waiting.once is not None:
            end.seen[waiting.once] = waiting.index
        salt, payload = new_salt(), payload_of(waiting.body, end.sequence + 1, end.commitment)
        commitment = commitment_of(salt, payload)
        leaf = leaf_hash(LEAF_PREFIX + commitment)
        row = Filed(waiting.index, leaf, commitment, waiting.day, waiting.subject_tag, waiting.viewer_tag)
        row.sealed = waiting.key.seal(salt + payload, row.aad())
        self._entries.append(_entry_values(row))
        _, *inner = self.frontier.append(leaf)
        self._nodes.extend({"number": number, "hash": hash_} for number, hash_ in inner)
        self.heads.move(waiting.place, commitment, waiting.day)

    def _keep_checkpoint(self, day: dt.date) -> None:
        """Keep the last checkpoint of a day when the first entry of a later one arrives."""
        if self.frontier.size and day > self.head.day:
            note = self._signer.sign(self.frontier.size, self.frontier.root())
            self._kept.append({"day": self.head.day, "size": self.frontier.size, "note": note})
        self.head.day = max(day, self.head.day)

    def write(self, connection: Connection, statements: AppendStatements) -> bytes:
        """Write all rows, and the head with its new checkpoint; return the new root."""
        if not self._entries:
            return self.head.root
        head = self.head
        head.size, head.root = self.frontier.size, self.frontier.root()
        head.note = self._signer.sign(head.size, head.root)
        head.kept += len(self._kept)
        with together(connection):
            statements.insert_entries.run(connection, *self._entries)
            if self._nodes:
                statements.insert_nodes.run(connection, *self._nodes)
            if self._kept:
                statements.insert_checkpoints.run(connection, *self._kept)
            self.heads.write()
            statements.update_head.run(connection, _values(head))
        return head.root


def _values(head: Head) -> dict[str, Any]:
    return {"size": head.size, "root": head.root, "note": head.note, "day": head.day, "kept": head.kept}


def _entry_values(row: Filed) -> dict[str, Any]:
    return {
        "index": row.index,
        "leaf_hash": row.leaf_hash,
        "commitment": row.commitment,
        "day": row.day,
        "subject_tag": row.subject_tag,
        "viewer_tag": row.viewer_tag,
        "erased_by": None,
        "sealed": row.sealed,
    }
