"""What runs once a night: weeks freeze, what is too old goes, the log's days are closed. Twice changes nothing."""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from auth.people import Person
from portal import checkpoints, erasing, retention
from portal.wiring import System
from privacy import rotation
from privacy.capture import PRESETS
from privacy.period import Period, local_day, oldest_readable, shared_from

Step = Callable[[str, float, float], None]
_WEEK = dt.timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Done:
    """What one night did."""

    weeks: int
    text_days: int
    log_days: int
    cosignatures: int = 0
    expired: int = 0
    keys_renewed: int = 0


def run(system: System, step: Step) -> Done:
    """Do everything that is due; people are independent of one another, so an interrupted night is simply run again."""
    everybody = system.people.everybody()
    weeks = text_days = 0
    for number, person in enumerate(everybody):
        step("people", number, len(everybody))
        weeks += system.weeks.freeze_due(person.subject, list(_due(system, person)))
        text_days += _expire_text(system, person)
    expired = _expire(system)
    log_days, cosignatures = _close_log_days(system), _publish(system)
    renewed = _renew_keys(system, step)  # last: a damaged key must keep nothing else from being done
    return Done(weeks, text_days, log_days, cosignatures=cosignatures, expired=expired, keys_renewed=renewed)


def _due(system: System, person: Person) -> Iterator[Period]:
    """Yield the closed weeks whose grace is over and that a manager may still read."""
    now, day_start = system.clock(), system.config.day_start
    monday = oldest_readable(local_day(now, person.zone, day_start)).first
    while now >= _shared_from(system, person, week := Period(monday, monday + _WEEK)):
        if week.end > person.joined:
            yield week
        monday += _WEEK


def _shared_from(system: System, person: Person, week: Period) -> dt.datetime:
    """Return when the grace is over: on each clock that the person has had since the week began."""
    zones = system.directory.zones(person.subject, week.first)
    return max(shared_from(week, zone, system.config.day_start) for zone in zones)


def _expire_text(system: System, person: Person) -> int:
    keep_days = PRESETS[system.config.capture_preset].text_days or 0
    today = local_day(system.clock(), person.zone, system.config.day_start)
    return system.intake.expire_text(person.subject, today - dt.timedelta(days=keep_days))


def _publish(system: System) -> int:
    """Publish the log's checkpoint, after all that the night has written, and count who co-signed it."""
    checkpoints.publish(system)
    return len(checkpoints.latest(system).cosignatures)


def _expire(system: System) -> int:
    """Let go what is older than agreed, before the day is closed."""
    expired = retention.expire(system)
    if expired:
        erasing.keep_file(system)
    return expired


def _renew_keys(system: System, step: Step) -> int:
    """Replace the keys that would outlive the erasure horizon, finish what was interrupted, and count the classes."""
    today = system.clock().date()
    return len(rotation.renew_due(system.keys, system.log, today, system.config.erasure_horizon, step))


def _close_log_days(system: System) -> int:
    yesterday = system.clock().date() - dt.timedelta(days=1)
    return int(system.log.close_day(yesterday) is not None)
