"""Who uses an installation: everybody together, or a restore alone.

Every process that opens the stores holds a shared lock on `HOME/lock` for as long as it has them open, and a restore an
exclusive one: it never exchanges a file under somebody who writes. The kernel lets go of the lock with the process,
however that ends. The lock reaches one host; where several serve one PostgreSQL database, a restore also looks for
other connections there. Rejected: a file that says "in use", which outlives `kill -9`.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_NAME: Final = "lock"


class Occupied(Exception):
    """The installation is in use in a way that does not go together with what was asked."""


class Occupancy:
    """A shared lock on an installation, from now until `leave`."""

    def __init__(self, home: Path) -> None:
        self._handle: int | None = _take(home, fcntl.LOCK_SH, "is being restored: wait until `sameview restore` ends")

    def leave(self) -> None:
        """Let go of it; a second time does nothing."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


@contextmanager
def alone(home: Path) -> Iterator[None]:
    """Hold an installation alone; Occupied while a server or a command has its stores open."""
    handle = _take(home, fcntl.LOCK_EX, "is in use: stop the server, let commands end, then run this again")
    try:
        yield
    finally:
        os.close(handle)


def _take(home: Path, lock: int, otherwise: str) -> int:
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(home / _NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, lock | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(handle)
        raise Occupied(f"{home} {otherwise}") from error
    return handle
