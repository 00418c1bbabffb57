"""Marks of what batches said, remembered: somebody who sends them says few different things, again and again.

In memory only, like the texts that a categoriser remembers.
"""

from typing import Final

from analytics.raw_data import canonical_text
from privacy.hot import Marker

_MOST_TEXTS: Final = 8_192
_MOST_PEOPLE: Final = 16


class Marks(dict[bytes, int]):
    """The marks of data texts of one person, each made once. Raises what `canonical_text` does."""

    def __init__(self, marker: Marker) -> None:
        self._marker = marker

    def __missing__(self, text: bytes) -> int:
        mark = self[text] = self._marker.data(canonical_text(text))
        return mark


class KnownMarks:
    """The marks of a few people's data, kept from batch to batch. Safe to share between threads."""

    def __init__(self) -> None:
        self._known: dict[int, Marks] = {}

    def of(self, marker: Marker) -> Marks:
        """Return what is known under one person's key."""
        name = marker.data(b"")
        known = self._known.get(name)
        if known is None or len(known) > _MOST_TEXTS:
            if len(self._known) >= _MOST_PEOPLE:
                self._known.clear()
            known = self._known[name] = Marks(marker)
        return known
