"""What runs once a night: weeks freeze, team figures are released, what is too old goes, the log's days are closed, and
all is verified.

Twice changes nothing. What is damaged, a row, a key or a chain, is somebody's and stops what is to be done for them;
everything else is tried, and what is wrong is told at the end. While the clock is in doubt nothing is done by it that
cannot be undone.
"""

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from analytics.month_rows import sum_up
from auth.people import Person
from portal import (
    checkpoints,
    clock_doubts,
    closing_weeks,
    erasing,
    escrowing,
    granted_upkeep,
    key_records,
    leftovers,
    mailing,
    policy_record,
    retention,
    sheet_upkeep,
    verifying,
)
from portal.retention import DAMAGE
from portal.wiring import System
from privacy import rotation
from privacy.escrow_key import EscrowRefused
from privacy.period import Period, local_day, oldest_readable, shared_from_all
from privacy.stores import StillRead, empty_journal

Step = Callable[[str, float, float], None]
_WEEK = dt.timedelta(days=7)
_SUNDAY: Final = 7
_DEFECTS: Final = (ArithmeticError, LookupError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class Done:
    """What one night did. `problems` name what does not verify; `whole` says that payloads were verified, too."""

    weeks: int
    text_days: int
    log_days: int
    folded: int = 0
    cosignatures: int = 0
    expired: int = 0
    ended: int = 0
    mails: int = 0
    released: int = 0
    keys_renewed: int = 0
    escrowed: bool = False
    whole: bool = False
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def run(system: System, step: Step, *, clock_is_right: bool = False) -> Done:
    """Do everything that is due; people are independent of one another, so an interrupted night is simply run again.

    `clock_is_right` is the word of whoever runs an installation that stood still for long.
    """
    refused: list[str] = []
    folded = weeks = text_days = expired = ended = mails = released = log_days = cosignatures = 0
    with _naming(refused, "the capture policy was not recorded"):
        policy_record.settle(system)
        refused += system.policies.refused()
    if not clock_is_right and (doubt := clock_doubts.doubt(system)) is not None:
        refused.append(doubt)
    else:
        folded, weeks, text_days = _look_after_people(system, step, refused)
        with _naming(refused, "team figures were not released"):
            released = _release(system, step, refused)
        expired = _expire(system, refused)
        with _naming(refused, "what people let others read was not looked after"):
            ended = granted_upkeep.run(system, refused.append)
        with _naming(refused, "sheets of one-to-ones were not looked after"):
            ended += sheet_upkeep.run(system, refused.append)
        with _naming(refused, "mail that people asked for was not sent"):
            mails = mailing.send_due(system, refused.append)
        with _naming(refused, "the day was not closed"):
            log_days = _close_log_days(system, refused)
    with _naming(refused, "no checkpoint was published"):
        cosignatures = _publish(system)
    keys_renewed, escrowed, kept = _look_after_keys(system, step)
    refused += [*kept, *_take_off_disk(system)]
    step("verifying", 0, 0)
    whole = system.clock().date().isoweekday() == _SUNDAY
    found = verifying.verify(system, hashes_only=not whole)
    return Done(
        weeks,
        text_days,
        log_days,
        folded=folded,
        cosignatures=cosignatures,
        expired=expired,
        ended=ended,
        mails=mails,
        released=released,
        keys_renewed=keys_renewed,
        escrowed=escrowed,
        whole=whole,
        problems=tuple(dict.fromkeys((*refused, *found.problems))),  # on Sundays both say what is wrong with keys
        warnings=tuple(found.warnings),
    )


@contextmanager
def _naming(problems: list[str], what: str) -> Iterator[None]:
    """Let damage stop no more than what is done inside, and name it."""
    try:
        yield
    except DAMAGE as error:
        problems.append(f"{what}: {error}")
    except _DEFECTS as error:  # somebody's data bring it to light; its text may hold some of them
        problems.append(f"{what}: {type(error).__name__}, which is a defect of Sameview; please report it")


def _look_after_people(system: System, step: Step, problems: list[str]) -> tuple[int, int, int]:
    """Fold what came, freeze weeks that are due, let old text go; return how many people, weeks and days.

    Months that days were written without, by an older version, are summed up.

    The weeks of somebody whose events could not be folded stay as they are: frozen, they would lack these for good.
    """
    everybody = system.people.everybody()
    folded = weeks = text_days = 0
    for number, person in enumerate(everybody):
        step("people", number, len(everybody))
        unfolded = True
        with _naming(problems, f"person {person.subject}: what collectors sent was not folded into days"):
            folded += system.intake.fold(person.subject) is not None
            unfolded = False
        for week in () if unfolded else _due(system, person):
            with _naming(problems, f"person {person.subject}: a week was not frozen"):
                weeks += system.weeks.freeze(person.subject, week)
        with _naming(problems, f"person {person.subject}: their months were not summed up"):
            sum_up(system.vault, system.gate, person.subject)
        with _naming(problems, f"person {person.subject}: kept text was not let go"):
            text_days += _expire_text(system, person)
    return folded, weeks, text_days


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
    return shared_from_all(week, system.directory.zones(person.subject, week.first), system.config.day_start)


def _expire_text(system: System, person: Person) -> int:
    keep_days = system.policies.now().text_days or 0
    today = local_day(system.clock(), person.zone, system.config.day_start)
    return system.intake.expire_text(person.subject, today - dt.timedelta(days=keep_days))


def _release(system: System, step: Step, problems: list[str]) -> int:
    """Release the team figures that are due, and return of how many periods: weeks, and four weeks together."""
    try:
        done = closing_weeks.run(system, step, problems.append)
    except closing_weeks.Overtaken as error:
        problems.append(f"team figures were not released: {error}")
        return 0
    return done.weeks + done.periods


def _publish(system: System) -> int:
    """Publish the log's checkpoint, after all that the night has written, and count who co-signed it."""
    checkpoints.publish(system)
    checkpoints.thin(system)
    return len(checkpoints.latest(system).cosignatures)


def _expire(system: System, problems: list[str]) -> int:
    """Let go what is older than agreed, before the day is closed."""
    expired = retention.expire(system, problems.append)
    if expired:
        erasing.keep_file(system)
    return expired


def _look_after_keys(system: System, step: Step) -> tuple[int, bool, list[str]]:
    """Renew keys and leave a new escrow: how many classes, whether there is one, and what was refused."""
    renewed, escrowed, refused = 0, False, list(key_records.redated(system))  # before what is renewed is gone
    try:
        renewed = _renew_keys(system, step)
    except DAMAGE as error:
        refused.append(str(error))
        renewed = len(error.done) if isinstance(error, rotation.RenewalIncomplete) else 0
    try:
        escrowed = escrowing.keep_up(system)
    except (EscrowRefused, *DAMAGE) as error:
        refused.append(str(error))
    return renewed, escrowed, refused


def _renew_keys(system: System, step: Step) -> int:
    """Replace the keys that would outlive the erasure horizon, finish what was interrupted, and count the classes."""
    today = system.clock().date()
    return len(rotation.renew_due(system.keys, system.log, today, system.config.erasure_horizon, step))


def _take_off_disk(system: System) -> list[str]:
    """Finish erasures that waited for somebody's reading, remove what a killed restore left, empty the journals.

    Returns what could not be done.
    """
    leftovers.discard(system)
    kept: list[str] = []
    erasing.resume(system, kept.append)
    for engine in (system.stores.keys, system.stores.data, system.stores.log):
        try:
            empty_journal(engine)
        except StillRead as error:
            kept.append(str(error))
    return kept


def _close_log_days(system: System, problems: list[str]) -> int:
    """Close yesterday, and count it if it was not closed before."""
    yesterday, size = system.clock().date() - dt.timedelta(days=1), system.log.size
    return int(system.log.close_day(yesterday, problems.append) >= size)
