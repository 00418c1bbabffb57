"""A relay's folder: one for each account of the operating system, nobody else's to read."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import msgspec
import platformdirs

from portal.relay.device_key import KEY_BYTES, DeviceKey

_LONGEST_SOCKET = 100  # bytes; the system's limit is 104 to 108


class RelayMisplaced(Exception):
    """The relay cannot work like this; the text names the place and the fix."""


class Enrolment(msgspec.Struct, frozen=True, forbid_unknown_fields=False):
    """Whom this desk reports to, as its person confirmed it: kept until the next enrolment.

    `signers` are the verifier keys that every policy has to be signed with (`employer`, `council`), empty where the
    portal has agreed on none. `ca` is a file of certificates to trust instead of the system's.
    """

    url: str
    token: str
    name: str
    origin: str = ""
    signers: dict[str, str] = {}
    single_key: bool = False
    ca: str = ""


@dataclass(frozen=True, slots=True)
class Home:
    """The folder and what lies in it."""

    folder: Path

    @classmethod
    def default(cls) -> "Home":
        return cls(Path(platformdirs.user_data_dir("sameview-relay", appauthor=False)))

    @property
    def queue(self) -> Path:
        return self.folder / "queue.db"

    @property
    def reserve(self) -> Path:
        """The file that takes down a gap when the disk takes nothing else."""
        return self.folder / "not-captured"

    @property
    def socket(self) -> Path:
        return self.folder / "control"

    @property
    def _key(self) -> Path:
        return self.folder / "device.key"

    @property
    def _enrolment(self) -> Path:
        return self.folder / "enrolment.json"

    @property
    def _lock(self) -> Path:
        return self.folder / "lock"

    def prepare(self) -> DeviceKey:
        """Make the folder and the device's key if this is the first time; RelayMisplaced if they cannot be used."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _refuse_shared(self.folder)
        if len(os.fsencode(self.socket)) > _LONGEST_SOCKET:
            raise RelayMisplaced(f"{self.folder} is too long a path for a socket in it: choose a shorter --home")
        if not self._key.exists():
            if self.queue.exists():
                raise RelayMisplaced(
                    f"{self._key} is missing, so nothing opens {self.queue}: put the key back, or move the queue away"
                )
            _write(self._key, os.urandom(KEY_BYTES))
        _refuse_shared(self._key)
        secret = self._key.read_bytes()
        if len(secret) != KEY_BYTES:
            raise RelayMisplaced(f"{self._key} is no device's key: put it back, or move it and {self.queue} away")
        return DeviceKey(secret)

    def enrolment(self) -> Enrolment | None:
        """Return what the device was enrolled with, None if it was not."""
        try:
            return msgspec.json.decode(self._enrolment.read_bytes(), type=Enrolment)
        except FileNotFoundError:
            return None
        except msgspec.MsgspecError as error:
            raise RelayMisplaced(f"{self._enrolment} cannot be read: run `sameview relay enrol` again") from error

    def enrol(self, enrolment: Enrolment) -> None:
        """Keep an enrolment in the place of the one before."""
        _write(self._enrolment, msgspec.json.encode(enrolment))

    def claim(self) -> IO[bytes]:
        """Take the folder for this process; RelayMisplaced if another relay has it. Held until closed."""
        import fcntl  # not on Windows, where the port alone keeps a second relay away

        file = os.fdopen(os.open(self._lock, os.O_WRONLY | os.O_CREAT, 0o600), "wb")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.close()
            raise RelayMisplaced(f"a relay already works in {self.folder}: see `sameview relay status`") from error
        return file


def _refuse_shared(path: Path) -> None:
    found = path.stat()
    if stat.S_IMODE(found.st_mode) & 0o077:
        raise RelayMisplaced(f"{path} can be read by others: chmod go-rwx {path}")
    if found.st_uid != os.getuid():
        raise RelayMisplaced(f"{path} belongs to another account: choose a --home of your own")


def _write(path: Path, content: bytes) -> None:
    """Write a file that is there in whole or not at all, for its owner alone."""
    begun = path.with_name(path.name + ".begun")
    begun.unlink(missing_ok=True)
    with os.fdopen(os.open(begun, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    begun.replace(path)
