"""Measure how long it takes to decide what may be published of a week, of teams and of all of them together.

    make bench-releases                                    # 10,000 people in 400 teams, a half and a tenth of them
    make bench-releases BENCH="--people 1000 --teams 40"

Only the decisions of `privacy.aggregates` are measured: rosters and minutes are there before the clock starts. People
join, leave and change teams; each of eight categories is used by some of them only. Beside the wall clock stands the
processor time of the process, which other work on the machine disturbs less. The figures that were published are
counted, because withholding everything would be quick.
"""

import argparse
import json
import random
import sys
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.run import machine
from privacy.aggregates import MEASURES, Publisher, Window

CATEGORIES = {  # how much of a day, and by how many of the people
    "Work": (6.0, 1.0),
    "Comms": (2.0, 1.0),
    "Docs": (2.0, 0.95),
    "Web": (1.0, 0.9),
    "Meetings": (1.0, 0.8),
    "Learning": (0.3, 0.4),
    "Media": (0.3, 0.3),
    "Social": (0.2, 0.2),
}
WINDOWS: tuple[Window, ...] = (*((7 * week, 7 * week + 6) for week in range(4)), (0, 27))
ALL = -1
Rosters = dict[int, dict[int, frozenset[int]]]
Minutes = dict[tuple[int, int], dict[str, float]]


def rosters(people: int, teams: int, chance: random.Random) -> Rosters:
    """Return who is in each team and in all of them on each of 28 days; one in forty moves, leaves or joins a month."""
    home = {person: person % teams for person in range(people)}
    found: Rosters = {team: {} for team in (ALL, *range(teams))}
    for day in range(28):
        for person in [each for each in home if chance.random() < 1 / 40 / 28]:
            team = home.pop(person)
            moved, there = chance.choice([(person, chance.randrange(teams)), (people + len(home) * 28 + day, team)])
            home[moved] = there
        members: dict[int, set[int]] = {team: set() for team in range(teams)}
        for person, team in home.items():
            members[team].add(person)
        found[ALL][day] = frozenset(home)
        for team, who in members.items():
            found[team][day] = frozenset(who)
    return found


def minutes(everybody: dict[int, frozenset[int]], chance: random.Random) -> Minutes:
    """Return minutes by category of each person's five days a week, of which one in fourteen is missing."""
    usual: dict[int, float] = {}
    found: Minutes = {}
    for day, people in everybody.items():
        for person in people if day % 7 < 5 else ():
            if chance.random() < 1 / 14:
                continue
            parts = {
                name: chance.expovariate(1) * weight
                for name, (weight, users) in CATEGORIES.items()
                if chance.random() < users
            }
            day_minutes = usual.setdefault(person, chance.uniform(200, 420)) * chance.uniform(0.85, 1.1)
            found[person, day] = {name: day_minutes * part / sum(parts.values()) for name, part in parts.items()}
    return found


def measure(people: int, teams: int) -> dict[str, Any]:
    """Close four weeks, and then the period of the four; return seconds by window, and what was published."""
    chance = random.Random(1)
    groups = rosters(people, teams, chance)
    values = minutes(groups[ALL], chance)
    publisher, seconds, cpu, shown = Publisher(list(CATEGORIES)), [], [], []
    before = resident_mb()
    for window in WINDOWS:
        started, used = time.perf_counter(), time.process_time()
        low = [
            cell[2]
            for team in groups
            for measure in MEASURES
            for cell in publisher.aggregate(groups[team], values, window, measure)
        ]
        seconds.append(time.perf_counter() - started)
        cpu.append(time.process_time() - used)
        shown.append(sum(each is not None for each in low) / len(low))
    after = resident_mb()
    used = time.process_time()
    dumped = publisher.dump()
    assert Publisher.load(dumped).dump() == dumped
    return {
        "people": people,
        "teams": teams,
        "seconds": seconds,
        "cpu_seconds": cpu,
        "published": shown,
        "process_mb": after,
        "decisions_mb": after - before,
        "memory_bytes": len(dumped),
        "written_and_read_cpu_seconds": time.process_time() - used,
    }


def resident_mb() -> float:
    """Return what the process holds now."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise OSError("/proc/self/status names no VmRSS")


def show(rows: list[dict[str, Any]], console: Console) -> None:
    """Print a table of what was measured."""
    table = Table(title="Deciding about the team figures of a week", caption=machine())
    for name in (
        "people",
        "teams",
        "a week",
        "processor",
        "four weeks",
        "processor",
        "published",
        "process",
        "memory",
    ):
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(
            f"{row['people']:,}",
            f"{row['teams']:,}",
            f"{max(row['seconds'][:4]):.1f} s",
            f"{max(row['cpu_seconds'][:4]):.1f} s",
            f"{row['seconds'][4]:.1f} s",
            f"{row['cpu_seconds'][4]:.1f} s",
            f"{sum(row['published'][:4]) / 4:.0%}, {row['published'][4]:.0%}",
            f"{row['process_mb']:.0f} MB",
            f"{row['memory_bytes'] / 1e6:.1f} MB",
        )
    console.print(table)


def main() -> int:
    """Measure and print; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument("--teams", type=int, default=400)
    asked = parser.parse_args()
    rows = [measure(asked.people // part, asked.teams // part) for part in (10, 2, 1)]
    kept = Path("build/bench/releases.json")
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps(rows, indent=1), encoding="utf-8")
    show(rows, Console())
    return 0


if __name__ == "__main__":
    sys.exit(main())
