"""What a witness remembers, in a file of its own: every checkpoint it co-signed, and evidence against a log.

Nothing in here concerns a person: sizes, hashes and signatures. The file is SQLite with synchronous=FULL: what was
co-signed is durable before the cosignature leaves the machine.
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects import sqlite

from privacy.checkpoint import Checkpoint, split_note
from privacy.merkle import EMPTY_ROOT
from privacy.stores import open_engine, writing

FORKED: Final = "forked"
UNPROVED: Final = "unproved"
_EVIDENCE_KEPT: Final = {FORKED: 1_000, UNPROVED: 100}
"""For each log: whoever has its key must not fill the disk, nor crowd out what convicts with what does not."""
_tables: Final = MetaData()
_cosigned: Final = Table(
    "cosigned",
    _tables,
    Column("origin", String(200), primary_key=True),
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("root", LargeBinary(32), nullable=False),
    Column("note", Text, nullable=False),
    Column("cosignature", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)
_evidence: Final = Table(
    "evidence",
    _tables,
    Column("origin", String(200), primary_key=True),
    Column("note", Text, primary_key=True),
    Column("known", Text, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("at", BigInteger, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Cosigned:
    """A checkpoint that was co-signed: its note with the log's signature alone, this witness's line, and when."""

    size: int
    root: bytes
    note: str = ""
    cosignature: str = ""
    at: dt.datetime | None = None


NEVER: Final = Cosigned(0, EMPTY_ROOT)
"""What a witness knows of a log that it never co-signed."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Two notes, both signed by the log, that do not fit together: `known` was co-signed, `note` was refused.

    `forked` convicts by itself: one size, two roots. `unproved` says only that no proof was given that the log
    grew, and accuses nobody: a log's checkpoints are public, so anybody can send one without its proof.
    """

    known: str
    note: str
    kind: str
    at: dt.datetime


class WitnessStore:
    """The file. Several processes may use it; each decision about a log holds the write lock."""

    def __init__(self, path: Path) -> None:
        self._engine = open_engine(f"sqlite:///{path}")
        with writing(self._engine) as connection:
            _tables.create_all(connection)

    @contextmanager
    def deciding(self) -> Iterator["Deciding"]:
        """One transaction: whatever is recorded in it is durable when the block has ended, and nobody else decides."""
        with writing(self._engine) as connection:
            yield Deciding(connection)

    def latest(self, origin: str) -> Cosigned:
        """Return the largest checkpoint that was co-signed, or NEVER."""
        with self._engine.connect() as connection:
            return Deciding(connection).latest(origin)

    def evidence(self, origin: str) -> list[Evidence]:
        """Return what was refused and kept, newest first."""
        query = select(_evidence).where(_evidence.c.origin == origin).order_by(_evidence.c.at.desc(), _evidence.c.note)
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return [Evidence(row.known, row.note, row.kind, _moment(row.at)) for row in rows]

    def close(self) -> None:
        self._engine.dispose()


class Deciding:
    """What is read and recorded while one request is decided."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def latest(self, origin: str) -> Cosigned:
        """Return the largest checkpoint that was co-signed, or NEVER."""
        return self._one(origin, _cosigned.c.size.desc()) or NEVER

    def of_size(self, origin: str, size: int) -> Cosigned | None:
        """Return the checkpoint of exactly this size, if it was co-signed."""
        return NEVER if size == 0 else self._one(origin, _cosigned.c.size, size)

    def record(self, checkpoint: Checkpoint, note: str, cosignature: str, at: dt.datetime) -> None:
        """Keep what is about to be answered, in place of what was answered for the same size before."""
        values = {"note": note, "cosignature": cosignature, "at": int(at.timestamp())}
        here = (_cosigned.c.origin == checkpoint.origin, _cosigned.c.size == checkpoint.size)
        if self._connection.execute(update(_cosigned).where(*here).values(values)).rowcount == 0:
            row = {"origin": checkpoint.origin, "size": checkpoint.size, "root": checkpoint.root}
            self._connection.execute(insert(_cosigned).values(row | values))
        self._settle(checkpoint, note)

    def accuse(self, origin: str, evidence: Evidence) -> None:
        """Keep evidence once; of each kind the first ones of a log are enough."""
        same_kind = (_evidence.c.origin == origin, _evidence.c.kind == evidence.kind)
        count = select(func.count()).select_from(_evidence).where(*same_kind)
        if (self._connection.scalar(count) or 0) >= _EVIDENCE_KEPT[evidence.kind]:
            return
        row = {"origin": origin, "note": evidence.note, "known": evidence.known, "kind": evidence.kind}
        statement = sqlite.insert(_evidence).values(row | {"at": int(evidence.at.timestamp())})
        self._connection.execute(statement.on_conflict_do_nothing())

    def _settle(self, cosigned: Checkpoint, note: str) -> None:
        """Decide what was unproved of this size: the same tree was proved now, and another tree is a fork."""
        here = (_evidence.c.origin == cosigned.origin, _evidence.c.kind == UNPROVED)
        for (refused,) in self._connection.execute(select(_evidence.c.note).where(*here)).all():
            stated = Checkpoint.parse(split_note(refused)[0])
            this = (*here, _evidence.c.note == refused)
            if stated.size == cosigned.size and stated.root == cosigned.root:
                self._connection.execute(delete(_evidence).where(*this))
            elif stated.size == cosigned.size:
                self._connection.execute(update(_evidence).where(*this).values(kind=FORKED, known=note))

    def _one(self, origin: str, order: ColumnElement[int], size: int | None = None) -> Cosigned | None:
        query = select(_cosigned).where(_cosigned.c.origin == origin).order_by(order).limit(1)
        row = self._connection.execute(query if size is None else query.where(_cosigned.c.size == size)).one_or_none()
        return None if row is None else Cosigned(row.size, row.root, row.note, row.cosignature, _moment(row.at))


def _moment(seconds: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(seconds, dt.UTC)
