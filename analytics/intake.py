"""The intake: what a reader has read goes through the door, is joined to what is stored, summed up and sealed.

The same step folds a person's hot rows, which collectors have sent, into their days. Closed events become part of the
day; the open one of each bucket stays where it is, since it may still grow, but counts in the day's figures.

Everything that one call writes is one transaction: a fault leaves nothing half-written. A fold alone is several, since
years may wait in hot rows, and on SQLite nobody else writes while one transaction runs: it goes on slice by slice, and
each is whole by itself, with entries of its own. What is stored of the touched
days is opened through the gate like anything else, so an entry in the access log comes before it: one,
which names every day that may be opened, and none where nothing is stored yet. If anything changes, another entry says
so, with a digest of all that the vault then holds of the person; it is written just before the transaction is
committed, so nothing can have come in that the log does not know of.
"""

import datetime as dt
import gc
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from analytics.arrivals import Arrival
from analytics.categories import Categoriser
from analytics.door import Door
from analytics.events import borders_us
from analytics.hot_contents import Removal
from analytics.imports import Export, Progress, RefusedBucket
from analytics.joining import STORED_FIELDS
from analytics.noting import NOTED_FIELDS, NoteChange, Noting
from analytics.taking import OwnChange, Work
from privacy import vault_store
from privacy.capture_policy import CapturePolicy
from privacy.disclosure import Clock, Directory, Gate
from privacy.fields import Field, Tier
from privacy.hot import FIRST, HotRows
from privacy.period import Period, span_of
from privacy.policies import PolicySource
from privacy.stores import writing
from privacy.vault import Place, Vault

TEXT_FIELDS: Final = (Field.TITLES, Field.URLS)

SLICE_DAYS: Final = 30
"""The hot rows of so many days (UTC) are folded in one transaction."""
LET_IN_SECONDS: Final = 0.15
"""So long a fold waits between two transactions: SQLite lets whoever waits for its lock ask every 0.1 s."""


class _OnlyLooked(Exception):
    """Ends the transaction of somebody who only wanted to know."""


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
def uncollected() -> Iterator[None]:
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
    slice_days: int = SLICE_DAYS
    let_in_seconds: float = LET_IN_SECONDS
    hot: HotRows = field(init=False)

    def __post_init__(self) -> None:
        self.hot = HotRows(self.vault)

    def take(self, subject: str, export: Export, progress: Progress | None = None, door: Door | None = None) -> Report:
        """Take in an export as a person's own record; any number of times, in any order, with the same result.

        `progress` is told how many days of how many are done. A `door` that was asked ahead is used, unless other
        policies hold by now. Raises UnknownSubject, LogUnavailable, SealBroken,
        VaultIncomplete; then nothing was written.
        """
        with uncollected():
            return self._take(subject, export, progress, door=door)

    def fold(self, subject: str, slices: int | None = None) -> Report | None:
        """Fold a person's hot rows into their days; None if there is nothing new. Raises as `take` does.

        A slice is the head and the rows of some days (UTC), the newest first; with `slices` no more than so many are
        folded, and older rows wait. Joining is a union, so neither the order nor a stop between two slices tells in
        the figures: a day lacks what still waits of it, and nothing else. Rows that come meanwhile wait, too, unless
        they are of a day whose turn is still to come: so a fold ends, however much is sent.
        """
        if not self.hot.is_fresh(subject):
            return None
        days = self.hot.days(self.vault.engine, subject)[::-1]
        found: list[Report] = []
        for first in range(0, max(len(days), 1), self.slice_days)[:slices]:
            if found:
                time.sleep(self.let_in_seconds)
            found.append(self._take(subject, Export(), None, hot_days=days[first : first + self.slice_days]))
        changed = sorted({day for each in found for day in each.days})
        return replace(found[-1], days=changed, entry=max(each.entry or 0 for each in found) or None)

    def remove(self, subject: str, bucket: str, number: int | None) -> bool:
        """Remove a bucket's events, or the one with a number; tell whether there was anything. Raises as `take` does.

        What rules dropped of them stays counted.
        """
        return bool(self._take(subject, Export(), None, Removal(bucket, number)).days)

    def change_own(self, subject: str, change: OwnChange) -> dict[dt.date, int]:
        """Do what a person wants kept or not of them; return of how many stored events of which day something goes.

        The log says so in the chain of their own reads. Raises WeekFrozen, and as `take` does.
        """
        found: dict[dt.date, int] = {}
        with suppress(_OnlyLooked):
            self._take(subject, Export(), None, change=change, taken=found)
        return found

    def note(self, subject: str, change: NoteChange) -> list[dt.date]:
        """Do what a person wants noted of their days; return the days whose figures were summed up anew.

        The log says so in the chain of their own reads. Raises NoteRefused, and as `take` does.
        """
        return list(self._take(subject, Export(), None, note=change).days)

    def _take(
        self,
        subject: str,
        export: Export,
        progress: Progress | None,
        removal: Removal | None = None,
        *,
        change: OwnChange | None = None,
        note: NoteChange | None = None,
        taken: dict[dt.date, int] | None = None,
        hot_days: Collection[dt.date] | None = None,
        door: Door | None = None,
    ) -> Report:
        """Do one transaction; of the hot rows it takes the head, and those of `hot_days`, or all."""
        zone = self.directory.zone(subject)
        in_force = self.policies.of(subject)
        if door is None or door.in_force.policies != in_force.policies or door.zone != zone:
            door = Door(in_force, self.categorisers, zone)
        marker = self.hot.marker(subject)
        arrivals = [Arrival(each, door, self.clock(), zone, self.day_start, marker) for each in export.buckets]
        door.forget_texts()
        with writing(self.vault.engine) as connection:
            vault_store.lock(connection, subject)
            every = self.hot.places(connection, subject)
            places = [each for each in every if hot_days is None or each.sequence < FIRST or each.day in hot_days]
            waiting = sorted(set(every) - set(places))
            noting = Noting(note, partial(borders_us, zone=zone, day_start=self.day_start))
            work = Work(self, connection, subject, zone, door, arrivals, places, waiting, removal, change, noting)
            rows = work.rows(progress)
            if taken is not None:
                taken |= work.taken
            if change is not None and change.only_look:
                raise _OnlyLooked
            entry = None if work.opening is None else work.opening.entry
            if rows or work.obsolete:
                self.vault.put(connection, subject, rows, work.obsolete)
            work.clear_hot()
            if rows or work.obsolete:
                span = span_of(work.changed) if work.changed else None
                entry = self._account(work, span, "imported" if export.buckets else "compacted")
        return _report(export, arrivals, work.changed, entry)

    def _account(self, work: Work, span: Period | None, outcome: str) -> int:
        """Say in the log what was written, and who did it."""
        if work.change is not None:
            own, fields = work.change, (STORED_FIELDS if span else frozenset()) | {Field.OWN_TIMES}
            return self.gate.account(
                work.subject, work.connection, own=True, fields=fields, period=own.days, outcome=own.outcome
            )
        if (note := work.noting.change) is not None:
            fields = (STORED_FIELDS if span else frozenset()) | NOTED_FIELDS
            return self.gate.account(
                work.subject, work.connection, own=True, fields=fields, period=note.days, outcome=note.outcome
            )
        outcome = outcome if work.removal is None else "removed"
        return self.gate.account(work.subject, work.connection, fields=STORED_FIELDS, period=span, outcome=outcome)

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
