"""What the asker keeps for themselves: read for the pages and the relay, and changed in their own session."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from analytics.days import begins_us
from analytics.own_times import FORGOTTEN, OwnTimes, OwnTimesRefused
from analytics.taking import SOURCES_DAY, OwnChange, WeekFrozen
from portal import own
from portal.access import session_key, system, viewer
from portal.locale import N_, _
from portal.problems import Problem
from portal.show import day, moment
from privacy.disclosure import Disclosed
from privacy.fields import Field, Tier
from privacy.log_entries import FORGOTTEN as FORGOT
from privacy.log_entries import PAUSED, PRIVATE_APPS, RESUMED
from privacy.period import Period, local_day, starts_at, week_of
from privacy.policy import Purpose

LISTED_DAYS: Final = 14
FIELDS: Final = frozenset({Field.OWN_TIMES})
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND: Final = dt.timedelta(microseconds=1)
_MINUTE: Final = dt.timedelta(minutes=1)
_TOLD: Final = dt.timedelta(days=60)
_REASONS: Final = {"paused": N_("paused"), FORGOTTEN: N_("forgotten")}


@dataclass(frozen=True, slots=True)
class Kept:
    """One time of which nothing is kept: its bounds in words, and whether it was paused or forgotten."""

    start: str
    end: str
    reason: str


@dataclass(frozen=True, slots=True)
class Private:
    """What the templates show of it. `until` is when the pause that runs ends, in words; None without one."""

    until: str | None
    used_seconds: float
    allowed_minutes: int
    apps: tuple[str, ...]
    times: tuple[Kept, ...]


def microseconds(at: dt.datetime) -> int:
    """Return a moment in microseconds since 1970 UTC."""
    return (at - _EPOCH) // _MICROSECOND


def read() -> OwnTimes:
    """Open what the asker keeps for themselves, as a look of their own."""
    today = Period.day(own.current_day())
    found = system().gate.disclose(
        viewer(), viewer(), FIELDS, Purpose.OWN_REVIEW, today, tier=Tier.DAY, session=session_key()
    )
    return of(found)


def of(disclosed: Disclosed) -> OwnTimes:
    """Return what the asker keeps for themselves out of what was opened of it."""
    return OwnTimes.parse(disclosed.values.get((SOURCES_DAY, Field.OWN_TIMES)))


def recent() -> OwnTimes:
    """Open what a computer has to know of it; what is older is cut here."""
    return read().since(microseconds(system().clock() - _TOLD))


def shown(kept: OwnTimes) -> Private:
    """Return it in words."""
    allowed = system().policies.now().private_minutes
    if not (kept.paused or kept.forgotten):
        return Private(None, 0.0, allowed, kept.apps, ())
    now, zone, today = microseconds(system().clock()), own.zone(), own.current_day()
    first, end = borders(today)
    until = kept.runs_until(now)
    since = microseconds(starts_at(today - dt.timedelta(days=LISTED_DAYS), zone, system().config.day_start))
    listed = [
        Kept(moment(_at(start), zone), moment(_at(stop), zone), _(_REASONS[reason]))
        for start, stop, reason in reversed(kept.gaps(since, now + 1, now))
    ]
    return Private(
        until=None if until is None else moment(_at(until), zone),
        used_seconds=sum(stop - start for start, stop, reason in kept.gaps(first, end, now) if reason == "paused")
        / 1e6,
        allowed_minutes=allowed,
        apps=kept.apps,
        times=tuple(listed),
    )


def gaps_of(kept: OwnTimes, day: dt.date, figures: Disclosed) -> list[tuple[int, int, str]]:
    """Return the private times of a day, in ms since it began, as the drawing of the day wants them."""
    if not (kept.paused or kept.forgotten):
        return []  # where the day began needs its rhythm, which is long
    first, end = borders_in(figures, day)
    found = kept.gaps(first, end, microseconds(system().clock()))
    return [((start - first) // 1000, (stop - first) // 1000, reason) for start, stop, reason in found]


def borders(day: dt.date) -> tuple[int, int]:
    """Return where a local day of the asker begins and ends."""
    start = system().config.day_start
    return (
        microseconds(starts_at(day, own.zone(), start)),
        microseconds(starts_at(day + dt.timedelta(days=1), own.zone(), start)),
    )


def borders_in(figures: Disclosed, day: dt.date) -> tuple[int, int]:
    """Return where a day of the asker begins and ends whose rhythm is disclosed: as it was stored, in whatever zone.

    What is drawn of it counts from there. A day of which nothing is stored, or no beginning, is one of the zone of now.
    """
    first, end = borders(day)
    begun = begins_us(figures, day)
    return (first, end) if begun is None else (begun, begun + end - first)


def pause(length: dt.timedelta | None) -> None:
    """Keep nothing from now on for a time, or until tomorrow."""
    now = system().clock()
    tomorrow = starts_at(own.current_day() + dt.timedelta(days=1), own.zone(), system().config.day_start)
    start, until = microseconds(now), microseconds(tomorrow if length is None else now + length)
    _change(PAUSED, lambda kept: kept.pausing(start, until))


def resume() -> bool:
    """Go on; False if no pause runs."""
    now = microseconds(system().clock())
    if read().runs_until(now) is None:
        return False
    _change(RESUMED, lambda kept: kept.resuming(now))
    return True


def keep_private(names: list[str]) -> None:
    """Keep nothing of these applications from now on. Raises Problem for names that are none."""
    _change(PRIVATE_APPS, lambda kept: kept.keeping_private(names))


def look(start: dt.datetime, end: dt.datetime) -> dict[dt.date, int]:
    """Return of how many events of which day something would go. Raises Problem for a time that cannot be forgotten."""
    return _forget(start, end, only_look=True)


def forget(start: dt.datetime, end: dt.datetime) -> dict[dt.date, int]:
    """Let a time be forgotten, and return of how many events of which day something went. Raises Problem."""
    return _forget(start, end, only_look=False)


def first_open_day() -> dt.date:
    """Return the first day of the oldest week that is still the asker's own to change."""
    today = own.current_day()
    before = week_of(week_of(today).first - dt.timedelta(days=1))
    return before.first if system().clock() < own.opens(before) else week_of(today).first


def gone_from_backups(last: dt.date) -> dt.date:
    """Return the day from which on no backup opens what was kept of a day and is forgotten.

    A backup of the data holds it still, sealed under the key of its month. That key goes when the month does; a backup
    of the keys from before is worthless after the erasure horizon (docs/backup.md).
    """
    month = last.year * 12 + last.month - 1 + system().policies.now().retention.months + 1
    return dt.date(month // 12, month % 12 + 1, 1) + dt.timedelta(days=system().config.erasure_horizon)


def _forget(start: dt.datetime, end: dt.datetime, *, only_look: bool) -> dict[dt.date, int]:
    now, zone, day_start = system().clock(), own.zone(), system().config.day_start
    if start >= end:
        raise Problem(400, _("Bad Request"), _("The time ends before it begins."), field="to")
    if end > now + _MINUTE:
        raise Problem(400, _("Bad Request"), _("That is still to come: pause instead."), field="to")
    days = Period(
        local_day(start, zone, day_start), local_day(end - _MICROSECOND, zone, day_start) + dt.timedelta(days=1)
    )
    if days.first < first_open_day():
        raise closed(first_open_day())
    span = microseconds(start), microseconds(end)
    change = OwnChange(session_key(), FORGOT, lambda kept: kept.forgetting(*span), days, only_look)
    try:
        return system().intake.change_own(viewer(), change)
    except WeekFrozen as frozen:
        raise closed(first_open_day()) from frozen
    except OwnTimesRefused as refused:
        raise Problem(409, _("Not kept"), _(str(refused))) from refused


def closed(first: dt.date) -> Problem:
    """Return the refusal of a change of a week that others may have seen."""
    sentence = _(
        "A week is yours to change until 48 hours after its end. Now that is every day from %(first)s on; what was"
        " before stands as it is.",
        first=day(first, "yMMMd"),
    )
    return Problem(409, _("That week is closed"), sentence, reason="week-closed")


def _change(outcome: str, times: Callable[[OwnTimes], OwnTimes]) -> None:
    try:
        system().intake.change_own(viewer(), OwnChange(session_key(), outcome, times))
    except OwnTimesRefused as refused:
        raise Problem(409, _("Not kept"), _(str(refused))) from refused


def _at(moment_us: int) -> dt.datetime:
    return _EPOCH + dt.timedelta(microseconds=moment_us)
