"""The load of watchers and relays, the same against every server: heartbeats of clients at once, and batches.

    python benchmarks/collectors.py URL [--token TOKEN] [--clients 8] [--seconds 6]

Prints one JSON object. Each client is a process of its own with one connection; a heartbeat is what aw-watcher-window
sends: a second apart, seven of ten equal to the one before. Only the standard library is used, so that it runs in the
peer's environment, too. Nothing of Sameview is imported here.
"""

import argparse
import datetime as dt
import http.client
import json
import multiprocessing
import random
import statistics
import time
from typing import Any
from urllib.parse import urlsplit

BATCH = 1_000
APPS = ("EXCEL.EXE", "OUTLOOK.EXE", "saplogon.exe", "msedge.exe", "WINWORD.EXE")


def heartbeats(seed: int, start: dt.datetime, count: int) -> list[bytes]:
    """Return the bodies of one watcher's heartbeats."""
    source, at = random.Random(seed), start
    data = {"app": APPS[0], "title": "Invoice 1"}
    bodies = []
    for _ in range(count):
        if source.random() < 0.3:
            data = {"app": source.choice(APPS), "title": f"Invoice {source.randrange(400)}"}
        at += dt.timedelta(seconds=1, milliseconds=source.randrange(30))
        bodies.append(json.dumps({"timestamp": at.isoformat(), "duration": 0, "data": data}).encode())
    return bodies


def batches(seed: int, start: dt.datetime, count: int) -> list[bytes]:
    """Return the bodies of lists of a thousand events, one after another."""
    source, at = random.Random(seed), start
    bodies = []
    for _ in range(count):
        events = []
        for _ in range(BATCH):
            seconds = round(source.expovariate(1 / 8), 3)
            data = {"app": source.choice(APPS), "title": f"Invoice {source.randrange(400)}"}
            events.append({"timestamp": at.isoformat(), "duration": seconds, "data": data})
            at += dt.timedelta(seconds=seconds)
        bodies.append(json.dumps(events).encode())
    return bodies


class Client:
    """One connection to a server."""

    def __init__(self, url: str, token: str) -> None:
        parts = urlsplit(url)
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
        self._headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})

    def post(self, path: str, body: bytes) -> None:
        try:
            self._connection.request("POST", path, body, self._headers)
            answer = self._connection.getresponse()
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            self._connection.close()  # a server that keeps no connection: the next one is new
            self.post(path, body)
            return
        content = answer.read()
        if answer.status not in (200, 304):
            raise SystemExit(f"POST {path}: {answer.status} {content[:300]!r}")


def run_client(url: str, token: str, path: str, bodies: list[bytes], seconds: float, go: Any, done: Any) -> None:
    """Post bodies one after the other until the time is over; report how many, and how long each took."""
    client, took = Client(url, token), []
    client.post(path, bodies[0])
    go.wait()
    begun = time.perf_counter()
    for body in bodies[1:]:
        before = time.perf_counter()
        client.post(path, body)
        took.append(time.perf_counter() - before)
        if time.perf_counter() - begun > seconds:
            break
    done.put((begun, time.perf_counter(), took))


def drive(url: str, token: str, paths: list[str], bodies: list[list[bytes]], seconds: float) -> dict[str, float]:
    """Let one client for each path post its bodies; return calls per second and the latencies."""
    context = multiprocessing.get_context("fork")
    go, done = context.Event(), context.Queue()
    workers = [
        context.Process(target=run_client, args=(url, token, path, own, seconds, go, done))
        for path, own in zip(paths, bodies, strict=True)
    ]
    for worker in workers:
        worker.start()
    time.sleep(0.5)
    go.set()
    results = [done.get(timeout=seconds + 120) for _ in workers]
    for worker in workers:
        worker.join()
    took = sorted(each for _, _, own in results for each in own)
    span = max(end for _, end, _ in results) - min(begin for begin, _, _ in results)
    return {
        "calls": len(took),
        "per_second": len(took) / span,
        "p50_ms": statistics.median(took) * 1000,
        "p95_ms": took[int(len(took) * 0.95)] * 1000,
    }


def measure(url: str, token: str, clients: int, seconds: float) -> dict[str, Any]:
    """Measure heartbeats of one client and of several, and batches of one."""
    start = dt.datetime.now(dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0) - dt.timedelta(days=2)
    run = f"{random.SystemRandom().getrandbits(32):08x}"
    found: dict[str, Any] = {}
    for name, count in (("heartbeats_1", 1), (f"heartbeats_{clients}", clients)):
        buckets = [f"bench-{run}-{name}-{n}" for n in range(count)]
        for bucket in buckets:
            make(url, token, bucket)
        paths = [f"/api/0/buckets/{bucket}/heartbeat?pulsetime=6.0" for bucket in buckets]
        bodies = [heartbeats(n, start, int(seconds * 2_000)) for n in range(count)]
        found[name] = drive(url, token, paths, bodies, seconds)
    bucket = f"bench-{run}-batches"
    make(url, token, bucket)
    found["batches"] = drive(
        url, token, [f"/api/0/buckets/{bucket}/events"], [batches(1, start - dt.timedelta(days=60), 400)], seconds
    )
    found["batches"]["events_per_second"] = found["batches"]["per_second"] * BATCH
    return found


def make(url: str, token: str, bucket: str) -> None:
    """Make a bucket of a window watcher."""
    body = {"client": "bench", "type": "currentwindow", "hostname": "bench"}
    Client(url, token).post(f"/api/0/buckets/{bucket}", json.dumps(body).encode())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("--token", default="")
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=6.0)
    given = parser.parse_args()
    print(json.dumps(measure(given.url, given.token, given.clients, given.seconds)))


if __name__ == "__main__":
    main()
