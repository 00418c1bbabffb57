"""When hot rows are folded beside the night: before one's own pages, and when a day has too many of them."""

import threading
from contextlib import suppress
from typing import Final

from analytics.intake import Intake
from privacy.disclosure import LogUnavailable

SLICES: Final = 2
"""A page waits for so many slices of a fold: two months of days on which anything came."""


class Folding:
    """Folds people's hot rows. Safe to share between threads."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._lock = threading.Lock()
        self._busy: set[str] = set()

    def before_reading(self, subject: str) -> None:
        """Fold what is new, so that a person sees what their desk has just sent.

        Of years that came at once only the newest days are waited for (`SLICES`); the rest is folded beside, and seen
        on a later page. While the log cannot be written, the older figures are shown.
        """
        with suppress(LogUnavailable):
            if self._intake.fold(subject, SLICES) and self._intake.hot.days(self._intake.vault.engine, subject):
                self.soon(subject)

    def soon(self, subject: str) -> threading.Thread | None:
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
            with suppress(LogUnavailable):
                self._intake.fold(subject)  # if the log fails, the rows wait: the next call finds the day as full
        finally:
            with self._lock:
                self._busy.discard(subject)
