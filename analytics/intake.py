"""The intake: what a reader has read goes through the door, is joined to what is stored, summed up and sealed.

The same step folds a person's hot rows, which collectors have sent, into their days. Closed events become part of the
day; the open one of each bucket stays where it is, since it may still grow, but counts in the day's figures.

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
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection

from analytics.admission import Local, of_open
from analytics.arrivals import Arrival
from analytics.captured import CapturedDay, Key
from analytics.categories import Categoriser
from analytics.days import DAY_FIELDS
from analytics.door import Door
from analytics.events import AFK, borders_us
from analytics.figures import dump
from analytics.hot import Head, HeadTexts, encode_head
from analytics.hot_arrivals import HotArrival, arrivals_of
from analytics.hot_contents import HotContents, Removal, contents
from analytics.imports import Export, Progress, RefusedBucket
from analytics.joining import STORED_FIELDS, Joining, encoded
from analytics.summaries import summarise
from privacy import vault_store
from privacy.capture_policy import CapturePolicy
from privacy.disclosure import Clock, Directory, Gate, Opening
from privacy.fields import Field, Tier
from privacy.hot import SUMMED, HotPlace, HotRow, HotRows
from privacy.period import Period, local_day
from privacy.policies import PolicySource
from privacy.policy import Purpose
from privacy.stores import writing
from privacy.vault import Place, Row, Vault

SOURCES_DAY: Final = dt.date(1900, 1, 1)
"""A day before all others, since when the list of a person's AFK buckets holds.

On a day without events in it, the host of an AFK bucket was idle.
"""

TEXT_FIELDS: Final = (Field.TITLES, Field.URLS)
_OPENED_FIELDS: Final = STORED_FIELDS | {Field.SOURCES}
_BEFORE: Final = dt.timedelta(days=2)
_AFTER: Final = dt.timedelta(days=3)
"""So far from the day (UTC) that an event began on are the local days that it can touch, in any zone."""
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
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
    """Takes in what collectors recorded, under the policies that have held until now."""

    vault: Vault
    gate: Gate
    directory: Directory
    policies: PolicySource
    categorisers: Callable[[CapturePolicy], Categoriser]
    clock: Clock
    day_start: dt.time = field(default=dt.time(0))
    hot: HotRows = field(init=False)

    def __post_init__(self) -> None:
        self.hot = HotRows(self.vault)

    def take(self, subject: str, export: Export, progress: Progress | None = None) -> Report:
        """Take in an export as a person's own record; any number of times, in any order, with the same result.

        `progress` is told how many days of how many are done. Raises UnknownSubject, LogUnavailable, SealBroken,
        VaultIncomplete; then nothing was written.
        """
        with _uncollected():
            return self._take(subject, export, progress)

    def fold(self, subject: str) -> Report | None:
        """Fold a person's hot rows into their days; None if there is nothing new. Raises as `take` does."""
        if not self.hot.is_fresh(subject):
            return None
        return self._take(subject, Export(), None)

    def remove(self, subject: str, bucket: str, number: int | None) -> bool:
        """Remove a bucket's events, or the one with a number; tell whether there was anything. Raises as `take` does.

        What rules dropped of them stays counted.
        """
        return bool(self._take(subject, Export(), None, Removal(bucket, number)).days)

    def _take(self, subject: str, export: Export, progress: Progress | None, removal: Removal | None = None) -> Report:
        zone = self.directory.zone(subject)
        door = Door(self.policies.in_force(), self.categorisers, zone)
        marker = self.hot.marker(subject)
        arrivals = [Arrival(each, door, self.clock(), zone, self.day_start, marker) for each in export.buckets]
        with writing(self.vault.engine) as connection:
            vault_store.lock(connection, subject)
            places = self.hot.places(connection, subject)
            work = _Work(self, connection, subject, zone, door, arrivals, places, removal)
            rows = work.rows(progress)
            entry = None if work.opening is None else work.opening.entry
            if rows:
                self.vault.put(connection, subject, rows, work.obsolete)
            work.clear_hot()
            if rows:
                span = _span(work.changed) if work.changed else None
                outcome = "imported" if export.buckets else "compacted" if removal is None else "removed"
                entry = self.gate.account(subject, connection, fields=STORED_FIELDS, period=span, outcome=outcome)
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
    """One import or fold, inside its transaction."""

    intake: Intake
    connection: Connection
    subject: str
    zone: ZoneInfo
    door: Door
    arrivals: Sequence[Arrival]
    places: Sequence[HotPlace]
    removal: Removal | None = None
    opening: Opening | None = None
    hot: HotContents | None = None
    opened_hot: Sequence[HotArrival] = ()
    fresh: Set[dt.date] = frozenset()
    """Days on which an open event is not yet in the figures as it is now."""
    changed: list[dt.date] = field(default_factory=list)
    obsolete: list[Place] = field(default_factory=list)

    def rows(self, progress: Progress | None) -> list[Row]:
        """Return everything to be written; `changed` then holds the days, `obsolete` what they have no more."""
        arriving = [each.key for each in self.arrivals if each.key[1] == AFK]
        touched = {day for each in self.arrivals for day in each.days()}
        stored = set(vault_store.days(self.connection, self.subject, Field.RHYTHM, Tier.DAY))
        if self.removal is not None:
            touched |= {day for day in stored if self.removal.may_touch(day)}
        self.opening = self._begin(touched, stored, bool(arriving))
        if self.places and self.opening is not None:
            touched |= self._take_hot(self.opening)
        known = self._known_sources()
        sources = sorted(each for each in {*known, *arriving, *self._hot_sources()} if not self._is_removed(each))
        rows = []
        if sources != known:
            touched |= stored
            self._reach(touched)
            rows.append(Row(Field.SOURCES, Tier.DAY, SOURCES_DAY, 0, msgspec.msgpack.encode(sources)))
        for number, (day, blobs) in enumerate(self._opened(sorted(touched), stored), start=1):
            rows += self._rows_of(day, blobs, sources)
            if progress is not None:
                progress(number, len(touched))
        return rows

    def clear_hot(self) -> None:
        """Take what is folded off the hot rows; what is left is a head with open events, all of them in the figures."""
        if self.hot is None or (self.removal is None and all(place.sequence == SUMMED for place in self.places)):
            return
        left = []
        if self.hot.head is not None:
            head, texts = self.hot.head, self.hot.texts
            rest = Head(buckets=head.buckets, open=head.open, settings=head.settings)
            place = HotPlace(self.intake.clock().date(), SUMMED)
            left.append(HotRow(place, *encode_head(rest, HeadTexts(open=texts.open))))
        self.intake.hot.file(self.connection, self.subject, left, remove=self.places)

    def _begin(self, touched: Set[dt.date], stored: Set[dt.date], sources_arrive: bool) -> Opening | None:
        """Log what may be opened: the touched days, or all stored ones, since a new AFK bucket concerns any of them."""
        filed = stored or vault_store.days(self.connection, self.subject, Field.SOURCES, Tier.DAY)
        if not self.places and (not filed or not (touched or sources_arrive)):
            return None
        days = sorted(touched | stored if sources_arrive else touched) or [self.intake.clock().date()]
        first, end = days[0], days[-1] + dt.timedelta(days=1)
        if self.places:
            first = min(first, self.places[0].day - _BEFORE)
            end = max(end, self.places[-1].day + _AFTER, self.intake.clock().date() + _AFTER)
        return self._begin_for(Period(first, end))

    def _begin_for(self, period: Period) -> Opening:
        return self.intake.gate.begin(None, self.subject, _OPENED_FIELDS, Purpose.OPERATIONS, period, tier=Tier.DAY)

    def _reach(self, days: Set[dt.date]) -> None:
        """Log anew where more days have to be opened than were known before the hot rows were."""
        asked = None if self.opening is None else self.opening.request.period
        if asked is not None and days and (min(days) < asked.first or max(days) >= asked.end):
            first, last = min(min(days), asked.first), max(max(days), asked.last)
            self.opening = self._begin_for(Period(first, last + dt.timedelta(days=1)))

    def _take_hot(self, opening: Opening) -> set[dt.date]:
        """Open the hot rows, put their closed events among the arrivals, and return the days that anything touches."""
        values = opening.part(opening.request.period, Tier.HOT).values
        self.hot = hot = contents(self.subject, self.places, values).without(self.removal)
        marker, clock = self.intake.hot.marker(self.subject), self.intake.clock
        local = Local(self.door, self.door.name, self.zone, self.intake.day_start, marker, clock())
        closed, self.opened_hot, fresh = (
            arrivals_of(batches, self.door, self.zone, self.intake.day_start, marker)
            for batches in (
                hot.closed,
                [of_open(hot.buckets, hot.open, local)],
                [of_open(hot.buckets, hot.changed_open, local)],
            )
        )
        self.arrivals = [*self.arrivals, *closed]
        self.fresh = {day for each in fresh for day in each.days()} | hot.removed_days
        days = self.fresh | {day for each in closed for day in each.days()}
        return days | {day for gap in hot.gaps() for day in self._days_of(gap.start_us, gap.end_us)}

    def _days_of(self, start_us: int, end_us: int) -> Iterator[dt.date]:
        day = local_day(_instant(start_us), self.zone, self.intake.day_start)
        last = local_day(_instant(end_us), self.zone, self.intake.day_start)
        while day <= last:
            yield day
            day += dt.timedelta(days=1)

    def _hot_sources(self) -> list[Key]:
        return (
            []
            if self.hot is None
            else self.hot.afk_keys + [each.key for each in (*self.arrivals, *self.opened_hot) if each.key[1] == AFK]
        )

    def _opened(self, days: Iterable[dt.date], stored: Set[dt.date]) -> Iterator[tuple[dt.date, dict[Field, bytes]]]:
        """Yield each day with what is stored of it, opened a month at a time."""
        for _, month in itertools.groupby(days, key=lambda day: (day.year, day.month)):
            listed = list(month)
            there = [day for day in listed if day in stored]
            values = self.opening.part(_span(there)).values if self.opening and there else {}
            for day in listed:
                yield day, {name: values[day, name] for name in STORED_FIELDS if (day, name) in values}

    def _rows_of(self, day: dt.date, blobs: Mapping[Field, bytes], sources: Sequence[Key]) -> Iterator[Row]:
        """Yield what is to be written of a day: the day itself if it changed, and then its figures.

        The figures alone if only an open event has changed.
        """
        joining = Joining.of(day, borders_us(day, self.zone, self.intake.day_start), self.door, blobs)
        joining.brought_by = self.hot.doors if self.hot is not None else frozenset()
        for each in self.arrivals:
            if each.touches(day):
                joining.add(each)
        if self.hot is not None:
            joining.add_gaps(self.hot.gaps())
        if self.removal is not None:
            joining.remove(*self.removal)
        joining.add_silent(sources)
        joined = joining.result()
        if joined is not None:
            found = encoded(joined)
            for name, segment in found.items():
                yield Row(name, Tier.DAY, day, 0, segment)
            self.obsolete += [Place(name, Tier.DAY, day) for name in blobs if name not in found]
        open_here = [each for each in self.opened_hot if each.touches(day)]
        for each in open_here:
            joining.add(each)
        joining.add_silent(sources)
        if joined is not None or day in self.fresh:
            self.changed.append(day)
            yield from self._figures_of(day, joining.captured() if open_here or joined is None else joined)

    def _figures_of(self, day: dt.date, captured: CapturedDay) -> Iterator[Row]:
        core = self.door.categorisers(self.door.policy).rules.core
        figures: dict[Field, Any] = dict(summarise(captured.events, self.zone, core))
        figures[Field.CAPTURE_LEDGER] = captured.ledger.totals()
        for name, value in figures.items():
            yield Row(name, Tier.SUMMARY, day, 0, dump(value))
        self.obsolete += [Place(name, Tier.SUMMARY, day) for name in DAY_FIELDS if name not in figures]

    def _is_removed(self, source: Key) -> bool:
        return self.removal is not None and self.removal.number is None and source[2] == self.removal.bucket

    def _known_sources(self) -> list[Key]:
        if self.opening is None:
            return []
        found = self.opening.part(Period.day(self.opening.request.period.first)).values
        return _sources(found[SOURCES_DAY, Field.SOURCES]) if (SOURCES_DAY, Field.SOURCES) in found else []


def _instant(microseconds: int) -> dt.datetime:
    return _EPOCH + dt.timedelta(microseconds=microseconds)


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
