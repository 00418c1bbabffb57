"""What was agreed on of the capture policy, as the key store has it: apart from the rows that the data store shows.

A mark is what one entry of the access log commits to: an accepted version, with its text and signatures, or the keys
that sign. So a version stays in force whoever takes its row away, and keys stay those that were agreed on. Each mark
carries a stamp under a key that no table holds (`privacy.stamp_key`); one whose stamp does not hold counts for nothing.

A mark may be *empty*: the log says that something was agreed on which nobody has any more. It stands in the way of what
was agreed on before it, which may have been wider.
"""

import datetime as dt
import hashlib
import hmac
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import BigInteger, Connection, Engine, Integer, LargeBinary, Row, String, Text, delete, insert, select
from sqlalchemy.orm import Mapped

from privacy import key_store
from privacy.base import KeyBase, Sensitivity, column
from privacy.canonical import canonical_record
from privacy.log_problems import raw
from privacy.policy_note import Signers
from privacy.policy_versions import Agreed, Version
from privacy.seal import aad
from privacy.stores import writing

_Number: Final = BigInteger().with_variant(Integer, "sqlite")
_VERSION: Final = 1


class PolicyMarkRow(KeyBase):
    """One mark: a digest, the entry that commits to it and when (seconds since 1970 UTC), and its content as JSON."""

    __tablename__ = "policy_mark"

    digest: Mapped[str] = column(Sensitivity.OPERATIONAL, String(80), primary_key=True)
    entry: Mapped[int] = column(Sensitivity.OPERATIONAL, _Number)
    at: Mapped[int] = column(Sensitivity.OPERATIONAL, BigInteger)
    outcome: Mapped[str] = column(Sensitivity.OPERATIONAL, String(40))
    content: Mapped[str | None] = column(Sensitivity.OPERATIONAL, Text)
    stamp: Mapped[bytes] = column(Sensitivity.OPERATIONAL, LargeBinary)


@dataclass(frozen=True, slots=True)
class Mark:
    """That an entry of the log commits to a version, to keys, or to what nobody has any more (`content` is None)."""

    digest: str
    entry: int
    at: dt.datetime
    outcome: str
    content: Version | Agreed | None


_MARKS: Final = PolicyMarkRow.__table__


class PolicyMarks:
    """Reads and writes marks. `key` returns 32 bytes that no table holds, and is asked only when there is a mark."""

    def __init__(self, engine: Engine, key: Callable[[], bytes]) -> None:
        self._engine, self._key = engine, key

    def read(self) -> tuple[list[Mark], list[str]]:
        """Return the genuine marks by entry, and the digests of those that are not."""
        with self._engine.connect() as connection:
            return self._read(connection)

    def put(self, marks: Iterable[Mark]) -> None:
        """Write marks in the place of those of the same digest; an empty one leaves a genuine one as it is."""
        with writing(self._engine) as connection:
            key_store.lock_for_moving(connection)  # two processes may learn of the same at once
            genuine = {each.digest for each in self._read(connection)[0]}
            for each in marks:
                if each.content is None and each.digest in genuine:
                    continue
                connection.execute(delete(PolicyMarkRow).where(_MARKS.c.digest == each.digest))
                values = _values(each)
                connection.execute(insert(PolicyMarkRow).values(**values, stamp=_stamp(self._key(), values)))

    def remove(self, digests: Iterable[str]) -> None:
        """Take marks away: of what the log does not say any more, or that are not genuine."""
        with writing(self._engine) as connection:
            connection.execute(delete(PolicyMarkRow).where(_MARKS.c.digest.in_(list(digests))))

    def _read(self, connection: Connection) -> tuple[list[Mark], list[str]]:
        rows = connection.execute(select(*raw(*_MARKS.c))).all()
        key = self._key() if rows else b""
        found = [(str(row.digest), _mark(key, row)) for row in rows]
        genuine = sorted((mark for _, mark in found if mark is not None), key=lambda each: each.entry)
        return genuine, sorted(digest for digest, mark in found if mark is None)


def has_none(engine: Engine) -> bool:
    """Tell whether a key store has no mark, like one of before there were any."""
    with engine.connect() as connection:
        return connection.scalar(select(_MARKS.c.digest).limit(1)) is None


def _mark(key: bytes, row: Row[Any]) -> Mark | None:
    """Return the mark of a row as the driver gives it (SQLite holds whatever somebody writes), None if it is forged."""
    values = {name: row._mapping[name] for name in ("digest", "entry", "at", "outcome", "content")}
    try:
        if not hmac.compare_digest(row.stamp, _stamp(key, values)):
            return None
    except (AttributeError, OverflowError, TypeError, ValueError):
        return None
    at = dt.datetime.fromtimestamp(row.at, dt.UTC)
    return Mark(row.digest, row.entry, at, row.outcome, None if row.content is None else _content(row.content))


def _values(mark: Mark) -> dict[str, Any]:
    return {
        "digest": mark.digest,
        "entry": mark.entry,
        "at": int(mark.at.timestamp()),
        "outcome": mark.outcome,
        "content": None if mark.content is None else canonical_record(_record(mark.content)).decode(),
    }


def _stamp(key: bytes, values: dict[str, Any]) -> bytes:
    content = values["content"]
    stated = b"" if content is None else hashlib.sha256(content.encode()).digest()  # too long for an element
    plain = (values["digest"], values["entry"], values["at"], values["outcome"], stated)
    return hmac.digest(key, aad(PolicyMarkRow.__tablename__, _VERSION, *plain), "sha256")


def _record(content: Version | Agreed) -> dict[str, Any]:
    if isinstance(content, Agreed):
        signers = {"employer": content.signers.employer, "council": content.signers.council}
        return signers | {"first_signed": content.first_signed}
    version = {"version": content.version, "text": content.text, "signatures": content.signatures}
    return version | {"effective": int(content.effective.timestamp())}


def _content(text: str) -> Version | Agreed:
    said = msgspec.json.decode(text)
    if "first_signed" in said:
        return Agreed(Signers(said["employer"], said["council"]), said["first_signed"])
    effective = dt.datetime.fromtimestamp(said["effective"], dt.UTC)
    return Version(said["version"], said["text"], said["signatures"], effective, True)
