"""Measure the page of a team's figures: of a small and a large team, with a short and a long past, in the same run.

    make bench-team-page [BENCH="--reads 200"]

Each installation has one team with its releases, a target and the state of its work, filed as the portal files them,
and is served as in earnest (granian, SQLite) by a process of its own. A client with one connection, a member of the
team, asks for each page in turn. The releases are decided by `privacy.aggregates`, of made-up people.
"""

import argparse
import datetime as dt
import json
import random
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from analytics import volume_store
from analytics.targets import Terms
from analytics.team_figures import ACTIVE, FOCUS, GROUPS, RHYTHM, UTILISATION, asked, categories_of, day_number, payload
from analytics.volumes import Volume
from auth.permissions import Role
from benchmarks.generate import LAST_DAY, RULES
from benchmarks.ours import EMAIL, config
from benchmarks.pages import Browser, clock, measure, served
from benchmarks.releases import CATEGORIES
from benchmarks.run import HERE, machine
from portal import targets
from portal.founding import found
from portal.wiring import System, build
from privacy.aggregates import Publisher
from privacy.canonical import canonical
from privacy.period import week_of
from privacy.policy import POLICY_VERSION
from privacy.release_store import FOUR_WEEKS, WEEK, Closing, Release, statement
from privacy.stores import writing

PROCESSES = ("Household", "Liability", "Motor")
SIZES = ((10, 8), (10, 60), (60, 8), (60, 60))
"""People and weeks."""
GOAL_MS = 25.0
GOAL_GROWTH = 1.2
_WEEK = dt.timedelta(weeks=1)
Values = dict[str, dict[tuple[int, int], dict[str, float]]]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reads", type=int, default=200)
    parser.add_argument("--directory", type=Path, default=HERE.parent / "build" / "bench-team-page")
    given = parser.parse_args()
    shutil.rmtree(given.directory, ignore_errors=True)
    given.directory.mkdir(parents=True)
    rules = given.directory / "rules.json"
    rules.write_text(json.dumps(RULES), encoding="utf-8")
    where = machine()
    with ExitStack() as running:
        asked_for = {}
        for people, weeks in SIZES:
            name = f"{people} people, {weeks} weeks"
            cookie = furnish(home := given.directory / f"{people}-{weeks}", rules, people, weeks)
            serving = running.enter_context(served(home, rules, home.with_suffix(".log")))
            asked_for[name] = (Browser(*serving, cookie), "/team/desks/figures")
        timed = measure(asked_for, given.reads)
    result = {name: asdict(each) for name, each in timed.items()}
    (given.directory / "result.json").write_text(json.dumps({"where": where, "pages": result}, indent=1))
    first, worst = (
        timed[f"{SIZES[0][0]} people, {SIZES[0][1]} weeks"],
        max(timed.values(), key=lambda each: each.cpu_ms),
    )
    table = Table(title="The page of a team's figures", caption=where)
    for heading in ("team", "p50", "p95", "processor", "bytes"):
        table.add_column(heading, justify="right")
    for name, each in timed.items():
        table.add_row(name, f"{each.ms:.1f} ms", f"{each.p95:.1f} ms", f"{each.cpu_ms:.1f} ms", f"{each.size:,}")
    console = Console(width=120)
    console.print(table)
    most, growth = max(each.ms for each in timed.values()), worst.cpu_ms / first.cpu_ms
    console.print(f"p50 {most:.1f} ms (goal ≤ {GOAL_MS:g}); largest / first {growth:.2f}× (goal ≤ {GOAL_GROWTH:g})")
    return 0 if most <= GOAL_MS and growth <= GOAL_GROWTH else 1


def furnish(home: Path, rules: Path, people: int, weeks: int) -> str:
    """Set up an installation with a team, its releases and its work, and return a member's session."""
    begun = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)
    found(config(home, rules), "Bench", throw_away=True, clock=lambda: begun).close()
    system = build(config(home, rules), clock)
    with system.people.changing(None) as changes:
        team = changes.team("Desks")
        members = [changes.create(f"{n}.{EMAIL}", f"Desk {n}", "UTC", dt.date(2025, 1, 1)) for n in range(people)]
        for each in members:
            changes.grant(each, Role.EMPLOYEE)
            changes.acknowledge(each, POLICY_VERSION)
            changes.join(each, team)
    last = week_of(LAST_DAY).first - 2 * _WEEK
    mondays = [last - n * _WEEK for n in reversed(range(weeks))]
    file_releases(system, team, people, mondays)
    with writing(system.stores.data) as connection:
        volume_store.put(connection, worked(team, mondays[0]), LAST_DAY)
    days = LAST_DAY - 6 * _WEEK, LAST_DAY + 12 * _WEEK
    words = "Files pile up on Mondays.", "Fewer late evenings."
    targets.announce(system, team, members[0], Terms("utilisation", "", 45, 60, *words, members[0], *days))
    cookie = system.sessions.start(members[0])
    system.close()
    return cookie


def file_releases(system: System, team: str, people: int, mondays: list[dt.date]) -> None:
    """File the releases of these weeks, and of the aligned four weeks among them."""
    chance = random.Random(1)
    of = {
        each.name: Publisher(categories_of(each.name, list(CATEGORIES)), cap=each.cap, width=each.width)
        for each in GROUPS
    }
    values: Values = {each.name: {} for each in GROUPS}
    for monday in mondays:
        record(values, people, monday, chance)
        periods = [(WEEK, [monday])]
        if (day_number(monday) + 7) % 28 == 0 and len(mondays[: mondays.index(monday) + 1]) >= 4:
            periods.append((FOUR_WEEKS, [monday - n * _WEEK for n in (3, 2, 1, 0)]))
        for kind, firsts in periods:
            days = [day_number(first) + n for first in firsts for n in range(7)]
            roster = dict.fromkeys(days, frozenset(range(people)))
            decided = {
                (group.name, what): of[group.name].aggregate(roster, values[group.name], (days[0], days[-1]), what)
                for group in GROUPS
                for what in asked(group.name)
            }
            figures = canonical(payload(team, kind, [week_of(each) for each in firsts], decided, people, 1))
            release = Release(team, figures, "sha256:" + "0" * 64)
            stated = statement(kind, firsts[0], [release])
            with writing(system.stores.data) as connection:
                system.releases.put(connection, Closing(kind, firsts[0], 1, stated), [release])


def record(values: Values, people: int, monday: dt.date, chance: random.Random) -> None:
    """Add five days of everybody, in the shape that each group is decided of."""
    for day in range(day_number(monday), day_number(monday) + 5):
        for person in range(people):
            minutes = {name: weight * chance.uniform(15, 45) for name, (weight, _users) in CATEGORIES.items()}
            values[ACTIVE][person, day] = minutes
            values[UTILISATION][person, day] = {"": chance.uniform(35, 65)}
            values[FOCUS][person, day] = {"": chance.uniform(40, 160)}
            values[RHYTHM][person, day] = {part: chance.uniform(5, 150) for part in categories_of(RHYTHM, ())}


def worked(team: str, first: dt.date) -> Iterator[Volume]:
    """Yield a row for each process and working day."""
    chance = random.Random(2)
    day = first
    while day <= LAST_DAY:
        for process in PROCESSES if day.weekday() < 5 else ():
            done = chance.randrange(30, 60)
            figures: tuple[Any, ...] = (chance.randrange(30, 60), done, chance.randrange(100, 150), 9, done - 3, 1)
            yield Volume(team, process, day, *figures)
        day += dt.timedelta(days=1)


if __name__ == "__main__":
    sys.exit(main())
