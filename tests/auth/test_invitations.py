"""One-time links: used once, for the right kind of account, logged and told."""

import datetime as dt

import pytest
from sqlalchemy import select, update

from auth.credentials import Credentials
from auth.errors import ChangeRefused, LinkRefused, PasswordRefused, SignInRefused, TooManyAttempts
from auth.invitations import Invitations, Kind
from auth.models import Invitation, Person
from auth.notice_sentences import sentence
from auth.notices import Kind as Told
from auth.passwords import PasswordHasher
from auth.sessions import Sessions
from auth.signin import SignIn
from auth.throttle import ACCOUNT_LIMIT, Throttle
from auth.tokens import Scope, Tokens
from privacy.log_entries import LogUnavailable
from tests.auth.conftest import STAMPS, Office

GOOD, BETTER = "seven quiet lamps on tin", "eight quiet lamps on tin"
HERE, THERE = "192.0.2.7", "198.51.100.1"


@pytest.fixture
def invitations(office: Office, hasher: PasswordHasher, clock) -> Invitations:
    return Invitations(office.stores.data, office.journal, hasher, clock, STAMPS)


@pytest.fixture
def throttle(office: Office, clock) -> Throttle:
    return Throttle(office.stores.data, clock, b"k" * 32)


@pytest.fixture
def sign_in(office: Office, hasher: PasswordHasher, throttle: Throttle, clock) -> SignIn:
    return SignIn(office.stores.data, office.journal, hasher, throttle, clock, STAMPS)


def invited(invitations: Invitations, office: Office) -> str:
    """Somebody who has accepted an invitation."""
    ben = office.hire("Ben")
    invitations.accept(invitations.issue(ben, Kind.INVITATION), GOOD, HERE)
    return ben


def test_an_invitation_sets_the_first_password_and_acknowledges_the_notice(
    invitations: Invitations, sign_in: SignIn, office: Office
) -> None:
    oda, ben = office.hire("Oda"), office.hire("Ben")
    token = invitations.issue(ben, Kind.INVITATION, by=oda)
    assert not office.directory.acknowledged(ben)

    assert invitations.accept(token, GOOD, HERE) == ben

    assert sign_in.authenticate("ben@example.org", GOOD, HERE).subject == ben
    assert office.directory.acknowledged(ben)
    assert office.log.outcomes(ben) == ["person-created", "invited", "credential-changed", "acknowledged"]
    assert [draft.viewer for draft in office.log.drafts if draft.subject == ben] == [None, oda, ben, ben]


def test_the_person_learns_who_issued_it_when_and_from_where_it_was_first_opened(
    invitations: Invitations, office: Office, clock
) -> None:
    oda, ben = office.hire("Oda"), office.hire("Ben")
    token = invitations.issue(ben, Kind.INVITATION, by=oda)
    invitations.look(token, THERE)
    clock.advance(days=2)

    link = invitations.look(token, HERE)
    invitations.accept(token, GOOD, HERE)

    assert (link.issued_by, link.issued_on) == (oda, dt.date(2026, 11, 19))
    assert (link.opened_from, link.opened_on) == (THERE, dt.date(2026, 11, 19))
    (told,) = (each.sentence for each in office.announcements.of(ben) if each.kind is Told.PASSWORD_SET)
    assert told == (
        "Your first password was set with the invitation that Oda issued on 19 November 2026;"
        f" it was opened from {THERE} first, and used from {HERE}."
    )


def test_a_link_works_once(invitations: Invitations, office: Office) -> None:
    token = invitations.issue(office.hire("Ben"), Kind.INVITATION)
    invitations.accept(token, GOOD, HERE)

    with pytest.raises(LinkRefused):
        invitations.accept(token, BETTER, HERE)
    with pytest.raises(LinkRefused):
        invitations.look(token, HERE)


def test_an_invitation_is_only_for_an_account_without_credentials(invitations: Invitations, office: Office) -> None:
    ben = invited(invitations, office)

    with pytest.raises(ChangeRefused, match="already has a password"):
        invitations.issue(ben, Kind.INVITATION)


def test_an_older_invitation_takes_nothing_over(invitations: Invitations, sign_in: SignIn, office: Office) -> None:
    ben = office.hire("Ben")
    older = invitations.issue(ben, Kind.INVITATION)
    newer = invitations.issue(ben, Kind.INVITATION)

    with pytest.raises(LinkRefused):
        invitations.accept(older, BETTER, THERE)
    invitations.accept(newer, GOOD, HERE)
    with pytest.raises(LinkRefused):
        invitations.accept(older, BETTER, THERE)

    assert sign_in.authenticate("ben@example.org", GOOD, HERE).subject == ben


def test_an_invitation_sets_no_second_password(
    invitations: Invitations, office: Office, hasher: PasswordHasher
) -> None:
    ben = office.hire("Ben")
    token = invitations.issue(ben, Kind.INVITATION)
    with office.stores.data.begin() as connection:
        connection.execute(update(Person).values(password_hash=hasher.hash(GOOD)))

    with pytest.raises(LinkRefused):
        invitations.accept(token, BETTER, THERE)


def test_an_invitation_lives_for_two_weeks(invitations: Invitations, office: Office, clock) -> None:
    token = invitations.issue(office.hire("Ben"), Kind.INVITATION)

    clock.advance(days=14)
    invitations.look(token, HERE)
    clock.advance(days=1)
    with pytest.raises(LinkRefused):
        invitations.look(token, HERE)


def test_a_weak_password_does_not_use_the_link_up(invitations: Invitations, office: Office) -> None:
    ben = office.hire("Ben")
    token = invitations.issue(ben, Kind.INVITATION)

    with pytest.raises(PasswordRefused):
        invitations.accept(token, "password1234", HERE)

    assert invitations.accept(token, GOOD, HERE) == ben


def test_the_token_is_stored_as_a_hash(invitations: Invitations, office: Office) -> None:
    token = invitations.issue(office.hire("Ben"), Kind.INVITATION)

    with office.stores.data.connect() as connection:
        assert token not in str(connection.execute(select(Invitation.__table__)).all())
    assert len(token) >= 43


def test_no_link_without_an_entry(invitations: Invitations, office: Office) -> None:
    ben = office.hire("Ben")
    token = invitations.issue(ben, Kind.INVITATION)
    office.log.broken = True

    with pytest.raises(LogUnavailable):
        invitations.issue(ben, Kind.INVITATION)
    with pytest.raises(LogUnavailable):
        invitations.accept(token, GOOD, HERE)

    office.log.broken = False
    assert invitations.accept(token, GOOD, HERE) == ben


def test_a_reset_sets_a_password_ends_what_can_read_and_is_announced(
    invitations: Invitations, sign_in: SignIn, office: Office, clock
) -> None:
    ben = invited(invitations, office)
    sessions, tokens = (
        Sessions(office.stores.data, clock, STAMPS),
        Tokens(office.stores.data, office.journal, clock, STAMPS),
    )
    session = sessions.start(ben)
    reading = tokens.issue(ben, "script", {Scope.READ})
    sending = tokens.issue(ben, "laptop", {Scope.INGEST})
    office.announcements.mark_seen(ben, 10_000)

    invitations.accept(invitations.issue(ben, Kind.RESET), BETTER, THERE)

    with pytest.raises(SignInRefused):
        sign_in.authenticate("ben@example.org", GOOD, HERE)
    assert sign_in.authenticate("ben@example.org", BETTER, HERE).subject == ben
    assert sessions.find(session) is None
    assert tokens.find(reading) is None
    assert tokens.find(sending) is not None
    unseen = [each.kind for each in office.announcements.of(ben, unseen_only=True)]
    assert unseen == [Told.PASSWORD_RESET, Told.RESET_ISSUED]
    assert office.log.outcomes(ben)[-2:] == ["reset-issued", "credential-changed"]


def test_a_reset_is_only_for_an_account_with_a_password_and_lives_a_day(
    invitations: Invitations, office: Office, clock
) -> None:
    with pytest.raises(ChangeRefused, match="issue an invitation"):
        invitations.issue(office.hire("Dan"), Kind.RESET)

    token = invitations.issue(invited(invitations, office), Kind.RESET)
    clock.advance(days=2)
    with pytest.raises(LinkRefused):
        invitations.accept(token, BETTER, HERE)


def test_who_has_left_gets_no_link_and_uses_none(invitations: Invitations, office: Office) -> None:
    ben = office.hire("Ben")
    token = invitations.issue(ben, Kind.INVITATION)
    office.people.leave(ben, dt.date(2026, 11, 18))

    with pytest.raises(LinkRefused):
        invitations.accept(token, GOOD, HERE)
    with pytest.raises(ChangeRefused, match="have left"):
        invitations.issue(ben, Kind.INVITATION)


def test_a_sign_in_link_exists_on_a_throw_away_system_only(
    office: Office, hasher: PasswordHasher, invitations: Invitations, clock
) -> None:
    ben = office.hire("Ben")
    trial = Invitations(office.stores.data, office.journal, hasher, clock, STAMPS, throw_away=True)
    token = trial.issue(ben, Kind.SIGN_IN)

    with pytest.raises(ChangeRefused, match="throw-away"):
        invitations.issue(ben, Kind.SIGN_IN)
    with pytest.raises(LinkRefused):
        invitations.redeem(token, HERE)
    with pytest.raises(LinkRefused):
        trial.accept(token, GOOD, HERE)
    assert trial.redeem(token, HERE) == ben
    with pytest.raises(LinkRefused):
        trial.redeem(token, HERE)
    assert office.log.outcomes(ben)[-2:] == ["sign-in-link-issued", "signed-in-by-link"]


def test_an_invitation_signs_nobody_in(office: Office, hasher: PasswordHasher, clock) -> None:
    trial = Invitations(office.stores.data, office.journal, hasher, clock, STAMPS, throw_away=True)
    token = trial.issue(office.hire("Ben"), Kind.INVITATION)

    with pytest.raises(LinkRefused):
        trial.redeem(token, HERE)


def test_changing_a_password_needs_the_current_one_and_ends_other_sessions(
    invitations: Invitations, sign_in: SignIn, throttle: Throttle, office: Office, hasher: PasswordHasher, clock
) -> None:
    ben = invited(invitations, office)
    sessions = Sessions(office.stores.data, clock, STAMPS)
    credentials = Credentials(office.stores.data, office.journal, hasher, throttle, STAMPS)
    here, elsewhere = sessions.start(ben), sessions.start(ben)
    present = sessions.find(here)
    assert present is not None

    with pytest.raises(ChangeRefused, match="not right"):
        credentials.change_password(ben, "wrong", BETTER, address=HERE)
    with pytest.raises(PasswordRefused):
        credentials.change_password(ben, GOOD, "short", address=HERE)
    credentials.change_password(ben, GOOD, BETTER, address=HERE, keep=present.id)

    assert sign_in.authenticate("ben@example.org", BETTER, HERE).subject == ben
    assert sessions.find(here) is not None
    assert sessions.find(elsewhere) is None
    assert office.told(ben)[0] == "Your password was changed. All other sessions were ended."
    assert office.log.outcomes(ben)[-1] == "credential-changed"


def test_an_open_browser_is_no_way_to_guess_the_password(
    invitations: Invitations, throttle: Throttle, office: Office, hasher: PasswordHasher
) -> None:
    ben = invited(invitations, office)
    credentials = Credentials(office.stores.data, office.journal, hasher, throttle, STAMPS)
    for _ in range(ACCOUNT_LIMIT.free):
        with pytest.raises(ChangeRefused):
            credentials.change_password(ben, "wrong", BETTER, address=HERE)

    with pytest.raises(TooManyAttempts):
        credentials.change_password(ben, GOOD, BETTER, address=HERE)


def test_the_operator_has_a_capital_letter_only_where_a_sentence_begins() -> None:
    issued = {"by": "", "issued": "2026-11-19", "address": "192.0.2.1", "expires": "2026-11-26"}

    first = sentence(Told.INVITED, issued, {}, {})
    within = sentence(Told.PASSWORD_SET, issued, {}, {})

    assert first.startswith("An operator at the command line issued an invitation")
    assert "with the invitation that an operator at the command line issued on 19 November 2026" in within
