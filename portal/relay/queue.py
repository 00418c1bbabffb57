"""The queue on the desk: one SQLite file of sealed rows, written by one thread, durable when it says so.

Whoever waits together shares a commit. A row's plain columns are two running numbers: its own, and the place in which
it was closed, which is the order of uploading. The file grows up to a cap; then, as on a full disk, what is newest does
not fit, whoever wrote it is told so, and everything before stays. Deleted rows are overwritten.
"""

import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from portal.relay.device_key import DeviceKey
from portal.relay.entries import BucketInfo, Waiting, decode, decode_bucket, encode

DEFAULT_CAP_BYTES: Final = 512 * 1024 * 1024
_PAGE_BYTES: Final = 4096
_GROUP: Final = 256
_BLOCK: Final = 512
_SCHEMA: Final = """
    CREATE TABLE IF NOT EXISTS bucket (number INTEGER PRIMARY KEY, sealed BLOB NOT NULL);
    CREATE TABLE IF NOT EXISTS entry (
        number INTEGER PRIMARY KEY AUTOINCREMENT, closed INTEGER UNIQUE, sealed BLOB NOT NULL
    );
    CREATE TABLE IF NOT EXISTS note (name TEXT PRIMARY KEY, sealed BLOB NOT NULL) WITHOUT ROWID;
"""

Statement = tuple[str, tuple[Any, ...]]


class QueueBroken(Exception):
    """The file is no queue any more; the text names it and the fix."""


class Change:
    """Statements that are stored together or not at all."""

    __slots__ = ("_done", "_ended", "_statements", "stored")

    def __init__(self, statements: Sequence[Statement], ended: Callable[[bool], None] | None) -> None:
        self._statements = statements
        self._ended = ended
        self._done = threading.Event()
        self.stored = False

    def make(self, connection: sqlite3.Connection) -> None:
        for statement, values in self._statements:
            connection.execute(statement, values)

    def end(self, stored: bool) -> None:
        """Say what became of it; called once, by the writer."""
        self.stored = stored
        if self._ended is not None:
            self._ended(stored)
        self._done.set()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until the change is durable or lost; True if it is durable."""
        return self._done.wait(seconds) and self.stored


class Queue:
    """The rows, the thread that writes them, and readers of their own."""

    def __init__(self, path: Path, key: DeviceKey, cap_bytes: int = DEFAULT_CAP_BYTES) -> None:
        self._key = key
        self._path = path
        try:
            self._writing = _connect(path)
            self._writing.executescript(_SCHEMA)
            self._reading = _connect(path)
            self.next_number = 1 + _number(self._reading, "SELECT seq FROM sqlite_sequence WHERE name = 'entry'")
            self.next_closed = 1 + _number(self._reading, "SELECT MAX(closed) FROM entry")
        except sqlite3.DatabaseError as error:
            raise QueueBroken(f"{path} cannot be used ({error}): free space, or move it away to begin anew") from error
        self._writing.execute(f"PRAGMA max_page_count = {cap_bytes // _PAGE_BYTES}")
        self._waiting: deque[Change] = deque()
        self._wake = threading.Condition()
        self._stopping = False
        self._read_lock = threading.Lock()
        self._writer = threading.Thread(target=self._write, name="queue", daemon=True)
        self._writer.start()

    # Writing

    def submit(self, statements: Sequence[Statement], ended: Callable[[bool], None] | None = None) -> Change:
        """Hand over statements in their order; the writer calls `ended` with whether they could be stored."""
        change = Change(statements, ended)
        with self._wake:
            self._waiting.append(change)
            self._wake.notify()
        return change

    def put_bucket(self, number: int, info: BucketInfo) -> Statement:
        sealed = self._key.seal(encode(info), "bucket", number)
        return "INSERT OR REPLACE INTO bucket VALUES (?, ?)", (number, sealed)

    def put(self, number: int, closed: int | None, entry: Waiting) -> Statement:
        """Return the statement that keeps an entry, in the place of what it was before."""
        sealed = self._key.seal(encode(entry), "entry", number)
        return "INSERT OR REPLACE INTO entry VALUES (?, ?, ?)", (number, closed, sealed)

    def change(self, number: int, entry: Waiting) -> Statement:
        """Return the statement that rewrites an entry if it is still there."""
        return "UPDATE entry SET sealed = ? WHERE number = ?", (self._key.seal(encode(entry), "entry", number), number)

    def drop(self, number: int) -> Statement:
        return "DELETE FROM entry WHERE number = ?", (number,)

    def put_note(self, name: str, content: bytes) -> Statement:
        """Return the statement that remembers something under a name."""
        return "INSERT OR REPLACE INTO note VALUES (?, ?)", (name, self._key.seal(content, "note", name))

    def close(self) -> None:
        """Write what waits, and stop."""
        with self._wake:
            self._stopping = True
            self._wake.notify()
        self._writer.join()
        self._reading.close()
        self._writing.close()

    def shrink(self) -> None:
        """Give deleted pages back and leave nothing of them in the journal; as far as the moment allows."""

        def act() -> None:
            with self._read_lock:
                self._reading.execute("PRAGMA incremental_vacuum").fetchall()
                self._reading.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

        try:
            act()
        except sqlite3.OperationalError:
            return  # the disk is full or the writer is at work: the next time does it

    def _write(self) -> None:
        while True:
            with self._wake:
                while not self._waiting and not self._stopping:
                    self._wake.wait()
                group = [self._waiting.popleft() for _ in range(min(_GROUP, len(self._waiting)))]
            if not group:
                return
            if self._commit(group):
                stored = [True] * len(group)
            else:  # one by one: what makes room must not fail with what finds none
                stored = [len(group) > 1 and self._commit([each]) for each in group]
            for change, found in zip(group, stored, strict=True):
                change.end(found)

    def _commit(self, group: Sequence[Change]) -> bool:
        try:
            self._writing.execute("BEGIN IMMEDIATE")
            for change in group:
                change.make(self._writing)
            self._writing.execute("COMMIT")
        except sqlite3.Error:
            if self._writing.in_transaction:
                self._writing.execute("ROLLBACK")
            return False
        return True

    # Reading

    def buckets(self) -> dict[int, BucketInfo]:
        rows = self._rows("SELECT number, sealed FROM bucket ORDER BY number", ())
        return {number: decode_bucket(self._key.open(sealed, "bucket", number)) for number, sealed in rows}

    def note(self, name: str) -> bytes | None:
        """Return what was remembered under a name, None if nothing was."""
        for (sealed,) in self._rows("SELECT sealed FROM note WHERE name = ?", (name,)):
            return self._key.open(sealed, "note", name)
        return None

    def open_entries(self) -> Iterator[tuple[int, Waiting]]:
        """Yield the entries that heartbeats may still join."""
        for number, sealed in self._rows("SELECT number, sealed FROM entry WHERE closed IS NULL ORDER BY number", ()):
            yield number, decode(self._key.open(sealed, "entry", number))

    def entries(self) -> Iterator[tuple[int, int | None, Waiting]]:
        """Yield everything that waits, in the order of numbers, a block at a time."""
        after = 0
        query = "SELECT number, closed, sealed FROM entry WHERE number > ? ORDER BY number LIMIT ?"
        while rows := self._rows(query, (after, _BLOCK)):
            after = rows[-1][0]
            for number, closed, sealed in rows:
                yield number, closed, decode(self._key.open(sealed, "entry", number))

    def closed_entries(self, after: int = 0) -> Iterator[tuple[int, Waiting]]:
        """Yield what can be uploaded, by the place in which it was closed."""
        query = "SELECT closed, number, sealed FROM entry WHERE closed > ? ORDER BY closed LIMIT ?"
        while rows := self._rows(query, (after, _BLOCK)):
            after = rows[-1][0]
            for closed, number, sealed in rows:
                yield closed, decode(self._key.open(sealed, "entry", number))

    def count(self) -> int:
        with self._read_lock:
            return _number(self._reading, "SELECT COUNT(*) FROM entry")

    def size(self) -> int:
        """Return the bytes of the file that are in use."""
        with self._read_lock:
            pages = _number(self._reading, "PRAGMA page_count") - _number(self._reading, "PRAGMA freelist_count")
            return pages * _PAGE_BYTES

    def _rows(self, query: str, values: tuple[Any, ...]) -> list[Any]:
        with self._read_lock:
            return self._reading.execute(query, values).fetchall()


def _connect(path: Path) -> sqlite3.Connection:
    path.touch(mode=0o600)
    connection = sqlite3.connect(path, timeout=5, isolation_level=None, check_same_thread=False)
    for pragma in (
        f"page_size = {_PAGE_BYTES}",
        "auto_vacuum = INCREMENTAL",
        "journal_mode = WAL",
        "synchronous = FULL",
        "secure_delete = ON",
        "wal_autocheckpoint = 256",
        "cache_size = -512",
    ):
        connection.execute(f"PRAGMA {pragma}").fetchall()
    return connection


def _number(connection: sqlite3.Connection, query: str) -> int:
    found = connection.execute(query).fetchone()
    return int(found[0] or 0) if found else 0
