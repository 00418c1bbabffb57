"""Enrolment of a computer: it asks, its person confirms in their own browser, it fetches its token (RFC 8628's shape).

Whoever asks is not known yet, and nothing of it may become a trace: the names that a computer says of itself are sealed
under the code that it shows to its person, the answer under the code that it keeps for itself, and the time under a
secret of the installation. So who reads the table learns no name and no time, and who writes into it confirms nothing:
the token is stamped, logged and told in the confirming person's own session.

The code for people has eight letters: few enough to type, and too many to guess in ten minutes by somebody who is
signed in and slowed down (RFC 8628 §5.1, §6.1).
"""

import datetime as dt
import hmac
import os
import secrets
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, Engine, delete, func, insert, select, update

from auth import person
from auth.devices import checked_host
from auth.errors import ChangeRefused, EnrolmentOver, TooBusy
from auth.models import Enrolment
from auth.person import Clock
from auth.sessions import hash_of
from auth.stamps import Stamps
from auth.throttle import Limit, Throttle, network
from auth.tokens import Tokens, checked_name, new_token
from privacy.messages import N_
from privacy.stores import writing

LIVES: Final = dt.timedelta(minutes=10)
LETTERS: Final = "BCDFGHJKLMNPQRSTVWXZ"  # RFC 8628 §6.1: no vowels, so no words, and no digits to mistake for letters
LENGTH: Final = 8
POLL_SECONDS: Final = 5
ASK_LIMIT: Final = Limit(free=200, longest_steps=1)  # of one address, which a whole office may share
GUESS_LIMIT: Final = Limit(free=20, longest_steps=12)
_SWEEP_FROM: Final = 50
_MOST: Final = 2_000  # requests that wait at one time
_NONCE_BYTES: Final = 12
_TABLE: Final = Enrolment.__table__


@dataclass(frozen=True, slots=True)
class Asked:
    """What a computer gets when it asks: the code to keep, and the one to show."""

    device_code: str
    user_code: str


class Waiting(msgspec.Struct, frozen=True, array_like=True):
    """What a computer has said of itself, and the key of what it will be answered."""

    name: str
    host: str
    answer_key: bytes


class Enrolments:
    """Takes requests, lets people confirm or refuse them, and hands out each answer once."""

    def __init__(self, engine: Engine, tokens: Tokens, throttle: Throttle, clock: Clock, stamps: Stamps) -> None:
        self._engine = engine
        self._tokens = tokens
        self._throttle = throttle
        self._clock = clock
        self._stamps = stamps

    def ask(self, name: str, host: str, address: str) -> Asked:
        """Begin an enrolment. Raises ChangeRefused, TooManyAttempts for this address, TooBusy."""
        name, host = checked_name(name, "device"), checked_host(host)
        self._throttle.spend("enrolment", network(address), ASK_LIMIT)
        device_code, letters = secrets.token_urlsafe(32), "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
        hashed, until = hash_of(device_code), int((self._clock() + LIVES).timestamp())
        waiting = Waiting(name, host, _answer_key(device_code))
        row = {
            "device_hash": hashed,
            "user_hash": self._hash(letters),
            "day": self._clock().date(),
            "until": _seal(self._key("until"), hashed, until.to_bytes(8, "big")),
            "asked": _seal(self._key(letters), hashed, msgspec.msgpack.encode(waiting)),
        }
        with writing(self._engine) as connection:
            self._make_room(connection)
            connection.execute(insert(Enrolment).values(**row))
        return Asked(device_code, shown(letters))

    def look(self, subject: str, user_code: str) -> Waiting:
        """Return what waits under a code that somebody has typed. Raises EnrolmentOver, TooManyAttempts."""
        self._throttle.spend("enrolment-code", subject, GUESS_LIMIT)
        with self._engine.connect() as connection:
            _, waiting = self._find(connection, user_code)
        self._throttle.refund("enrolment-code", subject)
        return waiting

    def confirm(self, subject: str, user_code: str) -> str:
        """Let a computer send for `subject`, and return its name. Raises EnrolmentOver, ChangeRefused."""
        self.look(subject, user_code)
        token = new_token()
        with writing(self._engine) as connection:
            owner = person.one(connection, subject)
            if owner is None or owner.acknowledged_policy is None:
                raise ChangeRefused(N_("Read the notice on what is recorded first: no computer sends before that."))
            hashed, waiting = self._find(connection, user_code)
            answer = _seal(waiting.answer_key, hashed, token.encode())
            unanswered = update(Enrolment).where(Enrolment.device_hash == hashed, Enrolment.answer.is_(None))
            if connection.execute(unanswered.values(answer=answer)).rowcount != 1:
                raise EnrolmentOver
            self._tokens.give_device(connection, subject, token, waiting.name, waiting.host)
        return waiting.name

    def refuse(self, subject: str, user_code: str) -> None:
        """End a request that nobody has confirmed. Raises EnrolmentOver."""
        self.look(subject, user_code)
        with writing(self._engine) as connection:
            hashed, _ = self._find(connection, user_code)
            connection.execute(delete(Enrolment).where(Enrolment.device_hash == hashed, Enrolment.answer.is_(None)))

    def poll(self, device_code: str) -> str | None:
        """Return the token, this once; None while nobody has confirmed. Raises EnrolmentOver."""
        hashed = hash_of(device_code)
        with self._engine.connect() as connection:
            row = connection.execute(select(_TABLE).where(_TABLE.c.device_hash == hashed)).one_or_none()
        if row is None:
            raise EnrolmentOver
        over = self._is_over(row)
        if row.answer is None and not over:
            return None
        with writing(self._engine) as connection:
            taken = connection.execute(delete(Enrolment).where(Enrolment.device_hash == hashed)).rowcount
        token = None if row.answer is None else _open(_answer_key(device_code), hashed, row.answer)
        if over or not taken or token is None:
            raise EnrolmentOver(expired=over)
        return token.decode()

    def _find(self, connection: Connection, user_code: str) -> tuple[str, Waiting]:
        letters = "".join(each for each in user_code.upper() if each in LETTERS)
        query = select(_TABLE).where(_TABLE.c.user_hash == self._hash(letters), _TABLE.c.answer.is_(None))
        row = connection.execute(query).one_or_none()
        found = None if row is None or self._is_over(row) else _open(self._key(letters), row.device_hash, row.asked)
        if row is None or found is None:
            raise EnrolmentOver
        return row.device_hash, msgspec.msgpack.decode(found, type=Waiting)

    def _make_room(self, connection: Connection) -> None:
        """Delete what is over; if too many still wait, TooBusy."""
        connection.execute(delete(Enrolment).where(Enrolment.day < self._clock().date() - dt.timedelta(days=1)))
        if (connection.scalar(select(func.count()).select_from(Enrolment)) or 0) < _SWEEP_FROM:
            return
        rows = connection.execute(select(_TABLE.c.device_hash, _TABLE.c.until)).all()
        gone = [row.device_hash for row in rows if self._is_over(row)]
        for first in range(0, len(gone), 500):
            connection.execute(delete(Enrolment).where(Enrolment.device_hash.in_(gone[first : first + 500])))
        if len(rows) - len(gone) >= _MOST:
            raise TooBusy(N_("Many computers ask to be enrolled right now. Please try again in a few minutes."))

    def _is_over(self, row: Any) -> bool:
        """Tell whether a request came too long ago; a row that the portal did not write is over, too."""
        until = _open(self._key("until"), row.device_hash, row.until)
        return until is None or int.from_bytes(until, "big") <= self._clock().timestamp()

    def _key(self, name: str) -> bytes:
        return hmac.digest(self._stamps.secret("enrolment"), name.encode(), "sha256")

    def _hash(self, letters: str) -> str:
        return hmac.digest(self._stamps.secret("enrolment-code"), letters.encode(), "sha256").hex()


def shown(letters: str) -> str:
    """Return a code as people read it: in two groups."""
    return f"{letters[: LENGTH // 2]}-{letters[LENGTH // 2 :]}"


def _answer_key(device_code: str) -> bytes:
    written = device_code.encode("utf-8", "surrogatepass")
    return hmac.digest(written, b"sameview/v1/enrolment/answer", "sha256")


def _seal(key: bytes, device_hash: str, content: bytes) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, content, device_hash.encode())


def _open(key: bytes, device_hash: str, sealed: bytes) -> bytes | None:
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], device_hash.encode())
    except (InvalidTag, ValueError):
        return None
