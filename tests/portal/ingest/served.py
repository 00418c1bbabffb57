"""A server as a process of its own, on a home of its own: what tests of collectors talk to."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SAMEVIEW = [sys.executable, "-c", "from portal.cli import main; main()"]
READY_SECONDS = 60


@dataclass
class Server:
    """A running server; `home` outlives it."""

    home: Path
    port: int
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def kill(self) -> None:
        """End the server and its workers as a power cut does: no handler runs, nothing is flushed."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def environment(home: Path, **settings: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SAMEVIEW_")}
    return kept | {"SAMEVIEW_HOME": str(home)} | settings


def command(home: Path, *arguments: str, **settings: str) -> str:
    done = subprocess.run(
        [*SAMEVIEW, *arguments], env=environment(home, **settings), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def serving(home: Path, *options: str, port: int | None = None, **settings: str) -> Iterator[Server]:
    """Serve a home until the end; a server that was killed meanwhile is left alone."""
    port = port or free_port()
    with (home / "server.log").open("ab") as log:
        process = subprocess.Popen(
            [*SAMEVIEW, "serve", "--port", str(port), *options],
            env=environment(home, **settings),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    server = Server(home, port, process)
    try:
        _wait(server)
        yield server
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()


def _wait(server: Server) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and server.process.poll() is None:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
            connection.request("GET", "/healthz")
            connection.getresponse().read()
            connection.close()
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError((server.home / "server.log").read_text()[-3000:])
