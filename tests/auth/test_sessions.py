"""Sessions can be ended, end by themselves, and leave no diary of who works when."""

import datetime as dt

import pytest
from sqlalchemy import select, update

from auth.models import SignInSession
from auth.sessions import IDLE, LONGEST, Sessions
from tests.auth.conftest import STAMPS, Office


@pytest.fixture
def sessions(office: Office, clock) -> Sessions:
    return Sessions(office.stores.data, clock, STAMPS)


def test_a_session_is_found_by_its_random_id_and_stored_as_a_hash(sessions: Sessions, office: Office) -> None:
    ben = office.hire("Ben")
    token, other = sessions.start(ben), sessions.start(ben)

    found = sessions.find(token)

    assert found is not None
    assert found.subject == ben
    assert len(token) >= 43
    assert token != other
    with office.stores.data.connect() as connection:
        assert token not in str(connection.execute(select(SignInSession.__table__)).all())
    assert sessions.find(found.id) is None
    assert sessions.find("") is None


def test_an_id_that_a_browser_brings_along_is_no_session(sessions: Sessions, office: Office) -> None:
    ben = office.hire("Ben")
    planted = "p" * 43

    assert sessions.start(ben) != planted
    assert sessions.find(planted) is None


def test_a_session_ends_when_idle_and_lives_while_used(sessions: Sessions, office: Office, clock) -> None:
    token = sessions.start(office.hire("Ben"))

    for _ in range(4):
        clock.advance(hours=11, minutes=59)
        assert sessions.find(token) is not None
    clock.now += IDLE
    assert sessions.find(token) is None
    clock.now -= IDLE
    assert sessions.find(token) is None


def test_a_page_that_keeps_itself_current_keeps_no_session_alive(sessions: Sessions, office: Office, clock) -> None:
    token = sessions.start(office.hire("Ben"))

    for _ in range(3):
        clock.advance(hours=3, minutes=59)
        assert sessions.find(token, used=False) is not None
    clock.advance(minutes=5)

    assert sessions.find(token, used=False) is None


def test_a_session_ends_after_a_week_however_much_it_is_used(sessions: Sessions, office: Office, clock) -> None:
    token, start = sessions.start(office.hire("Ben")), clock.now

    while clock.now < start + LONGEST - dt.timedelta(hours=6):
        clock.advance(hours=6)
        assert sessions.find(token) is not None
    clock.advance(hours=6)
    assert sessions.find(token) is None


def test_one_or_all_sessions_can_be_ended(sessions: Sessions, office: Office) -> None:
    ben, dan = office.hire("Ben"), office.hire("Dan")
    tokens = [sessions.start(ben) for _ in range(4)]
    others = sessions.start(dan)
    first, second, third = (sessions.find(token) for token in tokens[:3])
    assert first is not None
    assert second is not None
    assert third is not None

    sessions.end(tokens[0])
    assert sessions.revoke(ben, second.id)
    assert not sessions.revoke(dan, third.id)
    assert not sessions.revoke(ben, "")
    assert sessions.end_all(ben, but=third.id) == 1

    assert [sessions.find(token) is not None for token in tokens] == [False, False, True, False]
    assert sessions.find(others) is not None
    assert [each.id for each in sessions.of(ben)] == [third.id]


def test_who_has_left_is_signed_out(sessions: Sessions, office: Office, clock) -> None:
    ben = office.hire("Ben")
    token = sessions.start(ben)

    office.people.leave(ben, dt.date(2026, 11, 18))

    assert sessions.find(token) is None


def test_the_table_does_not_tell_when_within_a_day_somebody_was_here(office: Office, clock) -> None:
    ben, sessions = office.hire("Ben"), Sessions(office.stores.data, clock, STAMPS)
    seen = []
    for hour in (6, 14):
        clock.now = dt.datetime(2026, 11, 20, hour, tzinfo=dt.UTC)
        token = sessions.start(ben)
        clock.advance(hours=2)
        sessions.find(token)
        with office.stores.data.connect() as connection:
            row = connection.execute(select(SignInSession.__table__)).one()
        seen.append((row.subject_id, row.created_on, len(row.times)))
        sessions.end(token)

    assert seen[0] == seen[1]


def test_times_that_somebody_wrote_into_the_table_end_the_session(sessions: Sessions, office: Office) -> None:
    token = sessions.start(office.hire("Ben"))

    with office.stores.data.begin() as connection:
        connection.execute(update(SignInSession).values(times=b"\0" * 44))

    assert sessions.find(token) is None


def test_old_rows_are_cleared_away(sessions: Sessions, office: Office, clock) -> None:
    ben = office.hire("Ben")
    sessions.start(ben)
    clock.advance(days=9)
    sessions.start(ben)

    with office.stores.data.connect() as connection:
        assert len(connection.execute(select(SignInSession.__table__)).all()) == 1
