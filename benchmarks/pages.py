"""Measure the employee's pages beside a bare page of the same size, from the same server, in the same run.

    python -m benchmarks.pages [--reads 200] [--months 13] [--browser]

One installation holds thirteen months of one desk, another its last week; both are served as in earnest (granian,
SQLite), by processes of their own. Their clock stands at the afternoon of the last day, so that Today is a busy day. A
client with one connection asks for each page a few times in turn, so whatever else the machine does meets all of them.
Beside the wall clock stands the processor time of the server's threads (Linux), the steadier one of the two on a
machine that does other things. With `--browser` Chromium says whether anything moved while Today was drawn.
"""

import argparse
import datetime as dt
import http.client
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from analytics.imports import read_export
from auth.permissions import Role
from benchmarks.generate import LAST_DAY, RULES, working_days, write_export
from benchmarks.ours import EMAIL, config
from benchmarks.peer import free_port
from benchmarks.run import HERE, machine
from portal import checkpoints
from portal.founding import found
from portal.sessions import COOKIE
from portal.wiring import build
from privacy.policy import POLICY_VERSION

AFTERNOON = dt.time(16, 30)
EVENTS_A_DAY = 2_600
PAGES = {
    "today": "/",
    "half-year trend": "/me/trends?measure=focus_time&weeks=26",
    "half-year": "/me/half-year",
}
CHROMIUM = Path("/usr/bin/chromium")
BLOCK = 5
"""So many times a page is asked for before the next one's turn."""
_BEGAN = float(os.environ.setdefault("BENCH_BEGAN", repr(time.time())))  # the servers are told when it was
_AFTERNOON = dt.datetime.combine(LAST_DAY, AFTERNOON, dt.UTC)
GOAL_MS = 25.0
GOAL_BARE = 2.0
GOAL_TREND = 2.0
GOAL_GROWTH = 1.2
GOAL_BYTES = 40_000


def clock() -> dt.datetime:
    """The afternoon of the last day that the generated desk has events of, running on from there."""
    return _AFTERNOON + dt.timedelta(seconds=time.time() - _BEGAN)


def load() -> Any:
    """Build the portal with that clock and one more page, a bare one: granian calls this."""
    from jinja2 import DictLoader, Environment

    from auth.permissions import Permission, requires
    from portal import create_app

    app = create_app(build(config(Path(os.environ["BENCH_HOME"]), Path(os.environ["BENCH_RULES"])), clock))
    page = Environment(loader=DictLoader({"page": BARE}), autoescape=True).get_template("page")
    rows = [{"n": n, "day": f"2026-11-{n % 28 + 1:02}", "app": f"App <{n}>", "value": n * 1.37} for n in range(1000)]

    def bare(count: int) -> str:
        return page.render(rows=rows[:count])

    app.add_url_rule("/bare/<int:count>", "bare", requires(Permission.SIGN_IN)(bare))
    return app


BARE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Bare</title></head><body><table>
{% for row in rows %}<tr class="{{ "odd" if loop.index % 2 else "even" }}"><td>{{ row.n }}</td><td>{{ row.day }}</td>
<td><a href="/day/{{ row.day }}">{{ row.app }}</a></td><td>{{ "%.1f" | format(row.value) }}</td></tr>
{% endfor %}</table></body></html>"""


@dataclass(frozen=True, slots=True)
class Timed:
    """What one page took, in milliseconds: medians of wall clock and processor over its reads; its size in bytes."""

    ms: float
    p95: float
    cpu_ms: float
    size: int


def furnish(home: Path, rules: Path, days: int) -> str:
    """Set up an installation with the last `days` working days of the desk, and return a session's cookie."""
    first = dt.datetime(
        2025, 1, 1, tzinfo=dt.UTC
    )  # before the oldest day, so that the policy holds at the clock's time
    found(config(home, rules), "Bench", throw_away=True, clock=lambda: first).close()
    system = build(config(home, rules), clock)
    subject = system.people.create(EMAIL, "Desk One", "UTC", dt.date(2025, 1, 1))
    system.people.grant(subject, Role.EMPLOYEE)
    system.people.acknowledge(subject, POLICY_VERSION)
    export = home.with_suffix(".json")
    write_export(export, days * EVENTS_A_DAY)
    with export.open("rb") as file:
        system.intake.take(subject, read_export(file))
    cookie = system.sessions.start(subject)
    checkpoints.publish(system)  # as every night does
    system.close()
    return cookie


@contextmanager
def served(home: Path, rules: Path, log: Path) -> Iterator[tuple[int, int]]:
    """Serve an installation until the end, and return the port and the server's process id."""
    port = free_port()
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--factory", "--port", str(port)]
    command += ["--workers", "1", "--blocking-threads", "16", "--log-level", "error", "benchmarks.pages:load"]
    environ = os.environ | {"BENCH_HOME": str(home), "BENCH_RULES": str(rules)}
    with log.open("ab") as messages:
        server = subprocess.Popen(command, env=environ, cwd=HERE.parent, stdout=messages, stderr=messages)
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                asking = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
                asking.request("GET", "/healthz")
                asking.getresponse().read()
                break
            except OSError:
                if server.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit(f"the server did not start; see {log}") from None
                time.sleep(0.2)
        yield port, server.pid
    finally:
        server.terminate()
        server.wait(30)


class Browser:
    """One connection of somebody who is signed in."""

    def __init__(self, port: int, pid: int, cookie: str) -> None:
        self.port, self.pid, self.cookie = port, pid, cookie
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._headers = {"Cookie": f"{COOKIE}={cookie}"}

    def get(self, address: str) -> tuple[float, bytes]:
        """Return the milliseconds until the page is there, and the page."""
        started = time.perf_counter()
        self._connection.request("GET", address, headers=self._headers)
        answer = self._connection.getresponse()
        page = answer.read()
        took = (time.perf_counter() - started) * 1000
        if answer.status != 200:
            raise SystemExit(f"{address}: {answer.status} {page[:200]!r}")
        return took, page


def measure(asked: dict[str, tuple[Browser, str]], reads: int) -> dict[str, Timed]:
    """Ask for every page in turn, `reads` times in all; a page's first block of answers warms up and is not counted."""
    times: dict[str, list[float]] = {name: [] for name in asked}
    cpu: dict[str, list[float]] = {name: [] for name in asked}
    sizes: dict[str, int] = {}
    for turn in range(max(1, reads // BLOCK) + 1):
        for name, (browser, address) in asked.items():
            before = processor_ns(browser.pid)
            for _ in range(BLOCK):
                took, page = browser.get(address)
                if turn:
                    times[name].append(took)
                sizes[name] = len(page)
            if turn:
                cpu[name].append((processor_ns(browser.pid) - before) / 1e6 / BLOCK)
    counted = {name: sorted(each) for name, each in times.items()}
    return {
        name: Timed(statistics.median(each), each[int(len(each) * 0.95)], statistics.median(cpu[name]), sizes[name])
        for name, each in counted.items()
    }


def processor_ns(pid: int) -> int:
    """Return the processor time of a process, its children and all their threads until now, in nanoseconds."""
    total, waiting = 0, [pid]
    while waiting:
        process = waiting.pop()
        for task in Path(f"/proc/{process}/task").iterdir():
            total += int((task / "schedstat").read_text().split()[0])
            waiting += map(int, (task / "children").read_text().split())
    return total


def layout_shift(browser: "Browser", address: str) -> float:
    """Return how much of a page moved while Chromium drew it: the sum of its layout shifts, wide or narrow."""
    from playwright.sync_api import sync_playwright

    watch = """() => new Promise(done => { let sum = 0;
      new PerformanceObserver(list => list.getEntries().forEach(each => { sum += each.value; }))
        .observe({type: "layout-shift", buffered: true});
      setTimeout(() => done(sum), 1000); })"""
    origin, moved = f"http://127.0.0.1:{browser.port}", 0.0
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        for width in (1280, 390):
            page = chromium.new_page(viewport={"width": width, "height": 900})
            page.context.add_cookies([{"name": COOKIE, "value": browser.cookie, "url": origin}])
            page.goto(origin + address)
            moved = max(moved, float(page.evaluate(watch)))
        chromium.close()
    return moved


def before_first_paint(page: bytes) -> int:
    """Return how many requests a browser makes before it can draw the page: itself, style sheets, blocking scripts."""
    text = page.decode()
    sheets = len(re.findall(r'<link[^>]+rel="stylesheet"', text))
    blocking = [tag for tag in re.findall(r"<script[^>]*src=[^>]*>", text) if "defer" not in tag and "async" not in tag]
    return 1 + sheets + len(blocking)


def bare_rows(browser: Browser, size: int) -> int:
    """Return with how many rows the bare page is as large as another."""
    one, many = (len(browser.get(f"/bare/{n}")[1]) for n in (10, 110))
    return max(1, round((size - one) / ((many - one) / 100)) + 10)


def show(found: dict[str, Timed], requests: int, moved: float | None, where: str, console: Console) -> bool:
    """Print the tables; tell whether every goal was met."""
    today, bare, week = found["today"], found["bare page"], found["today, one week of history"]
    lines = [("Today, p50", f"{today.ms:.1f} ms", f"≤ {GOAL_MS:g} ms", today.ms <= GOAL_MS)]
    for what, each, beside, goal in (
        ("Today / bare page of its size", today, bare, GOAL_BARE),
        ("half-year trend / Today", found["half-year trend"], today, GOAL_TREND),
        ("half-year / Today", found["half-year"], today, GOAL_TREND),
        ("13 months / 1 week", today, week, GOAL_GROWTH),
    ):
        ratios = each.ms / beside.ms, each.cpu_ms / beside.cpu_ms
        lines.append((what, f"{ratios[0]:.2f}× (processor {ratios[1]:.2f}×)", f"≤ {goal:g}×", ratios[0] <= goal))
    lines += [
        ("Today's HTML", f"{today.size:,} bytes", f"≤ {GOAL_BYTES:,}", today.size <= GOAL_BYTES),
        ("requests before first paint", str(requests), "≤ 2", requests <= 2),
    ]
    if moved is not None:
        lines.append(("layout shift", f"{moved:.3f}", "0", moved == 0))
    table = Table(title="The employee's pages", caption=where)
    for heading in ("what", "measured", "goal"):
        table.add_column(heading)
    for what, measured, goal, met in lines:
        table.add_row(what, measured, goal if met else f"{goal} (missed)")
    console.print(table)
    for name, each in found.items():
        spent = f"p50 {each.ms:.2f} ms, p95 {each.p95:.2f} ms, processor {each.cpu_ms:.2f} ms"
        console.print(f"{name}: {spent}, {each.size:,} bytes")
    return all(met for *_, met in lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reads", type=int, default=200)
    parser.add_argument("--months", type=int, default=13)
    parser.add_argument("--browser", action="store_true", help="let Chromium watch for layout shifts, too")
    parser.add_argument("--directory", type=Path, default=HERE.parent / "build" / "bench-pages")
    given = parser.parse_args()
    shutil.rmtree(given.directory, ignore_errors=True)
    given.directory.mkdir(parents=True)
    rules = given.directory / "rules.json"
    rules.write_text(json.dumps(RULES), encoding="utf-8")
    console, where = Console(width=120), machine()
    since = LAST_DAY - dt.timedelta(days=given.months * 30.4)
    lengths = {"long": sum(1 for day in _days(since)), "short": 5}
    with ExitStack() as running:
        browsers = {}
        for name, days in lengths.items():
            home = given.directory / name
            cookie = furnish(home, rules, days)
            serving = running.enter_context(served(home, rules, given.directory / f"{name}.log"))
            browsers[name] = Browser(*serving, cookie)
        _, page = browsers["long"].get("/")
        asked = {name: (browsers["long"], address) for name, address in PAGES.items()}
        asked["bare page"] = (browsers["long"], f"/bare/{bare_rows(browsers['long'], len(page))}")
        asked["today, one week of history"] = (browsers["short"], "/")
        found_times = measure(asked, given.reads)
        moved = layout_shift(browsers["long"], "/") if given.browser else None
    result = {name: asdict(each) for name, each in found_times.items()}
    (given.directory / "result.json").write_text(json.dumps({"where": where, "pages": result}, indent=1))
    return 0 if show(found_times, before_first_paint(page), moved, where, console) else 1


def _days(since: dt.date) -> Iterator[dt.date]:
    for day in working_days():
        if day < since:
            return
        yield day


if __name__ == "__main__":
    sys.exit(main())
