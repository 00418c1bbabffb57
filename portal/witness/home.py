"""A witness's folder: its key, made at the first start, and what it remembers."""

import base64
import binascii
import datetime as dt
import os
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path

from privacy.checkpoint import NoteBroken, Verifier
from privacy.cosignature import CosignatureSigner
from privacy.witness import Witness
from privacy.witness_store import WitnessStore

_SEED_BYTES = 32
_OF_A_PORTAL = ("data", "keys", "kek")


class WitnessMisplaced(Exception):
    """The witness cannot start like this; the text names the place and the fix."""


@dataclass(frozen=True, slots=True)
class Place:
    """What a witness is started with: its folder, its name, and the verifier keys of the logs it watches."""

    home: Path
    name: str
    logs: tuple[str, ...]

    @property
    def key(self) -> Path:
        return self.home / "witness.key"

    @property
    def store(self) -> Path:
        return self.home / "witness.db"

    def open(self) -> Witness:
        """Open the witness, making its folder and key if this is the first start; WitnessMisplaced if it cannot be."""
        logs = self._logs()  # what was mistyped is refused before a key is made for it
        self._check_name()
        self._refuse_a_portal_s()
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        signer = self._signer()
        return Witness(WitnessStore(self.store), signer, logs, lambda: dt.datetime.now(dt.UTC))

    def _check_name(self) -> None:
        try:
            CosignatureSigner(self.name, bytes(_SEED_BYTES))
        except NoteBroken as error:
            raise WitnessMisplaced(f"--name: {error}") from error

    def _refuse_a_portal_s(self) -> None:
        """A witness in the portal's own home would be administered by whoever it watches."""
        if any((self.home / each).is_dir() for each in _OF_A_PORTAL):
            raise WitnessMisplaced(
                f"--home: {self.home} is the home of a portal; give the witness a folder of its own, on another machine"
            )

    def _logs(self) -> list[Verifier]:
        found: dict[str, Verifier] = {}
        for each in self.logs:
            try:
                verifier = Verifier.parse(each)
            except NoteBroken as error:
                raise WitnessMisplaced(
                    f"--log {each}: {error}; `sameview log checkpoint --key` prints a log's verifier key"
                ) from error
            if found.setdefault(verifier.name, verifier).public != verifier.public:
                raise WitnessMisplaced(
                    f"--log: two keys for {verifier.name}; a log has one, and a second one is a fork"
                )
        return list(found.values())

    def _signer(self) -> CosignatureSigner:
        if not self.key.exists():
            if self.store.exists():
                raise WitnessMisplaced(
                    f"{self.key} is missing, but {self.store} is there: put the key back, or start with an empty --home"
                )
            _write_once(self.key, f"{self.name}\n{base64.b64encode(secrets.token_bytes(_SEED_BYTES)).decode()}\n")
        if stat.S_IMODE(self.key.stat().st_mode) & 0o077:
            raise WitnessMisplaced(f"{self.key} can be read by others: chmod 600 {self.key}")
        name, seed = _read(self.key)
        if name != self.name:
            raise WitnessMisplaced(f"--name: the witness in {self.home} is called {name}; others know it by that name")
        return CosignatureSigner(name, seed)


def _read(path: Path) -> tuple[str, bytes]:
    try:
        name, seed = path.read_text(encoding="utf-8").splitlines()
        decoded = base64.b64decode(seed, validate=True)
    except (ValueError, binascii.Error) as error:
        raise WitnessMisplaced(f"{path} is no witness's key: put it back from its backup") from error
    if len(decoded) != _SEED_BYTES:
        raise WitnessMisplaced(f"{path} is no witness's key: put it back from its backup")
    return name, decoded


def _write_once(path: Path, text: str) -> None:
    """Write a file that is there in whole or not at all, and never over another."""
    begun = path.with_suffix(".begun")
    begun.unlink(missing_ok=True)
    with os.fdopen(os.open(begun, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.link(begun, path)
    begun.unlink()
