"""What the relay adds to a watcher's call, and what it weighs after an hour of a desk's heartbeats.

    make bench-relay                               # an hour of three watchers; two to three minutes
    make bench-relay BENCH="--seconds 600"

The relay and a bare server of the same kind (threads of the standard library, the same headers, the body sent back)
run in processes of their own. This one sends both the same heartbeats, in turn, so that whatever else the machine does
falls on both. README.md here says what each row measures. Exit code 1 means that a promise is missed.
"""

import argparse
import http.client
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from analytics.categories import as_stated, load
from benchmarks.run import machine
from privacy.capture import preset_text
from privacy.policy_text import categories_text

ROOT: Final = Path(__file__).resolve().parent.parent
MOST_ADDED_MS: Final = 2.0
MOST_MB: Final = 60.0
BUCKETS: Final = {"window": "currentwindow", "afk": "afkstatus", "web": "web.tab.current"}
NEW, KEPT = "a connection each, as aw-client makes them", "one connection that stays"
_START: Final = 1_795_600_800
_WINDOW_SECONDS: Final = 12
"""So long somebody stays in one window; its title never comes back."""


def heartbeat(second: int, bucket: str) -> bytes:
    """Return what a watcher says at a second of the hour."""
    window = second // _WINDOW_SECONDS
    said: dict[str, Any] = {"status": "not-afk"}
    if bucket == "window":
        said = {"app": f"app{window % 9}.exe", "title": f"Invoice {window} of a supplier - Accounts payable"}
    elif bucket == "web":
        said = {"url": f"https://erp.example/orders/{window}", "title": f"Order {window}", "audible": False}
    at = time.strftime("%Y-%m-%dT%H:%M:%S.000000+00:00", time.gmtime(_START + second))
    return json.dumps({"id": None, "timestamp": at, "duration": 0.0, "data": said}).encode()


def post(connection: http.client.HTTPConnection, path: str, body: bytes) -> None:
    connection.request("POST", f"/api/0/buckets/{path}", body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    answer.read()
    if answer.status != 200:
        raise SystemExit(f"a side answered {answer.status}")


def calls(ports: dict[str, int], seconds: range, keep: bool) -> dict[str, list[float]]:
    """Send both sides the heartbeats of some seconds, in turn; return how long each call took."""
    found: dict[str, list[float]] = {side: [] for side in ports}
    kept = {side: http.client.HTTPConnection("127.0.0.1", port) for side, port in ports.items()}
    for second in seconds:
        for bucket in BUCKETS:
            body, path = heartbeat(second, bucket), f"{bucket}/heartbeat?pulsetime=6.0"
            for side, connection in kept.items():
                begun = time.perf_counter()
                post(connection, path, body)
                if not keep:
                    connection.close()  # the next request opens another one
                found[side].append(time.perf_counter() - begun)
    for connection in kept.values():
        connection.close()
    return found


def memory(pid: int) -> dict[str, float]:
    """Return a process's memory in MB, now and at most."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {line.split(":")[0]: int(line.split()[1]) / 1024 for line in lines if line.startswith(("VmRSS", "VmHWM"))}


def measure(folder: Path, seconds: int) -> dict[str, Any]:
    """Run both sides and send them the hour, half of it in either way of connecting."""
    policy = folder / "policy.toml"
    policy.write_text(preset_text("coaching") + categories_text(as_stated(load())), encoding="utf-8")
    commands = {"relay": ("relay", folder / "relay", policy), "bare": ("bare",)}
    sides = {
        side: subprocess.Popen(
            [sys.executable, "-m", "benchmarks.relay_sides", *map(str, words)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        for side, words in commands.items()
    }
    try:
        ports = {side: int(process.stdout.readline()) for side, process in sides.items() if process.stdout}
        for bucket, kind in BUCKETS.items():
            made = json.dumps({"client": "bench", "type": kind, "hostname": "desk"}).encode()
            post(http.client.HTTPConnection("127.0.0.1", ports["relay"]), bucket, made)
        half = seconds // 2
        times = {NEW: calls(ports, range(half), keep=False), KEPT: calls(ports, range(half, seconds), keep=True)}
        return {"seconds": seconds, "ms": {way: _summary(each) for way, each in times.items()}} | memory(
            sides["relay"].pid
        )
    finally:
        for process in sides.values():
            process.kill()
            process.wait()


def _summary(times: dict[str, list[float]]) -> dict[str, dict[str, float]]:
    return {
        side: {"p50": 1000 * statistics.median(each), "p95": 1000 * statistics.quantiles(each, n=20)[-1]}
        for side, each in times.items()
    }


def added_ms(result: dict[str, Any], way: str) -> float:
    """Return what the relay adds to the middle call."""
    sides = result["ms"][way]
    return float(sides["relay"]["p50"] - sides["bare"]["p50"])


def missed(result: dict[str, Any]) -> list[str]:
    """Return which promises do not hold."""
    found = [way for way in result["ms"] if added_ms(result, way) > MOST_ADDED_MS]
    return [*found, *(["memory"] if result["VmHWM"] >= MOST_MB else [])]


def show(result: dict[str, Any], console: Console) -> None:
    """Print the table."""
    table = Table(title=f"A watcher's call, {result['seconds']} s of three watchers; {machine()}")
    for name in ("", "relay p50", "bare p50", "added", "relay p95", "bare p95", "promised"):
        table.add_column(name, justify="left" if not name else "right")
    for way, sides in result["ms"].items():
        cells = [f"{sides[side][part]:.2f} ms" for side, part in (("relay", "p50"), ("bare", "p50"))]
        cells += [f"{added_ms(result, way):.2f} ms"]
        cells += [f"{sides[side]['p95']:.2f} ms" for side in ("relay", "bare")]
        late = " (missed)" if way in missed(result) else ""
        table.add_row(way, *cells, f"≤ {MOST_ADDED_MS:g} ms{late}")
    late = " (missed)" if "memory" in missed(result) else ""
    resident = f"{result['VmRSS']:.1f} MB, at most {result['VmHWM']:.1f} MB"
    table.add_row("memory", resident, "", "", "", "", f"< {MOST_MB:g} MB{late}")
    console.print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description="What the relay adds to a watcher's call.")
    parser.add_argument("--seconds", type=int, default=3600, help="seconds of a desk's heartbeats")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = measure(Path(folder), arguments.seconds)
    out = ROOT / "build" / "bench" / "relay.json"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    show(result, Console(width=150))
    sys.exit(1 if missed(result) else 0)


if __name__ == "__main__":
    main()
