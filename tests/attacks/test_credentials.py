"""An administrator tries to sign in as somebody else."""

import datetime as dt
import hashlib
import secrets
import uuid

import pytest
from sqlalchemy import insert

from auth.errors import EnrolmentOver, LinkRefused, SignInRefused
from auth.invitations import Kind
from auth.models import PersonalToken
from auth.passwords import INSECURE_COST_FOR_TESTS, PasswordHasher
from auth.sessions import hash_of
from auth.tokens import Scope
from tests.attacks.conftest import Attacked
from tests.portal.conftest import PASSWORD

MINE, ADDRESS = "an administrator was here", "192.0.2.9"


def sign_in(attacked: Attacked, who: str, password: str) -> str:
    return attacked.system.sign_in.authenticate(f"{who}@example.org", password, ADDRESS).subject


def told(attacked: Attacked, *words: str) -> bool:
    return any(all(word in each for word in words) for each in attacked.verify())


def plant(attacked: Attacked, who: str, stored: str | None) -> None:
    attacked.sql("UPDATE person SET password_hash = ? WHERE subject_id = ?", stored, attacked[who])


def stored_hash(attacked: Attacked, who: str) -> str:
    return str(attacked.sql("SELECT password_hash FROM person WHERE subject_id = ?", attacked[who])[0][0])


def test_a_planted_password_signs_nobody_in_and_is_named(attacked: Attacked) -> None:
    attacked.office.give_password("ben")

    plant(attacked, "ben", PasswordHasher(INSECURE_COST_FOR_TESTS).hash(MINE))

    with pytest.raises(SignInRefused):
        sign_in(attacked, "ben", MINE)
    assert told(attacked, f"password of {attacked['ben']}", "is not the one")


def test_ones_own_password_put_into_anothers_account_signs_nobody_in_and_is_named(attacked: Attacked) -> None:
    for who in ("ben", "gus"):
        attacked.office.give_password(who)

    plant(attacked, "ben", stored_hash(attacked, "gus"))

    assert sign_in(attacked, "gus", PASSWORD) == attacked["gus"]
    with pytest.raises(SignInRefused):
        sign_in(attacked, "ben", PASSWORD)
    assert told(attacked, f"password of {attacked['ben']}", "is not the one")


def test_a_password_given_to_an_account_without_one_is_named(attacked: Attacked) -> None:
    plant(attacked, "ben", PasswordHasher(INSECURE_COST_FOR_TESTS).hash(MINE))

    assert told(attacked, f"password of {attacked['ben']}", "no entry of the log set one")


def test_a_former_password_put_back_is_named(attacked: Attacked) -> None:
    """The hash is genuine, so it still signs in; the log knows that it was changed."""
    attacked.office.give_password("ben")
    former = stored_hash(attacked, "ben")
    attacked.system.credentials.change_password(attacked["ben"], PASSWORD, MINE, address=ADDRESS)

    plant(attacked, "ben", former)

    assert sign_in(attacked, "ben", PASSWORD) == attacked["ben"]
    assert told(attacked, f"password of {attacked['ben']}", "is not the one")


def test_a_password_removed_to_accept_an_old_invitation_again_is_named_and_announced(attacked: Attacked) -> None:
    token = attacked.system.invitations.issue(attacked["ben"], Kind.INVITATION)
    attacked.system.invitations.accept(token, PASSWORD, ADDRESS)

    plant(attacked, "ben", None)
    attacked.sql("UPDATE invitation SET used_on = NULL WHERE subject_id = ?", attacked["ben"])

    assert told(attacked, f"password of {attacked['ben']}", "was removed")
    assert told(attacked, f"of {attacked['ben']}", "was used, as entry")
    attacked.system.invitations.accept(token, MINE, ADDRESS)
    newest = attacked.system.announcements.of(attacked["ben"])[:2]
    assert any("first password was set" in each.sentence and not each.seen for each in newest)


def test_a_stolen_table_of_passwords_cannot_be_guessed_at(attacked: Attacked) -> None:
    """Even the right password does not fit the stored hash without a key of the key store."""
    attacked.office.give_password("ben")

    assert not PasswordHasher(INSECURE_COST_FOR_TESTS).matches(PASSWORD, stored_hash(attacked, "ben"))


def test_a_forged_session_signs_nobody_in_and_is_named(attacked: Attacked) -> None:
    mine = attacked.system.sessions.start(attacked["gus"])
    assert attacked.system.sessions.find(mine) is not None

    attacked.sql("UPDATE sign_in_session SET subject_id = ?", attacked["ben"])

    assert attacked.system.sessions.find(mine) is None
    assert told(attacked, f"session of {attacked['ben']}", "not written by the portal")


def test_not_detected_an_ended_session_put_back(attacked: Attacked) -> None:
    """A row that was deleted leaves nothing to compare with: it lives as long as it would have lived, and no longer."""
    cookie = attacked.system.sessions.start(attacked["ben"])
    (row,) = attacked.sql("SELECT subject_id, token_hash, created_on, times, stamp FROM sign_in_session")
    attacked.system.sessions.end(cookie)
    assert attacked.system.sessions.find(cookie) is None

    insert_again = "INSERT INTO sign_in_session (subject_id, token_hash, created_on, times, stamp)"
    attacked.sql(f"{insert_again} VALUES (?, ?, ?, ?, ?)", *row)

    found = attacked.system.sessions.find(cookie)
    assert found is not None
    assert not told(attacked, "session")
    attacked.office.clock.advance(hours=12)
    assert attacked.system.sessions.find(cookie) is None


def test_a_forged_token_reads_nothing_and_is_named(attacked: Attacked) -> None:
    token = "sv_" + secrets.token_urlsafe(32)
    values = {"subject_id": attacked["ben"], "id": uuid.uuid4().hex, "name": "x", "token_hash": hash_of(token)}
    dates = {"created_on": dt.date(2026, 11, 1), "expires_on": dt.date(2027, 1, 1)}
    with attacked.system.stores.data.begin() as connection:
        connection.execute(insert(PersonalToken).values(**values, **dates, scopes="read", stamp=bytes(32)))

    answer = attacked.office.app.test_client().get(
        "/api/v1/me/days/2026-11-18", headers={"Authorization": f"Bearer {token}"}
    )

    assert answer.status_code == 401
    assert told(attacked, f"token {values['id']}", "no entry of the log issued it")


def test_a_token_taken_over_or_given_more_rights_does_nothing_and_is_named(attacked: Attacked) -> None:
    tokens = attacked.system.tokens
    mine, device = (
        tokens.issue(attacked["gus"], name, {scope}) for name, scope in (("a", Scope.READ), ("b", Scope.INGEST))
    )

    attacked.sql("UPDATE personal_token SET subject_id = ? WHERE name = 'a'", attacked["ben"])
    attacked.sql("UPDATE personal_token SET scopes = 'ingest read' WHERE name = 'b'")

    assert tokens.find(mine) is None
    assert tokens.find(device) is None
    assert told(attacked, f"of {attacked['ben']}", "no entry of the log issued it")
    assert told(attacked, f"of {attacked['gus']}", "not written by the portal")


def test_a_revoked_token_brought_back_is_named(attacked: Attacked) -> None:
    token = attacked.system.tokens.issue(attacked["ben"], "script", {Scope.READ})
    (row,) = attacked.system.tokens.of(attacked["ben"])
    attacked.system.tokens.revoke(attacked["ben"], row.id)

    attacked.sql("UPDATE personal_token SET revoked_on = NULL")

    assert attacked.system.tokens.find(token) is not None
    assert told(attacked, f"token {row.id}", "of the log revoked it")


def _enrolled(attacked: Attacked, who: str, name: str) -> str:
    """Let somebody confirm a computer, and return its token."""
    enrolments = attacked.system.enrolments
    asked = enrolments.ask(name, "pc-17", ADDRESS)
    enrolments.confirm(attacked[who], asked.user_code)
    return str(enrolments.poll(asked.device_code))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("revoked_on = NULL", "of the log revoked it"),
        ("revoked_on = NULL, name = 'the desk of Ben'", "of the log revoked it"),
        ("name = 'the desk of Ben' WHERE revoked_on IS NULL", "is shown otherwise"),
        ("host = NULL WHERE revoked_on IS NULL", "is shown otherwise"),
    ],
)
def test_a_computer_brought_back_renamed_or_hidden_is_named(attacked: Attacked, change: str, words: str) -> None:
    _enrolled(attacked, "ben", "mine")
    gone = _enrolled(attacked, "ben", "old")
    (old,) = (each for each in attacked.system.devices.of(attacked["ben"]) if each.name == "old")
    attacked.system.devices.revoke(attacked["ben"], old.id)
    assert attacked.system.tokens.find(gone) is None
    assert not told(attacked, "token")

    attacked.sql(f"UPDATE personal_token SET {change}")  # noqa: S608 - the table above

    assert told(attacked, f"of {attacked['ben']}", words)


def test_a_computer_cannot_be_confirmed_by_writing_into_the_table(attacked: Attacked) -> None:
    enrolments = attacked.system.enrolments
    mine, theirs = (enrolments.ask("desk", "pc-17", ADDRESS) for _ in range(2))
    enrolments.confirm(attacked["ben"], theirs.user_code)
    (answer,) = attacked.sql("SELECT answer FROM enrolment WHERE answer IS NOT NULL")

    attacked.sql("UPDATE enrolment SET answer = ? WHERE answer IS NULL", *answer)

    with pytest.raises(EnrolmentOver):
        enrolments.poll(mine.device_code)
    assert len(attacked.system.devices.of(attacked["ben"])) == 1


@pytest.mark.parametrize("kind", ["reset", "sign-in", "invitation"])
def test_a_forged_link_opens_nothing_and_is_named(attacked: Attacked, kind: str) -> None:
    attacked.office.give_password("ben")
    token = secrets.token_urlsafe(32)
    hashed = hashlib.sha256(token.encode()).hexdigest()
    attacked.sql(
        "INSERT INTO invitation (subject_id, id, kind, token_hash, issued_on, expires_on, stamp)"
        " VALUES (?, ?, ?, ?, '2026-11-18', '2026-11-30', ?)",
        *(attacked["ben"], uuid.uuid4().hex, kind, hashed, bytes(32)),
    )

    with pytest.raises(LinkRefused):
        attacked.system.invitations.look(token, ADDRESS)
    assert told(attacked, f"{kind} link", attacked["ben"], "not written by the portal")
