"""An office to attack: that of the portal's tests, with an administrator who writes to its databases directly.

The administrator has every statement of SQL on the data store and on the log, and not the keys, where a test does not
say otherwise. Ben keeps what the works council's verifier remembers, and a witness on another machine what it saw.
"""

import datetime as dt
import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from portal import create_app, verifying
from portal.config import Config
from portal.wiring import System, build
from portal.witnessing import Asked
from privacy import witnesses
from privacy.cosignature import CosignatureSigner
from privacy.witness import Answer, Witness
from privacy.witness_store import WitnessStore
from tests.portal.conftest import Office, furnished, opened, releasing_home

__all__ = ["furnished", "releasing_home"]

DATA, LOG, KEYS = "data/sameview.db", "data/log.db", "keys/keys.db"
VERIFIER = Path(__file__).resolve().parents[2] / "portal" / "verifier" / "verify.py"


@dataclass
class Attacked:
    """An office, what an administrator does to its files, and what `sameview log verify` then says."""

    office: Office
    home: Path
    started: list[System] = field(default_factory=list)

    def __getitem__(self, name: str) -> str:
        """Return the subject id of somebody."""
        return self.office.ids[name]

    @property
    def system(self) -> System:
        return self.office.system

    def sql(self, statement: str, *values: Any, store: str = DATA) -> list[tuple[Any, ...]]:
        """Run a statement as whoever has the database, and nothing else, does."""
        with closing(sqlite3.connect(self.home / store)) as database, database:
            return database.execute(statement, values).fetchall()

    def log_sql(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        return self.sql(statement, *values, store=LOG)

    def copy(self, *stores: str) -> dict[str, bytes]:
        """Return files as they are now: a backup of yesterday."""
        for store in (DATA, LOG, KEYS):
            self.sql("PRAGMA wal_checkpoint(TRUNCATE)", store=store)
        return {store: (self.home / store).read_bytes() for store in stores}

    def put_back(self, backup: dict[str, bytes]) -> None:
        """Put files back in the place of those of now, and start the portal again."""
        self.system.close()
        for store, content in backup.items():
            for rest in (self.home / store).parent.glob(Path(store).name + "-*"):
                rest.unlink()
            (self.home / store).write_bytes(content)
        self.start()

    def start(self, clock: Any = None) -> None:
        """Start the portal on the files as they are now."""
        clock = clock or self.office.clock
        system = build(Config(home=self.home), clock)
        system.__dict__["hasher"] = self.office.system.hasher
        app = create_app(system)
        app.testing = True
        self.started.append(system)
        self.office = Office(system, app, clock, self.office.ids)

    def verify(self) -> list[str]:
        """Return what `sameview log verify` names, in a process of its own that opens the files as they are now."""
        system = build(Config(home=self.home), self.office.clock)
        try:
            return list(verifying.verify(system).problems)
        finally:
            system.close()

    def look(self, week: str = "2026-W45", viewer: str = "ana", subject: str = "ben") -> int:
        """Let a manager open a closed week, and return the number of the first entry about it."""
        before = self.system.log.size
        found = self.office.client(viewer).get(f"/team/claims/people/{self[subject]}/weeks/{week}?purpose=one_to_one")
        assert found.status_code == 200
        return before


@dataclass
class Keeper:
    """Somebody who checks their own entries with the witness's `verify.py`, and keeps what it remembers."""

    who: str
    folder: Path
    key: str

    def check(self, attacked: Attacked, *, closing: bool = False) -> str:
        """Fetch proofs as the page does, run the verifier, and return what it finds wrong; empty if it is content."""
        client = attacked.office.client(self.who)
        bundle = self._fetch(client, "bundle", "/api/v1/me/access/proofs", self._size())
        command = [sys.executable, str(VERIFIER), str(bundle), "--log", self.key, "--state", str(self._state)]
        if closing:
            size = int(json.loads(bundle.read_bytes())["checkpoint"].split("\n")[1])
            command += ["--closing", str(self._fetch(client, "closing", "/api/v1/me/access/closing", size))]
        return subprocess.run(command, capture_output=True, text=True, check=False).stderr.strip()

    @property
    def _state(self) -> Path:
        return self.folder / f"{self.who}.json"

    def _size(self) -> int | None:
        if not self._state.exists():
            return None
        return int(json.loads(self._state.read_bytes())["checkpoint"].split("\n")[1])

    def _fetch(self, client: Any, name: str, address: str, old: int | None) -> Path:
        answer = client.get(address + (f"?old={old}" if old else ""))
        if answer.status_code != 200:  # the log was never that long, says the portal
            answer = client.get(address)
        assert answer.status_code == 200, answer.text
        path = self.folder / f"{self.who}-{name}.json"
        path.write_bytes(answer.data)
        return path


@dataclass
class Outside:
    """The works council's witness, on a machine that the administrator has no account on."""

    witness: Witness

    def ask(self, system: System) -> Answer:
        """Submit the log's checkpoint of now as the portal does, and return the answer."""
        checkpoint = system.log.signer.verifier.open_checkpoint(system.log.checkpoint())
        prove = lambda old: witnesses.growth(system.stores.log, old, checkpoint.size)  # noqa: E731
        asked = Asked(system.log.checkpoint(), checkpoint.size, prove)
        known = self.witness.store.latest(checkpoint.origin).size
        return self.witness.add_checkpoint(asked.body(min(known, checkpoint.size)))


@pytest.fixture
def attacked(furnished: Path, tmp_path: Path, clock: Any) -> Iterator[Attacked]:
    """A fresh office on a Thursday in November."""
    with opened(furnished, tmp_path / "home", clock) as office:
        found = Attacked(office, tmp_path / "home")
        yield found
        for system in found.started:
            system.close()


@pytest.fixture
def ben(attacked: Attacked, tmp_path: Path) -> Keeper:
    """Ben, with the log's key from the works council."""
    return Keeper("ben", tmp_path, str(attacked.system.log.signer.verifier))


@pytest.fixture
def witness(attacked: Attacked, tmp_path: Path, clock: Callable[[], dt.datetime]) -> Iterator[Outside]:
    """A witness that has co-signed the log as it was when the office opened."""
    store = WitnessStore(tmp_path / "witness.db")
    signer = CosignatureSigner("works-council.example/witness", bytes(range(32)))
    found = Outside(Witness(store, signer, [attacked.system.log.signer.verifier], clock))
    assert found.ask(attacked.system).status == 200
    yield found
    store.close()


@pytest.fixture
def fork(attacked: Attacked) -> Iterator[Callable[[str], Attacked]]:
    """Return how to make another history: a second copy of the office as it is now, keys and all."""
    made: list[Attacked] = []

    def copied(name: str) -> Attacked:
        attacked.copy()
        home = attacked.home.parent / name
        shutil.copytree(attacked.home, home)
        made.append(Attacked(attacked.office, home))
        made[-1].start()
        return made[-1]

    yield copied
    for each in made:
        for system in each.started:
            system.close()
