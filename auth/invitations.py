"""One-time links: an invitation, a password reset, and — on a throw-away system only — a link that signs in.

A link holds 256 random bits, of which the hash is stored; a newer one of its kind replaces it. An invitation works only
for an account without credentials, a reset only for one with them: no invitation takes an account over. The person
learns who issued it, when, and from where it was first opened; looking at a link does not use it up.
"""

import datetime as dt
import enum
import secrets
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Engine, delete, insert, select, update

from auth import genuine, person
from auth.errors import ChangeRefused, LinkRefused
from auth.journal import Journal
from auth.models import Invitation, PersonalToken, SignInSession
from auth.models import Person as PersonRow
from auth.notice_sentences import USED_FROM
from auth.notices import Kind as Told
from auth.notices import Notice
from auth.passwords import PASSWORD, PasswordHasher, check_new, fingerprint
from auth.person import Clock, Person
from auth.sessions import hash_of
from auth.stamps import Stamps
from privacy.messages import N_, Said
from privacy.policy import POLICY_VERSION
from privacy.stores import writing


class Kind(enum.StrEnum):
    """What a link is for."""

    INVITATION = "invitation"
    RESET = "reset"
    SIGN_IN = "sign-in"


_VALID_DAYS: Final[Mapping[Kind, int]] = {Kind.INVITATION: 14, Kind.RESET: 1, Kind.SIGN_IN: 14}
_ISSUED: Final[Mapping[Kind, Told]] = {
    Kind.INVITATION: Told.INVITED,
    Kind.RESET: Told.RESET_ISSUED,
    Kind.SIGN_IN: Told.SIGN_IN_LINK_ISSUED,
}


@dataclass(frozen=True, slots=True)
class Link:
    """A link that is still good, and whose it is. `issued_by` is None for the command line."""

    kind: Kind
    person: Person
    issued_by: str | None
    issued_on: dt.date
    expires_on: dt.date
    opened_on: dt.date | None
    opened_from: str | None


class Invitations:
    """Issues one-time links and lets each be used once. Raises ChangeRefused and LinkRefused."""

    def __init__(
        self,
        engine: Engine,
        journal: Journal,
        hasher: PasswordHasher,
        clock: Clock,
        stamps: Stamps,
        throw_away: bool = False,
        policy: Callable[[], int] = lambda: POLICY_VERSION,
    ) -> None:
        self._engine = engine
        self._journal = journal
        self._hasher = hasher
        self._clock = clock
        self._policy = policy  # the number of the version that the page of an invitation shows
        self._stamps = stamps
        self._throw_away = throw_away

    def issue(self, subject: str, kind: Kind, *, by: str | None = None) -> str:
        """Return the token of a new link for a person; a reset belongs to the person's own address and nowhere else."""
        token, today = secrets.token_urlsafe(32), self._clock().date()
        expires = today + dt.timedelta(days=_VALID_DAYS[kind])
        with writing(self._engine) as connection:
            owner = person.one(connection, subject)
            self._refuse_unsuitable(owner, kind)
            older = (Invitation.subject_id == subject, Invitation.kind == kind.value, *_unused(today))
            connection.execute(update(Invitation).where(*older).values(replaced_on=today))
            row = {"subject_id": subject, "id": uuid.uuid4().hex, "kind": kind.value, "token_hash": hash_of(token)}
            row = self._stamps.stamped(Invitation, **row, issued_on=today, expires_on=expires)
            connection.execute(insert(Invitation).values(**row, issued_by=by))
            notice = Notice(subject, _ISSUED[kind], {"expires": expires.isoformat()})
            self._journal.tell(connection, [notice], by)
        return token

    def look(self, token: str, address: str) -> Link:
        """Return the link with this token without using it up, and note from where it was first opened."""
        today = self._clock().date()
        with writing(self._engine) as connection:
            row, owner = self._find(connection, token)
            if row.opened_on is None:
                first = update(Invitation).where(Invitation.token_hash == row.token_hash)
                connection.execute(first.values(opened_on=today, opened_from=address[:64]))
        return Link(
            kind=Kind(row.kind),
            person=owner,
            issued_by=row.issued_by,
            issued_on=row.issued_on,
            expires_on=row.expires_on,
            opened_on=row.opened_on or today,
            opened_from=row.opened_from or address[:64],
        )

    def accept(self, token: str, password: str, address: str) -> str:
        """Set the password of an invitation or a reset, and return whose it is; raises PasswordRefused for a weak one.

        Accepting an invitation is reading the notice: it stands on the same page. A reset ends all sessions and all
        tokens that can read, in case somebody else had them.
        """
        link = self.look(token, address)
        if link.kind is Kind.SIGN_IN:
            raise LinkRefused
        check_new(password, link.person.email, link.person.name)
        stored = self._hasher.hash(self._stamps.peppered(link.person.subject, password))
        policy = self._policy()
        with writing(self._engine) as connection:
            self._use(connection, token, address)
            self._set_password(connection, link, stored, policy)
            self._journal.tell(connection, _accepted(link, address, stored, policy), by=link.person.subject)
        return link.person.subject

    def redeem(self, token: str, address: str) -> str:
        """Use a sign-in link up and return whose it is; only on a throw-away system."""
        link = self.look(token, address)
        if link.kind is not Kind.SIGN_IN or not self._throw_away:
            raise LinkRefused
        subject = link.person.subject
        with writing(self._engine) as connection:
            self._use(connection, token, address)
            notice = Notice(subject, Told.SIGNED_IN_BY_LINK, {"address": address})
            self._journal.tell(connection, [notice], by=subject)
        return subject

    def of(self, subject: str) -> list[tuple[Kind, dt.date, str | None]]:
        """Return the links of a person that can still be used: kind, last day, who issued it."""
        good = (Invitation.subject_id == subject, *_unused(self._clock().date()))
        query = select(Invitation.kind, Invitation.expires_on, Invitation.issued_by).where(*good)
        with self._engine.connect() as connection:
            return [(Kind(row.kind), row.expires_on, row.issued_by) for row in connection.execute(query)]

    def _refuse_unsuitable(self, owner: Person | None, kind: Kind) -> None:
        if owner is None or not owner.is_here(self._clock()):
            raise ChangeRefused(N_("There is no such person, or they have left."))
        if kind is Kind.INVITATION and owner.has_password:
            raise ChangeRefused(
                Said(
                    N_(
                        "%(email)s already has a password; an invitation is only for accounts without one. Whoever"
                        " lost a password gets a reset link to their own address."
                    ),
                    email=owner.email,
                )
            )
        if kind is Kind.RESET and not owner.has_password:
            raise ChangeRefused(Said(N_("%(email)s has no password yet: issue an invitation."), email=owner.email))
        if kind is Kind.SIGN_IN and not self._throw_away:
            raise ChangeRefused(N_("Sign-in links exist on throw-away systems only."))

    def _find(self, connection: Connection, token: str) -> tuple[Any, Person]:
        good = (Invitation.token_hash == hash_of(token), *_unused(self._clock().date()))
        row = connection.execute(select(Invitation.__table__).where(*good)).one_or_none()
        owner = None if row is None else person.one(connection, row.subject_id)
        if row is None or owner is None or not owner.is_here(self._clock()):
            raise LinkRefused
        if not self._stamps.holds(Invitation, row):
            raise LinkRefused
        return row, owner

    def _use(self, connection: Connection, token: str, address: str) -> None:
        """Mark the link as used, in one statement: of two at the same moment one finds it used."""
        today = self._clock().date()
        good = update(Invitation).where(Invitation.token_hash == hash_of(token), *_unused(today))
        if connection.execute(good.values(used_on=today, used_from=address[:64])).rowcount != 1:
            raise LinkRefused

    def _set_password(self, connection: Connection, link: Link, stored: str, policy: int) -> None:
        subject, empty = link.person.subject, PersonRow.password_hash.is_(None)
        suitable = (PersonRow.subject_id == subject, empty if link.kind is Kind.INVITATION else ~empty)
        if connection.execute(update(PersonRow).where(*suitable).values(password_hash=stored)).rowcount != 1:
            raise LinkRefused
        if link.kind is Kind.INVITATION:
            genuine.write(connection, self._stamps, subject, {"acknowledged_policy": policy})
        end_reading(connection, subject, self._clock().date())


def end_reading(connection: Connection, subject: str, today: dt.date) -> None:
    """End all sessions of a person and revoke the tokens that can read; devices go on sending."""
    connection.execute(delete(SignInSession).where(SignInSession.subject_id == subject))
    reading = (PersonalToken.subject_id == subject, PersonalToken.scopes.contains("read"))
    living = (*reading, PersonalToken.revoked_on.is_(None))
    connection.execute(update(PersonalToken).where(*living).values(revoked_on=today))


def _unused(today: dt.date) -> tuple[ColumnElement[bool], ...]:
    return (Invitation.used_on.is_(None), Invitation.replaced_on.is_(None), Invitation.expires_on >= today)


def _accepted(link: Link, address: str, stored: str, policy: int) -> list[Notice]:
    opened = link.opened_from or address
    told = {
        "by": link.issued_by or "",
        "issued": link.issued_on.isoformat(),
        "address": opened if opened == address else f"{opened}{USED_FROM}{address}",
        PASSWORD: fingerprint(stored),
    }
    subject = link.person.subject
    if link.kind is Kind.RESET:
        return [Notice(subject, Told.PASSWORD_RESET, told)]
    read = Notice(subject, Told.ACKNOWLEDGED, {"policy": str(policy)})
    return [Notice(subject, Told.PASSWORD_SET, told), read]
