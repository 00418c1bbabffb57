"""A backup that is being written: its folder, who holds it, and what is left of one that was killed.

The folder is hidden until all of it is there. A marker in it says that it is ours, and its writer holds a lock on the
marker, which the kernel lets go of with the process: so a folder with our marker that nobody holds was left by one that
was killed. It has names or wrapped keys that no erasure reaches; the next backup beside it removes it.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

MARKER: Final = ".sameview-backup"
_CONTENT: Final = b"sameview: a backup is being written here\n"
_OURS: Final = frozenset(
    f"{name}{ending}" for name in ("data.db", "log.db", "keys.db") for ending in ("", "-wal", "-shm", "-journal")
) | {"checkpoint.txt", "tombstones.json", "backup.json", MARKER}


class PartialTaken(Exception):
    """Another backup is writing there now, or what is there is not of a backup."""


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Make a folder for a backup and hold it until the end; it may have got another name by then.

    PartialTaken if another process holds one of this name, or something that is not ours is there.
    """
    fresh = folder / f"{MARKER}.new"  # locked before it is there by its name: nobody takes it for left behind
    if folder.exists() and not remove_left(folder) and not _remove_unbegun(folder, fresh):
        raise PartialTaken(f"{folder} is there: another backup writes it now, or it is none of ours; else remove it")
    folder.mkdir(mode=0o700)
    handle = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.write(handle, _CONTENT)
        with suppress(OSError):  # a file system without locks: there nothing is ever taken for left behind
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.rename(fresh, folder / MARKER)
        yield
    finally:
        os.close(handle)


def remove_own(folder: Path) -> None:
    """Remove a folder that is held, its marker last: killed in between, it can still be told to be ours."""
    with suppress(OSError):
        for each in folder.iterdir():
            if each.name != MARKER:
                each.unlink()
    shutil.rmtree(folder, ignore_errors=True)


def remove_left_beside(folder: Path) -> None:
    """Remove what backups that were killed left in the folder around `folder`."""
    for each in sorted(folder.parent.glob(".*.partial")):
        remove_left(each)


def remove_left(folder: Path) -> bool:
    """Remove a folder that a killed backup left, and tell whether it was one: ours alone, whole, and held by nobody."""
    handle = _handle_of(folder)
    if handle is None:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        files = {each.name for each in folder.iterdir()}
        if not files <= _OURS or os.read(handle, len(_CONTENT) + 1) != _CONTENT:
            return False
        for name in sorted(files - {MARKER}):
            (folder / name).unlink(missing_ok=True)
        (folder / MARKER).unlink(missing_ok=True)  # last: killed here, the next backup goes on
        folder.rmdir()
    except OSError:  # held by the backup that writes it, or no locks here, or not ours to remove
        return False
    else:
        return True
    finally:
        os.close(handle)


def _remove_unbegun(folder: Path, fresh: Path) -> bool:
    """Remove a folder in which nothing was written but a marker without its name; tell whether it was one."""
    try:
        if {each for each in folder.iterdir()} <= {fresh}:
            fresh.unlink(missing_ok=True)
            folder.rmdir()
            return True
    except OSError:
        pass
    return False


def _handle_of(folder: Path) -> int | None:
    """Open the marker of a folder; None if it has none, or is no folder of this user."""
    if folder.is_symlink() or not folder.is_dir() or folder.stat().st_uid != os.getuid():
        return None
    with suppress(OSError):
        return os.open(folder / MARKER, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    return None
