"""Group commit: threads queue what they want written, and whoever comes first commits for all that wait.

So the cost of a durable commit is shared: the busier the store, the more goes into one. There is no thread of its own
that could die, or be missing in a forked process.
"""

import random
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, Generic, Protocol, TypeVar

LARGEST_COMMIT: Final = 256
_ATTEMPTS: Final = 4
_BUSY: Final = ("locked", "busy")
_SQLSTATES_TO_RETRY: Final = ("40001", "40P01", "55P03")  # serialization failure, deadlock, lock not available


class Waits(Protocol):
    """What waits for a commit."""

    done: bool
    error: BaseException | None

    @property
    def alone(self) -> bool:
        """Whether it shares a commit with nothing else."""


W = TypeVar("W", bound=Waits)


class Interrupted(Exception):
    """The commit was interrupted: nothing of it is acknowledged."""


class GroupCommit(Generic[W]):
    """Hands what is queued to `commit` in batches, one batch at a time. `commit` writes all of a batch or nothing."""

    def __init__(self, commit: Callable[[Sequence[W]], None], sleep: Callable[[float], None] = time.sleep) -> None:
        self._commit = commit
        self._sleep = sleep
        self._waiting: deque[W] = deque()
        self._leading = threading.Lock()

    def wait_for(self, entries: Sequence[W]) -> None:
        """Return when all `entries` are done: committed, or failed with their `error`."""
        self._waiting.extend(entries)
        for each in entries:
            while not each.done:
                with self._leading:
                    if not each.done:
                        self._lead()

    def _lead(self) -> None:
        batch = [self._waiting.popleft()]
        while self._waiting and len(batch) < LARGEST_COMMIT and not (batch[0].alone or self._waiting[0].alone):
            batch.append(self._waiting.popleft())
        failure: BaseException | None = Interrupted("the commit was interrupted")
        try:
            self._commit_patiently(batch)
            failure = None
        except Exception as e:  # whatever happened, every thread of the batch has to hear of it
            failure = e
        finally:
            for each in batch:
                each.error = failure or each.error
                each.done = True

    def _commit_patiently(self, batch: Sequence[W]) -> None:
        """Commit; try again, after a short and random while, if another process holds the lock."""
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return self._commit(batch)
            except Exception as e:
                if attempt == _ATTEMPTS or not _is_busy(e):
                    raise
                self._sleep(random.uniform(0.002, 0.02) * attempt)  # noqa: S311 - spreads retries, guards nothing
        return None


def _is_busy(error: Exception) -> bool:
    """Tell whether a driver's error, or SQLAlchemy's around it, says that somebody else holds a lock."""
    error = getattr(error, "orig", None) or error
    state = getattr(error, "sqlstate", None)
    return state in _SQLSTATES_TO_RETRY or (isinstance(error, sqlite3.OperationalError) and _says_busy(str(error)))


def _says_busy(message: str) -> bool:
    return any(word in message for word in _BUSY)
