"""One import, fold, or change of what is kept, inside its transaction: what is opened, joined and to be written.

What a person keeps private is part of it: whatever is stored of a day that is touched, and whatever arrives, is cut at
the same borders.
"""

import datetime as dt
import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection

from analytics.admission import Local, of_open
from analytics.arrivals import Arrival
from analytics.captured import CapturedDay, Key
from analytics.days import DAY_FIELDS
from analytics.door import Door
from analytics.events import AFK, borders_us
from analytics.figures import dump
from analytics.hot import Head, HeadTexts, encode_head
from analytics.hot_arrivals import HotArrival, arrivals_of
from analytics.hot_contents import HotContents, Removal, contents
from analytics.imports import Progress
from analytics.joining import STORED_FIELDS, Joining, encoded
from analytics.month_rows import MonthRows
from analytics.months import MONTH_FIELDS
from analytics.noting import NOTED_FIELDS, Noting
from analytics.own_times import NOTHING_PRIVATE, OwnTimes
from analytics.summaries import summarise
from privacy import vault_store
from privacy.disclosure import Opening
from privacy.fields import SHARED_FIELDS, Field, Tier
from privacy.hot import FIRST, SUMMED, HotPlace, HotRow
from privacy.period import Period, local_day, span_of, week_name, week_of
from privacy.policy import Purpose
from privacy.vault import Place, Row

if TYPE_CHECKING:
    from analytics.intake import Intake

SOURCES_DAY: Final = dt.date(1900, 1, 1)
"""A day before all others, since when the list of a person's AFK buckets holds.

On a day without events in it, the host of an AFK bucket was idle.
"""

_FILED_OF_DAYS: Final = (Field.SOURCES, Field.OWN_TIMES, *sorted(NOTED_FIELDS))
_OPENED_FIELDS: Final = STORED_FIELDS | {*_FILED_OF_DAYS}
_NAMED_FIELDS: Final = _OPENED_FIELDS | {*MONTH_FIELDS}
"""What the log's entry names: what is opened of days as they are stored, and of the months of their figures."""
_BEFORE: Final = dt.timedelta(days=2)
_AFTER: Final = dt.timedelta(days=3)
"""So far from the day (UTC) that an event began on are the local days that it can touch, in any zone."""
_AT_DOOR: Final = dt.timedelta(days=40)
"""So long the door itself knows a private time; what comes later than that is cut when it is joined to its day."""
_REACHES: Final = dt.timedelta(days=2)
_OVERHANGS: Final = dt.timedelta(days=1)
"""What begins with a day is found on the day before as well (`analytics.events.cut`)."""
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND: Final = dt.timedelta(microseconds=1)
_sources: Final = msgspec.msgpack.Decoder(list[tuple[str, str, str]]).decode


@dataclass(frozen=True, slots=True)
class OwnChange:
    """What a person changes of what is kept of them, in a session of theirs; `days` are those it takes something from.

    With `only_look` nothing is written. `outcome` is what the log says of it, in the chain of their own reads.
    """

    session: str
    outcome: str
    times: Callable[[OwnTimes], OwnTimes]
    days: Period | None = None
    only_look: bool = False


class WeekFrozen(ValueError):
    """A day is of a week whose figures are frozen: nothing changes it any more."""


@dataclass(slots=True)
class Work:
    """One import or fold, inside its transaction."""

    intake: "Intake"
    connection: Connection
    subject: str
    zone: ZoneInfo
    door: Door
    arrivals: Sequence[Arrival]
    places: Sequence[HotPlace]
    waiting_places: Sequence[HotPlace] = ()
    """Hot rows that are left for another fold."""
    removal: Removal | None = None
    change: OwnChange | None = None
    noting: Noting = field(default_factory=Noting)
    opening: Opening | None = None
    own: OwnTimes = NOTHING_PRIVATE
    taken: dict[dt.date, int] = field(default_factory=dict)
    """Of how many stored or waiting events of a day something goes, since their person keeps the time private."""
    waiting: HotContents | None = None
    opened_hot: Sequence[HotArrival] = ()
    fresh: Set[dt.date] = frozenset()
    """Days on which an open event is not yet in the figures as it is now."""
    changed: list[dt.date] = field(default_factory=list)
    obsolete: list[Place] = field(default_factory=list)
    months: MonthRows = field(default_factory=MonthRows)

    def rows(self, progress: Progress | None) -> list[Row]:
        """Return everything to be written; `changed` then holds the days, `obsolete` what they have no more."""
        arriving = [each.key for each in self.arrivals if each.key[1] == AFK]
        touched = {day for each in self.arrivals for day in each.days()}
        stored = set(vault_store.days(self.connection, self.subject, Field.RHYTHM, Tier.DAY))
        if self.removal is not None:
            touched |= {day for day in stored if self.removal.may_touch(day)}
        if self.change is not None:
            noted = vault_store.days(self.connection, self.subject, Field.ANNOTATIONS, Tier.DAY)
            touched |= self._days_changed(self.change, stored.union(noted))
        if (note := self.noting.change) is not None:
            touched |= set(note.days.days()) if note.notes is not None else {day for day in stored if day in note.days}
        self.opening = self._begin(touched, stored, bool(arriving))
        self.own = self._own_times()
        if self.places and self.opening is not None:
            touched |= self._take_hot(self.opening)
        known = self._known_sources()
        sources = sorted(each for each in {*known, *arriving, *self._hot_sources()} if not self._is_removed(each))
        rows = self.noting.begin(self._of_every_day(Field.OWN_RULES), self.own)
        if self.change is not None:
            rows.append(Row(Field.OWN_TIMES, Tier.DAY, SOURCES_DAY, 0, self.own.dump()))
        if sources != known:
            touched |= stored
            rows.append(Row(Field.SOURCES, Tier.DAY, SOURCES_DAY, 0, msgspec.msgpack.encode(sources)))
        self._reach(touched)
        for number, (day, blobs) in enumerate(self._opened(sorted(touched), stored), start=1):
            rows += self._rows_of(day, blobs, sources)
            if progress is not None:
                progress(number, len(touched))
        rows += self.months.rows(self.opening)
        self.obsolete += self.months.obsolete
        return rows

    def clear_hot(self) -> None:
        """Take what is folded off the hot rows; what is left is a head with open events, all of them in the figures."""
        unchanged = self.removal is None and self.change is None
        if unchanged and (self.waiting is None or all(place.sequence == SUMMED for place in self.places)):
            return
        left = []
        head, texts = (None, HeadTexts()) if self.waiting is None else (self.waiting.head, self.waiting.texts)
        if head is None and self.change is not None:
            head = Head()
        if head is not None:
            recent = self.own.since((self.intake.clock() - _AT_DOOR - _EPOCH) // _MICROSECOND)
            filed = dict(Counter(place.day.toordinal() for place in self.waiting_places))
            rest = Head(buckets=head.buckets, open=head.open, filed=filed, settings=head.settings, own=recent)
            place = HotPlace(self.intake.clock().date(), SUMMED)
            left.append(HotRow(place, *encode_head(rest, HeadTexts(open=texts.open))))
        self.intake.hot.file(self.connection, self.subject, left, remove=self.places)

    def _begin(self, touched: Set[dt.date], stored: Set[dt.date], sources_arrive: bool) -> Opening | None:
        """Log what may be opened: the touched days, or all stored ones, since a new AFK bucket concerns any of them."""
        filed = stored or any(
            vault_store.days(self.connection, self.subject, name, tier)
            for tier, names in ((Tier.DAY, _FILED_OF_DAYS), (Tier.SUMMARY, MONTH_FIELDS))
            for name in names
        )
        if self._own_session() is not None and filed and not touched:
            touched = {self.intake.clock().date()}
        if not self.places and (not filed or not (touched or sources_arrive)):
            return None
        days = sorted(touched | stored if sources_arrive else touched) or [self.intake.clock().date()]
        first, end = days[0], days[-1] + dt.timedelta(days=1)
        if self.places:
            first = min(first, self.places[0].day - _BEFORE)
            end = max(end, self.places[-1].day + _AFTER, self.intake.clock().date() + _AFTER)
        return self._begin_for(Period(first, end))

    def _begin_for(self, period: Period) -> Opening:
        begin, fields, period = self.intake.gate.begin, _NAMED_FIELDS, period.whole_months()
        if (session := self._own_session()) is not None:
            own = Purpose.OWN_REVIEW
            return begin(self.subject, self.subject, fields, own, period, tier=Tier.DAY, session=session)
        return begin(None, self.subject, fields, Purpose.OPERATIONS, period, tier=Tier.DAY)

    def _own_session(self) -> str | None:
        """Return the session in which the person themselves changes something; None for what a job does."""
        changes = (self.change, self.noting.change)
        return next((each.session for each in changes if each is not None), None)

    def _reach(self, days: Set[dt.date]) -> None:
        """Log anew where more days have to be opened than were known before the hot rows were."""
        asked = None if self.opening is None else self.opening.request.period
        if asked is not None and days and (min(days) < asked.first or max(days) >= asked.end):
            first, last = min(min(days), asked.first), max(max(days), asked.last)
            self.opening = self._begin_for(Period(first, last + dt.timedelta(days=1)))

    def _take_hot(self, opening: Opening) -> set[dt.date]:
        """Open the hot rows, put their closed events among the arrivals, and return the days that anything touches."""
        found = contents(self.subject, self.places, self._hot_values(opening), self.waiting_places)
        self.waiting = hot = found.without(self.removal).ending(self.own.blind())
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

    def _hot_values(self, opening: Opening) -> dict[tuple[dt.date, Field], bytes]:
        """Open the head's day and the days of the rows that are taken: between them may be years that wait."""
        values: dict[tuple[dt.date, Field], bytes] = {}
        for of_head in (True, False):
            days = sorted({place.day for place in self.places if (place.sequence < FIRST) is of_head})
            if days:
                values |= opening.part(span_of(days), Tier.HOT, fields=_OPENED_FIELDS).values
        return values

    def _days_of(self, start_us: int, end_us: int) -> Iterator[dt.date]:
        day = local_day(_instant(start_us), self.zone, self.intake.day_start)
        last = local_day(_instant(end_us), self.zone, self.intake.day_start)
        while day <= last:
            yield day
            day += dt.timedelta(days=1)

    def _hot_sources(self) -> list[Key]:
        return (
            []
            if self.waiting is None
            else self.waiting.afk_keys + [each.key for each in (*self.arrivals, *self.opened_hot) if each.key[1] == AFK]
        )

    def _opened(self, days: Iterable[dt.date], stored: Set[dt.date]) -> Iterator[tuple[dt.date, dict[Field, bytes]]]:
        """Yield each day with what is stored of it, opened a month at a time."""
        for _, month in itertools.groupby(days, key=lambda day: (day.year, day.month)):
            listed = list(month)
            values = self.opening.part(span_of(listed), fields=_OPENED_FIELDS).values if self.opening else {}
            for day in listed:
                self.noting.learn(day, values.get((day, Field.ANNOTATIONS)))
                yield day, {name: values[day, name] for name in STORED_FIELDS if (day, name) in values}

    def _rows_of(self, day: dt.date, blobs: Mapping[Field, bytes], sources: Sequence[Key]) -> Iterator[Row]:
        """Yield what is to be written of a day: the day itself if it changed, and then its figures.

        The figures alone if only an open event has changed.
        """
        joining = Joining.of(day, borders_us(day, self.zone, self.intake.day_start), self.door, blobs)
        joining.keep_private(self.own)
        for each in self.arrivals:
            if each.touches(day):
                joining.brought_by |= each.doors(day)
                joining.add(each)
        if joining.taken:
            self.taken[day] = joining.taken
        if self.waiting is not None:
            joining.add_gaps(self.waiting.gaps())
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
        noted, gone = self.noting.rows(day)
        yield from noted
        self.obsolete += gone
        if joined is not None or day in self.fresh or self._is_of_change(day):
            self.changed.append(day)
            captured = joining.captured() if open_here or joined is None else joined
            yield from self._figures_of(day, captured, bool(joined or open_here or joining.is_stored))

    def _figures_of(self, day: dt.date, captured: CapturedDay, is_captured: bool) -> Iterator[Row]:
        """Yield a day's figures; of a day of which nothing was captured, those of what its person noted alone."""
        core = self.door.categorisers(self.door.policy).rules.core
        first, end = captured.events.first_us, captured.events.end_us
        private = self.own.gaps(first, end, (self.intake.clock() - _EPOCH) // _MICROSECOND)
        ledger = replace(captured.ledger, gaps=captured.ledger.with_gaps(private))
        said = self.noting.of(day)
        figures: dict[Field, Any] = {}
        if is_captured or said.notes:
            figures |= summarise(captured.events, self.zone, core, ledger.gaps, said)
        if is_captured:
            figures[Field.CAPTURE_LEDGER] = ledger.totals()
        self.months.learn(day, figures)
        for name, value in figures.items():
            yield Row(name, Tier.SUMMARY, day, 0, dump(value))
        self.obsolete += [
            Place(name, Tier.SUMMARY, day) for name in (*DAY_FIELDS, Field.CORRECTED) if name not in figures
        ]

    def _is_of_change(self, day: dt.date) -> bool:
        """Tell whether a day's figures have to say something that its person wants, even where no event changed."""
        if self.noting.is_of_change(day):
            return True
        return self.change is not None and self.change.days is not None and day in self.change.days

    def _is_removed(self, source: Key) -> bool:
        return self.removal is not None and self.removal.number is None and source[2] == self.removal.bucket

    def _known_sources(self) -> list[Key]:
        found = self._of_every_day(Field.SOURCES)
        return [] if found is None else _sources(found)

    def _own_times(self) -> OwnTimes:
        """Return what the person keeps private, as it is after their change."""
        own = OwnTimes.parse(self._of_every_day(Field.OWN_TIMES))
        return own if self.change is None else self.change.times(own)

    def _of_every_day(self, name: Field) -> bytes | None:
        if self.opening is None:
            return None
        first = Period.day(self.opening.request.period.first)
        found = self.opening.part(first, fields={name}).values
        return found.get((SOURCES_DAY, name))

    def _days_changed(self, change: OwnChange, stored: Set[dt.date]) -> set[dt.date]:
        """Return the stored days that a change touches: those around, too, into which an event of a day reaches."""
        if change.days is None:
            return set()
        for week in {week_of(day) for day in change.days.days()}:
            if self.intake.vault.has(self.connection, self.subject, SHARED_FIELDS, Tier.WEEK, week):
                raise WeekFrozen(week_name(week))
        first, end = change.days.first - _OVERHANGS, change.days.end + _REACHES
        return {day for day in stored if first <= day < end}


def _instant(microseconds: int) -> dt.datetime:
    return _EPOCH + dt.timedelta(microseconds=microseconds)
