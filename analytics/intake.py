"""The intake: what a reader has read goes through the door, is joined to what is stored, summed up and sealed.

Everything that one call writes is one transaction: a fault leaves nothing half-written. What is stored of the touched
days is opened through the gate like anything else, so an entry in the access log comes before it: one,
which names every day that may be opened, and none where nothing is stored yet. If anything changes, another entry says
so, with a digest of all that the vault then holds of the person; it is written just before the transaction is
committed, so nothing can have come in that the log does not know of.
"""

import datetime as dt
import gc
import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection

from analytics.arrivals import Arrival
from analytics.captured import CapturedDay, Key
from analytics.categories import Categoriser
from analytics.days import DAY_FIELDS
from analytics.door import Door
from analytics.events import AFK, borders_us
from analytics.figures import dump
from analytics.imports import Export, Progress, RefusedBucket
from analytics.joining import STORED_FIELDS, Joining, encoded
from analytics.summaries import summarise
from privacy import vault_store
from privacy.capture import PRESETS
from privacy.disclosure import Clock, Directory, Gate, Opening
from privacy.fields import Field, Tier
from privacy.period import Period
from privacy.policy import Purpose
from privacy.stores import writing
from privacy.vault import Place, Row, Vault

SOURCES_DAY: Final = dt.date(1900, 1, 1)
"""A day before all others, since when the list of a person's AFK buckets holds.

On a day without events in it, the host of an AFK bucket was idle.
"""

TEXT_FIELDS: Final = (Field.TITLES, Field.URLS)
_sources: Final = msgspec.msgpack.Decoder(list[tuple[str, str, str]]).decode


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a file's events: read = kept + known + all dropped + all refused.

    `known` were there already, or came twice. `refused_events` counts them by reason; `refused_buckets` were refused
    whole and not counted. `days` are those that changed. `entry` is the number of the log entry of what was written; if
    nothing changed, of what was opened; None if nothing was opened either.
    """

    read: int
    kept: int
    known: int
    coarsened: Mapping[str, int]
    dropped: Mapping[str, int]
    refused_events: Mapping[str, int]
    refused_buckets: Sequence[RefusedBucket]
    days: Sequence[dt.date]
    entry: int | None


@contextmanager
def _uncollected() -> Iterator[None]:
    """Pause the search for cyclic garbage: it walks hundreds of thousands of living titles again and again, in vain."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@dataclass(slots=True)
class Intake:
    """Takes in what collectors recorded. `preset` is the name of a capture preset."""

    vault: Vault
    gate: Gate
    directory: Directory
    preset: str
    categoriser: Categoriser
    clock: Clock
    day_start: dt.time = field(default=dt.time(0))

    def take(self, subject: str, export: Export, progress: Progress | None = None) -> Report:
        """Take in an export as a person's own record; any number of times, in any order, with the same result.

        `progress` is told how many days of how many are done. Raises UnknownSubject, LogUnavailable, SealBroken,
        VaultIncomplete; then nothing was written.
        """
        with _uncollected():
            return self._take(subject, export, progress)

    def _take(self, subject: str, export: Export, progress: Progress | None) -> Report:
        zone = self.directory.zone(subject)
        door = Door(PRESETS[self.preset], self.categoriser)
        arrivals = [Arrival(each, door, self.clock(), zone, self.day_start) for each in export.buckets]
        with writing(self.vault.engine) as connection:
            vault_store.lock(connection, subject)
            work = _Work(self, connection, subject, zone, door, arrivals)
            rows = work.rows(progress)
            entry = None if work.opening is None else work.opening.entry
            if rows:
                self.vault.put(connection, subject, rows, work.obsolete)
                span = _span(work.changed) if work.changed else None
                entry = self.gate.account(subject, connection, fields=STORED_FIELDS, period=span, outcome="imported")
        return _report(export, arrivals, work.changed, entry)

    def expire_text(self, subject: str, before: dt.date) -> int:
        """Remove titles and addresses of the days before `before`, and return of how many days. Figures stay."""
        with writing(self.vault.engine) as connection:
            vault_store.lock(connection, subject)
            places = [
                Place(name, Tier.DAY, day)
                for name in TEXT_FIELDS
                for day in vault_store.days(connection, subject, name, Tier.DAY)
                if day < before
            ]
            if places:
                self.vault.put(connection, subject, remove=places)
                self.gate.account(subject, connection, fields=TEXT_FIELDS)
        return len({each.day for each in places})


@dataclass(slots=True)
class _Work:
    """One import, inside its transaction."""

    intake: Intake
    connection: Connection
    subject: str
    zone: ZoneInfo
    door: Door
    arrivals: Sequence[Arrival]
    opening: Opening | None = None
    changed: list[dt.date] = field(default_factory=list)
    obsolete: list[Place] = field(default_factory=list)

    def rows(self, progress: Progress | None) -> list[Row]:
        """Return everything to be written; `changed` then holds the days, `obsolete` what they have no more."""
        arriving = [each.key for each in self.arrivals if each.key[1] == AFK]
        touched = {day for each in self.arrivals for day in each.days()}
        stored = set(vault_store.days(self.connection, self.subject, Field.RHYTHM, Tier.DAY))
        self.opening = self._begin(touched, stored, bool(arriving))
        known = self._known_sources()
        sources = sorted({*known, *arriving})
        rows = []
        if sources != known:
            touched |= stored
            rows.append(Row(Field.SOURCES, Tier.DAY, SOURCES_DAY, 0, msgspec.msgpack.encode(sources)))
        for number, (day, blobs) in enumerate(self._opened(sorted(touched), stored), start=1):
            joined = self._joined(day, blobs, sources)
            if joined is not None:
                self.changed.append(day)
                rows += self._rows_of(day, joined)
            if progress is not None:
                progress(number, len(touched))
        return rows

    def _begin(self, touched: Set[dt.date], stored: Set[dt.date], sources_arrive: bool) -> Opening | None:
        """Log what may be opened: the touched days, or all stored ones, since a new AFK bucket concerns any of them."""
        filed = stored or vault_store.days(self.connection, self.subject, Field.SOURCES, Tier.DAY)
        if not filed or not (touched or sources_arrive):
            return None
        days = sorted(touched | stored if sources_arrive else touched) or [self.intake.clock().date()]
        fields = STORED_FIELDS | {Field.SOURCES}
        return self.intake.gate.begin(None, self.subject, fields, Purpose.OPERATIONS, _span(days), tier=Tier.DAY)

    def _opened(self, days: Iterable[dt.date], stored: Set[dt.date]) -> Iterator[tuple[dt.date, dict[Field, bytes]]]:
        """Yield each day with what is stored of it, opened a month at a time."""
        for _, month in itertools.groupby(days, key=lambda day: (day.year, day.month)):
            listed = list(month)
            there = [day for day in listed if day in stored]
            values = self.opening.part(_span(there)).values if self.opening and there else {}
            for day in listed:
                yield day, {name: values[day, name] for name in STORED_FIELDS if (day, name) in values}

    def _joined(self, day: dt.date, blobs: Mapping[Field, bytes], sources: Sequence[Key]) -> CapturedDay | None:
        joining = Joining.of(day, borders_us(day, self.zone, self.intake.day_start), self.door, blobs)
        for each in self.arrivals:
            if each.touches(day):
                joining.add(each)
        joining.add_silent(sources)
        return joining.result()

    def _rows_of(self, day: dt.date, captured: CapturedDay) -> Iterator[Row]:
        for name, segment in encoded(captured).items():
            yield Row(name, Tier.DAY, day, 0, segment)
        figures: dict[Field, Any] = dict(summarise(captured.events, self.zone, self.intake.categoriser.rules.core))
        figures[Field.CAPTURE_LEDGER] = captured.ledger.totals()
        for name, value in figures.items():
            yield Row(name, Tier.SUMMARY, day, 0, dump(value))
        self.obsolete += [Place(name, Tier.SUMMARY, day) for name in DAY_FIELDS if name not in figures]

    def _known_sources(self) -> list[Key]:
        if self.opening is None:
            return []
        found = self.opening.part(Period.day(self.opening.request.period.first)).values
        return _sources(found[SOURCES_DAY, Field.SOURCES]) if (SOURCES_DAY, Field.SOURCES) in found else []


def _span(days: Sequence[dt.date]) -> Period:
    return Period(days[0], days[-1] + dt.timedelta(days=1))


def _report(export: Export, arrivals: Sequence[Arrival], changed: Sequence[dt.date], entry: int | None) -> Report:
    kept, known = (sum(numbers) for numbers in zip((0, 0), *(each.kept_and_known() for each in arrivals), strict=True))
    coarsened, dropped, refused = Counter[str](), Counter[str](), Counter[str]()
    for each in arrivals:
        by_rule = each.counts()
        coarsened += by_rule[0]
        dropped += by_rule[1]
        refused += each.refused
    read = sum(each.count for each in arrivals)
    return Report(read, kept, known, coarsened, dropped, refused, export.refused, changed, entry)
