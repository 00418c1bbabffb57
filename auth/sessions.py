"""Sessions of browsers that are signed in: kept on the server, so that each can be ended.

The browser has a random id; the database has its hash. A session ends after 12 hours without a request and after 7 days
in any case. Both times are sealed under a key made from the id, so the table shows the day of signing in and nothing
else: whoever reads it does not learn when somebody works. A new id is made at every sign-in (no session fixation).
"""

import datetime as dt
import hashlib
import hmac
import os
import secrets
import struct
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Engine, bindparam, delete, insert, join, select, update

from auth import person
from auth.models import Person as PersonRow
from auth.models import SignInSession
from auth.person import Clock, Person
from auth.stamps import Stamps
from privacy.stores import writing

IDLE: Final = dt.timedelta(hours=12)
LONGEST: Final = dt.timedelta(days=7)
_WRITE_EVERY: Final = dt.timedelta(minutes=30)  # a page does not cost a write
_TIMES: Final = struct.Struct(">qq")  # created, last seen: seconds since the epoch
_NONCE_BYTES: Final = 12
_TABLE: Final = SignInSession.__table__
_OWNERS: Final = PersonRow.__table__
_BY_HASH: Final = (  # built once: every request asks
    select(_TABLE.c.token_hash, _TABLE.c.created_on, _TABLE.c.times, _TABLE.c.stamp.label("own_stamp"), _OWNERS)
    .select_from(join(_TABLE, _OWNERS, _TABLE.c.subject_id == _OWNERS.c.subject_id))
    .where(_TABLE.c.token_hash == bindparam("hash"))
)


@dataclass(frozen=True, slots=True)
class Session:
    """A session that is alive. `id` names it to its owner and in the log; it opens nothing."""

    owner: Person
    id: str
    created_on: dt.date

    @property
    def subject(self) -> str:
        return self.owner.subject


class Sessions:
    """Starts, finds and ends sessions."""

    def __init__(self, engine: Engine, clock: Clock, stamps: Stamps) -> None:
        self._engine = engine
        self._clock = clock
        self._stamps = stamps

    def start(self, subject: str) -> str:
        """Start a session and return its id, 256 random bits as text: the only time that it is seen here."""
        token, now = secrets.token_urlsafe(32), self._clock()
        values = {"subject_id": subject, "token_hash": hash_of(token), "created_on": now.date()}
        row = self._stamps.stamped(SignInSession, **values)
        overdue = SignInSession.created_on < (now - LONGEST).date()
        with writing(self._engine) as connection:
            connection.execute(delete(SignInSession).where(overdue))
            connection.execute(insert(SignInSession).values(**row, times=_seal(token, now, now)))
        return token

    def find(self, token: str, *, used: bool = True) -> Session | None:
        """Return the session with this id if it is alive and its owner still here, and note that it was used.

        Not `used` by a page that keeps itself current: an open page is not somebody who is there.
        """
        now, found = self._clock(), hash_of(token)
        with self._engine.connect() as connection:
            row = connection.execute(_BY_HASH, {"hash": found}).one_or_none()
        genuine = row is not None and self._stamps.holds(SignInSession, {**row._mapping, "stamp": row.own_stamp})
        times = _open(token, row.times) if row is not None and genuine else None
        if row is None or times is None:
            return None
        owner, (created, seen) = person.of_row(row), times
        if now - seen >= IDLE or now - created >= LONGEST or not owner.is_here(now):
            self.end(token)
            return None
        if used and now - seen >= _WRITE_EVERY:
            self._touch(found, _seal(token, created, now))
        return Session(owner, _id(found), row.created_on)

    def of(self, subject: str) -> list[Session]:
        """Return the sessions of a person, newest first; some may be idle for too long and not know it yet."""
        query = select(SignInSession.token_hash, SignInSession.created_on).where(SignInSession.subject_id == subject)
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(SignInSession.created_on.desc())).all()
            owner = person.one(connection, subject)
        oldest = (self._clock() - LONGEST).date()
        return [
            Session(owner, _id(row.token_hash), row.created_on)
            for row in rows
            if owner is not None and row.created_on >= oldest
        ]

    def end(self, token: str) -> None:
        """End the session with this id."""
        with writing(self._engine) as connection:
            connection.execute(delete(SignInSession).where(SignInSession.token_hash == hash_of(token)))

    def revoke(self, subject: str, session_id: str) -> bool:
        """End one session of a person by its id; False if there is none."""
        one = (SignInSession.subject_id == subject, SignInSession.token_hash.startswith(session_id, autoescape=True))
        with writing(self._engine) as connection:
            return len(session_id) == _ID_LENGTH and connection.execute(delete(SignInSession).where(*one)).rowcount > 0

    def end_all(self, subject: str, but: str | None = None) -> int:
        """End all sessions of a person (but the one with the id `but`), and return how many."""
        own = delete(SignInSession).where(SignInSession.subject_id == subject)
        if but is not None:
            own = own.where(~SignInSession.token_hash.startswith(but, autoescape=True))
        with writing(self._engine) as connection:
            return connection.execute(own).rowcount

    def _touch(self, token_hash: str, times: bytes) -> None:
        with writing(self._engine) as connection:
            one = update(SignInSession).where(SignInSession.token_hash == token_hash)
            connection.execute(one.values(times=times))


_ID_LENGTH: Final = 32


def hash_of(token: str) -> str:
    """Return the form in which a random token is stored: 256 random bits need no salt and no slow hash."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _id(token_hash: str) -> str:
    return token_hash[:_ID_LENGTH]


def _cipher(token: str) -> AESGCM:
    return AESGCM(hmac.digest(token.encode("utf-8", "surrogatepass"), b"sameview/v1/session/times", "sha256"))


def _seal(token: str, created: dt.datetime, seen: dt.datetime) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    times = _TIMES.pack(int(created.timestamp()), int(seen.timestamp()))
    return nonce + _cipher(token).encrypt(nonce, times, None)


def _open(token: str, sealed: bytes) -> tuple[dt.datetime, dt.datetime] | None:
    try:
        times = _cipher(token).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], None)
    except InvalidTag:
        return None  # somebody wrote into the table: whoever holds the cookie signs in again
    created, seen = _TIMES.unpack(times)
    return dt.datetime.fromtimestamp(created, dt.UTC), dt.datetime.fromtimestamp(seen, dt.UTC)
