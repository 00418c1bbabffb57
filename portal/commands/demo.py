"""`demo`: a synthetic back office, seeded and served with one-time links, and thrown away at the end."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final

import click

from portal.commands.common import CommandRefused, progress, refuse_taken
from portal.config import Config
from portal.demo import seed

_START_SECONDS: Final = 30.0


@click.command()
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--keep", type=click.Path(file_okay=False, path_type=Path), help="Seed into this new folder and keep it.")
def demo(port: int, keep: Path | None) -> None:
    """Seed a synthetic organisation and serve it on 127.0.0.1, with a one-time sign-in link for each role."""
    refuse_taken("127.0.0.1", port)
    if keep is not None and keep.exists() and any(keep.iterdir()):
        raise CommandRefused(
            f"{keep} is not empty: name a new folder, or serve it: SAMEVIEW_HOME={keep} sameview serve"
        )
    home = keep or Path(tempfile.mkdtemp(prefix="sameview-demo-"))
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, _stop)  # so that the server and the folder go, however the demo is ended
    try:
        _run(Config(home=home.absolute(), base_url=f"http://127.0.0.1:{port}"), port)
    except (KeyboardInterrupt, _Stopped):
        click.echo("stopped", err=True)
    finally:
        if keep is None:
            shutil.rmtree(home, ignore_errors=True)


class _Stopped(Exception):
    """The demo was asked to end."""


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise _Stopped


def _run(config: Config, port: int) -> None:
    with progress() as step:
        organisation = seed.begin(config, step)
    try:
        with _serving(config, port) as server:
            for role, url in organisation.links():
                click.echo(f"{role}\t{url}")
            click.echo("ready")
            with progress() as step:
                seed.finish(organisation, step)
            server.wait()
    finally:
        organisation.close()


@contextmanager
def _serving(config: Config, port: int) -> Iterator[subprocess.Popen[bytes]]:
    settings = {name: value for name, value in os.environ.items() if not name.startswith("SAMEVIEW_")}
    settings |= {"SAMEVIEW_HOME": str(config.home), "SAMEVIEW_BASE_URL": config.base_url}
    command = [sys.executable, "-m", "portal.cli", "serve", "--port", str(port)]
    server = subprocess.Popen(command, env=settings)  # noqa: S603 - our own command
    try:
        _wait_until_ready(server, f"{config.base_url}/readyz")
        yield server
    finally:
        server.terminate()
        server.wait()


def _wait_until_ready(server: subprocess.Popen[bytes], url: str) -> None:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until:
        if server.poll() is not None:
            raise CommandRefused(f"the server ended at once (exit code {server.returncode})")
        try:
            with urllib.request.urlopen(url, timeout=2):  # noqa: S310 - always http on 127.0.0.1
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise CommandRefused(f"the server did not answer at {url} within {_START_SECONDS:.0f} s")


COMMANDS = (demo,)
