"""What commands share: the system of this environment, failures that are one line, and a progress bar."""

import os
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from sqlalchemy.exc import DBAPIError

from analytics.volume_files import VolumesRefused
from auth.errors import AuthError
from portal import erasing
from portal.backup_files import BackupRefused
from portal.commands import relay
from portal.config import Config, ConfigError
from portal.occupancy import Occupied
from portal.restore_log import RestoreRefused
from portal.tables import CopyFailed
from portal.testing import NotForTesting
from portal.wiring import NotInitialised, System, build
from portal.witness.home import WitnessMisplaced
from privacy.disclosure import LogUnavailable, Refused
from privacy.escrow_key import EscrowRefused
from privacy.inventory import VaultIncomplete
from privacy.key_provider import KeyClassWithheld, KeyGone, KeyRefused, KeyStillUsed, ProviderRefused
from privacy.seal import SealBroken
from privacy.stores import StillRead
from privacy.tombstone_file import TombstonesBroken


class CommandRefused(Exception):
    """A command cannot do what was asked; the text says why and what to do."""


FAILURES: Final = (
    AuthError,
    BackupRefused,
    CommandRefused,
    ConfigError,
    CopyFailed,
    DBAPIError,
    EscrowRefused,
    KeyClassWithheld,
    KeyGone,
    KeyRefused,
    KeyStillUsed,
    LogUnavailable,
    NotForTesting,
    NotInitialised,
    OSError,
    Occupied,
    ProviderRefused,
    RestoreRefused,
    Refused,
    SealBroken,
    StillRead,
    TombstonesBroken,
    VaultIncomplete,
    VolumesRefused,
    WitnessMisplaced,
    *relay.FAILURES,
)
"""What ends a command with one line and exit code 1."""


@contextmanager
def opened() -> Iterator[System]:
    """Open the system that the environment names, finish erasures that were interrupted, and close it at the end."""
    system = build(Config.from_environ(os.environ))
    try:
        erasing.resume(system, lambda said: click.echo(f"warning: {said}", err=True))
        yield system
    finally:
        system.close()


Step = Callable[[str, float, float], None]
"""Reports progress: what is being done, how much of it is done, and how much there is."""


@contextmanager
def progress() -> Iterator[Step]:
    """Draw a progress bar on standard error; nothing where that is no terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not sys.stderr.isatty(), transient=True) as bar:
        task = bar.add_task("", total=None)

        def step(what: str, done: float, total: float) -> None:
            bar.update(task, description=what, completed=done, total=total or None)

        yield step


def refuse_taken(host: str, port: int) -> None:
    """Raise CommandRefused if somebody listens there already: the server itself would silently share the port."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CommandRefused(f"{host}:{port} cannot be used ({error.strerror}): choose another --port") from error
