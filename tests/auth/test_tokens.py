"""Personal tokens are shown once, do what they were made for, and can be taken back."""

import datetime as dt

import pytest
from sqlalchemy import select

from auth.errors import ChangeRefused
from auth.models import PersonalToken
from auth.tokens import Scope, Tokens
from privacy.log_entries import LogUnavailable
from tests.auth.conftest import STAMPS, Office


@pytest.fixture
def tokens(office: Office, clock) -> Tokens:
    return Tokens(office.stores.data, office.journal, clock, STAMPS)


def test_a_token_is_shown_once_and_found_again_by_its_text(tokens: Tokens, office: Office) -> None:
    ben = office.hire("Ben")

    token = tokens.issue(ben, "my script", {Scope.READ})

    assert token.startswith("sv_")
    assert len(token) >= 46
    found = tokens.find(token)
    assert found is not None
    assert (found.subject, found.scopes) == (ben, {Scope.READ})
    with office.stores.data.connect() as connection:
        assert token.removeprefix("sv_") not in str(connection.execute(select(PersonalToken.__table__)).all())


def test_issuing_and_revoking_are_logged_and_told(tokens: Tokens, office: Office) -> None:
    ben = office.hire("Ben")
    token = tokens.issue(ben, "my script", {Scope.READ, Scope.INGEST})

    assert tokens.revoke(ben, tokens.of(ben)[0].id)

    assert office.log.outcomes(ben)[-2:] == ["credential-changed", "credential-changed"]
    assert "“my script” for ingest and read, valid until 17 February 2027" in office.told(ben)[1]
    assert tokens.find(token) is None
    assert not tokens.revoke(ben, tokens.of(ben)[0].id)


def test_a_token_belongs_to_its_owner(tokens: Tokens, office: Office) -> None:
    ben, dan = office.hire("Ben"), office.hire("Dan")
    token = tokens.issue(ben, "my script", {Scope.READ})

    assert not tokens.revoke(dan, tokens.of(ben)[0].id)

    assert tokens.find(token) is not None


def test_a_token_expires(tokens: Tokens, office: Office, clock) -> None:
    token = tokens.issue(office.hire("Ben"), "my script", {Scope.READ}, days=3)

    clock.advance(days=3)
    assert tokens.find(token) is not None
    clock.advance(days=1)
    assert tokens.find(token) is None


def test_a_token_of_somebody_who_left_is_worth_nothing(tokens: Tokens, office: Office) -> None:
    ben = office.hire("Ben")
    token = tokens.issue(ben, "my script", {Scope.READ})

    office.people.leave(ben, dt.date(2026, 11, 18))

    assert tokens.find(token) is None


def test_the_last_use_is_known_by_its_day(tokens: Tokens, office: Office, clock) -> None:
    ben = office.hire("Ben")
    token = tokens.issue(ben, "my script", {Scope.READ})
    assert tokens.of(ben)[0].last_used_on is None

    clock.advance(days=2)
    tokens.find(token)
    tokens.find(token)

    assert tokens.of(ben)[0].last_used_on == dt.date(2026, 11, 21)


@pytest.mark.parametrize(
    ("name", "scopes", "days", "text"),
    [
        (" ", {Scope.READ}, 90, "1 to 100"),
        ("x" * 101, {Scope.READ}, 90, "1 to 100"),
        ("x", set(), 90, "at least one scope"),
        ("x", {Scope.READ}, 0, "1 to 366 days"),
        ("x", {Scope.READ}, 367, "1 to 366 days"),
    ],
)
def test_a_token_that_makes_no_sense_is_refused(
    tokens: Tokens, office: Office, name: str, scopes: set[Scope], days: int, text: str
) -> None:
    with pytest.raises(ChangeRefused, match=text):
        tokens.issue(office.hire("Ben"), name, scopes, days)


def test_no_token_without_an_entry(tokens: Tokens, office: Office) -> None:
    ben = office.hire("Ben")
    office.log.broken = True

    with pytest.raises(LogUnavailable):
        tokens.issue(ben, "my script", {Scope.READ})

    assert tokens.of(ben) == []
