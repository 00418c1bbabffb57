"""The asker's own week before others may see it: what is unexplained, what repeats, and what would be shared."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from analytics.annotations import Kind, Notes
from analytics.categories import UNCATEGORIZED
from analytics.day_parts import AppTime, Unexplained, added, unexplained
from analytics.days import DAY_FIELDS, annotated_spans, drawn, value_of
from analytics.own_times import OwnTimes
from analytics.repeating import WEEKS, Repeated, repeated
from analytics.rings import Payload
from analytics.weeks import week_values
from portal import own, own_notes, own_times
from portal.access import session_key, system, viewer
from portal.clock_changes import passing
from portal.locale import _
from portal.parse import MOMENT
from privacy.disclosure import Disclosed
from privacy.fields import SHARED_FIELDS, Field
from privacy.log_entries import Chain
from privacy.period import Period, is_shown_once, starts_at, week_of

LEAST_SECONDS: Final = 300
"""An application that was used for less in a week is not asked about."""
MOST_APPS: Final = 10
_FRIDAY: Final = 4
_NOON: Final = dt.time(12)
_DAY: Final = dt.timedelta(days=1)
_WEEK: Final = dt.timedelta(days=7)
_FIGURES: Final = frozenset(DAY_FIELDS)
COUNTED: Final = frozenset({Field.RHYTHM, Field.ANNOTATIONS})
"""What `counts` needs of a week."""
_MEASURED: Final = {Field.ACTIVE_TIME: "active_time", Field.FOCUS: "focus_time", Field.CATEGORIES: "category_time"}
_OF_DAYS: Final = SHARED_FIELDS | {Field.ANNOTATIONS, Field.RHYTHM}


@dataclass(frozen=True, slots=True)
class Gap:
    """A gap of the week that nobody explained: its day and moments, and what the same hour was in weeks before."""

    day: dt.date
    start: dt.datetime
    end: dt.datetime
    hint: Kind | None

    @property
    def name(self) -> str:
        """What the field of a form is called."""
        return f"gap-{own_times.microseconds(self.start)}-{own_times.microseconds(self.end)}"

    @property
    def forget(self) -> str:
        """The question whether it is to be forgotten, as an address: which one it is of an hour that comes twice."""
        start, end = self.start, self.end
        asked = {"from": start.strftime(MOMENT), "to": end.strftime(MOMENT)}
        if not (is_shown_once(start) and is_shown_once(end)):
            asked |= {"from-pass": passing(start), "to-pass": passing(end)}
        return "/me/forget?" + urlencode(asked, safe=":")

    @property
    def seconds(self) -> float:
        """How long it is."""
        return (self.end - self.start).total_seconds()


@dataclass(frozen=True, slots=True)
class Shared:
    """One figure of the week as the manager would get it now, and without the asker's notes and corrections."""

    field: Field
    name: str | None  # of a category
    now: float | None  # in seconds; None for a week that is withheld
    before: float | None

    @property
    def measure(self) -> str:
        """The measure that says what it is."""
        return _MEASURED[self.field]


@dataclass(frozen=True, slots=True)
class OwnWeek:
    """Everything on the page."""

    week: Period
    gaps: Sequence[Gap]
    apps: Sequence[AppTime]
    repeated: Sequence[Repeated]
    empty: Sequence[dt.date]  # days with planned time and nothing captured or noted
    shared: Sequence[Shared]
    is_closed: bool  # whether its grace is over
    opens: dt.datetime  # when a manager may read it
    seen: bool  # whether somebody else has opened something of it


def due() -> Period | None:
    """Return the week that can be closed now: this one from Friday noon on, else the last one until its grace ends."""
    now, this = system().clock(), week_of(own.current_day())
    if now >= starts_at(this.first + _FRIDAY * _DAY, own.zone(), _NOON):
        return this
    last = week_of(this.first - _DAY)
    return last if now < own_notes.opens(last) else None


def again(offer: Repeated) -> str:
    """Return what the field of a form is called that takes an offer."""
    return f"again-{own_times.microseconds(offer.start)}-{own_times.microseconds(offer.end)}"


def read(week: Period) -> OwnWeek:
    """Open what the asker's week is made of, and say what is open about it."""
    days = days_of(week)
    figures = own.disclose(_OF_DAYS, days)
    notes, _rules = own_notes.read(Period(week.first - WEEKS * _WEEK, week.end))
    offers = repeated(notes, week, own.zone(), system().clock())
    private, planned = own_times.read(), own.settings()[0]
    gaps = [gap for day in days.days() for gap in _gaps(figures, day, private, offers)]
    working = [day for day in days.days() if day < own.current_day() and planned.planned_minutes(day)]
    return OwnWeek(
        week=week,
        gaps=gaps,
        apps=_uncategorised(days),
        repeated=[each for each in offers if not any(_covers(each, gap) for gap in gaps)],
        empty=[day for day in working if _is_empty(figures, notes[day], day)],
        shared=_shared(figures, week),
        is_closed=own_notes.is_closed(week),
        opens=own_notes.opens(week),
        seen=_is_seen(week),
    )


def counts(figures: Disclosed, history: Mapping[dt.date, Payload], private: OwnTimes) -> tuple[int, float]:
    """Return how many gaps of a week are unexplained, and the seconds without a category, for a card that is cheap.

    `figures` are those of `COUNTED` for the week's days so far; `history` holds the payloads of these days with their
    categories in detail.
    """
    days = list(figures.period.days())
    gaps = sum(each.is_away for day in days for each in _unexplained(figures, day, private))
    details = (history[day]["fields"].get("category_detail", {}) for day in days if day in history)
    return gaps, sum(each.get(UNCATEGORIZED, 0) for each in details)


def days_of(week: Period) -> Period:
    """Return the days of a week until today."""
    return Period(week.first, min(week.end, own.current_day() + _DAY))


def _gaps(figures: Disclosed, day: dt.date, private: OwnTimes, offers: Iterable[Repeated]) -> list[Gap]:
    first = own_times.borders_in(figures, day)[0]
    return [_gap(day, first, each, offers) for each in _unexplained(figures, day, private) if each.is_away]


def _unexplained(figures: Disclosed, day: dt.date, private: OwnTimes) -> list[Unexplained]:
    segments, gaps = drawn(figures, day)
    blind = [*gaps, *own_times.gaps_of(private, day, figures)]
    return unexplained(segments, annotated_spans(figures, day), blind)


def _gap(day: dt.date, first: int, found: Unexplained, offers: Iterable[Repeated]) -> Gap:
    start, end = (own_notes.at(first + ms * 1000).astimezone(own.zone()) for ms in (found.start, found.end))
    gap = Gap(day, start, end, None)
    return Gap(day, start, end, next((each.kind for each in offers if _covers(each, gap)), None))


def _covers(offer: Repeated, gap: Gap) -> bool:
    """Tell whether an offer is about a gap: half of the shorter of both lies in the other."""
    shared = min(offer.end, gap.end) - max(offer.start, gap.start)
    return shared * 2 >= min(offer.end - offer.start, gap.end - gap.start)


def _uncategorised(days: Period) -> list[AppTime]:
    stored = own_notes.events(days)
    found = added(own_notes.times_of(stored, day) for day in days.days())
    return [each for each in found if each.category == UNCATEGORIZED and each.seconds >= LEAST_SECONDS][:MOST_APPS]


def _is_empty(figures: Disclosed, notes: Notes, day: dt.date) -> bool:
    return not notes.annotations and not (value_of(figures, day, Field.ACTIVE_TIME) or {}).get("active_seconds")


def _shared(figures: Disclosed, week: Period) -> list[Shared]:
    """Return what would be frozen now, with and without what the asker said: by the function that freezes."""
    now = {field: value for field, value, _mark in week_values(figures, week)}
    before = {field: value for field, value, _mark in week_values(figures, week, before_corrections=True)}

    def one(field: Field, key: str) -> Shared:
        values = (found[field] for found in (now, before))
        return Shared(field, None, *(None if each is None else each[key] for each in values))

    names = sorted({*(now[Field.CATEGORIES] or {}), *(before[Field.CATEGORIES] or {})})
    return [
        one(Field.ACTIVE_TIME, "active_seconds"),
        one(Field.FOCUS, "seconds"),
        *(
            Shared(
                Field.CATEGORIES,
                name,
                *((found[Field.CATEGORIES] or {}).get(name, 0.0) for found in (now, before)),
            )
            for name in names
        ),
    ]


def _is_seen(week: Period) -> bool:
    """Tell whether the log knows of somebody who opened anything of the week."""
    entries = system().gate.own_log(viewer(), session_key())
    return any(
        each.chain is not Chain.SELF
        and each.viewer not in (None, viewer())
        and each.outcome in ("disclosed", "shown")
        and not _FIGURES.isdisjoint(each.fields)
        and each.period is not None
        and each.period.first < week.end
        and week.first < each.period.end
        for each in entries
    )


def label(shared: Shared) -> str:
    """Say which figure it is."""
    if shared.field is Field.CATEGORIES:
        return shared.name or ""
    return _("Active time") if shared.field is Field.ACTIVE_TIME else _("In focus blocks")
