"""The embedded key provider: random key-encryption keys in files, `kek-<class>-<version>` (see `privacy.key_files`).

The directory must be apart from every database: whoever copies the data with the keys has copied plaintext. A
passphrase wraps what is written from then on. What was written before stays readable, or rotation could not replace
it; but nothing new is wrapped under it: else whoever can write to the directory plants a KEK of his own as the newest.
"""

import hmac
import os
import re
import threading
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from privacy import key_files
from privacy.fields import KeyClass
from privacy.kek import unwrap_under, wrap_under
from privacy.key_files import KEY_BYTES, STANDARD_COST, Cost, KeyFileRefused
from privacy.key_provider import KeyClassWithheld, KeyGone, KeyStillUsed

__all__ = ["FileKeyProvider", "KeyFileRefused"]

_DATABASE_SUFFIXES: Final = (".db", ".sqlite", ".sqlite3", "-wal", "-shm", "-journal")
_NUMBER: Final = re.compile("[1-9][0-9]*")
_DYING: Final = ".destroyed"
_SQLITE_MAGIC: Final = b"SQLite format 3\x00"


class FileKeyProvider:
    """KEKs in a directory of files. `create()` makes what is missing; a file is checked each time it is first read."""

    def __init__(
        self,
        directory: Path,
        classes: Collection[KeyClass] = frozenset(KeyClass),
        passphrase: str | None = None,
        cost: Cost = STANDARD_COST,
        former: str | None = None,
    ) -> None:
        """`passphrase` wraps what is written; `former` opens what one before it wrapped, until that is rotated."""
        self.directory = directory
        self.classes = frozenset(classes)
        self._passphrase = passphrase
        self._passphrases = [each for each in (passphrase, former) if each is not None]
        self._cost = cost
        self._lock = threading.Lock()
        self._loaded: dict[tuple[KeyClass, int], AESGCM] = {}
        self._paths: dict[tuple[KeyClass, int], Path] = {}
        self._wrapped: set[Path] = set()  # what wraps new keys, and was found wrapped by the passphrase
        if directory.exists():
            self._check_directory()
            self._overwrite_dying()

    def create(self, known: Collection[KeyClass] = ()) -> "FileKeyProvider":
        """Make the directory and a first KEK for each class that has none; existing ones stay.

        A class of which versions are `known` elsewhere had keys: KeyGone if they are missing, or a number that was
        destroyed would be used again.
        """
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._check_directory()
        for key_class in sorted(self.classes):
            if key_class in known:
                self._newest(key_class)
            elif not self.versions(key_class):
                self._write(key_class, 1, os.urandom(KEY_BYTES))
        return self

    def check(self) -> None:
        """Read every KEK of the given classes; KeyFileRefused or KeyGone name the first fault and its fix."""
        self._check_directory()
        for key_class in sorted(self.classes):
            for version in self.versions(key_class):
                self._read(key_class, version)
            self._refuse_planted(key_class, self._newest(key_class))

    def warnings(self) -> list[str]:
        """Name the files that hold their key as it is, although there is a passphrase."""
        places = [self._path(c, v) for c in sorted(self.classes) for v in self.versions(c)]
        plain = [path for path in places if self._passphrase is not None and not key_files.is_wrapped(path)]
        return [f"{path} is not wrapped by the passphrase: run `sameview keys rotate`" for path in plain]

    def wrap(self, key_class: KeyClass, key: bytes, aad: bytes) -> tuple[int, bytes]:
        version = self._newest(key_class)
        self._refuse_planted(key_class, version)
        return version, wrap_under(self._kek(key_class, version), version, key, aad)

    def unwrap(self, key_class: KeyClass, version: int, wrapped: bytes, aad: bytes) -> bytes:
        return unwrap_under(self._kek(key_class, version), key_class, version, wrapped, aad)

    def rotate(self, key_class: KeyClass) -> int:
        version = self._newest(key_class) + 1
        while not self._write(key_class, version, os.urandom(KEY_BYTES)):
            version += 1
        return version

    def export(self, key_class: KeyClass, version: int) -> bytes:
        """Return a KEK's 32 bytes, for the escrow; KeyGone if there is no such version."""
        self._require(key_class)
        return self._read(key_class, version)

    def adopt(self, key_class: KeyClass, version: int, key: bytes) -> bool:
        """Take back a KEK from the escrow; False if it is there already, KeyFileRefused if another is in its place."""
        self._require(key_class)
        if len(key) != KEY_BYTES:
            raise KeyFileRefused(f"kek-{key_class}-{version} has {len(key)} bytes, not {KEY_BYTES}: not a KEK")
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._check_directory()
        if self._write(key_class, version, key):
            return True
        if not hmac.compare_digest(self._read(key_class, version), key):
            raise KeyFileRefused(f"{self._path(key_class, version)} is another key: move it away, then recover again")
        return False

    def destroy(self, key_class: KeyClass, version: int) -> None:
        """Take a KEK out of use, then overwrite it. A kill in between leaves a file that the next start overwrites."""
        path = self._path(key_class, version)
        if version not in self.versions(key_class):
            raise KeyGone(f"{path}: no such key")
        if version == self._newest(key_class):
            raise KeyStillUsed(f"{path} is the newest: rotate the class first")  # so that no number is used twice
        path.rename(path.with_name(f".{path.name}{_DYING}"))
        self._sync_directory()
        with self._lock:
            self._loaded.pop((key_class, version), None)
        self._overwrite_dying()

    def versions(self, key_class: KeyClass) -> list[int]:
        self._require(key_class)
        prefix = f"kek-{key_class}-"
        try:
            numbers = [name.removeprefix(prefix) for name in os.listdir(self.directory) if name.startswith(prefix)]
        except FileNotFoundError:
            return []
        return sorted(int(number) for number in numbers if _NUMBER.fullmatch(number))

    def _newest(self, key_class: KeyClass) -> int:
        if not (versions := self.versions(key_class)):
            raise KeyGone(f"{self.directory / f'kek-{key_class}-*'} is missing: {key_files.RESTORED}")
        return versions[-1]

    def _refuse_planted(self, key_class: KeyClass, newest: int) -> None:
        if self._passphrase is None or (path := self._path(key_class, newest)) in self._wrapped:
            return
        if not key_files.is_wrapped(path):
            raise KeyFileRefused(
                f"{path} is not wrapped by the passphrase: if you set SAMEVIEW_KEY_PASSPHRASE just now, run "
                "`sameview keys rotate`; else find out who put the file there"
            )
        self._wrapped.add(path)

    def _kek(self, key_class: KeyClass, version: int) -> AESGCM:
        self._require(key_class)
        # A file that another process destroyed must not live on in this one's memory.
        if not os.path.exists(self._path(key_class, version)):
            with self._lock:
                self._loaded.pop((key_class, version), None)
            raise KeyGone(f"{self._path(key_class, version)} is missing: if it was not destroyed, {key_files.RESTORED}")
        with self._lock:
            if (kek := self._loaded.get((key_class, version))) is None:
                kek = self._loaded[key_class, version] = AESGCM(self._read(key_class, version))
        return kek

    def _read(self, key_class: KeyClass, version: int) -> bytes:
        path = self._path(key_class, version)
        return key_files.decode(path, key_files.read(path), self._passphrases)

    def _write(self, key_class: KeyClass, version: int, key: bytes) -> bool:
        """Write a KEK, whole or not at all; False if the version exists already."""
        path = self._path(key_class, version)
        partial = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
        key_files.write(partial, key_files.encode(path.name, key, self._passphrase, self._cost))
        try:
            os.link(partial, path)
        except FileExistsError:
            return False
        finally:
            partial.unlink()
        self._sync_directory()
        return True

    def _overwrite_dying(self) -> None:
        """Overwrite and remove what was taken out of use; a process that may only read leaves it to one that writes."""
        found = sorted(self.directory.glob(f".kek-*{_DYING}"))
        dying = [path for path in found if path.is_file() and not path.is_symlink()]
        for path in dying if os.access(self.directory, os.W_OK) else ():
            with suppress(FileNotFoundError):  # another process was faster
                with path.open("r+b", buffering=0) as file:
                    file.write(os.urandom(path.stat().st_size))
                    os.fsync(file.fileno())
                path.unlink()
        if dying:
            self._sync_directory()

    def _check_directory(self) -> None:
        if self.directory.stat().st_mode & 0o022:
            raise KeyFileRefused(f"{self.directory} can be written by others: chmod 700 {self.directory}")
        for path in sorted(self.directory.iterdir()):
            if path.is_file() and (path.name.endswith(_DATABASE_SUFFIXES) or _starts_as_database(path)):
                raise KeyFileRefused(
                    f"{path} is a database beside the keys: set SAMEVIEW_KEY_DIR to a directory that holds only keys"
                )

    def _sync_directory(self) -> None:
        descriptor = os.open(self.directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _path(self, key_class: KeyClass, version: int) -> Path:
        if (path := self._paths.get((key_class, version))) is None:
            path = self._paths[key_class, version] = self.directory / f"kek-{key_class}-{version}"
        return path

    def _require(self, key_class: KeyClass) -> None:
        if key_class not in self.classes:
            raise KeyClassWithheld(f"this process was not given the {key_class} keys: see SAMEVIEW_KEY_CLASSES")


def _starts_as_database(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_SQLITE_MAGIC)) == _SQLITE_MAGIC
