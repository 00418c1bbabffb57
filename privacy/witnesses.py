"""What the log's witnesses said last: the cosignature of each, or why there is none."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import BigInteger, Engine, String, Text, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped

from privacy import merkle
from privacy.base import LogBase, Sensitivity, column
from privacy.checkpoint import NoteBroken
from privacy.cosignature import Cosignature, CosignatureVerifier, merge
from privacy.log_tree import reader
from privacy.statement import Question
from privacy.stores import writing

_ASKING: Final = 0x53_56_77_69  # the number of the advisory lock, the same in every process


class WitnessRow(LogBase):
    """One witness by the name in its verifier key. Times are seconds since 1970, on the grid of the schedule.

    `size` and `note` are those of the checkpoint that it co-signed last, `cosignature` its signature line. `tried_at`
    is when it was asked last, `answered_at` when it last answered at all; `refusal` is its last answer if that was no.
    """

    __tablename__ = "witness"

    name: Mapped[str] = column(Sensitivity.OPERATIONAL, String(200), primary_key=True)
    size: Mapped[int] = column(Sensitivity.OPERATIONAL, BigInteger)
    note: Mapped[str] = column(Sensitivity.OPERATIONAL, Text)
    cosignature: Mapped[str] = column(Sensitivity.OPERATIONAL, Text)
    cosigned_at: Mapped[int | None] = column(Sensitivity.OPERATIONAL, BigInteger)
    tried_at: Mapped[int] = column(Sensitivity.OPERATIONAL, BigInteger)
    answered_at: Mapped[int | None] = column(Sensitivity.OPERATIONAL, BigInteger)
    refusal: Mapped[str | None] = column(Sensitivity.OPERATIONAL, Text)


@dataclass(frozen=True, slots=True)
class Statement:
    """What is known of one witness; see `WitnessRow`. `size` is 0 if it never co-signed."""

    name: str
    size: int = 0
    note: str = ""
    cosignature: str = ""
    cosigned_at: int | None = None
    tried_at: int = 0
    answered_at: int | None = None
    refusal: str | None = None

    def tried(self, at: int) -> "Statement":
        """Return this after an attempt that brought no answer."""
        return replace(self, tried_at=at)

    def cosigned(self, size: int, note: str, cosignature: Cosignature, at: int) -> "Statement":
        """Return this after a cosignature that was checked, over the checkpoint of `size` in `note`."""
        moment = int(cosignature.at.timestamp())
        return Statement(self.name, size, note, cosignature.line, moment, at, at)

    def refused(self, refusal: str, at: int) -> "Statement":
        """Return this after the witness answered no. What it co-signed before stays."""
        return replace(self, tried_at=at, answered_at=at, refusal=refusal)

    def checked(self, verifier: CosignatureVerifier) -> Cosignature:
        """Return the stored cosignature if the witness's key made it over the stored note; else NoteBroken."""
        if not self.cosignature:
            raise NoteBroken(f"{self.name} has not co-signed yet")
        return verifier.cosignature(merge(self.note, self.cosignature))


_witness = WitnessRow.__table__
_COLUMNS = [_witness.c[name] for name in Statement.__dataclass_fields__]
_ALL: Final = Question(select(*_COLUMNS).order_by(_witness.c.name))


def statements(engine: Engine) -> dict[str, Statement]:
    """Return what every witness said last, by name; unverified, as it is stored."""
    return {each.name: each for each in (Statement(*row) for row in _ALL.ask(engine))}


def save(engine: Engine, statement: Statement) -> None:
    """Keep what a witness said, in place of what it said before."""
    values = {name: getattr(statement, name) for name in Statement.__dataclass_fields__}
    with writing(engine) as connection:
        insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
        changed = {name: value for name, value in values.items() if name != "name"}
        upsert = insert(WitnessRow).values(values)
        connection.execute(upsert.on_conflict_do_update(index_elements=[_witness.c.name], set_=changed))


def growth(engine: Engine, old: int, size: int) -> list[bytes]:
    """Return the proof that the log's first `old` entries begin its first `size`; LookupError if a hash is missing."""
    with engine.connect() as connection:
        return merkle.prove_consistency(old, size, reader(connection))


def root_at(engine: Engine, size: int) -> bytes:
    """Return the root of the log's first `size` entries; LookupError if it has not so many."""
    with engine.connect() as connection:
        return merkle.root_hash(size, reader(connection))


@contextmanager
def alone(engine: Engine) -> Iterator[bool]:
    """Tell whether this process is the only one that asks the witnesses now.

    PostgreSQL knows it. SQLite is served by one process; what a command does beside it is only done twice.
    """
    if engine.dialect.name == "sqlite":
        yield True
        return
    with engine.connect() as connection:
        mine = bool(connection.scalar(select(func.pg_try_advisory_xact_lock(_ASKING))))
        yield mine
