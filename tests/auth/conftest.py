"""What tests of people share: people, a directory, and a log that remembers what it was given."""

import datetime as dt
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

import pytest

from auth.announcements import Announcements
from auth.directory import Directory
from auth.journal import Journal
from auth.passwords import INSECURE_COST_FOR_TESTS, PasswordHasher
from auth.people import People
from auth.stamps import Stamps
from privacy.log_entries import Appended, Draft, LogUnavailable
from privacy.stores import Stores

VIENNA = "Europe/Vienna"
STAMPS = Stamps(lambda: b"k" * 32)


@dataclass
class RecordingLog:
    """Keeps drafts in a list; `broken` makes it fail as a full disk does."""

    drafts: list[Draft] = field(default_factory=list)
    broken: bool = False

    def append_many(self, drafts: Sequence[Draft]) -> list[Appended]:
        if self.broken:
            raise LogUnavailable("no space left on device")
        first = len(self.drafts)
        self.drafts += drafts
        return [Appended(first + n) for n in range(len(drafts))]

    def outcomes(self, subject: str) -> list[str]:
        return [draft.outcome for draft in self.drafts if draft.subject == subject]


@dataclass
class MemoryAgreements:
    """Keeps in a set which agreements stand, as the key store does."""

    keys: set[tuple[str, int]] = field(default_factory=set)
    last: int = 0

    def new(self, subject: str) -> int:
        self.last += 1
        self.keys.add((subject, self.last))
        return self.last

    def there(self, subject: str, numbers: Collection[int]) -> frozenset[int]:
        return frozenset(each for each in numbers if (subject, each) in self.keys)

    def there_of_all(self, wanted: Collection[tuple[str, int]]) -> frozenset[tuple[str, int]]:
        return frozenset((subject, number) for subject, number in wanted if self.there(subject, [number]))

    def destroy(self, subject: str, *numbers: int) -> None:
        self.keys -= {(subject, each) for each in numbers}


@dataclass
class Office:
    """People in a store, and what is known of them."""

    stores: Stores
    clock: Callable[[], dt.datetime]
    log: RecordingLog
    journal: Journal
    people: People
    directory: Directory
    announcements: Announcements
    agreements: MemoryAgreements

    def hire(self, name: str, team: str | None = None, *, manages: bool = False, timezone: str = VIENNA) -> str:
        """Add somebody, by default without a team."""
        with self.people.changing(None) as changes:
            subject = changes.create(f"{name.lower()}@example.org", name, timezone)
            if team is not None:
                changes.join(subject, changes.team(team))
            if team is not None and manages:
                changes.appoint(subject, changes.team(team))
        return subject

    def told(self, subject: str) -> list[str]:
        return [each.sentence for each in self.announcements.of(subject)]


def open_office(stores: Stores, clock: Callable[[], dt.datetime]) -> Office:
    log = RecordingLog()
    journal = Journal(log, clock)
    agreements = MemoryAgreements()
    people = People(stores.data, journal, clock, STAMPS, agreements)
    directory = Directory(stores.data, clock, STAMPS, agreements)
    return Office(stores, clock, log, journal, people, directory, Announcements(stores.data), agreements)


@pytest.fixture
def office(stores: Stores, clock: Callable[[], dt.datetime]) -> Office:
    """An empty office on each engine."""
    return open_office(stores, clock)


@pytest.fixture(scope="session")
def hasher() -> PasswordHasher:
    return PasswordHasher(INSECURE_COST_FOR_TESTS)
