"""Sameview at the same work as `peer.py`; each command is a process of its own and prints one JSON object.

    python -m benchmarks.ours import EXPORT HOME RULES
    python -m benchmarks.ours read HOME RULES DAY YEAR_START

`import` sets up an installation in HOME and imports as `sameview import` does. `read` asks the whole application (the
session, the policy, the gate, the log) in process through its JSON addresses, as the employee.
"""

import argparse
import datetime as dt
import json
import os
import statistics
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from analytics.ahead import take_file
from auth.permissions import Role
from benchmarks.peer import peak_mb
from portal import create_app
from portal.config import Config
from portal.founding import found
from portal.sessions import COOKIE
from portal.wiring import System, build
from privacy.fields import Tier
from privacy.policy import POLICY_VERSION
from privacy.vault_store import SealedField

EMAIL = "desk@example.test"
READS = 25


def config(home: Path, rules: Path) -> Config:
    return Config(home=home, capture_preset="own_insight", category_rules=rules)


def measure_import(export: Path, home: Path, rules: Path) -> dict[str, Any]:
    """Import into a fresh installation; the clock runs from opening the file to the last summary committed."""
    system = found(config(home, rules), "Bench", throw_away=True)
    subject = system.people.create(EMAIL, "Desk One", "UTC", dt.date(2025, 1, 1))
    system.people.grant(subject, Role.EMPLOYEE)
    system.people.acknowledge(subject, POLICY_VERSION)
    memory = Memory()
    started, before = time.perf_counter(), _processor_seconds()
    with export.open("rb") as file, memory:
        take_file(system.intake, subject, file)
    seconds, cpu = time.perf_counter() - started, _processor_seconds() - before
    day_bytes = _day_row_bytes(system)
    system.close()
    stored = sum(path.stat().st_size for path in home.rglob("*") if path.is_file())
    measured = {"seconds": seconds, "cpu_seconds": cpu, "peak_mb": max(memory.most_mb, peak_mb("self"))}
    return measured | {"stored_bytes": stored, "day_row_bytes": day_bytes}


class Memory(threading.Thread):
    """Looks, again and again, how much memory this process and those that it started hold together."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.most_mb = 0.0
        self._over = threading.Event()

    def __enter__(self) -> None:
        self.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.join()

    def run(self) -> None:
        own = os.getpid()
        while not self._over.wait(0.02):
            children = Path(f"/proc/{own}/task/{own}/children").read_text().split()
            self.most_mb = max(self.most_mb, sum(held_mb(each) for each in (own, *children)))


def held_mb(pid: int | str) -> float:
    """Return the memory that a process holds now; 0 if it has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:"))


def _processor_seconds() -> float:
    """Return the processor time of this process, and of the one that read the file once it has ended."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def _day_row_bytes(system: System) -> int:
    total = select(func.sum(func.length(SealedField.sealed))).where(SealedField.tier == Tier.DAY)
    with system.stores.data.connect() as connection:
        return int(connection.execute(total).scalar_one())


class Reader:
    """The employee's program: asks for JSON, in a new session or in the one it has."""

    def __init__(self, system: System) -> None:
        owner = system.people.find(EMAIL)
        if owner is None:
            raise SystemExit(f"nobody has the address {EMAIL}: import first")
        self.system, self.subject = system, owner.subject
        self.client = create_app(system).test_client()
        self.sign_in()

    def sign_in(self) -> None:
        self.client.set_cookie(COOKIE, self.system.sessions.start(self.subject))

    def get(self, address: str) -> tuple[float, float, Any]:
        """Return the seconds until the answer's bytes are there, those of processor time, and what they say."""
        started, before = time.perf_counter(), time.process_time()
        answer = self.client.get(address)
        body = answer.data
        seconds, cpu = time.perf_counter() - started, time.process_time() - before
        if answer.status_code != 200:
            raise SystemExit(f"{address}: {answer.status} {body[:300]!r}")
        return seconds, cpu, json.loads(body)

    def in_new_sessions(self, address: str) -> tuple[float, float]:
        """Read the address READS times and return the medians; each read is a new entry, as the numbers show."""
        walls, cpus, entries = [], [], set()
        for _ in range(READS):
            self.sign_in()
            seconds, cpu, answer = self.get(address)
            walls.append(seconds)
            cpus.append(cpu)
            entries.add(answer["entry"])
        if len(entries) != READS:
            raise SystemExit(f"{READS} sessions made {len(entries)} entries: this does not measure the log's commit")
        return statistics.median(walls), statistics.median(cpus)


def measure_reads(home: Path, rules: Path, day: dt.date, year_start: dt.date) -> dict[str, Any]:
    """Time the day and the year, each read with its committed entry, and say what the day holds, for comparing."""
    system = build(config(home, rules))
    reader = Reader(system)
    one = f"/api/v1/me/days/{day}"
    year = f"/api/v1/me/days?from={year_start}&to={day + dt.timedelta(days=1)}&fields=categories"
    found_day = reader.get(one)[2]["payload"]["fields"]["category_detail"]  # the first one opens everything
    total: Counter[str] = Counter()
    for each in reader.get(year)[2]["payload"]["days"]:
        total.update(each["fields"].get("categories", {}))
    day_seconds, day_cpu = reader.in_new_sessions(one)
    result = {
        "day_json_seconds": day_seconds,
        "day_json_cpu_seconds": day_cpu,
        "day_again_seconds": statistics.median(reader.get(one)[0] for _ in range(READS)),
        "year_field_seconds": reader.in_new_sessions(year)[0],
    }
    system.close()
    return result | {"day": found_day, "year_seconds": sum(total.values())}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    importing = commands.add_parser("import")
    importing.add_argument("export", type=Path)
    reading = commands.add_parser("read")
    for command in (importing, reading):
        command.add_argument("home", type=Path)
        command.add_argument("rules", type=Path)
    reading.add_argument("day", type=dt.date.fromisoformat)
    reading.add_argument("year_start", type=dt.date.fromisoformat)
    given = parser.parse_args()
    if given.command == "import":
        print(json.dumps(measure_import(given.export, given.home, given.rules)))
    else:
        print(json.dumps(measure_reads(given.home, given.rules, given.day, given.year_start)))


if __name__ == "__main__":
    main()
