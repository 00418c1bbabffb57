"""aw-server (Python) at the same work, in the environment made from requirements-peer.lock; prints one JSON object.

    .venv-peer/bin/python benchmarks/peer.py import EXPORT DIRECTORY
    .venv-peer/bin/python benchmarks/peer.py query DIRECTORY RULES DAY YEAR_START

`import` starts the real server as a process of its own and posts the export to /api/0/import. `query` runs aw-core's
query2 in this process on the database that the import left behind: no HTTP and no JSON on its side, which favours the
peer. The queries are those of ActivityWatch's own Activity view, as aw-client writes them. Nothing of Sameview is
imported here.
"""

import argparse
import datetime as dt
import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

READY_TIMEOUT_S = 30
DAY_READS = 9


def environment(directory: Path) -> dict[str, str]:
    """Return an environment in which ActivityWatch keeps everything below `directory`."""
    folders = {f"XDG_{kind}_HOME": str(directory / kind.lower()) for kind in ("DATA", "CONFIG", "CACHE", "STATE")}
    return os.environ | folders | {"HOME": str(directory)}


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def request(port: int, method: str, path: str, body: bytes | None = None) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1800)
    connection.request(method, path, body=body, headers={"Content-Type": "application/json"} if body else {})
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    if answer.status != 200:
        raise SystemExit(f"{method} {path}: {answer.status} {content[:300]!r}")
    return content


def start_server(directory: Path, port: int) -> subprocess.Popen[bytes]:
    directory.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "aw_server", "--host", "127.0.0.1", "--port", str(port), "--storage", "peewee"]
    with (directory / "server.log").open("wb") as log:
        server = subprocess.Popen(command, env=environment(directory), stdout=log, stderr=log)
    deadline = time.monotonic() + READY_TIMEOUT_S
    while time.monotonic() < deadline and server.poll() is None:
        try:
            request(port, "GET", "/api/0/info")
        except OSError:
            time.sleep(0.1)
        else:
            return server
    raise SystemExit(f"aw-server did not start; see {directory / 'server.log'}")


def peak_mb(pid: int | str) -> float:
    """Return the peak resident memory of a running process, or of "self" (VmHWM, Linux)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise SystemExit("no VmHWM in /proc: this measurement needs Linux")


def cpu_seconds(pid: int) -> float:
    """Return the processor time that a running process and its threads have taken (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure_import(export: Path, directory: Path) -> dict[str, Any]:
    """Post the file to a fresh server; the clock runs from opening the file to the answer."""
    port = free_port()
    server = start_server(directory, port)
    try:
        started, before = time.perf_counter(), cpu_seconds(server.pid)
        request(port, "POST", "/api/0/import", export.read_bytes())
        seconds, cpu = time.perf_counter() - started, cpu_seconds(server.pid) - before
        peak = peak_mb(server.pid)
    finally:
        server.terminate()
        server.wait(30)
    stored = sum(path.stat().st_size for path in (directory / "data").rglob("*.db*"))
    return {"seconds": seconds, "cpu_seconds": cpu, "peak_mb": peak, "stored_bytes": stored}


def activity_view(window: str, afk: str, web: str, classes: list[Any]) -> Any:
    """Return the parameters of ActivityWatch's Activity view: AFK time left out, audible tabs counted as presence."""
    from aw_client.queries import DesktopQueryParams

    return DesktopQueryParams(bid_window=window, bid_afk=afk, bid_browsers=[web], classes=classes)


def measure_queries(directory: Path, rules: Path, day: dt.date, year_start: dt.date) -> dict[str, Any]:
    """Time query2 on one day (median), on the year once, and say what it found, for comparing."""
    from aw_client import queries
    from aw_datastore import Datastore
    from aw_datastore.storages import PeeweeStorage
    from aw_query.query2 import query

    database = next((directory / "data").rglob("*.db"))
    store: Any = Datastore(lambda testing: PeeweeStorage(testing, filepath=str(database)), testing=True)
    kinds = {bucket["type"]: name for name, bucket in store.buckets().items()}
    window, afk, web = (kinds[kind] for kind in ("currentwindow", "afkstatus", "web.tab.current"))
    classes = [tuple(rule) for rule in json.loads(rules.read_text(encoding="utf-8"))]
    view = queries.fullDesktopQuery(activity_view(window, afk, web, classes))
    view = view.replace('"events": events,', "").replace("{default_limit}", "100")
    canonical = queries.canonicalEvents(activity_view(window, afk, web, classes))
    totals = canonical + '\nRETURN = sort_by_duration(merge_events_by_keys(events, ["$category"]));'

    def ask(text: str, first: dt.date, days: int) -> tuple[float, float, Any]:
        start = dt.datetime.combine(first, dt.time(), dt.UTC)
        started, before = time.perf_counter(), time.process_time()
        found = query("bench", text, start, start + dt.timedelta(days=days), store)
        return time.perf_counter() - started, time.process_time() - before, found

    ask(view, day, 1)  # the first one opens the database
    found = ask(totals, day, 1)[2]
    views = [ask(view, day, 1) for _ in range(DAY_READS)]
    result = {
        "day_view_seconds": statistics.median(seconds for seconds, _, _ in views),
        "day_view_cpu_seconds": statistics.median(cpu for _, cpu, _ in views),
        "day_categories_seconds": statistics.median(ask(totals, day, 1)[0] for _ in range(DAY_READS)),
        "year_categories_seconds": ask(totals, year_start, (day - year_start).days + 1)[0],
    }
    return result | {"day": {" > ".join(e.data["$category"]): e.duration.total_seconds() for e in found}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    importing = commands.add_parser("import")
    importing.add_argument("export", type=Path)
    importing.add_argument("directory", type=Path)
    querying = commands.add_parser("query")
    querying.add_argument("directory", type=Path)
    querying.add_argument("rules", type=Path)
    querying.add_argument("day", type=dt.date.fromisoformat)
    querying.add_argument("year_start", type=dt.date.fromisoformat)
    given = parser.parse_args()
    if given.command == "import":
        print(json.dumps(measure_import(given.export, given.directory)))
    else:
        print(json.dumps(measure_queries(given.directory, given.rules, given.day, given.year_start)))


if __name__ == "__main__":
    main()
