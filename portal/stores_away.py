"""A database that is away for the moment, told from faults of ours: whoever meets it is asked to come again.

PostgreSQL that is stopped, starting or out of connections; SQLite whose file is locked or cannot be opened. A statement
that is wrong is none of these, and stays a fault.
"""

import sqlite3
from typing import Final

import psycopg
from sqlalchemy.exc import DBAPIError, PendingRollbackError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from portal.full_disk import causes

RETRY_SECONDS: Final = 10
_SQLITE: Final = frozenset(
    {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PROTOCOL}
)
_TOO_MUCH_ASKED: Final = "54"
"""PostgreSQL's class for a statement beyond its limits, which no waiting helps; its driver calls it operational."""


def is_away(error: BaseException) -> bool:
    """Tell whether a database that cannot be reached or used at the moment is behind an error."""
    return any(map(_says_so, causes(error)))


def _says_so(error: BaseException) -> bool:
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    if isinstance(error, sqlite3.OperationalError):
        return (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF in _SQLITE
    if isinstance(error, psycopg.OperationalError):
        return not (error.sqlstate or "").startswith(_TOO_MUCH_ASKED)
    return isinstance(error, psycopg.InterfaceError | PoolTimeout | PendingRollbackError)
