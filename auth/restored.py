"""What must not come to life again when an older state of the people comes back from a backup.

Ended sessions, used or withdrawn links and revoked tokens would work again, since the backup was made before they
ended. So all sessions end, all open links are withdrawn, and every token that can read is revoked. Tokens of collectors
stay: they can only bring in events of their owner.
"""

import datetime as dt
from typing import NamedTuple

from sqlalchemy import Connection, delete, update

from auth.models import Invitation, PersonalToken, SignInAttempt, SignInSession
from auth.tokens import Scope


class Ended(NamedTuple):
    """How many sessions, links and tokens were ended."""

    sessions: int
    links: int
    tokens: int


def end_what_opens(connection: Connection, today: dt.date) -> Ended:
    """End all sessions, open links and reading tokens; a second time ends what is left."""
    open_link = (Invitation.used_on.is_(None), Invitation.replaced_on.is_(None))
    reading = (PersonalToken.revoked_on.is_(None), PersonalToken.scopes.contains(Scope.READ.value))
    connection.execute(delete(SignInAttempt))
    return Ended(
        connection.execute(delete(SignInSession)).rowcount,
        connection.execute(update(Invitation).where(*open_link).values(replaced_on=today)).rowcount,
        connection.execute(update(PersonalToken).where(*reading).values(revoked_on=today)).rowcount,
    )
