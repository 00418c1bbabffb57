"""Measure what collectors send, Sameview beside aw-server (Python), in one run; print a table with the ratios.

    python -m benchmarks.ingest [--seconds 6] [--rounds 3] [--clients 8]

Both servers run as processes of their own, as they are installed; each is driven by the same load
(`benchmarks/collectors.py`), in turn, several rounds, and the median counts. Sameview is measured as it serves in
earnest: with a token, the capture policy, sealed rows, and every answer after a commit that is on the disk. aw-server
answers before it commits.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console

from auth.permissions import Role
from auth.tokens import Scope
from benchmarks.collectors import BATCH
from benchmarks.peer import cpu_seconds, environment, free_port, peak_mb
from benchmarks.run import HERE, PEER_PYTHON, Row, machine, show
from portal.config import Config
from portal.founding import found
from privacy.policy import POLICY_VERSION

READY_S = 60
WANTED = {"heartbeats_8": 5.0, "batches": 20.0}


@contextmanager
def running(command: list[str], environ: dict[str, str], url: str, log: Path) -> Iterator[int]:
    """Run a server until the end and return the number of its process once it answers."""
    with log.open("ab") as messages:
        server = subprocess.Popen(command, env=environ, stdout=messages, stderr=messages)
    try:
        deadline = time.monotonic() + READY_S
        while True:
            try:
                urllib.request.urlopen(f"{url}/api/0/info", timeout=5).close()  # noqa: S310 - our own address
                break
            except OSError:
                if server.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit(f"it did not start; see {log}") from None
                time.sleep(0.2)
        yield server.pid
    finally:
        server.terminate()
        server.wait(30)


def drive(url: str, token: str, given: argparse.Namespace) -> dict[str, Any]:
    """Let the load work on one server, from a process of its own."""
    options = ["--token", token, "--clients", str(given.clients), "--seconds", str(given.seconds)]
    done = subprocess.run(
        [sys.executable, str(HERE / "collectors.py"), url, *options], stdout=subprocess.PIPE, check=True
    )
    measured: dict[str, Any] = json.loads(done.stdout)
    return measured


def our_home(directory: Path) -> str:
    """Set up an installation with one person, and return a token of theirs."""
    system = found(Config(home=directory), "Example Insurance")
    with system.people.changing(None) as changes:
        subject = changes.create("bench@example.org", "Bench", "Europe/Berlin")
        changes.grant(subject, Role.EMPLOYEE)
        changes.acknowledge(subject, POLICY_VERSION)
    token = system.tokens.issue(subject, "bench", {Scope.INGEST, Scope.READ})
    system.close()
    return token


def tree_cpu_seconds(pid: int) -> float:
    """Return the processor time of a server and of the processes that it started."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return cpu_seconds(pid) + sum(tree_cpu_seconds(int(child)) for child in children)


def tree_peak_mb(pid: int) -> float:
    """Return the peak memory of a server and of the processes that it started."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return peak_mb(pid) + sum(tree_peak_mb(int(child)) for child in children)


def rounds(directory: Path, given: argparse.Namespace, console: Console) -> dict[str, list[dict[str, Any]]]:
    """Measure both servers in turn, so that whatever else the machine does meets both."""
    ports = {"ours": free_port(), "peer": free_port()}
    urls = {side: f"http://127.0.0.1:{port}" for side, port in ports.items()}
    tokens = {"ours": our_home(directory / "ours"), "peer": ""}
    commands = {
        "ours": [sys.executable, "-c", "from portal.cli import main; main()", "serve", "--port", str(ports["ours"])],
        "peer": [str(PEER_PYTHON), "-m", "aw_server", "--port", str(ports["peer"]), "--storage", "peewee"],
    }
    environs = {
        "ours": os.environ | {"SAMEVIEW_HOME": str(directory / "ours")},
        "peer": environment(directory / "peer"),
    }
    measured: dict[str, list[dict[str, Any]]] = {"ours": [], "peer": []}
    for number in range(given.rounds):
        for side in measured:
            console.print(f"round {number + 1}: {side} …")
            with running(commands[side], environs[side], urls[side], directory / f"{side}.log") as pid:
                before = tree_cpu_seconds(pid)
                result = drive(urls[side], tokens[side], given)
                result["server"] = {"cpu_seconds": tree_cpu_seconds(pid) - before, "peak_mb": tree_peak_mb(pid)}
            measured[side].append(result)
    return measured


def table(measured: dict[str, list[dict[str, Any]]], clients: int) -> list[Row]:
    """Return the table's lines, of medians over the rounds."""

    def median(side: str, name: str, key: str) -> float:
        return statistics.median(each[name][key] for each in measured[side])

    def faster(what: str, name: str, key: str, unit: str, wanted: float | None = None) -> Row:
        ours, peer = median("ours", name, key), median("peer", name, key)
        return Row(what, f"{ours:,.4g} {unit}", f"{peer:,.4g} {unit}", ours / peer, wanted)

    def smaller(what: str, name: str, key: str, unit: str) -> Row:
        ours, peer = median("ours", name, key), median("peer", name, key)
        return Row(what, f"{ours:,.4g} {unit}", f"{peer:,.4g} {unit}", peer / ours, None)

    several = f"heartbeats_{clients}"
    return [
        faster("heartbeats, 1 client", "heartbeats_1", "per_second", "/s"),
        smaller("its median latency", "heartbeats_1", "p50_ms", "ms"),
        faster(f"heartbeats, {clients} clients", several, "per_second", "/s", WANTED.get(several)),
        smaller("its median latency", several, "p50_ms", "ms"),
        smaller("its 95th percentile", several, "p95_ms", "ms"),
        faster(f"batches of {BATCH:,}", "batches", "events_per_second", "events/s", WANTED["batches"]),
        smaller("its median latency", "batches", "p50_ms", "ms"),
        smaller("peak memory of the server", "server", "peak_mb", "MB"),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--directory", type=Path, default=HERE.parent / "build" / "bench-ingest")
    given = parser.parse_args()
    shutil.rmtree(given.directory, ignore_errors=True)
    (given.directory / "peer").mkdir(parents=True)
    console = Console(width=120)
    where = machine()
    measured = rounds(given.directory, given, console)
    result = {"where": where} | measured
    (given.directory / "result.json").write_text(json.dumps(result, indent=1), encoding="utf-8")
    show(table(measured, given.clients), where, console)
    return 0


if __name__ == "__main__":
    sys.exit(main())
