"""Measure a manager's start page: of a small and a large team, with and without questions that wait, in the same run.

    make bench-team-start [BENCH="--reads 100"]

Each installation has one team with its releases, a target and the state of its work, as `benchmarks.team_page` files
them, one-to-ones that were proposed to a fifth of the members, and questions of members that wait for an answer. The
manager asks in process, in a session of theirs, for each page in turn. Statements are those of the data and the log.
"""

import argparse
import datetime as dt
import json
import shutil
import statistics
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import structlog
from flask.testing import FlaskClient
from rich.console import Console
from rich.table import Table
from sqlalchemy import event

from auth.permissions import Role
from benchmarks.generate import LAST_DAY, RULES
from benchmarks.ours import EMAIL, config
from benchmarks.pages import BLOCK, clock
from benchmarks.run import HERE, machine
from benchmarks.team_page import furnish
from portal import conversations, create_app
from portal.conversations import Audience
from portal.sessions import COOKIE
from portal.wiring import System, build
from privacy.policy import POLICY_VERSION
from privacy.threads import Kind

SIZES = ((12, 0), (12, 40), (200, 0), (200, 40))
"""People and questions that wait."""
WEEKS = 8
GOAL_MS = 25.0
_MEETS = 5
"""Every so many members have a one-to-one ahead."""


@dataclass(frozen=True, slots=True)
class Timed:
    """What a page took: medians, the slowest of twenty, the processor, statements of SQL, and its size."""

    ms: float
    p95: float
    cpu_ms: float
    statements: int
    size: int


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reads", type=int, default=100)
    parser.add_argument("--directory", type=Path, default=HERE.parent / "build" / "bench-team-start")
    given = parser.parse_args()
    shutil.rmtree(given.directory, ignore_errors=True)
    given.directory.mkdir(parents=True)
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())  # a line an answer would hide the table
    rules = given.directory / "rules.json"
    rules.write_text(json.dumps(RULES), encoding="utf-8")
    where = machine()
    systems = {size: staffed(given.directory / "-".join(map(str, size)), rules, *size) for size in SIZES}
    timed = measure(systems, given.reads)
    for each in systems.values():
        each.close()
    result = [dict(zip(("people", "waiting"), size, strict=True)) | asdict(each) for size, each in timed.items()]
    (given.directory / "result.json").write_text(json.dumps({"where": where, "pages": result}, indent=1))
    table = Table(title="A manager's start page", caption=where)
    for heading in ("people", "questions", "p50", "p95", "processor", "statements", "bytes"):
        table.add_column(heading, justify="right")
    for (people, waiting), each in timed.items():
        figures = f"{each.ms:.1f} ms", f"{each.p95:.1f} ms", f"{each.cpu_ms:.1f} ms", str(each.statements)
        table.add_row(str(people), str(waiting), *figures, f"{each.size:,}")
    console = Console(width=120)
    console.print(table)
    most = max(each.ms for each in timed.values())
    console.print(f"p50 {most:.1f} ms (goal ≤ {GOAL_MS:g})")
    return 0 if most <= GOAL_MS else 1


def staffed(home: Path, rules: Path, people: int, waiting: int) -> System:
    """Set up an installation with a team, somebody who manages it, and what waits for them."""
    furnish(home, rules, people, WEEKS)
    system = build(config(home, rules), clock)
    with system.people.changing(None) as changes:
        manager = changes.create(f"lead.{EMAIL}", "Desk Lead", "UTC", dt.date(2025, 1, 1))
        changes.grant(manager, Role.EMPLOYEE)
        changes.acknowledge(manager, POLICY_VERSION)
        changes.appoint(manager, "desks")
    members = [each.subject for each in system.directory.roster(manager, "desks") or ()]
    for number, subject in enumerate(members[::_MEETS]):
        with system.people.changing(manager) as changes:
            changes.propose_meeting(subject, manager, LAST_DAY + dt.timedelta(days=1 + number % 20), manager)
    for number in range(waiting):
        asker = members[number % len(members)]
        said = conversations.message(system, asker, "Why?", {"measure": "focus_time"}, None)
        conversations.begin(system, asker, Kind.QUESTION, Audience(person=manager), said)
    return system


def measure(systems: dict[tuple[int, int], System], reads: int) -> dict[tuple[int, int], Timed]:
    """Ask for each page so often, a few times in turn."""
    clients = {size: client(system) for size, system in systems.items()}
    counts = {size: statements(systems[size], each) for size, each in clients.items()}
    walls: dict[tuple[int, int], list[float]] = {size: [] for size in clients}
    spent: dict[tuple[int, int], list[float]] = {size: [] for size in clients}
    sizes = {size: len(ask(each)) for size, each in clients.items()}
    for _turn in range(reads // BLOCK):
        for size, each in clients.items():
            for _read in range(BLOCK):
                started, before = time.perf_counter(), time.thread_time()
                ask(each)
                walls[size].append(1000 * (time.perf_counter() - started))
                spent[size].append(1000 * (time.thread_time() - before))
    return {
        size: Timed(
            ms=statistics.median(walls[size]),
            p95=statistics.quantiles(walls[size], n=20)[-1],
            cpu_ms=statistics.median(spent[size]),
            statements=counts[size],
            size=sizes[size],
        )
        for size in clients
    }


def client(system: System) -> FlaskClient:
    """Return a client in a session of the manager's."""
    manager = system.people.find(f"lead.{EMAIL}")
    if manager is None:
        raise SystemExit("nobody manages the team")
    found = create_app(system).test_client()
    found.set_cookie(COOKIE, system.sessions.start(manager.subject))
    return found


def ask(client: FlaskClient) -> bytes:
    answer = client.get("/team/")
    if answer.status_code != 200:
        raise SystemExit(f"/team/: {answer.status} {answer.data[:300]!r}")
    return answer.data


def statements(system: System, client: FlaskClient) -> int:
    """Return how many statements a page needs once it was asked for."""
    ask(client)
    found = 0

    def note(*_: object) -> None:
        nonlocal found
        found += 1

    engines = (system.stores.data, system.stores.log)
    for each in engines:
        event.listen(each, "before_cursor_execute", note)
    ask(client)
    for each in engines:
        event.remove(each, "before_cursor_execute", note)
    return found


if __name__ == "__main__":
    sys.exit(main())
