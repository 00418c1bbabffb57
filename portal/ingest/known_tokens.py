"""Tokens of collectors, remembered for a moment: a watcher calls every second, and its token is looked up once in two.

A token that was revoked is refused after that moment at the latest.
"""

import threading
import time
from collections.abc import Callable
from typing import Final, NamedTuple

from auth.directory import Directory
from auth.permissions import Role
from auth.person import Person
from auth.sessions import hash_of
from auth.tokens import Scope, Tokens

SECONDS: Final = 2.0
_MOST: Final = 20_000


class Known(NamedTuple):
    """Whose token it is, what it may do, and who they are."""

    subject: str
    session: str
    scopes: frozenset[Scope]
    person: Person
    roles: frozenset[Role]


def looked_up(tokens: Tokens, directory: Directory) -> Callable[[str], Known | None]:
    """Return what looks a token up in the stores."""

    def find(secret: str) -> Known | None:
        token = tokens.find(secret)
        person = None if token is None else directory.person(token.subject)
        if token is None or person is None:
            return None
        roles = directory.roles(token.subject) | {Role.ANYONE}
        return Known(token.subject, f"token:{token.id}", token.scopes, person, frozenset(roles))

    return find


class KnownTokens:
    """Finds who sent a token. Safe to share between threads; remembers no token, only its hash."""

    def __init__(self, find: Callable[[str], Known | None], monotonic: Callable[[], float] = time.monotonic) -> None:
        self._find = find
        self._monotonic = monotonic
        self._known: dict[str, tuple[float, Known]] = {}
        self._lock = threading.Lock()

    def find(self, token: str) -> Known | None:
        """Return whose living token this is, None if it is nobody's."""
        now, name = self._monotonic(), hash_of(token)
        known = self._known.get(name)
        if known is not None and now < known[0]:
            return known[1]
        found = self._find(token)
        with self._lock:
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known.pop(name, None)
            if found is not None:
                self._known[name] = (now + SECONDS, found)
        return found

    def forget(self) -> None:
        """Look every token up again."""
        with self._lock:
            self._known.clear()
