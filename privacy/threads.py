"""Conversations that somebody began about their own data, and that have to be answered.

Texts are sealed under a key of class `granted` that belongs to one conversation of one person (`privacy.granted`), and
are read through the gate. Plain is what decides who may read: a role, or one named manager, and whoever may not
although they hold the role. Who that is stands there as a keyed mark, because the name of a reported person is nobody's
business who reads tables; and so does what a question is about, so that questions about one thing can be counted by the
portal and by nobody who reads tables. The row is stamped whenever it changes; the number of messages is part of it, so
that one that was taken away or slipped in is noticed when the conversation is opened.
"""

import datetime as dt
import enum
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import Connection, Date, Engine, ForeignKey, Integer, LargeBinary, Row, String, insert, select, update
from sqlalchemy import delete as delete_from
from sqlalchemy.orm import Mapped

from privacy.base import Base, Sensitivity, column
from privacy.granted import NUMBERS, GrantedSeal
from privacy.seal import SealBroken, aad
from privacy.stamped import KeyedStamps
from privacy.vault_store import lock

OPERATIONAL, SECRET, SEALED = Sensitivity.OPERATIONAL, Sensitivity.SECRET, Sensitivity.SEALED


class Kind(enum.StrEnum):
    """What a conversation is about."""

    FIGURE = "figure"
    RULE = "rule"
    MISUSE = "misuse"
    QUESTION = "question"


class State(enum.StrEnum):
    """Whose turn it is: those who were asked, the person who asked, nobody's any more."""

    OPEN = "open"
    ANSWERED = "answered"
    CLOSED = "closed"


class ThreadRow(Base):
    """One conversation: what kind, whose, who may read it, and by when an answer is due. Days only, no texts."""

    __tablename__ = "thread"

    subject_id: Mapped[str] = column(OPERATIONAL, String(32), ForeignKey("subject.id"), primary_key=True)
    number: Mapped[int] = column(OPERATIONAL, Integer, primary_key=True, autoincrement=False)  # its key's epoch
    kind: Mapped[str] = column(OPERATIONAL, String(16))
    to_roles: Mapped[str] = column(OPERATIONAL, String(64))  # space-separated, sorted
    to_person: Mapped[str] = column(OPERATIONAL, String(32))  # empty: nobody by name
    not_to: Mapped[str] = column(SECRET, String(64))  # keyed mark of who may not read it; empty: nobody
    opened_on: Mapped[dt.date] = column(OPERATIONAL, Date)
    due_on: Mapped[dt.date] = column(OPERATIONAL, Date)  # the last day for an answer
    moved_on: Mapped[dt.date] = column(OPERATIONAL, Date)  # the day of the last change
    state: Mapped[str] = column(OPERATIONAL, String(16))
    messages: Mapped[int] = column(OPERATIONAL, Integer)
    topic: Mapped[str | None] = column(SECRET, String(64))  # keyed mark of what a question is about
    stamp: Mapped[bytes] = column(SECRET, LargeBinary(32))  # auth.stamps


class ThreadMessage(Base):
    """One message of a conversation; who wrote it, and when, is inside."""

    __tablename__ = "thread_message"

    subject_id: Mapped[str] = column(OPERATIONAL, String(32), ForeignKey("subject.id"), primary_key=True)
    number: Mapped[int] = column(OPERATIONAL, Integer, primary_key=True, autoincrement=False)
    sequence: Mapped[int] = column(OPERATIONAL, Integer, primary_key=True, autoincrement=False)
    sealed: Mapped[bytes] = column(SEALED, LargeBinary)


@dataclass(frozen=True, slots=True)
class Thread:
    """A genuine conversation."""

    subject: str
    number: int
    kind: Kind
    to_roles: frozenset[str]
    to_person: str
    not_to: str
    opened_on: dt.date
    due_on: dt.date
    moved_on: dt.date
    state: State
    messages: int
    topic: str = ""

    def is_overdue(self, today: dt.date) -> bool:
        """Tell whether an answer was due before `today`."""
        return self.state is State.OPEN and today > self.due_on


_TABLE: Final = ThreadRow.__table__
_MESSAGES: Final = ThreadMessage.__table__
_BOTH: Final = (ThreadMessage, ThreadRow)


class Threads:
    """Files, finds and removes conversations. Opening one is the gate's."""

    def __init__(self, engine: Engine, seal: GrantedSeal, stamps: KeyedStamps) -> None:
        self.engine = engine
        self._seal = seal
        self._stamps = stamps

    def start(
        self, connection: Connection, asked: Thread, message: bytes, without: str | None = None, topic: str = ""
    ) -> Thread:
        """File a conversation with its first message; return it with its number, which the given one lacks (0).

        `without` is who never reads it, `topic` what `about` finds it by. All of it is the caller's transaction.
        SubjectErased for whoever was erased.
        """
        lock(connection, asked.subject)
        number = self._seal.new(asked.subject)
        mark = "" if without is None else self._mark("not_to", asked.subject, number, without)
        about = self._mark("topic", asked.subject, number, topic) if topic else ""
        filed = replace(asked, number=number, not_to=mark, messages=1, topic=about)
        connection.execute(insert(ThreadRow).values(**self._stamps.stamped(ThreadRow, **_columns(filed))))
        self._write(connection, filed, message)
        return filed

    def add(self, connection: Connection, thread: Thread, message: bytes, **changed: Any) -> Thread:
        """Add a message and change what comes of it (`state`, `due_on`, `moved_on`); return the conversation of now.

        SealBroken if it is not as `thread` says any more.
        """
        return self._change(connection, thread, message, changed)

    def change(self, connection: Connection, thread: Thread, **changed: Any) -> Thread:
        """Change `state`, days, or who is asked. SealBroken if it is not as `thread` says any more."""
        return self._change(connection, thread, None, changed)

    def find(self, subject: str, number: int) -> Thread | None:
        """Return a genuine conversation, None where there is none or only a row that the portal did not write."""
        if number not in NUMBERS:
            return None
        return next(iter(self._read(_TABLE.c.subject_id == subject, _TABLE.c.number == number)), None)

    def of(self, subject: str) -> list[Thread]:
        """Return the conversations that somebody began, those that wait longest first."""
        return self._read(_TABLE.c.subject_id == subject)

    def waiting(self, connection: Connection, subject: str) -> int:
        """Return how many that somebody began wait for an answer; nobody changes that until the transaction ends."""
        return len(self._waiting(connection, subject))

    def waits_about(self, connection: Connection, subject: str, topic: str) -> bool:
        """Tell whether a question of somebody about something waits; nobody changes that until the transaction ends."""
        return any(self._is_about(each, topic) for each in self._waiting(connection, subject))

    def to(self, viewer: str) -> list[Thread]:
        """Return the conversations that name somebody as who is asked, those that wait longest first."""
        return self._read(_TABLE.c.to_person == viewer)

    def everything(self) -> list[Thread]:
        """Return all genuine conversations, those that wait longest first."""
        return self._read()

    def about(self, topic: str) -> list[Thread]:
        """Return the questions that were asked about something, those that wait longest first."""
        questions = self._read(_TABLE.c.kind == Kind.QUESTION.value)
        return [each for each in questions if self._is_about(each, topic)]

    def excludes(self, thread: Thread, viewer: str) -> bool:
        """Tell whether `viewer` is who never reads it."""
        mark = self._mark("not_to", thread.subject, thread.number, viewer)
        return bool(thread.not_to) and hmac.compare_digest(thread.not_to, mark)

    def is_locked(self, thread: Thread) -> bool:
        """Tell whether the key of a conversation is gone, as after a restore that brought its rows back."""
        return self._seal.is_gone(thread.subject, thread.number)

    def remove(self, connection: Connection, thread: Thread) -> None:
        """Remove a conversation and destroy its key."""
        lock(connection, thread.subject)
        for table in _BOTH:
            own = (table.subject_id == thread.subject, table.number == thread.number)
            connection.execute(delete_from(table).where(*own))
        self._seal.destroy(thread.subject, thread.number)

    def drop(self, connection: Connection, subject: str) -> None:
        """Remove all that somebody began, genuine or not, and destroy its keys."""
        numbers = connection.scalars(select(_TABLE.c.number).where(_TABLE.c.subject_id == subject)).all()
        for table in _BOTH:
            connection.execute(delete_from(table).where(table.subject_id == subject))
        self._seal.destroy(subject, *numbers)

    def _open(self, thread: Thread) -> Sequence[bytes]:
        """Return the messages, oldest first. Only `privacy.granted_gate` calls this, after it was logged.

        SealBroken if one is missing, was changed, or was slipped in; KeyGone if the conversation was removed.
        """
        own = (_MESSAGES.c.subject_id == thread.subject, _MESSAGES.c.number == thread.number)
        with self.engine.connect() as connection:
            query = select(_MESSAGES.c.sequence, _MESSAGES.c.sealed).where(*own).order_by(_MESSAGES.c.sequence)
            rows = connection.execute(query).all()
        if [row.sequence for row in rows] != list(range(thread.messages)):
            raise SealBroken(f"conversation {thread.number} of {thread.subject}: a message is missing, or one too many")
        place = (thread.subject, thread.number)
        return [self._seal.open(*place, row.sealed, _aad(*place, row.sequence)) for row in rows]

    def _change(
        self, connection: Connection, thread: Thread, message: bytes | None, changed: Mapping[str, Any]
    ) -> Thread:
        lock(connection, thread.subject)
        own = (_TABLE.c.subject_id == thread.subject, _TABLE.c.number == thread.number)
        row = connection.execute(select(_TABLE).where(*own)).one_or_none()
        if row is None or self._genuine(row) != thread:
            raise SealBroken(f"conversation {thread.number} of {thread.subject}: was changed meanwhile")
        found = replace(thread, messages=thread.messages + (message is not None), **changed)
        connection.execute(update(ThreadRow).where(*own).values(**self._stamps.stamped(ThreadRow, **_columns(found))))
        if message is not None:
            self._write(connection, found, message)
        return found

    def _write(self, connection: Connection, thread: Thread, message: bytes) -> None:
        place, sequence = (thread.subject, thread.number), thread.messages - 1
        sealed = self._seal.seal(*place, message, _aad(*place, sequence))
        row = {"subject_id": thread.subject, "number": thread.number, "sequence": sequence, "sealed": sealed}
        connection.execute(insert(ThreadMessage), [row])

    def _waiting(self, connection: Connection, subject: str) -> list[Thread]:
        lock(connection, subject)
        return [each for each in self._within(connection, _TABLE.c.subject_id == subject) if each.state is State.OPEN]

    def _read(self, *conditions: Any) -> list[Thread]:
        with self.engine.connect() as connection:
            return self._within(connection, *conditions)

    def _within(self, connection: Connection, *conditions: Any) -> list[Thread]:
        rows = connection.execute(select(_TABLE).where(*conditions).order_by(_TABLE.c.due_on, _TABLE.c.number))
        return [found for row in rows if (found := self._genuine(row)) is not None]

    def _genuine(self, row: Row[Any]) -> Thread | None:
        try:
            return _thread(row) if self._stamps.holds(ThreadRow, row) else None
        except (TypeError, ValueError):  # whoever wrote this row, it was not the portal
            return None

    def _is_about(self, thread: Thread, topic: str) -> bool:
        return hmac.compare_digest(thread.topic, self._mark("topic", thread.subject, thread.number, topic))

    def _mark(self, column: str, subject: str, number: int, value: str) -> str:
        purpose = f"thread.{column}"
        return hmac.digest(self._stamps.secret(purpose), aad(purpose, 1, subject, number, value), "sha256").hex()


def _columns(thread: Thread) -> Mapping[str, Any]:
    return {
        "subject_id": thread.subject,
        "number": thread.number,
        "kind": thread.kind.value,
        "to_roles": " ".join(sorted(thread.to_roles)),
        "to_person": thread.to_person,
        "not_to": thread.not_to,
        "opened_on": thread.opened_on,
        "due_on": thread.due_on,
        "moved_on": thread.moved_on,
        "state": thread.state.value,
        "messages": thread.messages,
        "topic": thread.topic or None,
    }


def _thread(row: Row[Any]) -> Thread:
    return Thread(
        subject=row.subject_id,
        number=row.number,
        kind=Kind(row.kind),
        to_roles=frozenset(row.to_roles.split()),
        to_person=row.to_person,
        not_to=row.not_to,
        opened_on=row.opened_on,
        due_on=row.due_on,
        moved_on=row.moved_on,
        state=State(row.state),
        messages=row.messages,
        topic=row.topic or "",
    )


def _aad(subject: str, number: int, sequence: int) -> bytes:
    return aad(ThreadMessage.__tablename__, 1, subject, number, sequence)
