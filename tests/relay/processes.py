"""Relays in processes of their own: the real command, or the same with a quicker grid, to be killed at any moment."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from portal.relay.home import Home
from portal.relay.running import serve

ROOT = Path(__file__).resolve().parent.parent.parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def environment(**more: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}", "HOME": os.environ["HOME"], **more}


def begin(*words: object) -> subprocess.Popen[str]:
    """Start a Python process; its standard error is a pipe."""
    command = [sys.executable, *map(str, words)]
    return subprocess.Popen(
        command, env=environment(), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )


def until_it_listens(process: subprocess.Popen[str], port: int) -> None:
    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None:
            raise AssertionError(f"it ended: {process.stderr.read() if process.stderr else ''}")
        time.sleep(0.05)
    raise AssertionError("it never listened")


@contextmanager
def relay_process(folder: Path, port: int, every: float = 0.5) -> Iterator[subprocess.Popen[str]]:
    """Run a relay with a quick grid; at the end it is killed if it still lives."""
    process = begin("-m", "tests.relay.processes", folder, port, every)
    try:
        until_it_listens(process, port)
        yield process
    finally:
        kill(process)


def kill(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGKILL)
    process.wait(30)
    if process.stderr and not process.stderr.closed:
        process.stderr.close()


if __name__ == "__main__":
    serve(Home(Path(sys.argv[1])), int(sys.argv[2]), float(sys.argv[3]))
