"""Changing one's own password."""

from sqlalchemy import Engine, delete, select, update

from auth import person
from auth.errors import ChangeRefused
from auth.journal import Journal
from auth.models import Person as PersonRow
from auth.models import SignInSession
from auth.notices import Kind, Notice
from auth.passwords import PASSWORD, PasswordHasher, check_new, fingerprint
from auth.stamps import Stamps
from auth.throttle import Throttle
from privacy.messages import N_
from privacy.stores import writing


class Credentials:
    """Changes passwords of those who know them; whoever does not gets a link (`auth.invitations`)."""

    def __init__(
        self, engine: Engine, journal: Journal, hasher: PasswordHasher, throttle: Throttle, stamps: Stamps
    ) -> None:
        self._engine = engine
        self._journal = journal
        self._hasher = hasher
        self._throttle = throttle
        self._stamps = stamps

    def change_password(self, subject: str, current: str, new: str, *, address: str, keep: str | None = None) -> None:
        """Set a new password and end all sessions but the one with the id `keep`.

        Raises ChangeRefused if `current` is wrong, PasswordRefused if `new` is weak, and TooManyAttempts: an open
        browser is no way to guess the password.
        """
        with self._engine.connect() as connection:
            owner = person.one(connection, subject)
            own = select(PersonRow.password_hash).where(PersonRow.subject_id == subject)
            stored = connection.execute(own).scalar_one_or_none()
        if owner is None or stored is None:
            raise ChangeRefused(N_("This account has no password yet."))
        self._throttle.admit(owner.email, address)
        if not self._hasher.matches(self._stamps.peppered(subject, current), stored):
            raise ChangeRefused(N_("The current password is not right."))
        self._throttle.succeeded(owner.email, address)
        check_new(new, owner.email, owner.name)
        self._store(subject, stored, self._hasher.hash(self._stamps.peppered(subject, new)), keep)

    def _store(self, subject: str, old: str, new: str, keep: str | None) -> None:
        same = (PersonRow.subject_id == subject, PersonRow.password_hash == old)
        others = delete(SignInSession).where(SignInSession.subject_id == subject)
        if keep is not None:
            others = others.where(~SignInSession.token_hash.startswith(keep, autoescape=True))
        with writing(self._engine) as connection:
            if connection.execute(update(PersonRow).where(*same).values(password_hash=new)).rowcount != 1:
                raise ChangeRefused(N_("The password was changed elsewhere in the meantime."))
            connection.execute(others)
            self._journal.tell(
                connection, [Notice(subject, Kind.PASSWORD_CHANGED, {PASSWORD: fingerprint(new)})], by=subject
            )
