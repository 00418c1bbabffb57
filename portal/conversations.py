"""Conversations as the portal keeps them: what a message is, when an answer is due, who is told.

Each step is one transaction: the conversation, the entries of the log about who is told, and the announcements. Who is
reported for misuse is never told. Nothing here reads a text; `portal.threads` does, through the gate.
"""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec
from sqlalchemy import Connection

from auth.notices import Kind as Told
from auth.notices import Notice
from auth.permissions import Role
from portal.wiring import System
from privacy.stores import writing
from privacy.threads import Kind, State, Thread

DUE_DAYS: Final[Mapping[Kind, int]] = {Kind.FIGURE: 10, Kind.RULE: 20, Kind.MISUSE: 5, Kind.QUESTION: 5}
"""In how many working days an answer is due."""
MOST_OPEN: Final = 10
"""How many conversations of one person wait at once: whoever has to answer must be able to, within the days."""
_WEEKEND: Final = 5


class TooManyWait(Exception):
    """So many conversations of one person wait for an answer that no other one may."""


class WaitsAlready(Exception):
    """A question about the same waits for an answer already: more is written there, and nothing is sent twice."""


class Message(msgspec.Struct, frozen=True, omit_defaults=True):
    """One message: who wrote it, when (UTC, to the minute), the text, what it is about, and a proof bundle."""

    by: str
    at: str
    text: str
    about: dict[str, str] = {}
    proof: dict[str, Any] | None = None

    @property
    def moment(self) -> dt.datetime:
        """When it was written."""
        return dt.datetime.fromisoformat(self.at)


@dataclass(frozen=True, slots=True)
class Audience:
    """Who is asked: whoever has one of these roles, a manager by subject id; and who never is, whatever they have."""

    roles: frozenset[str] = frozenset()
    person: str = ""
    without: str | None = None


def due_on(today: dt.date, working_days: int) -> dt.date:
    """Return the last of so many working days after `today`: Mondays to Fridays, public holidays among them."""
    found = today
    while working_days:
        found += dt.timedelta(days=1)
        working_days -= found.weekday() < _WEEKEND
    return found


def message(system: System, by: str, text: str, about: Mapping[str, str], proof: dict[str, Any] | None) -> bytes:
    """Return a message as it is sealed."""
    at = system.clock().astimezone(dt.UTC).isoformat(timespec="minutes")
    return msgspec.json.encode(Message(by, at, text, dict(about), proof))


def parse(stored: bytes) -> Message:
    """Return the message that was sealed."""
    return msgspec.json.decode(stored, type=Message)


def candidates(system: System, author: str, audience: Audience) -> list[str]:
    """Return who could answer now: nobody if the only ones are the author and whoever is reported."""
    now, standing = system.people.standing()
    here = [each for each in standing.values() if each.person.is_here(now)]
    found = {each.person.subject for each in here if audience.roles & {role.value for role in each.roles}}
    found |= {each.person.subject for each in here if each.person.subject == audience.person}
    return sorted(found - {author, audience.without or author})


def begin(system: System, author: str, kind: Kind, audience: Audience, first: bytes, topic: str = "") -> Thread:
    """File a conversation with its first message, and tell those who are asked. TooManyWait if it is one too many.

    `topic` is what it is about, if it is counted with others about the same: WaitsAlready if one of the author's waits.
    """
    today = system.gate.today(author)
    due = due_on(today, DUE_DAYS[kind])
    asked = Thread(author, 0, kind, audience.roles, audience.person, "", today, due, today, State.OPEN, 0)
    with writing(system.stores.data) as connection:
        _make_room(system, connection, author)
        if topic and system.rooms.threads.waits_about(connection, author, topic):
            raise WaitsAlready
        thread = system.rooms.threads.start(connection, asked, first, audience.without, topic)
        _tell_addressees(system, connection, thread)
    return thread


def go_on(system: System, thread: Thread, said: bytes) -> Thread:
    """Add what the author writes: an answer is due again. SealBroken if somebody wrote at the same moment.

    TooManyWait if it was answered, and would be one too many that waits.
    """
    today = system.gate.today(thread.subject)
    due = thread.due_on if thread.state is State.OPEN else due_on(today, DUE_DAYS[thread.kind])
    with writing(system.stores.data) as connection:
        if thread.state is not State.OPEN:
            _make_room(system, connection, thread.subject)
        found = system.rooms.threads.add(connection, thread, said, state=State.OPEN, due_on=due, moved_on=today)
        _tell_addressees(system, connection, found)
    return found


def answer(system: System, thread: Thread, by: str, said: bytes) -> Thread:
    """Add the answer of somebody who was asked, and tell the author. SealBroken where somebody was faster."""
    today = system.gate.today(thread.subject)
    with writing(system.stores.data) as connection:
        found = system.rooms.threads.add(connection, thread, said, state=State.ANSWERED, moved_on=today)
        told = {"thread": str(found.number), "messages": str(found.messages)}
        system.journal.tell(connection, [Notice(thread.subject, Told.THREAD_ANSWERED, told)], by=by)
    return found


def close(system: System, thread: Thread) -> None:
    """Note that the author wants no further answer."""
    if thread.state is not State.CLOSED:
        with writing(system.stores.data) as connection:
            today = system.gate.today(thread.subject)
            system.rooms.threads.change(connection, thread, state=State.CLOSED, moved_on=today)


def answerers(system: System, thread: Thread) -> list[str]:
    """Return who may read and answer a conversation now: those who were asked and still are who was asked."""
    everybody = candidates(system, thread.subject, Audience(thread.to_roles, thread.to_person))
    return system.gate.asked(thread, everybody)


def successors(system: System, thread: Thread) -> list[str]:
    """Return who would be asked if a conversation were handed over today."""
    return answerers(system, _handed_over(system, thread))


def hand_over(system: System, thread: Thread, *, by_itself: bool = False) -> Thread:
    """Ask those who hold the roles today, compliance where a manager was asked; they are told, and it is due anew.

    Who is reported stays excluded. `by_itself` tells the author, too, that the night did it. SealBroken if somebody
    wrote at the same moment.
    """
    new = _handed_over(system, thread)
    changed = {name: getattr(new, name) for name in ("to_roles", "to_person", "opened_on", "due_on", "moved_on")}
    with writing(system.stores.data) as connection:
        found = system.rooms.threads.change(connection, thread, **changed)
        told = {"thread": str(found.number), "due": found.due_on.isoformat()}
        author = [Notice(found.subject, Told.THREAD_MOVED, told)] if by_itself else []
        asked = [Notice(each, Told.THREAD_ASKED, {**told, "by": found.subject}) for each in answerers(system, found)]
        system.journal.tell(connection, [*author, *asked], by=None if by_itself else found.subject)
    return found


def _make_room(system: System, connection: Connection, author: str) -> None:
    """Let one more of somebody's conversations wait; counted in the transaction that files it, so two tabs cannot."""
    if system.rooms.threads.waiting(connection, author) >= MOST_OPEN:
        raise TooManyWait


def _handed_over(system: System, thread: Thread) -> Thread:
    today = system.gate.today(thread.subject)
    roles = thread.to_roles or frozenset({Role.REVIEWER.value})
    due = due_on(today, DUE_DAYS[thread.kind])
    return replace(thread, to_roles=roles, to_person="", opened_on=today, due_on=due, moved_on=today)


def waiting(threads: Collection[Thread]) -> list[Thread]:
    """Return conversations in the order of lists: those that wait by their due day, then the others, newest first."""
    due = sorted((each for each in threads if each.state is State.OPEN), key=lambda each: each.due_on)
    rest = sorted((each for each in threads if each.state is not State.OPEN), key=lambda each: each.moved_on)
    return [*due, *reversed(rest)]


def _tell_addressees(system: System, connection: Connection, thread: Thread) -> None:
    told = {"thread": str(thread.number), "due": thread.due_on.isoformat()}
    notices = [Notice(each, Told.THREAD_ASKED, told) for each in answerers(system, thread)]
    system.journal.tell(connection, notices, by=thread.subject)
