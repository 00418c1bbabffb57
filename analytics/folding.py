"""When hot rows are folded beside the night: before one's own pages, and when a day has too many of them.

A person whose desk is at work is folded at most once a minute for their pages, since each time leaves entries in their
access log.
"""

import threading
import time
from collections.abc import Callable
from typing import Final

from analytics.intake import Intake
from privacy.disclosure import LogUnavailable

SECONDS: Final = 60.0
_MOST: Final = 10_000


class Folding:
    """Folds people's hot rows. Safe to share between threads."""

    def __init__(self, intake: Intake, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._intake = intake
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._folded: dict[str, float] = {}
        self._busy: set[str] = set()

    def fold_for_reading(self, subject: str) -> None:
        """Fold what is new, unless that was done a moment ago. LogUnavailable: then the older figures are there."""
        now = self._monotonic()
        with self._lock:
            if now < self._folded.get(subject, 0.0):
                return
            if len(self._folded) >= _MOST:
                self._folded.clear()
            self._folded[subject] = now + SECONDS
        self._intake.fold(subject)

    def fold_soon(self, subject: str) -> threading.Thread | None:
        """Fold in a thread of its own, since nobody waits for it; None if one is at it already."""
        with self._lock:
            if subject in self._busy:
                return None
            self._busy.add(subject)
        thread = threading.Thread(target=self._fold, args=(subject,), name="folding", daemon=True)
        thread.start()
        return thread

    def _fold(self, subject: str) -> None:
        try:
            self._intake.fold(subject)
        except LogUnavailable:
            pass  # the rows wait: the next call that comes finds the day as full
        finally:
            with self._lock:
                self._busy.discard(subject)
