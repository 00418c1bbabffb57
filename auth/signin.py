"""Signing in with e-mail address and password."""

from sqlalchemy import Engine, select, update

from auth import person
from auth.errors import SignInRefused
from auth.journal import Journal
from auth.models import Person as PersonRow
from auth.notices import Kind, Notice
from auth.passwords import MAXIMUM_LENGTH, PASSWORD, PasswordHasher, fingerprint
from auth.person import Clock, Person
from auth.stamps import Stamps
from auth.throttle import Throttle
from privacy.stores import writing


class SignIn:
    """Finds out who somebody is."""

    def __init__(
        self,
        engine: Engine,
        journal: Journal,
        hasher: PasswordHasher,
        throttle: Throttle,
        clock: Clock,
        stamps: Stamps,
    ) -> None:
        self._engine = engine
        self._journal = journal
        self._hasher = hasher
        self._throttle = throttle
        self._clock = clock
        self._stamps = stamps

    def authenticate(self, email: str, password: str, address: str) -> Person:
        """Return who this is, or raise SignInRefused, TooManyAttempts or TooBusy.

        An unknown account, one without a password, one whose owner left and a wrong password cannot be told apart: same
        words, and a hash is computed every time.
        """
        self._throttle.admit(email, address)
        found, stored = self._find(email)
        typed = self._stamps.peppered("" if found is None else found.subject, password)
        right = self._hasher.matches(typed, stored) and len(password) <= MAXIMUM_LENGTH
        if found is None or stored is None or not right or not found.is_here(self._clock()):
            raise SignInRefused
        self._throttle.succeeded(email, address)
        if self._hasher.is_weak(stored):
            self._renew(found.subject, stored, self._hasher.hash(typed))
        return found

    def _find(self, email: str) -> tuple[Person | None, str | None]:
        with self._engine.connect() as connection:
            found = person.by_email(connection, email)
            if found is None:
                return None, None
            own = select(PersonRow.password_hash).where(PersonRow.subject_id == found.subject)
            return found, connection.execute(own).scalar_one()

    def _renew(self, subject: str, old: str, new: str) -> None:
        """Store the same password at today's cost, unless it was changed meanwhile; the log commits to the new hash."""
        same = (PersonRow.subject_id == subject, PersonRow.password_hash == old)
        with writing(self._engine) as connection:
            if connection.execute(update(PersonRow).where(*same).values(password_hash=new)).rowcount == 1:
                notice = Notice(subject, Kind.PASSWORD_RENEWED, {PASSWORD: fingerprint(new)})
                self._journal.tell(connection, [notice], by=subject)
