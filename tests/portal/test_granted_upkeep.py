"""On both databases: what people let others read agrees with the log, ends in time, and goes with a person."""

import datetime as dt
from collections.abc import Iterator

import pytest
from conftest import Clock
from installation import NOW, Copies, subject_of

from analytics.granted import Terms, payload
from portal import conversations, erasing, granted_upkeep, granting, verifying
from portal.conversations import Audience
from portal.wiring import System, build
from privacy.disclosure import LogUnavailable, NotPermitted
from privacy.fields import Field
from privacy.grants import Grant
from privacy.keys import KeyGone
from privacy.period import iso_week
from privacy.policy import Purpose
from privacy.threads import Kind, Thread


@pytest.fixture
def system(copies: Copies, clock: Clock) -> Iterator[System]:
    found = build(copies(), clock)
    yield found
    found.close()


def give(system: System, days: int = 5) -> Grant:
    ben, ana, fields = subject_of(system, "ben"), subject_of(system, "ana"), frozenset({Field.APPS})
    until = NOW.date() + dt.timedelta(days=days)
    terms = Terms(ben, ana, Purpose.ONE_TO_ONE, fields, iso_week("2026-W46"), until)
    own = system.gate.disclose(ben, ben, fields, Purpose.OWN_REVIEW, terms.period, session="a session")
    return granting.give(system, terms, payload(terms, own, (), "Europe/Berlin", "5a" * 16))


def ask(system: System) -> Thread:
    ben = subject_of(system, "ben")
    said = conversations.message(system, ben, "Thursday is wrong.", {}, None)
    return conversations.begin(system, ben, Kind.FIGURE, Audience(person=subject_of(system, "ana")), said)


def wrong(system: System) -> list[str]:
    """Return what verification says of grants, conversations and announcements."""
    found = verifying.verify(system).problems
    return [each for each in found if each.startswith(("grant", "conversation", "announcement", "entry"))]


def test_what_is_given_asked_answered_and_ended_agrees_with_the_log(system: System) -> None:
    kept, ended, thread = give(system), give(system, days=6), ask(system)
    ana = subject_of(system, "ana")
    said = conversations.message(system, ana, "It was put straight.", {}, None)
    conversations.answer(system, thread, ana, said)
    granting.end(system, ended)

    assert wrong(system) == []
    assert system.rooms.grants.everything() == [kept]
    assert len(system.gate.open_thread(ana, thread.subject, thread.number).messages) == 2


def test_a_night_ends_what_is_over_and_a_second_one_finds_nothing(system: System, clock: Clock) -> None:
    over, lasting = give(system, days=1), give(system, days=60)
    clock.now += dt.timedelta(days=3)

    assert [granted_upkeep.run(system, pytest.fail) for _ in range(2)] == [1, 0]

    assert system.rooms.grants.everything() == [lasting]
    assert system.rooms.grants.is_locked(over)
    assert wrong(system) == []


def test_a_grant_that_cannot_be_logged_as_ended_opens_no_more_and_can_be_ended_again(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    grant = give(system)
    with monkeypatch.context() as full:
        full.setattr(type(system.log), "append_many", lambda *_: (_ for _ in ()).throw(LogUnavailable("no space left")))
        with pytest.raises(LogUnavailable):
            granting.end(system, grant)

    with pytest.raises(KeyGone):
        system.gate.open_grant(grant.viewer, grant.subject, grant.number)
    granting.end(system, grant)

    assert system.rooms.grants.everything() == []
    with pytest.raises(NotPermitted):
        system.gate.open_grant(grant.viewer, grant.subject, grant.number)
    assert wrong(system) == []


def test_nothing_is_asked_that_cannot_be_logged(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as full:
        full.setattr(type(system.log), "append_many", lambda *_: (_ for _ in ()).throw(LogUnavailable("no space left")))
        with pytest.raises(LogUnavailable):
            ask(system)

    assert system.rooms.threads.everything() == []
    assert wrong(system) == []


def test_an_erased_person_leaves_neither_grants_nor_conversations(system: System) -> None:
    give(system)
    ask(system)

    erasing.erase(system, subject_of(system, "ben"), by=None)

    assert (system.rooms.grants.everything(), system.rooms.threads.everything()) == ([], [])
    assert wrong(system) == []
