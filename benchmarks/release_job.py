"""Measure the whole release job: two weeks of an organisation are closed, each by a process of its own.

    make bench-releases                                    # 10,000 people in 400 teams, a half and a quarter of them
    make bench-releases BENCH="--people 1000 --teams 40"

Everything that `sameview jobs close-week` does is in the time: rosters, an entry in the log of each person, keys,
figures, decisions, the closing's entry, and the memory sealed anew. The first week begins a block of four, so that the
second one has a memory to read. People, teams and figures are there before; one person in fifty changes teams between.
"""

import argparse
import datetime as dt
import json
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import msgspec
from rich.console import Console
from rich.table import Table

from auth.permissions import Role
from benchmarks.releases import CATEGORIES
from benchmarks.run import machine
from portal import closing_weeks
from portal.config import Config
from portal.founding import found
from portal.wiring import System, build
from privacy.fields import Field, Tier
from privacy.policy import POLICY_VERSION
from privacy.stores import writing
from privacy.vault import Row

FIRST: Final = dt.date(2026, 10, 12)
"""The Monday with which a block of four weeks begins."""
FOUNDED: Final = dt.datetime(2026, 10, 7, 8, tzinfo=dt.UTC)
CLOSED: Final = tuple(dt.datetime(2026, 10, day, 12, tzinfo=dt.UTC) for day in (22, 29))
"""Thursdays: a week is over, and its grace too."""
_KNOWN: Final = ("Work", "Comms", "Meetings", "Tools", "Learning")
_TOGETHER: Final = 100


def prepare(home: Path, people: int, teams: int) -> None:
    """Make the organisation with two weeks of figures."""
    chance = random.Random(1)
    moments = [FOUNDED]
    system = found(Config(home=home), "Example", clock=lambda: moments[-1])
    subjects = _hire(system, people, teams)
    for first in range(0, people, _TOGETHER):
        with writing(system.stores.data) as connection:
            for subject in subjects[first : first + _TOGETHER]:
                system.vault.put(connection, subject, list(_fortnight(chance)))
    moments.append(CLOSED[0] - dt.timedelta(days=3))
    everybody = [f"team-{number}" for number in range(teams)]
    for subject in chance.sample(subjects, people // 50):
        with system.people.changing(None) as changes:
            changes.part(subject, _team_of(system, subject))
            changes.join(subject, chance.choice(everybody))
    system.close()


def close(home: Path, number: int) -> dict[str, Any]:
    """Close a week, and return what it took."""
    system = build(Config(home=home), lambda: CLOSED[number])
    started, used = time.perf_counter(), time.process_time()
    done = closing_weeks.run(system, lambda _what, _done, _all: None, _refuse)
    took = time.perf_counter() - started, time.process_time() - used
    system.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "seconds": took[0],
        "cpu_seconds": took[1],
        "peak_mb": peak,
        "weeks": done.weeks,
        "releases": done.releases,
        "withheld": done.withheld,
    }


def _refuse(problem: str) -> None:
    raise RuntimeError(problem)


def _hire(system: System, people: int, teams: int) -> list[str]:
    subjects = []
    with system.people.changing(None) as changes:
        named = [changes.team(f"Team {number}") for number in range(teams)]
        for number in range(people):
            subject = changes.create(f"p{number}@example.test", f"Person {number}", "Europe/Berlin", FOUNDED.date())
            changes.grant(subject, Role.EMPLOYEE)
            changes.acknowledge(subject, POLICY_VERSION)
            subjects.append(subject)
    for first in range(0, people, _TOGETHER * 10):
        with system.people.changing(None) as changes:
            for number in range(first, min(first + _TOGETHER * 10, people)):
                changes.join(subjects[number], named[number % teams])
    with system.people.changing(None) as changes:
        for number, team in enumerate(named):
            changes.appoint(subjects[number], team)
    return subjects


def _team_of(system: System, subject: str) -> str:
    return next(iter(system.directory.teams_of(subject)))


def _fortnight(chance: random.Random) -> list[Row]:
    usual = chance.uniform(200, 420) * 60
    days = [FIRST + dt.timedelta(days=n) for n in range(12) if n % 7 < 5 and chance.random() > 1 / 14]
    return [row for day in days for row in _day(chance, day, usual)]


def _day(chance: random.Random, day: dt.date, usual: float) -> list[Row]:
    weights = list(CATEGORIES.values())[: len(_KNOWN)]
    parts = {
        name: chance.expovariate(1) * weight
        for name, (weight, users) in zip(_KNOWN, weights, strict=True)
        if chance.random() < users
    }
    active = round(usual * chance.uniform(0.85, 1.1))
    sums = {name: round(active * part / sum(parts.values())) for name, part in parts.items()}
    figures: dict[Field, Any] = {
        Field.ACTIVE_TIME: {"active_seconds": sum(sums.values())},
        Field.CATEGORIES: sums,
        Field.CATEGORY_DETAIL: sums,
        Field.FOCUS: {"blocks": 2, "seconds": active // 4, "longest_seconds": active // 8},
        Field.RHYTHM: {
            "hours": {str(h): {"Work": active // 9} for h in range(8, 17)},
            "first": "08:01",
            "last": "17:0",
        },
    }
    return [Row(field, Tier.SUMMARY, day, 0, msgspec.json.encode(value)) for field, value in figures.items()]


def measure(people: int, teams: int) -> list[dict[str, Any]]:
    """Prepare an organisation and close its two weeks; each step is a process of its own."""
    home = Path(tempfile.mkdtemp(prefix="sameview-bench-"))
    try:
        _process("prepare", home / "home", str(people), str(teams))
        return [
            {"people": people, "teams": teams} | _process("close", home / "home", str(n)) for n in range(len(CLOSED))
        ]
    finally:
        shutil.rmtree(home)


def _process(step: str, home: Path, *arguments: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.release_job", step, str(home), *arguments]
    said = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    found: dict[str, Any] = json.loads(said or "{}")
    return found


def show(rows: list[dict[str, Any]], console: Console) -> None:
    """Print a table of what was measured."""
    table = Table(title="Closing a week, from rosters to stored releases", caption=machine())
    for name in ("people", "teams", "seconds", "processor", "a person", "peak", "units", "without a figure"):
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(
            f"{row['people']:,}",
            f"{row['teams']:,}",
            f"{row['seconds']:.1f} s",
            f"{row['cpu_seconds']:.1f} s",
            f"{row['cpu_seconds'] / row['people'] * 1000:.2f} ms",
            f"{row['peak_mb']:.0f} MB",
            f"{row['releases']:,}",
            f"{row['withheld']:,}",
        )
    console.print(table)


def main() -> int:
    """Measure and print; return the exit code."""
    if len(sys.argv) > 2 and sys.argv[1] in ("prepare", "close"):
        step, home, *rest = sys.argv[1:]
        numbers = [int(each) for each in rest]
        print(json.dumps(close(Path(home), *numbers)) if step == "close" else prepare(Path(home), *numbers) or "{}")
        return 0
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument("--teams", type=int, default=400)
    asked = parser.parse_args()
    rows = [row for part in (4, 2, 1) for row in measure(asked.people // part, asked.teams // part)]
    kept = Path("build/bench/release-job.json")
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps(rows, indent=1), encoding="utf-8")
    show(rows, Console())
    return 0


if __name__ == "__main__":
    sys.exit(main())
