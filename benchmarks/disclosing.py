"""Disclosures beside the commit that each of them waits for: an employee's day, and a manager's closed week.

What is measured is the gate: policy, entry, keys, manifests, rows. Both reads are those of the pages, and of people
whose rows, relations and zones are in the database as they are in an installation.
"""

import datetime as dt
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

from analytics.days import DAY_FIELDS
from auth.permissions import Role
from benchmarks.run import Row
from portal.wiring import System
from privacy.fields import SHARED_FIELDS, Tier
from privacy.log_entries import Draft
from privacy.period import Period
from privacy.policy import POLICY_VERSION, Purpose
from privacy.stores import writing
from privacy.vault import Row as VaultRow

READS = 200
ALLOWED_MS = 0.5
_WEEKS_AGO = dt.timedelta(weeks=6)
_MONTH = 31


@dataclass
class MovableClock:
    """The time of the machine, a while ago."""

    ago: dt.timedelta = _WEEKS_AGO

    def __call__(self) -> dt.datetime:
        return dt.datetime.now(dt.UTC) - self.ago


@dataclass(frozen=True)
class Office:
    """Somebody with a month of figures, who was told of their manager before the week, and meets them today."""

    employee: str
    manager: str
    week: Period


def settle(system: System, clock: MovableClock) -> Office:
    """Hire both some weeks ago, come back to the present, and file the employee's figures."""
    people, then = system.people, clock().date()
    employee = people.create("desk@example.test", "Desk One", "UTC", then)
    manager = people.create("lead@example.test", "Lead One", "UTC", then)
    people.grant(employee, Role.EMPLOYEE)
    team = people.create_team("Claims")
    people.join(employee, team)
    people.appoint(manager, team)
    people.acknowledge(employee, POLICY_VERSION)
    clock.ago = dt.timedelta(0)
    today = clock().date()
    with people.changing(manager) as changes:
        meeting = changes.propose_meeting(employee, manager, today, manager)
    with people.changing(employee) as changes:
        changes.accept_meeting(employee, meeting, 0, employee)
    monday = today - dt.timedelta(days=today.weekday() + 14)
    days = [monday + dt.timedelta(days=7 - n) for n in range(1, _MONTH + 1)]
    rows = [VaultRow(field, Tier.SUMMARY, day, 0, b"1" * 200) for field in DAY_FIELDS for day in days]
    rows += [VaultRow(field, Tier.WEEK, monday, 0, b"1" * 200) for field in SHARED_FIELDS]
    with writing(system.stores.data) as connection:
        system.vault.put(connection, employee, rows)
    return Office(employee, manager, Period(monday, monday + dt.timedelta(days=7)))


def disclosures(name: str, system: System, office: Office) -> list[Row]:
    """Time the employee's day and the manager's week, each in turn with the append of the same entry."""
    gate, log, employee, week = system.gate, system.log, office.employee, office.week
    day, own, shared = Period.day(week.first), Purpose.OWN_REVIEW, Purpose.ONE_TO_ONE
    looked = Draft(employee, employee, "self", DAY_FIELDS, own, None, "disclosed", chain="self")
    opened = Draft(office.manager, employee, "manager", SHARED_FIELDS, shared, week, "disclosed")
    own_day = _beside(lambda: log.append(looked), lambda: gate.disclose(employee, employee, DAY_FIELDS, own, day))
    a_week = _beside(
        lambda: log.append(opened),
        lambda: gate.disclose(office.manager, employee, SHARED_FIELDS, shared, week, tier=Tier.WEEK),
    )
    return [
        _row(f"{name}: disclose a day to its owner, p50", *own_day),
        _row(f"{name}: disclose a closed week to a manager, p50", *a_week),
    ]


def _beside(append: Callable[[], object], disclose: Callable[[], object]) -> tuple[float, float]:
    """Return the medians of both in ms, measured in turn so that they share whatever else the machine does."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(READS):
        for found, work in zip(times, (append, disclose), strict=True):
            started = time.perf_counter()
            work()
            found.append(time.perf_counter() - started)
    return statistics.median(times[0]) * 1000, statistics.median(times[1]) * 1000


def _row(what: str, commit: float, ours: float) -> Row:
    bare = f"{commit:.2f} ms append + {ALLOWED_MS}"
    return Row(what, f"{ours:.2f} ms", bare, (commit + ALLOWED_MS) / ours, 1)
