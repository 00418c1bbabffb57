"""A conversation is read by the person who began it and by whoever was asked, and by nobody who is reported in it."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from cast import ANA, BEN, CLEO, DAN
from conftest import Clock
from sqlalchemy import delete, insert, select, update

from privacy.decisions import Telling
from privacy.disclosure import Gate, NotPermitted
from privacy.log_entries import Chain
from privacy.seal import SealBroken
from privacy.stores import Stores, writing
from privacy.threads import Kind, State, Thread, ThreadMessage, ThreadRow, Threads
from tests.privacy.gates import FakeDirectory, real_gate

TODAY = dt.date(2026, 11, 19)
REVIEWERS = frozenset({"reviewer"})


class Roles(FakeDirectory):
    """Cleo and Dan review; Ana manages Ben."""

    def holds(self, viewer: str, role: str) -> bool:
        return role == "reviewer" and viewer in (CLEO, DAN)


@pytest.fixture
def directory() -> Roles:
    found = Roles()
    found.tellings[ANA, BEN] = Telling("Ben", dt.date(2026, 9, 1))
    return found


@pytest.fixture
def gate(stores: Stores, tmp_path: Path, directory: Roles, clock: Clock) -> Gate:
    return real_gate(stores, tmp_path, directory, clock)


@pytest.fixture
def threads(gate: Gate) -> Threads:
    return gate._rooms.threads


def wish(to_roles: frozenset[str] = REVIEWERS, to_person: str = "", kind: Kind = Kind.FIGURE) -> Thread:
    days = {"opened_on": TODAY, "due_on": TODAY + dt.timedelta(days=14), "moved_on": TODAY}
    return Thread(BEN, 0, kind, to_roles, to_person, "", **days, state=State.OPEN, messages=0)


def start(threads: Threads, wished: Thread | None = None, without: str | None = None) -> Thread:
    with writing(threads.engine) as connection:
        return threads.start(connection, wished or wish(), b"Thursday is wrong.", without)


def readers(gate: Gate, thread: Thread) -> set[str]:
    found = set()
    for viewer in (ANA, CLEO, DAN):
        listed = thread.number in {each.number for each in gate.addressed(viewer)}
        named = thread.number in {each.number for each in gate.addressed_by_name(viewer)}
        assert named == (listed and viewer == thread.to_person)
        try:
            gate.open_thread(viewer, BEN, thread.number)
        except NotPermitted:
            assert not listed
            continue
        assert listed
        found.add(viewer)
    return found


def test_those_who_were_asked_read_it_and_the_person_sees_that_they_did(gate: Gate, threads: Threads) -> None:
    thread = start(threads)

    opened = gate.open_thread(CLEO, BEN, thread.number)

    assert list(opened.messages) == [b"Thursday is wrong."]
    (entry,) = (each for each in gate._log.of_subject(BEN) if each.chain is Chain.OTHERS)
    assert (entry.index, entry.viewer, entry.relation, entry.outcome) == (opened.entry, CLEO, "addressee", "disclosed")
    assert (entry.fields, entry.purpose) == (("thread",), "subject_request")


@pytest.mark.parametrize(
    ("wished", "without", "expected"),
    [
        (wish(), None, {CLEO, DAN}),
        (wish(kind=Kind.MISUSE), CLEO, {DAN}),
        (wish(kind=Kind.MISUSE), ANA, {CLEO, DAN}),
        (wish(frozenset(), ANA), None, {ANA}),
        (wish(frozenset(), ANA), ANA, set()),
        (wish(frozenset(), DAN), None, set()),  # by name, but no manager of Ben's
        (wish(frozenset({"council"})), None, set()),
    ],
)
def test_only_those_who_were_asked_and_are_not_reported_read_it(
    gate: Gate, threads: Threads, wished: Thread, without: str | None, expected: set[str]
) -> None:
    assert readers(gate, start(threads, wished, without)) == expected


def test_a_manager_who_was_asked_reads_it_while_managing(gate: Gate, threads: Threads, directory: Roles) -> None:
    thread = start(threads, wish(frozenset(), ANA))
    assert readers(gate, thread) == {ANA}

    directory.tellings.clear()

    assert readers(gate, thread) == set()


def test_the_person_reads_it_in_their_own_chain_and_answers_are_added(gate: Gate, threads: Threads) -> None:
    thread = start(threads)
    with writing(threads.engine) as connection:
        answered = threads.add(connection, thread, b"We looked.", state=State.ANSWERED)

    opened = gate.open_thread(BEN, BEN, thread.number, "session")

    assert list(opened.messages) == [b"Thursday is wrong.", b"We looked."]
    assert (opened.thread, opened.thread.state) == (answered, State.ANSWERED)
    assert [each for each in gate._log.of_subject(BEN) if each.chain is Chain.OTHERS] == []


def test_two_answers_at_once_overwrite_nothing(threads: Threads) -> None:
    thread = start(threads)
    with writing(threads.engine) as connection:
        threads.add(connection, thread, b"first", state=State.ANSWERED)

    with writing(threads.engine) as connection, pytest.raises(SealBroken, match="meanwhile"):
        threads.add(connection, thread, b"second")


def test_a_message_taken_away_put_elsewhere_or_slipped_in_is_noticed(gate: Gate, threads: Threads) -> None:
    thread, other = start(threads), start(threads)
    with writing(threads.engine) as connection:
        thread = threads.add(connection, thread, b"And Friday, too.")
        own = (ThreadMessage.number == thread.number, ThreadMessage.sequence == 1)
        genuine = connection.execute(select(ThreadMessage.__table__).where(*own)).one()._asdict()

    for attack in (
        [delete(ThreadMessage).where(*own)],
        [insert(ThreadMessage).values(genuine), insert(ThreadMessage).values(genuine | {"sequence": 2})],
        [
            delete(ThreadMessage).where(ThreadMessage.number == thread.number, ThreadMessage.sequence == 2),
            delete(ThreadMessage).where(*own),
            insert(ThreadMessage).values(genuine | {"sealed": _first_of(threads, other)}),
        ],
    ):
        with writing(threads.engine) as connection:
            for statement in attack:
                connection.execute(statement)
        with pytest.raises(SealBroken):
            gate.open_thread(CLEO, BEN, thread.number)


@pytest.mark.parametrize(
    "changes",
    [
        {"to_roles": "council reviewer"},
        {"to_person": ANA},
        {"not_to": ""},
        {"kind": "figure"},
        {"state": "closed"},
        {"due_on": dt.date(2027, 1, 1)},
        {"messages": 0},
    ],
    ids=str,
)
def test_a_row_that_was_changed_is_no_conversation(
    sqlite_stores: Stores, tmp_path: Path, directory: Roles, clock: Clock, changes: dict[str, Any]
) -> None:
    gate = real_gate(sqlite_stores, tmp_path, directory, clock)
    threads = gate._rooms.threads
    thread = start(threads, wish(kind=Kind.MISUSE), CLEO)
    with writing(threads.engine) as connection:
        connection.execute(update(ThreadRow).values(changes))

    assert threads.of(BEN) == threads.everything() == []
    assert readers(gate, thread) == set()


def test_who_is_reported_is_not_in_the_tables(threads: Threads) -> None:
    first, second = start(threads, wish(kind=Kind.MISUSE), CLEO), start(threads, wish(kind=Kind.MISUSE), CLEO)

    with threads.engine.connect() as connection:
        rows = [
            str(tuple(row))
            for table in (ThreadRow, ThreadMessage)
            for row in connection.execute(select(table.__table__))
        ]

    assert not any(CLEO in row for row in rows)
    assert first.not_to != second.not_to
    assert threads.excludes(first, CLEO)
    assert not threads.excludes(first, DAN)


def test_it_waits_from_the_day_after_it_was_due(threads: Threads) -> None:
    thread = start(threads)

    assert not thread.is_overdue(thread.due_on)
    assert thread.is_overdue(thread.due_on + dt.timedelta(days=1))


def test_what_is_removed_leaves_no_row_and_no_key(gate: Gate, threads: Threads) -> None:
    one, two = start(threads), start(threads)
    with writing(threads.engine) as connection:
        threads.remove(connection, one)
    assert [each.number for each in threads.of(BEN)] == [two.number]

    with writing(threads.engine) as connection:
        threads.drop(connection, BEN)

    with threads.engine.connect() as connection:
        assert connection.execute(select(ThreadMessage.__table__)).all() == []
    for each in (one, two):
        assert not threads._seal._filed(BEN, each.number)


def _first_of(threads: Threads, thread: Thread) -> bytes:
    with threads.engine.connect() as connection:
        return connection.scalar(select(ThreadMessage.sealed).where(ThreadMessage.number == thread.number))
