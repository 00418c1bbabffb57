"""A full disk, told from other failures: whoever meets it reads what to do, not a database's own words."""

import errno
import sqlite3
from collections.abc import Iterator
from typing import Final

FULL: Final = "the disk or quota is full: free space, then do it again; nothing that was done before is lost"
FULL_OR_FAILING: Final = (
    "the disk or quota is full, or the disk fails: free space, or look at the system's log, then do it again;"
    " nothing that was done before is lost"
)
_NO_SPACE: Final = (errno.ENOSPC, errno.EDQUOT)
_POSTGRESQL_FULL: Final = "53100"  # disk_full


def sentence(error: BaseException) -> str | None:
    """Return what to do if a full disk is behind an error; None for every other.

    SQLite has one word for a disk that is full while it writes its journal and for one that fails (SQLITE_IOERR).
    """
    for each in causes(error):
        code = getattr(each, "sqlite_errorcode", None) or 0
        if isinstance(each, OSError) and each.errno in _NO_SPACE:
            return FULL
        if code & 0xFF == sqlite3.SQLITE_FULL or getattr(each, "sqlstate", None) == _POSTGRESQL_FULL:
            return FULL
        if code & 0xFF == sqlite3.SQLITE_IOERR:
            return FULL_OR_FAILING
    return None


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and what is behind it: a driver's error, and what it was raised from."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = getattr(error, "orig", None) or error.__cause__
