"""A backup as a folder of files, and `backup.json`, which says what they are and has their digests.

Data and keys are two such folders, so that they can be kept apart: whoever has one alone can read nothing. The digests
show damage. They are no signature: what somebody changed on purpose is shown by the log's signed checkpoint and by the
seals and manifests of the rows.
"""

import datetime as dt
import enum
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from portal import backup_partials
from portal.backup_partials import PartialTaken
from privacy.canonical import canonical

FORMAT: Final = 1
MANIFEST: Final = "backup.json"
LOG_FILE: Final = "log.db"
CHECKPOINT: Final = "checkpoint.txt"
TOMBSTONES: Final = "tombstones.json"
_CHUNK: Final = 1 << 20


class BackupRefused(Exception):
    """A folder is no backup, is damaged, or cannot be written; the text names the file and the fix."""


class Contents(enum.StrEnum):
    """What a backup holds."""

    DATA = "data"
    KEYS = "keys"


STORES: Final = {Contents.DATA: ("data", "log"), Contents.KEYS: ("keys",)}
"""The stores in each kind of folder; a store is the file `<store>.db`."""


class FileDigest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Size and SHA-256 (hex) of a file."""

    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What `backup.json` says. `revisions` are those of the schemas, `log_size` the entries of the log.

    `data_size` is how many entries the log had when the data were copied, a moment before it.
    """

    format: int
    contents: Contents
    origin: str
    day: dt.date
    data_size: int
    log_size: int
    revisions: dict[str, str]
    rows: dict[str, int]
    files: dict[str, FileDigest]


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """Give a folder to write into, which gets the name `folder` when all of it is there and durable.

    Whatever is raised inside leaves nothing behind; what a backup that was killed left beside it is removed first.
    BackupRefused if the name is taken.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BackupRefused(f"{folder} is there already: name a new folder")
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    backup_partials.remove_left_beside(folder)
    partial = folder.with_name(f".{folder.name}.partial")
    try:
        with backup_partials.held(partial):
            try:
                yield partial
                for each in (*partial.iterdir(), partial):
                    sync(each)
                partial.rename(folder)
                (folder / backup_partials.MARKER).unlink()
                for each in (folder, folder.parent):
                    sync(each)
            except BaseException:
                backup_partials.remove_own(partial)
                raise
    except PartialTaken as error:
        raise BackupRefused(str(error)) from error


def write_file(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write `backup.json` with the digests of all files that are in `folder`; they become their owner's alone."""
    for path in folder.iterdir():
        path.chmod(0o600)
    written = sorted(path for path in folder.iterdir() if path.name != backup_partials.MARKER)
    files = {path.name: digest_of(path) for path in written}
    complete = msgspec.structs.replace(manifest, files=files)
    write_file(folder / MANIFEST, canonical(msgspec.to_builtins(complete)) + b"\n")


def read_manifest(folder: Path, contents: Contents) -> Manifest:
    """Read the `backup.json` of a folder; BackupRefused if there is none, or not for these contents."""
    path = folder / MANIFEST
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except FileNotFoundError as error:
        raise BackupRefused(f"{path} is missing: {folder} is no finished backup") from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BackupRefused(f"{path} is damaged: {error}; take another backup") from error
    if manifest.format != FORMAT:
        raise BackupRefused(f"{path} has format {manifest.format}: this version reads {FORMAT}")
    if manifest.contents is not contents:
        raise BackupRefused(f"{folder} is a backup of the {manifest.contents}, not of the {contents}")
    return manifest


def take(folder: Path, manifest: Manifest, name: str, to: Path) -> None:
    """Copy a file of a backup to `to`, and compare what was copied with its digest; BackupRefused names the file."""
    path, stated = folder / name, manifest.files.get(name)
    if stated is None:
        raise BackupRefused(f"{folder / MANIFEST} does not list {name}: take another backup")
    try:
        shutil.copyfile(path, to)
    except FileNotFoundError as error:
        raise BackupRefused(f"{path} is missing: take another backup") from error
    to.chmod(0o600)
    if digest_of(to) != stated:
        to.unlink()
        raise BackupRefused(f"{path} is not the file that was saved: damaged or changed; take another backup")


def read(folder: Path, manifest: Manifest, name: str) -> bytes:
    """Return a small file of a backup; BackupRefused if it is not the one that was saved."""
    path = folder / name
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise BackupRefused(f"{path} is missing: take another backup") from error
    if manifest.files.get(name) != FileDigest(len(content), hashlib.sha256(content).hexdigest()):
        raise BackupRefused(f"{path} is not the file that was saved: damaged or changed; take another backup")
    return content


def digest_of(path: Path) -> FileDigest:
    """Return size and digest of a file."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return FileDigest(size, digest.hexdigest())


def sync(path: Path) -> None:
    """Make a file or the entries of a folder durable."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
