"""The people and addresses that the pages of `browser.pages` need, beside those of the synthetic back office."""

import datetime as dt
import io
from collections.abc import Callable, Iterator, Mapping
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
import pytest
from browser.pages import PAGES

from analytics.imports import read_export
from analytics.taking import OwnChange
from analytics.targets import Terms, Warned
from auth.invitations import Kind
from auth.permissions import Role
from portal import closing_weeks, targets
from portal.demo import organisation, seed
from portal.demo.activity import export
from portal.demo.organisation import VIENNA, Colleague
from portal.demo.seed import Seeded
from portal.own_times import microseconds
from portal.wiring import System
from privacy.log_entries import FORGOTTEN, PAUSED
from privacy.period import Period, starts_at, week_name, week_of
from privacy.policy import POLICY_VERSION

PLANNER: Final = "planner"
BEGINNERS: Final = ("beginners", 6)
"""A team that begins today, and how many people are in it."""
NEWCOMERS: Final = ("newcomer", "starter", "paused", "runner", "invited", "desk", "telephone", "novice")
AT_NOON: Final = frozenset({"runner", "desk", "telephone"})
"""Who lives where the day is in its middle, since something happens to them now."""
UNAWARE: Final = "unaware"
FIRST_DAYS: Final = 3
_WEEK: Final = dt.timedelta(weeks=1)


def newcomers(seeded: Seeded) -> dict[str, str]:
    """Add a planner, a team that begins after the others' figures were released, somebody of whom nothing was recorded
    yet, somebody who has not read the notice, somebody who began to be recorded three days ago, somebody who has
    paused, and those to whom something happens; return them by name.
    """
    system = seeded.system
    found = {}
    closing_weeks.run(system, lambda _what, _done, _total: None, pytest.fail)  # before there is a team that begins
    with system.people.changing(None) as changes:
        found[PLANNER] = changes.create(f"{PLANNER}@example.test", "Planner", VIENNA)
        changes.grant(found[PLANNER], Role.PLANNER)
        changes.acknowledge(found[PLANNER], POLICY_VERSION)
        team = changes.team(BEGINNERS[0].capitalize())
        for number in range(BEGINNERS[1]):
            changes.join(changes.create(f"beginner{number}@example.test", f"Beginner {number}", VIENNA), team)
        for name in (*NEWCOMERS, UNAWARE):
            zone = noon(system) if name in AT_NOON else VIENNA
            found[name] = changes.create(f"{name}@example.test", name.capitalize(), zone)
            changes.grant(found[name], Role.EMPLOYEE)
            if name != UNAWARE:
                changes.acknowledge(found[name], POLICY_VERSION)
    with system.people.changing(None) as changes:
        changes.appoint(found["novice"], "quality-review")
    _targets(seeded)
    for name in ("starter", "paused", "desk", "telephone"):
        zone = noon(system) if name in AT_NOON else VIENNA
        days = recorded_days(name, zone, seeded)
        record(system, found[name], days, zone, seeded.now)
    now = microseconds(system.clock())
    pause = OwnChange("browser", PAUSED, lambda kept: kept.pausing(now, now + 4 * 3600 * 1_000_000))
    system.intake.change_own(found["paused"], pause)
    return found


def _targets(seeded: Seeded) -> None:
    """Announce a target that ends at once, and one that is warned of."""
    system, manager = seeded.system, seeded.subjects[seed.MANAGER]
    days = [seeded.today + dt.timedelta(days=n) for n in (10, 60)]
    words = ("So that long pieces of work find their time.", "Fewer mornings in pieces.")
    ended = Terms("focus_time", "", 60, 120, *words, manager, *days, warned=(Warned("unseen"),))
    targets.end(
        system, "claims-east", manager, targets.announce(system, "claims-east", manager, ended), "It is over.", 1
    )
    warned = (Warned("outside", 180, 260),)
    targets.announce(
        system, "claims-east", manager, Terms("active_time", "", 300, 420, *words, manager, *days, warned=warned)
    )


def noon(system: System) -> str:
    """Return a zone in which the day is in its middle, at whatever time of the day the tests run."""
    west = system.clock().hour - 12
    return f"Etc/GMT{west:+d}" if west else "Etc/UTC"


def recorded_days(name: str, zone: str, seeded: Seeded) -> list[dt.date]:
    """Return the last working days before today, as many as somebody who has just begun has."""
    today = seeded.now.astimezone(ZoneInfo(zone)).date()
    somebody = _somebody(name, zone, today)
    return [each for each in organisation.recorded_days(somebody, today) if each < today][-FIRST_DAYS:]


def record(system: System, subject: str, days: list[dt.date], zone: str, until: dt.datetime) -> None:
    """Let events of these days come in for somebody."""
    file = msgspec.json.encode(export(_somebody(subject, zone, max(days)), days, until))
    system.intake.take(subject, read_export(io.BytesIO(file)))


def _somebody(name: str, zone: str, today: dt.date) -> Colleague:
    return Colleague(name, organisation.QUALITY, zone, organisation.first_day(today))


def shown(system: System, employee: str) -> int:
    """Return the entry of a manager's last look at somebody."""
    return [each.index for each in system.log.of_subject(employee) if each.outcome == "shown"][-1]


def places_of(seeded: Seeded, people: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Return every page by name: who opens it, and its address."""
    found = _addresses(seeded, people["invited"])
    return {name: (role, path.format_map(found)) for name, (role, path) in PAGES.items()}


def _addresses(seeded: Seeded, invited: str) -> dict[str, object]:
    """Return what stands in the braces of the addresses."""
    system, subjects = seeded.system, seeded.subjects
    employee, manager = (subjects[dict(seed.LINKS)[role]] for role in ("employee", "manager"))
    monday = week_of(seeded.today).first
    team = system.directory.managed(manager)[0].id
    mate, thin = _thin_week(seeded)
    threads = {each.kind: each.number for each in system.rooms.threads.of(employee)}
    (grant,) = system.rooms.grants.of(employee)
    return {
        "running": week_name(week_of(monday)),
        "last": week_name(week_of(monday - _WEEK)),
        "closed": week_name(week_of(monday - 3 * _WEEK)),
        "month": f"{monday.replace(day=1) - dt.timedelta(days=1):%Y-%m}",
        "day": monday - dt.timedelta(days=3),
        "off": monday - dt.timedelta(days=1),
        "shown": shown(system, employee),
        "employee": employee,
        "person": f"/team/{team}/people/{employee}",
        "mate": f"/team/{team}/people/{mate}",
        "thin": thin,
        "waiting": f"/team/{team}/people/{_who_waits(seeded, manager)}",
        "grant": grant.number,
        "figure": threads["figure"],
        "rule": threads["rule"],
        "code": _computers(system, employee),
        "invitation": system.invitations.issue(invited, Kind.INVITATION),
    }


def _who_waits(seeded: Seeded, manager: str) -> str:
    """Return whose proposal the manager has not answered."""
    found = seeded.system.directory.meetings.of_manager(manager)
    return next(each.subject for each in found if each.waits_for(seeded.today) == manager)


def _meets(system: System, subject: str) -> bool:
    """Tell whether somebody has agreed to a one-to-one: only then a manager opens a week of theirs."""
    return any(each.stands for each in system.directory.meetings.of(subject))


def _thin_week(seeded: Seeded) -> tuple[str, str]:
    """Let a colleague forget all of an old week but its first two days: it is withheld from then on."""
    system, team = seeded.system, seeded.people[seed.MANAGER].team
    week = week_of(week_of(seeded.today).first - 5 * _WEEK)
    linked = dict(seed.LINKS).values()
    mates = [
        each
        for each in seeded.people.values()
        if each.team == team and each.name not in linked and _meets(system, seeded.subjects[each.name])
    ]
    mate = max(mates, key=lambda each: len(_recorded(each, week, seeded)))
    days = _recorded(mate, week, seeded)[2:]
    start = system.config.day_start
    for first, end in _days(days):
        zone = system.directory.person(seeded.subjects[mate.name]).zone
        span = tuple(microseconds(starts_at(each, zone, start)) for each in (first, end))
        change = OwnChange("browser", FORGOTTEN, _forgetting(*span), Period(first, end))
        system.intake.change_own(seeded.subjects[mate.name], change)
    return seeded.subjects[mate.name], week_name(week)


def _forgetting(start: int, end: int) -> Callable:
    return lambda kept: kept.forgetting(start, end)


def _recorded(person: Colleague, week: Period, seeded: Seeded) -> list[dt.date]:
    return [each for each in organisation.recorded_days(person, seeded.today) if each in week]


def _days(days: list[dt.date]) -> Iterator[tuple[dt.date, dt.date]]:
    for each in days:
        yield each, each + dt.timedelta(days=1)


def _computers(system: System, employee: str) -> str:
    """Let somebody have three computers, one taken off, and return the code of a fourth that asks."""
    for name, host in (("Desk at the window", "pc-1704"), ("Laptop", "nb-88.example.test"), ("Old desk", "pc-0391")):
        asked = system.enrolments.ask(name, host, "192.0.2.7")
        system.enrolments.confirm(employee, asked.user_code)
        token = system.enrolments.poll(asked.device_code)
        if name == "Laptop" and token is not None:
            system.tokens.find(token)
    old = next(each for each in system.devices.of(employee) if each.name == "Old desk")
    system.devices.revoke(employee, old.id)
    return system.enrolments.ask("Meeting room", "pc-2210.example.test", "192.0.2.7").user_code
