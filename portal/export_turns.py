"""Whose export is being sent now: one of each person over all processes, and few together in each.

That a person has a turn is a lock that lives as long as the process which sends, and no row: a row would outlive a
process that dies, and would have to say at what time of the day somebody took something. PostgreSQL holds it beside a
connection of its own (an advisory lock, which reaches every host); for SQLite it is a byte of `HOME/exports`, at a
place that only the person's id leads to, so that neither a name nor a time is left behind.
"""

import fcntl
import hashlib
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.exc import SQLAlchemyError

if TYPE_CHECKING:
    from portal.wiring import System

AT_ONCE: Final = 2
"""So many exports are sent at once by one process: each takes a thread for as long as its reader takes."""
STALLED_SECONDS: Final = 60.0
_FILE: Final = "exports"
_PLACES: Final = 1 << 62

Release = Callable[[], None]


@dataclass(slots=True)
class Progress:
    """How many of its files of days an export has sent, how many there are, and when its reader last took something."""

    done: int = 0
    total: int = 0
    moved_at: float = field(default_factory=lambda: time.monotonic())
    release: Release = lambda: None


class Turns:
    """Who is being sent an export by this process now, each of them by no other process.

    Whoever takes nothing for a minute keeps nobody else waiting: their turn is over, and goes on if they read on.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._busy: dict[str, Progress] = {}
        self._lock = threading.Lock()
        self._files: dict[Path, int] = {}

    def take(self, system: "System", subject: str) -> Progress | None:
        """Begin; None if there are too many here, or one of this person's here or elsewhere."""
        self._end_stalled()
        with self._lock:
            if subject in self._busy or len(self._busy) >= self._most:
                return None
            found = self._busy[subject] = Progress()
            if len(self._busy) == 1:
                self._look_again()
        try:
            release = self._hold(system, subject)  # may wait for a connection, and nobody waits for that
        except BaseException:
            self.leave(subject, found)
            raise
        if release is None:
            self.leave(subject, found)
            return None
        found.release = release
        return found

    def leave(self, subject: str, turn: Progress) -> None:
        """End a turn; one that was over already is no longer there."""
        with self._lock:
            if self._busy.get(subject) is not turn:
                return
            del self._busy[subject]
        turn.release()

    def of(self, subject: str) -> Progress | None:
        """Return how far the export of a person is that this process sends, None if it sends none."""
        with self._lock:
            return self._busy.get(subject)

    def _end_stalled(self) -> None:
        since = time.monotonic() - STALLED_SECONDS
        with self._lock:
            stalled = [(subject, turn) for subject, turn in self._busy.items() if turn.moved_at < since]
        for subject, turn in stalled:
            self.leave(subject, turn)

    def _look_again(self) -> None:
        """End what is stalled even if nobody asks this process: another one may be asked, and cannot know."""
        timer = threading.Timer(STALLED_SECONDS / 4, self._tick)
        timer.daemon = True
        timer.start()

    def _tick(self) -> None:
        self._end_stalled()
        with self._lock:
            if self._busy:
                self._look_again()

    def _hold(self, system: "System", subject: str) -> Release | None:
        place = int.from_bytes(hashlib.sha256(f"export of {subject}".encode()).digest()[:8], "big") % _PLACES
        if system.stores.data.dialect.name == "postgresql":
            return _beside_a_connection(system.stores.data, place)
        return _in_a_file(self._file(system.config.home / _FILE), place)

    def _file(self, path: Path) -> int:
        # Opened once and never closed: a process that closes a file loses every lock that it has on it (fcntl(2)).
        if path not in self._files:
            self._files[path] = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        return self._files[path]


def _beside_a_connection(engine: Engine, place: int) -> Release | None:
    connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    try:
        held = connection.scalar(select(func.pg_try_advisory_lock(place)))
    except BaseException:
        connection.close()
        raise
    if not held:
        connection.close()
        return None
    return partial(_let_go, connection, place)


def _let_go(connection: Connection, place: int) -> None:
    try:
        connection.scalar(select(func.pg_advisory_unlock(place)))
    except SQLAlchemyError:  # the connection is gone, and with it the lock
        connection.invalidate()
    finally:
        connection.close()


def _in_a_file(file: int, place: int) -> Release | None:
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)
    except (BlockingIOError, PermissionError):  # whichever a system says
        return None
    return partial(fcntl.lockf, file, fcntl.LOCK_UN, 1, place)


turns: Final = Turns(AT_ONCE)
