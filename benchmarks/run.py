"""Measure Sameview and aw-server (Python) on the same desk's events in one run, and print a table with the ratios.

    make bench                      # 1,000,000 events; five to six minutes on two cores
    make bench BENCH="--events 100000"

Each side works in processes of its own, one after the other. README.md here says what each row measures and what it
leaves out. Exit code 1 means that the two sides disagree about the day's seconds: then the times mean nothing.
"""

import argparse
import datetime as dt
import json
import os
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.generate import LAST_DAY, RULES, write_export

HERE = Path(__file__).parent
PEER_PYTHON = HERE.parent / ".venv-peer" / "bin" / "python"
YEAR_START = LAST_DAY - dt.timedelta(days=364)
AGREEMENT_S = 0.001


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: both sides' figures, how much better ours is, and how much it should be."""

    what: str
    ours: str
    peer: str
    ratio: float | None
    wanted: float | None

    @property
    def cells(self) -> tuple[str, ...]:
        ratio = "" if self.ratio is None else f"{self.ratio:,.1f}×"
        if self.wanted is None or self.ratio is None:
            return self.what, self.ours, self.peer, ratio, ""
        return (
            self.what,
            self.ours,
            self.peer,
            ratio,
            f"≥ {self.wanted:g}×{'' if self.ratio >= self.wanted else ' (missed)'}",
        )


def measure(log: Path, python: Path | str, *arguments: str | Path) -> dict[str, Any]:
    """Run one side's script, its messages into `log`, and return the JSON object that it prints last."""
    with log.open("ab") as messages:
        finished = subprocess.run([python, *arguments], stdout=subprocess.PIPE, stderr=messages, cwd=HERE.parent)
    if finished.returncode:
        raise SystemExit(f"{' '.join(map(str, arguments))} failed with exit code {finished.returncode}; see {log}")
    found: dict[str, Any] = json.loads(finished.stdout.splitlines()[-1])
    return found


def measure_both(directory: Path, events: int, console: Console) -> dict[str, dict[str, Any]]:
    """Import and read on both sides; return `{"ours": …, "peer": …}`."""
    export, rules = directory / f"desk-{events}.json", directory / "rules.json"
    homes = {side: directory / side for side in ("ours", "peer")}
    for home in homes.values():
        shutil.rmtree(home, ignore_errors=True)
    console.print("generating the desk's events …")
    write_export(export, events)
    rules.write_text(json.dumps(RULES), encoding="utf-8")
    day, year = LAST_DAY.isoformat(), YEAR_START.isoformat()
    peer_side = (directory / "peer.log", PEER_PYTHON, HERE / "peer.py")
    our_side = (directory / "ours.log", sys.executable, "-m", "benchmarks.ours")
    console.print("aw-server imports …")
    peer = measure(*peer_side, "import", export, homes["peer"])
    console.print("Sameview imports …")
    ours = measure(*our_side, "import", export, homes["ours"], rules)
    console.print("Sameview reads …")
    ours |= measure(*our_side, "read", homes["ours"], rules, day, year)
    console.print("query2 reads a day and a year …")
    peer |= measure(*peer_side, "query", homes["peer"], rules, day, year)
    return {"ours": ours, "peer": peer}


def table_rows(events: int, ours: dict[str, Any], peer: dict[str, Any]) -> list[Row]:
    """Return the table's lines; a ratio above 1 means that ours is smaller or faster."""

    def compare(what: str, keys: tuple[str, str], unit: str, wanted: float | None, factor: float = 1.0) -> Row:
        mine, theirs = ours[keys[0]] * factor, peer[keys[1]] * factor
        return Row(what, f"{mine:,.4g} {unit}", f"{theirs:,.4g} {unit}", theirs / mine, wanted)

    per_event = ours["day_row_bytes"] / events
    day, again = ("day_json_seconds", "day_view_seconds"), ("day_again_seconds", "day_view_seconds")
    day_cpu = ("day_json_cpu_seconds", "day_view_cpu_seconds")
    year = ("year_field_seconds", "year_categories_seconds")
    return [
        compare(f"import of {events:,} events", ("seconds", "seconds"), "s", 15),
        compare("its processor time", ("cpu_seconds", "cpu_seconds"), "s", None),
        compare("its peak memory", ("peak_mb", "peak_mb"), "MB", 3),
        Row("day rows, with titles and URLs", f"{per_event:.1f} B/event", "", 15 / per_event, 1),
        compare("everything stored", ("stored_bytes", "stored_bytes"), "MB", None, 1e-6),
        compare("a day as JSON, log commit included", day, "ms", 50, 1000),
        compare("its processor time", day_cpu, "ms", None, 1000),
        compare("the same day again in one session", again, "ms", None, 1000),
        compare("a year of one field, log commit included", year, "ms", 1000, 1000),
    ]


def disagreement(ours: dict[str, Any], peer: dict[str, Any]) -> dict[str, float]:
    """Return the categories in which the two sides' seconds of the day differ, and by how much."""
    gaps = {name: ours["day"].get(name, 0.0) - peer["day"].get(name, 0.0) for name in ours["day"] | peer["day"]}
    return {name: gap for name, gap in gaps.items() if abs(gap) > AGREEMENT_S}


def machine() -> str:
    """Say where and when this was measured."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines() if sys.platform == "linux" else []
    model = next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine()
    )
    load = os.getloadavg()[0]
    when = dt.datetime.now(dt.UTC).date()
    return f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}, {when}, load {load:.1f} at the start"


def show(rows: list[Row], where: str, console: Console) -> None:
    table = Table(title="Sameview and aw-server (Python) 0.12.0 with aw-core 0.5.18", caption=where)
    for heading in ("what", "Sameview", "aw-server", "ratio", "wanted"):
        table.add_column(heading, justify="left" if heading == "what" else "right")
    for row in rows:
        table.add_row(*row.cells)
    console.print(table)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--directory", type=Path, default=HERE.parent / "build" / "bench")
    given = parser.parse_args()
    given.directory.mkdir(parents=True, exist_ok=True)
    console = Console(width=120)
    where = machine()
    sides = measure_both(given.directory, given.events, console)
    result = {"where": where, "events": given.events} | sides
    (given.directory / "result.json").write_text(json.dumps(result, indent=1, ensure_ascii=False), encoding="utf-8")
    show(table_rows(given.events, **sides), where, console)
    gaps = disagreement(**sides)
    verdict = f"NO: {gaps}" if gaps else "yes"
    console.print(f"The day's seconds per category agree within {AGREEMENT_S * 1000:g} ms: {verdict}")
    return 1 if gaps else 0


if __name__ == "__main__":
    sys.exit(main())
