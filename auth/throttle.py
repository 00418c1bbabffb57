"""Slows down guessing: failed sign-ins are counted for each account and for each address.

After a few free attempts every further one has to wait, longer each time up to a limit. Nobody is locked out for good:
an attacker can make the owner wait, never longer than the limit. An attempt is counted before the password is looked
at, so that many at once gain nothing, and taken back when it succeeds. An account counts whether it exists or not. Keys
are keyed hashes, times are steps of five minutes, and rows are gone after two days: the table is no diary of sign-ins.
"""

import datetime as dt
import hmac
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Engine, Update, delete, update
from sqlalchemy.dialects import postgresql, sqlite

from auth.errors import TooManyAttempts
from auth.models import SignInAttempt
from auth.person import Clock, normal_email
from privacy.stores import writing

STEP_SECONDS: Final = 300
_REMEMBER: Final = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Limit:
    """How many attempts are free, and how many steps the longest wait has."""

    free: int
    longest_steps: int

    def wait(self, failures: int) -> int:
        """Return how many steps to wait after so many failures: 0, then 1, 2, 4, … up to the limit."""
        beyond = failures - self.free
        return 0 if beyond < 0 else min(2 ** min(beyond, 30), self.longest_steps)


ACCOUNT_LIMIT: Final = Limit(free=5, longest_steps=3)  # at most 15 minutes: an attacker must not shut out the owner
ADDRESS_LIMIT: Final = Limit(free=30, longest_steps=12)  # an office may share one address


class Throttle:
    """Counts failures in a table, so that all processes know of them. `key` is a secret of the installation."""

    def __init__(self, engine: Engine, clock: Clock, key: bytes) -> None:
        self._engine = engine
        self._clock = clock
        self._key = key

    def admit(self, email: str, address: str) -> None:
        """Count an attempt in advance, or raise TooManyAttempts and count nothing."""
        now = self._clock()
        step = int(now.timestamp()) // STEP_SECONDS
        with writing(self._engine) as connection:
            connection.execute(delete(SignInAttempt).where(SignInAttempt.forget_on < now.date()))
            for key, limit in self._counters(email, address).items():
                row = _counted(connection, key, now.date() + _REMEMBER)
                if row.wait_until > step:
                    raise TooManyAttempts(row.wait_until * STEP_SECONDS - int(now.timestamp()))
                _wait(connection, key, step + limit.wait(row.failures))

    def succeeded(self, email: str, address: str) -> None:
        """Forget the account's failures, and take back the attempt that was counted for the address."""
        account, place = self._counters(email, address)
        with writing(self._engine) as connection:
            connection.execute(delete(SignInAttempt).where(SignInAttempt.key == account))
            connection.execute(_taken_back(place))

    def spend(self, purpose: str, whose: str, limit: Limit) -> None:
        """Count one use of something that is not a sign-in, or raise TooManyAttempts and count nothing."""
        now = self._clock()
        step = int(now.timestamp()) // STEP_SECONDS
        key = self._counter(purpose, whose)
        with writing(self._engine) as connection:
            row = _counted(connection, key, now.date() + _REMEMBER)
            if row.wait_until > step:
                raise TooManyAttempts(row.wait_until * STEP_SECONDS - int(now.timestamp()), "attempts")
            _wait(connection, key, step + limit.wait(row.failures))

    def refund(self, purpose: str, whose: str) -> None:
        """Take back one use that `spend` has counted."""
        with writing(self._engine) as connection:
            connection.execute(_taken_back(self._counter(purpose, whose)))

    def account(self, email: str) -> str:
        """Return the key under which the failures at an account are counted."""
        return next(iter(self._counters(email, "")))

    def _counters(self, email: str, address: str) -> Mapping[str, Limit]:
        named = (("account", normal_email(email), ACCOUNT_LIMIT), ("address", network(address), ADDRESS_LIMIT))
        return {self._counter(kind, text): limit for kind, text, limit in named}

    def _counter(self, kind: str, text: str) -> str:
        written = f"sameview/v1/throttle/{kind}\0{text}".encode("utf-8", "replace")
        return hmac.digest(self._key, written, "sha256").hex()


def _counted(connection: Connection, key: str, forget_on: dt.date) -> Any:
    """Add one failure, in one statement, and return the row."""
    add = (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(SignInAttempt)
    table = SignInAttempt.__table__.c
    counted = add.values(key=key, failures=1, wait_until=0, forget_on=forget_on).on_conflict_do_update(
        index_elements=[table.key], set_={"failures": table.failures + 1, "forget_on": forget_on}
    )
    return connection.execute(counted.returning(table.failures, table.wait_until)).one()


def _taken_back(key: str) -> Update:
    one = update(SignInAttempt).where(SignInAttempt.key == key, SignInAttempt.failures > 0)
    return one.values(failures=SignInAttempt.failures - 1, wait_until=0)


def _wait(connection: Connection, key: str, until: int) -> None:
    connection.execute(update(SignInAttempt).where(SignInAttempt.key == key).values(wait_until=until))


def network(address: str) -> str:
    """Return what counts as one place: an IPv4 address, or the /64 of an IPv6 address, which is one connection's."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is None:
        return str(ipaddress.ip_network((int(found), 64), strict=False))
    return str(getattr(found, "ipv4_mapped", None) or found)
