"""Signing in tells a stranger nothing, and gets slower with every failure."""

import datetime as dt

import pytest
from sqlalchemy import func, select

from auth.errors import SignInRefused, TooManyAttempts
from auth.invitations import Invitations, Kind
from auth.models import Person, SignInAttempt
from auth.passwords import Cost, PasswordHasher
from auth.signin import SignIn
from auth.throttle import ACCOUNT_LIMIT, ADDRESS_LIMIT, Throttle
from tests.auth.conftest import STAMPS, Office

GOOD, EMAIL, HERE = "seven quiet lamps on tin", "ben@example.org", "192.0.2.7"


@pytest.fixture
def ben(office: Office, hasher: PasswordHasher, clock) -> str:
    """Somebody with a password."""
    subject = office.hire("Ben")
    invitations = Invitations(office.stores.data, office.journal, hasher, clock, STAMPS)
    invitations.accept(invitations.issue(subject, Kind.INVITATION), GOOD, HERE)
    return subject


@pytest.fixture
def sign_in(office: Office, hasher: PasswordHasher, clock) -> SignIn:
    return open_door(office, hasher, clock)


def open_door(office: Office, hasher: PasswordHasher, clock) -> SignIn:
    throttle = Throttle(office.stores.data, clock, b"k" * 32)
    return SignIn(office.stores.data, office.journal, hasher, throttle, clock, STAMPS)


def fail(sign_in: SignIn, times: int, email: str = EMAIL, address: str = HERE) -> None:
    for _ in range(times):
        with pytest.raises(SignInRefused):
            sign_in.authenticate(email, "wrong", address)


def test_the_right_password_tells_who_it_is(sign_in: SignIn, ben: str) -> None:
    assert sign_in.authenticate(" BEN@Example.org ", GOOD, HERE).subject == ben


def test_unknown_wrong_uninvited_and_gone_look_alike(sign_in: SignIn, ben: str, office: Office, clock) -> None:
    office.hire("Dan")
    verified: list[str | None] = []
    matches = sign_in._hasher.matches

    def counting(password: str, stored: str | None) -> bool:
        verified.append(stored)
        return matches(password, stored)

    sign_in._hasher = type("Counting", (), {"matches": staticmethod(counting)})()  # type: ignore[assignment]
    words = set()
    for email, password in ((EMAIL, "wrong"), ("nobody@example.org", GOOD), ("dan@example.org", GOOD)):
        with pytest.raises(SignInRefused) as refused:
            sign_in.authenticate(email, password, HERE)
        words.add(str(refused.value))
    office.people.leave(ben, dt.date(2026, 11, 18))
    with pytest.raises(SignInRefused) as refused:
        sign_in.authenticate(EMAIL, GOOD, HERE)

    assert words == {str(refused.value)}
    assert len(verified) == 4


def test_a_weak_hash_is_renewed_at_sign_in_and_still_matches(ben: str, office: Office, clock) -> None:
    dearer = PasswordHasher(Cost(64, 2, 1))
    sign_in = open_door(office, dearer, clock)

    for _ in range(2):
        sign_in.authenticate(EMAIL, GOOD, HERE)

    with office.stores.data.connect() as connection:
        stored = connection.scalar(select(Person.password_hash).where(Person.subject_id == ben))
    assert "m=64,t=2" in stored


def test_after_free_attempts_even_the_right_password_waits(sign_in: SignIn, ben: str, clock) -> None:
    fail(sign_in, ACCOUNT_LIMIT.free)

    with pytest.raises(TooManyAttempts) as refused:
        sign_in.authenticate(EMAIL, GOOD, "198.51.100.1")

    assert 0 < refused.value.retry_after <= 300
    clock.advance(seconds=refused.value.retry_after)
    assert sign_in.authenticate(EMAIL, GOOD, HERE).subject == ben


def test_nobody_is_ever_shut_out_for_more_than_a_quarter_of_an_hour(sign_in: SignIn, ben: str, clock) -> None:
    for _ in range(40):
        with pytest.raises((SignInRefused, TooManyAttempts)):
            sign_in.authenticate(EMAIL, "wrong", HERE)
        clock.advance(minutes=61)

    clock.advance(minutes=15)
    assert sign_in.authenticate(EMAIL, GOOD, HERE).subject == ben


def test_waiting_attempts_do_not_make_the_wait_longer(sign_in: SignIn, ben: str, clock) -> None:
    fail(sign_in, ACCOUNT_LIMIT.free)
    for _ in range(20):
        with pytest.raises(TooManyAttempts):
            sign_in.authenticate(EMAIL, GOOD, HERE)

    clock.advance(minutes=5)
    assert sign_in.authenticate(EMAIL, GOOD, HERE).subject == ben


def test_success_forgets_the_failures(sign_in: SignIn, ben: str) -> None:
    for _ in range(3):
        fail(sign_in, ACCOUNT_LIMIT.free - 1)
        sign_in.authenticate(EMAIL, GOOD, HERE)


def test_an_account_that_does_not_exist_waits_like_one_that_does(sign_in: SignIn) -> None:
    fail(sign_in, ACCOUNT_LIMIT.free, "nobody@example.org")

    with pytest.raises(TooManyAttempts):
        sign_in.authenticate("Nobody@example.org", "wrong", HERE)


def test_one_address_cannot_try_one_password_on_everybody(sign_in: SignIn, ben: str) -> None:
    for n in range(ADDRESS_LIMIT.free):
        fail(sign_in, 1, f"p{n}@example.org", f"2001:db8::{n:x}")

    with pytest.raises(TooManyAttempts):
        sign_in.authenticate(EMAIL, GOOD, "2001:db8::ffff")
    assert sign_in.authenticate(EMAIL, GOOD, "2001:db8:0:1::1").subject == ben


def test_the_table_names_nobody_and_forgets(sign_in: SignIn, ben: str, office: Office, clock) -> None:
    fail(sign_in, 2)
    with office.stores.data.connect() as connection:
        rows = connection.execute(select(SignInAttempt.__table__)).all()
    assert len(rows) == 2
    assert not any(EMAIL in str(row) or HERE in str(row) for row in rows)

    clock.advance(days=2)
    sign_in.authenticate(EMAIL, GOOD, "198.51.100.1")

    with office.stores.data.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(SignInAttempt)) == 1


@pytest.mark.parametrize(("failures", "steps"), [(0, 0), (4, 0), (5, 1), (6, 2), (7, 3), (8, 3), (10_000, 3)])
def test_the_wait_doubles_up_to_a_limit(failures: int, steps: int) -> None:
    assert ACCOUNT_LIMIT.wait(failures) == steps
