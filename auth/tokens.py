"""Personal tokens: for a script of one's own (`read`), one's own devices (`ingest`), or what an operator's program
delivers of the state of the work (`volumes`).

A token is shown once, stored as a hash, and never does more than its owner in person. The day of its last use is kept,
not the time.
"""

import datetime as dt
import enum
import secrets
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Engine, func, insert, or_, select, update

from auth import person
from auth.errors import ChangeRefused
from auth.journal import Journal
from auth.models import PersonalToken
from auth.notices import Kind, Notice
from auth.person import Clock
from auth.sessions import hash_of
from auth.stamps import Stamps
from privacy.messages import N_, Said
from privacy.stores import writing

PREFIX: Final = "sv_"
LONGEST_DAYS: Final = 366
_MOST: Final = 50  # living tokens of one person


class Scope(enum.StrEnum):
    """What a token may do."""

    READ = "read"
    INGEST = "ingest"
    VOLUMES = "volumes"


@dataclass(frozen=True, slots=True)
class Token:
    """A token as its owner sees it."""

    id: str
    subject: str
    name: str
    scopes: frozenset[Scope]
    created_on: dt.date
    expires_on: dt.date
    last_used_on: dt.date | None
    revoked_on: dt.date | None


class Tokens:
    """Issues, checks and revokes personal tokens."""

    def __init__(self, engine: Engine, journal: Journal, clock: Clock, stamps: Stamps) -> None:
        self._engine = engine
        self._journal = journal
        self._clock = clock
        self._stamps = stamps

    def issue(self, subject: str, name: str, scopes: Collection[Scope], days: int = 90) -> str:
        """Return a new token of `subject`, valid for `days`; it is never seen again. Raises ChangeRefused."""
        token, name = new_token(), checked_name(name, "token")
        wanted = frozenset(Scope(each) for each in scopes)
        if not wanted or not 1 <= days <= LONGEST_DAYS:
            raise ChangeRefused(
                Said(
                    N_("A token has at least one scope and is valid for 1 to %(longest_days)s days."),
                    longest_days=LONGEST_DAYS,
                )
            )
        written = " ".join(sorted(wanted))
        with writing(self._engine) as connection:
            told = self._file(connection, subject, token, days, name=name, scopes=written)
            told["scopes"] = written.replace(" ", " and ")
            self._journal.tell(connection, [Notice(subject, Kind.TOKEN_ISSUED, told)], by=subject)
        return token

    def give_device(self, connection: Connection, subject: str, token: str, name: str, host: str) -> None:
        """File `token` as that of a computer, last in the caller's transaction. Raises ChangeRefused."""
        told = self._file(connection, subject, token, LONGEST_DAYS, name=name, scopes=Scope.INGEST.value, host=host)
        self._journal.tell(connection, [Notice(subject, Kind.DEVICE_ENROLLED, told | {"host": host})], by=subject)

    def find(self, token: str) -> Token | None:
        """Return the living token with this text, and note the day; None if it is unknown, revoked or expired."""
        now = self._clock()
        with self._engine.connect() as connection:
            query = select(PersonalToken.__table__).where(PersonalToken.token_hash == hash_of(token))
            row = connection.execute(query).one_or_none()
            owner = None if row is None else person.one(connection, row.subject_id)
        if row is None or owner is None or not owner.is_here(now) or not self._stamps.holds(PersonalToken, row):
            return None
        found = _token(row)
        if found.revoked_on is not None or found.expires_on < now.date():
            return None
        self._note_use(found, now.date())
        return found

    def of(self, subject: str) -> list[Token]:
        """Return the tokens that a person made by hand, newest first, revoked ones included."""
        query = select(PersonalToken.__table__).where(PersonalToken.subject_id == subject, PersonalToken.host.is_(None))
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(PersonalToken.created_on.desc(), PersonalToken.name)).all()
        return [_token(row) for row in rows]

    def revoke(self, subject: str, token_id: str) -> bool:
        """Revoke one token of a person; False if there is none that lives."""
        by_hand = (PersonalToken.host.is_(None), PersonalToken.revoked_on.is_(None))
        one = (PersonalToken.subject_id == subject, PersonalToken.id == token_id, *by_hand)
        revoked = update(PersonalToken).where(*one).values(revoked_on=self._clock().date())
        with writing(self._engine) as connection:
            names = list(connection.scalars(revoked.returning(PersonalToken.name)))
            notices = [Notice(subject, Kind.TOKEN_REVOKED, {"name": name, "token": token_id}) for name in names]
            self._journal.tell(connection, notices, by=subject)
        return bool(names)

    def _file(self, connection: Connection, subject: str, token: str, days: int, **columns: str) -> dict[str, str]:
        """Write the row of a new token, and return what its owner is told of it."""
        own = (PersonalToken.subject_id == subject, PersonalToken.revoked_on.is_(None))
        if (connection.scalar(select(func.count()).select_from(PersonalToken).where(*own)) or 0) >= _MOST:
            raise ChangeRefused(
                Said(N_("Nobody has more than %(most)s tokens and devices: revoke one first."), most=_MOST)
            )
        today = self._clock().date()
        row: dict[str, Any] = {
            "subject_id": subject,
            "id": uuid.uuid4().hex,
            "token_hash": hash_of(token),
            "created_on": today,
            "expires_on": today + dt.timedelta(days=days),
            **columns,
        }
        connection.execute(insert(PersonalToken).values(**self._stamps.stamped(PersonalToken, **row)))
        return {"name": row["name"], "expires": row["expires_on"].isoformat(), "token": row["id"]}

    def _note_use(self, token: Token, today: dt.date) -> None:
        if token.last_used_on == today:
            return
        unused = or_(PersonalToken.last_used_on.is_(None), PersonalToken.last_used_on < today)
        one = (PersonalToken.subject_id == token.subject, PersonalToken.id == token.id, unused)
        with writing(self._engine) as connection:
            connection.execute(update(PersonalToken).where(*one).values(last_used_on=today))


def new_token() -> str:
    """Return the text of a token that nobody has yet."""
    return PREFIX + secrets.token_urlsafe(32)


def checked_name(text: str, what: str) -> str:
    """Return a name without needless spaces; ChangeRefused if it is none."""
    name = " ".join(text.split())
    if not name or len(name) > 100 or not name.isprintable():
        raise ChangeRefused(Said(N_("A %(what)s's name has 1 to 100 printable characters."), what=what))
    return name


def _token(row: Any) -> Token:
    return Token(
        id=row.id,
        subject=row.subject_id,
        name=row.name,
        scopes=frozenset(Scope(each) for each in row.scopes.split()),
        created_on=row.created_on,
        expires_on=row.expires_on,
        last_used_on=row.last_used_on,
        revoked_on=row.revoked_on,
    )
