"""What the asker notes of their own days: read for the pages, and changed in their own session."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from analytics import segments
from analytics.annotations import (
    LONGEST_NAME,
    LONGEST_TEXT,
    MOST,
    Annotation,
    AppCategory,
    Correction,
    Kind,
    Note,
    NoteRefused,
    Notes,
    Refusal,
    cut,
)
from analytics.corrected import Said
from analytics.day_parts import AppTime, app_times
from analytics.noting import NOTED_FIELDS, NoteChange, notes_of, rules_of
from analytics.own_rules import OwnRule, OwnRules
from portal import own
from portal.access import person, session_key, system, viewer
from portal.clock_changes import told_apart
from portal.locale import N_, _
from portal.own_times import borders, microseconds
from portal.problems import Problem
from portal.show import moment
from privacy import vault_store
from privacy.disclosure import Disclosed
from privacy.fields import Field, Tier
from privacy.free_text import UNSEEN
from privacy.log_entries import CORRECTED, NOTE_REMOVED, NOTED
from privacy.period import Period, oldest_readable, week_of

KINDS: Final[dict[Kind, str]] = {
    Kind.MEETING: N_("Meeting"),
    Kind.PHONE: N_("Phone"),
    Kind.PAPER: N_("Paper"),
    Kind.TRAINING: N_("Training"),
    Kind.MENTORING: N_("Mentoring"),
    Kind.CARE: N_("Care"),
    Kind.BREAK: N_("Break"),
    Kind.NOT_WORK: N_("Not work"),
}
"""How a kind is called on a button."""

_EVENT_FIELDS: Final = frozenset({Field.RHYTHM, Field.CATEGORY_DETAIL, Field.APPS}) | NOTED_FIELDS
"""What the times of applications need of stored days: no title and no address."""
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_DAY: Final = dt.timedelta(days=1)
_DIGITS: Final = 16  # of microseconds since 1970, until the year 2286
_MINUTE: Final = dt.timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Something to be noted of one local day; `place` is the field of a form that asked for it, if it has its own."""

    day: dt.date
    note: Note
    place: str = ""


def at(moment_us: int) -> dt.datetime:
    """Return a moment of a note."""
    return _EPOCH + dt.timedelta(microseconds=moment_us)


def moments_of(start: str, end: str) -> tuple[dt.datetime, dt.datetime]:
    """Return the two moments that a button sends, in microseconds since 1970. Raises Problem."""
    if not all(each.isascii() and each.isdigit() and len(each) <= _DIGITS for each in (start, end)):
        raise refused(_("That is no time of yours."), "from")
    return at(int(start)), at(int(end))


def kind_word(kind: str) -> str:
    """Say a kind in the reader's language."""
    return _(KINDS[Kind(kind)])


def kinds() -> dict[str, str]:
    """Return every kind with its word in the reader's language; those of work come first."""
    return {kind.value: _(word) for kind, word in KINDS.items()}


def categories() -> tuple[str, ...]:
    """Return the categories that something can be corrected to: those of the rules that hold now."""
    return system().categorisers(system().policies.now()).rules.categories


def read(period: Period) -> tuple[dict[dt.date, Notes], OwnRules]:
    """Open the asker's notes of each day of `period`, and their own rules, as a look of their own."""
    values = own.stored(NOTED_FIELDS, period).values
    return {day: notes_of(values, day) for day in period.days()}, rules_of(values)


def events(period: Period) -> Disclosed:
    """Open the asker's own days as they are stored, for `times_of`."""
    return own.stored(_EVENT_FIELDS, period)


def times_of(disclosed: Disclosed, day: dt.date) -> list[AppTime]:
    """Return how long each application was used for which category on a day; nothing where nothing is stored."""
    values = disclosed.values
    blobs = {name: values[day, name] for name in _EVENT_FIELDS - NOTED_FIELDS if (day, name) in values}
    if Field.RHYTHM not in blobs:
        return []
    return app_times(segments.decode(blobs).events, Said(notes_of(values, day), rules_of(values).on(day)))


def opens(week: Period) -> dt.datetime:
    """Return the moment from which a manager may read a week."""
    return own.opens(week)


def is_closed(week: Period) -> bool:
    """Tell whether the grace of a week is over: what others see of it does not change any more."""
    return system().clock() >= opens(week)


def first_day() -> dt.date:
    """Return the first day that something can be noted of: since figures are kept, and the person or a day is there."""
    today = own.current_day()
    month = today.year * 12 + today.month - 1 - system().policies.now().retention.months
    with system().stores.data.connect() as connection:
        stored = vault_store.days(connection, viewer(), Field.RHYTHM, Tier.DAY)
    return max(dt.date(month // 12, month % 12 + 1, 1), min([person().joined, *stored[:1]]))


def time(start: dt.datetime, end: dt.datetime, kind: str, text: str = "", place: str = "") -> list[Wanted]:
    """Return what a time was, day by day. Raises Problem, whose `field` names the field of a form."""
    if kind not in set(Kind):
        raise refused(_("Say what the time was: one of the kinds that are offered."), "kind")
    spans = _cut(start, end)
    said = " ".join(text.split())
    return [Wanted(day, Annotation(first, last, Kind(kind), said), place) for day, first, last in spans]


def category(start: dt.datetime, end: dt.datetime, name: str) -> list[Wanted]:
    """Return another category of a time, day by day. Raises Problem."""
    _known(name)
    return [Wanted(day, Correction(first, last, name)) for day, first, last in _cut(start, end)]


def application(day: dt.date, app: str, name: str) -> list[Wanted]:
    """Return another category of an application on a day. Raises Problem."""
    _known(name)
    _within(day)
    return [Wanted(day, AppCategory(app, name))]


def keep(wanted: Sequence[Wanted], new: Sequence[OwnRule] = (), *, replace: bool = False) -> None:
    """Note everything, and make the rules, or do nothing of it. Raises Problem, which names the field."""
    if not wanted and not new:
        return
    days = sorted({each.day for each in wanted} | {each.since for each in new})
    if new:
        days.append(own.current_day())
    outcome = NOTED if any(isinstance(each.note, Annotation) for each in wanted) else CORRECTED

    def change(day: dt.date, notes: Notes) -> Notes:
        for each in wanted:
            if each.day == day:
                notes = _adding(notes, each, replace)
        return notes

    def with_rules(rules: OwnRules) -> OwnRules:
        for each in new:
            rules = rules.adding(each)
        return rules

    period = Period(days[0], days[-1] + _DAY)
    _do(NoteChange(session_key(), outcome, period, change if wanted else None, with_rules if new else None))


def remove(day: dt.date, name: str) -> bool:
    """Take back what is called so on a day; False if nothing is."""
    try:
        _do(NoteChange(session_key(), NOTE_REMOVED, Period.day(day), lambda _day, notes: notes.removing(name)))
    except KeyError:
        return False
    return True


def rule(since: dt.date, app: str, name: str) -> OwnRule:
    """Return another category of an application from a day on, for the asker alone. Raises Problem."""
    _known(name)
    _within(since)
    return OwnRule(app, name, since)


def remove_rule(app: str) -> None:
    """Take back the own rules of an application, on all days."""
    _, rules = read(Period.day(own.current_day()))
    since = min((each.since for each in rules.rules if each.app == app), default=None)
    if since is not None:
        days = Period(since, own.current_day() + _DAY)
        _do(NoteChange(session_key(), NOTE_REMOVED, days, rules=lambda rules: rules.removing(app)))


def refused(sentence: str, field: str, status: int = 400) -> Problem:
    """Return the refusal of something that cannot be noted, which names the field of the form."""
    return Problem(status, _("Not noted"), sentence, field=field)


def _adding(notes: Notes, wanted: Wanted, replace: bool) -> Notes:
    try:
        return notes.adding(wanted.note, replace=replace)
    except NoteRefused as wrong:
        if not wanted.place:
            raise
        raise refused(_sentence(wrong), wanted.place, _PLACES[wrong.reason][1]) from wrong


def _do(change: NoteChange) -> None:
    _freeze(change.days)
    try:
        system().intake.note(viewer(), change)
    except NoteRefused as wrong:
        raise refused(_sentence(wrong), *_PLACES[wrong.reason]) from wrong


def _freeze(days: Period) -> None:
    """Freeze closed weeks that others can still read, as they are: what is noted now is for the asker alone."""
    since = oldest_readable(own.current_day()).first
    closed = [week for week in {week_of(day) for day in days.days()} if week.first >= since and is_closed(week)]
    if closed:
        system().folding.before_reading(viewer())
        system().weeks.freeze_due(viewer(), sorted(closed))


_PLACES: Final = {
    Refusal.EMPTY: ("to", 400),
    Refusal.TOO_LONG: ("to", 400),
    Refusal.TOO_MANY: ("kind", 409),
    Refusal.TEXT: ("text", 400),
    Refusal.UNSEEN: ("text", 400),
    Refusal.OVERLAPS: ("from", 409),
    Refusal.FORGOTTEN: ("from", 409),
}
"""Which field a refusal stands beside, and its status."""


def _sentence(wrong: NoteRefused) -> str:
    if wrong.reason is Refusal.OVERLAPS and wrong.other is not None:
        start, end = (at(us).astimezone(own.zone()) for us in (wrong.other.start_us, wrong.other.end_us))
        is_note = isinstance(wrong.other, Annotation)
        what = kind_word(wrong.other.kind) if is_note else wrong.other.category  # type: ignore[union-attr]
        return _(
            "%(start)s to %(end)s is noted as “%(what)s” already. Change the time, or let this one take its place.",
            start=told_apart(start),
            end=told_apart(end),
            what=what,
        )
    sentences = {
        Refusal.EMPTY: _("The time ends before it begins."),
        Refusal.TOO_LONG: _("That is longer than a day: note each day for itself."),
        Refusal.TOO_MANY: _("That are more than %(most)s notes on one day: take one back first.", most=MOST),
        Refusal.TEXT: _("Write at most %(most)s letters, without line breaks.", most=LONGEST_TEXT),
        Refusal.UNSEEN: _(UNSEEN, **{"code": "", "letter": "", **wrong.values}),
        Refusal.FORGOTTEN: _("You let this time be forgotten, so nothing is kept of it, no note either."),
    }
    return sentences[wrong.reason]


def _cut(start: dt.datetime, end: dt.datetime) -> Iterable[tuple[dt.date, int, int]]:
    if end > system().clock() + _MINUTE:
        raise refused(_("That is still to come: note it when it is over."), "to")
    if start < at(borders(first_day())[0]):
        _within(dt.date.min)
    try:
        found = list(cut(microseconds(start), microseconds(end), own.zone(), system().config.day_start))
    except NoteRefused as wrong:
        raise refused(_sentence(wrong), *_PLACES[wrong.reason]) from wrong
    _within(found[0][0])
    return found


def _within(day: dt.date) -> None:
    first = first_day()
    if day < first:
        since = moment(at(borders(first)[0]), own.zone())
        raise refused(
            _("Nothing is kept of days before %(first)s, so nothing can be noted of them.", first=since), "from"
        )
    if day > own.current_day():
        raise refused(_("That is still to come: note it when it is over."), "from")


def _known(name: str) -> None:
    if name not in categories() or len(name) > LONGEST_NAME:
        raise refused(_("Choose one of the categories that the rules have."), "category")
