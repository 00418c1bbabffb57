"""The versions of the capture policy as they are stored, with their signatures, and the keys that were agreed on.

A version that is *accepted* holds from its moment on; one that is not yet waits for signatures. Both tables are
readable: everybody may know what is recorded. The log commits to each accepted version and to the keys by a digest
(`portal.policy_record`), and the key store keeps them (`privacy.policy_marks`), so that whoever changes a row shows,
and changes nothing.
"""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Connection,
    Engine,
    Integer,
    String,
    Text,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.orm import Mapped

from privacy.base import Base, Sensitivity, column
from privacy.canonical import digest
from privacy.checkpoint import NoteBroken
from privacy.policy_note import Signers, note_of


class PolicyRow(Base):
    """One version: its text, the signature lines under it, and from when on it holds (seconds since 1970 UTC)."""

    __tablename__ = "capture_policy"

    version: Mapped[int] = column(Sensitivity.OPERATIONAL, Integer, primary_key=True, autoincrement=False)
    text: Mapped[str] = column(Sensitivity.OPERATIONAL, Text)
    signatures: Mapped[str] = column(Sensitivity.OPERATIONAL, Text)
    effective: Mapped[int] = column(Sensitivity.OPERATIONAL, BigInteger)
    accepted: Mapped[bool] = column(Sensitivity.OPERATIONAL, Boolean)


class SignersRow(Base):
    """The one row that says who has to sign, from which version on."""

    __tablename__ = "policy_signers"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: Mapped[int] = column(Sensitivity.OPERATIONAL, Integer, primary_key=True, autoincrement=False)
    employer: Mapped[str] = column(Sensitivity.OPERATIONAL, String(400))
    council: Mapped[str | None] = column(Sensitivity.OPERATIONAL, String(400))
    first_signed: Mapped[int] = column(Sensitivity.OPERATIONAL, Integer)


@dataclass(frozen=True, slots=True)
class Version:
    """One version as it is stored."""

    version: int
    text: str
    signatures: str
    effective: dt.datetime
    accepted: bool

    @property
    def note(self) -> str:
        """The signed note."""
        return note_of(self.text, [self.signatures])

    @property
    def digest(self) -> str:
        """What the log says of this version."""
        return digest({"policy": self.text})


@dataclass(frozen=True, slots=True)
class Agreed:
    """Who has to sign, and from which version on; what came before was chosen by the settings."""

    signers: Signers
    first_signed: int

    @property
    def digest(self) -> str:
        """What the log says of the keys."""
        return digest({"signers": list(self.signers.keys), "first_signed": self.first_signed})


@dataclass(frozen=True, slots=True)
class Stored:
    """What the data store shows; `broken` says what is wrong with the row of the keys, which is none then.

    Whoever can write there can change it: `privacy.policy_loading` holds it against what was agreed on.
    """

    versions: tuple[Version, ...]
    agreed: Agreed | None
    broken: str = ""


_TABLE = PolicyRow.__table__


def read(connection: Connection) -> Stored:
    """Return all that is stored."""
    found = tuple(versions(connection))
    try:
        return Stored(found, agreed(connection))
    except NoteBroken as error:
        return Stored(found, None, str(error))


def versions(connection: Connection) -> list[Version]:
    """Return every version, accepted or not, by number."""
    rows = connection.execute(select(_TABLE).order_by(_TABLE.c.version)).all()
    return [
        Version(r.version, r.text, r.signatures, dt.datetime.fromtimestamp(r.effective, dt.UTC), r.accepted)
        for r in rows
    ]


def remove(connection: Connection, number: int) -> None:
    """Take a version away."""
    connection.execute(delete(PolicyRow).where(PolicyRow.version == number))


def has_any(engine: Engine) -> bool:
    """Tell whether a version or keys are stored."""
    with engine.connect() as connection:
        return any(connection.scalar(select(each).limit(1)) for each in (_TABLE.c.version, SignersRow.id))


def put(connection: Connection, version: Version) -> None:
    """Store a version, in place of one with its number."""
    values = {
        "text": version.text,
        "signatures": version.signatures,
        "effective": int(version.effective.timestamp()),
        "accepted": version.accepted,
    }
    done = connection.execute(update(PolicyRow).where(PolicyRow.version == version.version).values(values))
    if not done.rowcount:
        connection.execute(insert(PolicyRow).values(version=version.version, **values))


def agreed(connection: Connection) -> Agreed | None:
    """Return the keys that were agreed on, or None."""
    row = connection.execute(select(SignersRow.employer, SignersRow.council, SignersRow.first_signed)).one_or_none()
    return None if row is None else Agreed(Signers(row.employer, row.council), row.first_signed)


def agree(connection: Connection, keys: Agreed | None) -> None:
    """Write the keys that were agreed on, in the place of a row that is there; None takes it away."""
    connection.execute(delete(SignersRow))
    if keys is None:
        return
    employer, council = keys.signers.employer, keys.signers.council
    connection.execute(
        insert(SignersRow).values(id=1, employer=employer, council=council, first_signed=keys.first_signed)
    )
