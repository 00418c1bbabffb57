"""Stamps: who can write to the data store alone can make nobody a manager, a reviewer or signed in.

Rows that give rights (relations, one-to-ones, roles, sessions, tokens, links, grants, conversations) carry a keyed hash
over their columns; the key is derived from the key store, and a row whose stamp does not hold gives nothing. So do
released figures, which many see. People's own rows carry one, too (`auth.genuine`). Passwords pass through the same key
before they are hashed, bound to their owner: a planted hash, or another person's, fits no password, and a stolen table
cannot be guessed at.

What a stamp cannot see is an older state of a genuine row (a dismissal undone, a former password put back): columns
that change later are outside of it. That is what `sameview log verify` compares with the access log.
"""

import datetime as dt
import hmac
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any, Final

from sqlalchemy import Row

from auth.models import Invitation, Management, Meeting, Person, PersonalToken, RoleGrant, SignInSession, Told
from privacy.grants import Granted
from privacy.release_store import TeamRelease
from privacy.seal import aad
from privacy.threads import ThreadRow

Stamped = (
    type[Told]
    | type[Person]
    | type[Management]
    | type[Meeting]
    | type[RoleGrant]
    | type[SignInSession]
    | type[PersonalToken]
    | type[Invitation]
    | type[Granted]
    | type[TeamRelease]
    | type[ThreadRow]
)

COLUMNS: Final[Mapping[Stamped, tuple[str, ...]]] = {
    Told: ("subject_id", "membership_id", "management_id", "manager_id", "day", "team_id", "since"),
    Person: (
        "subject_id",
        "email",
        "timezone",
        "joined",
        "left",
        "acknowledged_policy",
        "wishes",
        "mailed",
        "former_zones",
    ),
    Management: ("subject_id", "id", "team_id", "since"),
    Meeting: tuple(each.name for each in Meeting.__table__.columns if each.name != "stamp"),
    RoleGrant: ("subject_id", "id", "role", "since"),
    SignInSession: ("subject_id", "token_hash", "created_on"),
    PersonalToken: ("subject_id", "id", "token_hash", "scopes", "created_on", "expires_on"),
    Invitation: ("subject_id", "id", "kind", "token_hash", "issued_on", "expires_on"),
    Granted: tuple(each.name for each in Granted.__table__.columns if each.name not in ("sealed", "stamp")),
    TeamRelease: ("unit", "kind", "first_day", "digest", "seated", "roster", "entry"),
    ThreadRow: tuple(each.name for each in ThreadRow.__table__.columns if each.name not in ("topic", "stamp")),
}
"""What each stamp is over. `team_id` and `since` of Told are those of the membership."""

LATER: Final[Mapping[Stamped, tuple[str, ...]]] = {Person: ("looks_mailed",), ThreadRow: ("topic",)}
"""Columns of later versions: a stamp is over them as well once they hold something, so that older stamps still hold."""


def read_for(table: Stamped) -> tuple[str, ...]:
    """Return the columns with which a row is read whose stamp is to be checked."""
    return (*COLUMNS[table], *LATER.get(table, ()), "stamp")


_VERSION: Final = 1


class Stamps:
    """Makes and checks stamps. `key` returns 32 bytes that the data store does not hold (`privacy.stamp_key`)."""

    def __init__(self, key: Callable[[], bytes]) -> None:
        self._key = key

    def of(self, table: Stamped, row: Mapping[Any, Any]) -> bytes:
        """Return the stamp of a row with these columns."""
        found = (row[name] for name in COLUMNS[table])
        columns: list[str | bytes | int | dt.date] = [b"" if value is None else value for value in found]
        for name in LATER.get(table, ()):
            if row.get(name) is not None:
                columns += [name, row[name]]
        return hmac.digest(self._key(), aad(table.__tablename__, _VERSION, *columns), "sha256")

    def stamped(self, table: Stamped, **values: Any) -> dict[str, Any]:
        """Return the columns of a new row together with its stamp."""
        return {**values, "stamp": self.of(table, values)}

    def holds(self, table: Stamped, row: Row[Any] | Mapping[Any, Any]) -> bool:
        """Tell whether a stored row was made by the portal; it must have been read with all columns of the stamp."""
        found = row if isinstance(row, Mapping) else row._mapping
        stamp = found["stamp"]
        return isinstance(stamp, bytes) and hmac.compare_digest(stamp, self.of(table, found))

    def secret(self, purpose: str) -> bytes:
        """Return 32 bytes for a purpose, which the data store does not hold either."""
        return hmac.digest(self._key(), aad("secret", _VERSION, purpose), "sha256")

    def peppered(self, subject: str, password: str) -> str:
        """Return what is hashed in the place of a password: it means nothing for another person, or without the key."""
        key = hmac.digest(self._key(), aad("person.password", _VERSION, subject), "sha256")
        typed = unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
        return hmac.digest(key, typed, "sha256").hex()
