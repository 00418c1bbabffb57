"""What tests of the life of keys share: a calendar, a log, seven months of keys, and what is filed of them."""

import datetime as dt
from typing import Any

from cast import BEN
from sqlalchemy import Engine, select

from privacy.fields import KeyClass
from privacy.file_keys import FileKeyProvider
from privacy.key_history import DESTROYED, FOUNDED
from privacy.key_store import WrappedKey
from privacy.keys import KeyRing
from privacy.log_entries import Draft, Entry, body_of, entry_of, payload_of
from privacy.log_read import Filter, Page
from privacy.policy import Purpose, Relation
from privacy.rotation import State, report

SHARED = KeyClass.SHARED
MONTHS = [(SHARED, epoch) for epoch in range(24300, 24307)]
INFO = b"sameview/v1/test"
TODAY = dt.date(2026, 11, 19)


class Days:
    """A calendar that stands still."""

    today = TODAY

    def __call__(self) -> dt.date:
        return self.today


class Journal:
    """A log that keeps what it is given, dated as the calendar says, and looks at what exists at that moment.

    Its first entry is that of the setup, which is not counted among `entries`.
    """

    def __init__(self, provider: Any, days: Days | None = None) -> None:
        self.provider = provider
        self.days = days or Days()
        self.opened: list[Entry] = []
        self.entries: list[tuple[str, str]] = []
        self.full = False
        self._open(Draft(None, None, Relation.OPERATIONS, (), Purpose.OPERATIONS, None, FOUNDED))

    def append(self, draft: Draft) -> None:
        if self.full:
            raise OSError("no space left on device")
        (name,) = draft.fields
        if draft.outcome == DESTROYED:
            _, key_class, version = name.split("-")
            assert int(version) in self.provider.versions(KeyClass(key_class)), "written after the destruction"
        self.entries.append((str(draft.outcome), name))
        self._open(draft)

    def _open(self, draft: Draft) -> None:
        number, now = len(self.opened), dt.datetime.combine(self.days(), dt.time(2), dt.UTC)
        self.opened.append(entry_of(number, payload_of(body_of(draft, now), number, None)))

    def read(self, _wanted: Filter) -> Page:
        return Page(tuple(reversed(self.opened)), None)


class Quiet:
    """A log that takes everything, and says nothing."""

    def append(self, _draft: Draft) -> None:
        return None

    def read(self, _wanted: Filter) -> Page:
        return Page((), None)


def filed(engine: Engine) -> dict[tuple[str, str, int], int]:
    """The KEK version under which every key is filed."""
    with engine.connect() as connection:
        rows = connection.execute(
            select(WrappedKey.subject_id, WrappedKey.key_class, WrappedKey.epoch, WrappedKey.kek_version)
        )
        return {(subject, key_class, epoch): version for subject, key_class, epoch, version in rows}


def derived(ring: KeyRing, subject: str = BEN) -> list[bytes]:
    """What the keys of seven months give to a process that has just started."""
    fresh = KeyRing(ring.engine, FileKeyProvider(ring.provider.directory))  # type: ignore[attr-defined]
    return [fresh.derive(subject, *month, INFO, 32) for month in MONTHS]


def state_of(ring: KeyRing, version: int, key_class: KeyClass = SHARED) -> State:
    (found,) = [each for each in report(ring) if (each.key_class, each.version) == (key_class, version)]
    return found
