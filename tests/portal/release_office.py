"""An organisation with three teams for team figures: East and West are large enough, Small is not.

Everybody was told in July who manages them. It is Thursday, 19 November; the block of four weeks that is over began on
19 October, and the one before it on 21 September.
"""

import datetime as dt
import random
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select

from auth.permissions import Role
from portal import closing_weeks, releases
from portal.closing_weeks import Done
from portal.config import Config
from portal.founding import found
from portal.releases import WEEK
from portal.wiring import System, build
from privacy.fields import Field
from privacy.policy import POLICY_VERSION
from privacy.release_memory import Memory
from privacy.release_store import Released, TeamRelease
from tests.portal.conftest import file_days, working_days

JULY: Final = dt.datetime(2026, 7, 6, 8, 0, tzinfo=dt.UTC)
NOVEMBER: Final = dt.datetime(2026, 11, 19, 9, 30, tzinfo=dt.UTC)
FOUNDED: Final = JULY.date()
SIZES: Final = {"East": 9, "Small": 3, "West": 8}
FIRST: Final = dt.date(2026, 8, 17)
LAST: Final = dt.date(2026, 11, 9)
"""The Monday of the last week that is closed by then."""
BEFORE: Final = LAST - dt.timedelta(weeks=1)


def member(team: str, number: int) -> str:
    """Return the first name of somebody in a team; number 0 manages it, and is a member as well."""
    return f"{team.lower()}{number}"


def figures(chance: random.Random, usual: float) -> dict[Field, Any]:
    """Return a day's figures, about as long as is usual for somebody."""
    active = round(usual * chance.uniform(0.9, 1.1))
    work, mail = active * 6 // 10, active * 3 // 10
    hours = {str(hour): {"Work": active // 8} for hour in range(9, 17)}
    return {
        Field.ACTIVE_TIME: {"active_seconds": active},
        Field.CATEGORIES: {"Work": work, "Comms": mail, "Media": active - work - mail},
        Field.CATEGORY_DETAIL: {"Work": work, "Comms > Email": mail, "Media": active - work - mail},
        Field.FOCUS: {"blocks": 2, "seconds": active // 4, "longest_seconds": active // 8},
        Field.RHYTHM: {"hours": hours, "first": "09:01", "last": "16:55", "timeline": []},
    }


def populate(
    system: System, sizes: dict[str, int] = SIZES, *, first: dt.date = FIRST, since: dt.date = FOUNDED
) -> dict[str, str]:
    """Bring in people, teams and figures of every working day until 17 November; return subject ids by first name."""
    ids: dict[str, str] = {}
    for team, size in sizes.items():
        with system.people.changing(None) as changes:
            unit = changes.team(team)
            for number in range(size + 1):
                name = member(team, number)
                ids[name] = changes.create(f"{name}@example.org", name.capitalize(), "Europe/Berlin", since)
                changes.grant(ids[name], Role.EMPLOYEE)
                changes.acknowledge(ids[name], POLICY_VERSION)
        with system.people.changing(None) as changes:
            for number in range(size + 1):
                changes.join(ids[member(team, number)], unit)
            changes.appoint(ids[member(team, 0)], unit)
    for name, subject in ids.items():
        chance = random.Random(name)
        usual = chance.uniform(15_000, 21_000)
        days = {day: figures(chance, usual) for day in working_days(first, dt.date(2026, 11, 18))}
        file_days(system, subject, days)
    return ids


def founded(home: Path, sizes: dict[str, int] = SIZES) -> Path:
    """Make the organisation in a folder."""
    system = found(Config(home=home), "Example Insurance", clock=lambda: JULY)
    populate(system, sizes)
    system.close()
    return home


def released(home: Path, sizes: dict[str, int] = SIZES, now: dt.datetime = NOVEMBER) -> Path:
    """Make the organisation, and release what is due."""
    system = build(Config(home=founded(home, sizes)), lambda: now)
    closing_weeks.run(system, silent, never)
    system.close()
    return home


def silent(_what: str, _done: float, _total: float) -> None:
    """Draw no progress."""


def never(problem: str) -> None:
    """Nobody's damage is expected."""
    raise AssertionError(problem)


def active(found: Released) -> tuple[float | None, float | None, float | None]:
    """Return the mean of active time of a release, with its bounds."""
    (cell,) = found.content["measures"]["active_time"]["cells"]
    return cell["value"], cell["low"], cell["high"]


def close(system: System) -> Done:
    """Close what is due; nobody's damage is expected."""
    return closing_weeks.run(system, silent, never)


def everything(system: System) -> dict[tuple[str, str, dt.date], bytes]:
    """Return the bytes of all releases by unit, kind and first day."""
    with system.stores.data.connect() as connection:
        return {
            (row.unit, row.kind, row.first_day): bytes(row.payload)
            for row in connection.execute(select(TeamRelease.__table__))
        }


def release_of(system: System, unit: str, first_day: dt.date = LAST, kind: str = WEEK) -> Released:
    """Return a release that is there."""
    found = releases.read(system, unit, kind, first_day)
    assert found is not None
    return found


def mean(system: System, unit: str, first_day: dt.date = LAST, kind: str = WEEK) -> tuple[float | None, ...]:
    return active(release_of(system, unit, first_day, kind))


def people(system: System, unit: str, first_day: dt.date = LAST) -> int | None:
    """Return how many are counted, as it is told."""
    counted: int | None = release_of(system, unit, first_day).content["counted"]
    return counted


def memory(system: System) -> Memory:
    """Return what the release job remembers of the open block."""
    with system.stores.data.connect() as connection:
        found = system.release_memory.open(connection)
    assert found is not None
    return found


def is_forgotten(system: System, subject: str) -> bool:
    """Return whether the memory holds no figure of somebody; what an erasure leaves is too small to be a minute."""
    blocks = memory(system).publishers["active_time"]._blocks.values()
    own = [week[subject][1] for block in blocks for week in block.own.weeks if subject in week]
    return all(value < 1e-300 for sums in own for value in sums)


def usual_day() -> dict[Field, Any]:
    return {Field.ACTIVE_TIME: {"active_seconds": 18_000}, Field.CATEGORIES: {"Work": 18_000}}
