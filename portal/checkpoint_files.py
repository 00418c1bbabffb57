"""Published checkpoints as files, for whoever copies them away: `<size>.txt` each, and `latest.txt`.

A file is there in whole or not at all, is never replaced by another checkpoint of its size, and `latest.txt` never goes
back: what was copied from here convicts a log that was put back.
"""

import os
import tempfile
from pathlib import Path

from privacy.checkpoint import Checkpoint, NoteBroken, split_note


def write(folder: Path, checkpoint: Checkpoint, note: str) -> None:
    """Write a published note, or write it again with more cosignatures."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    here = folder / f"{checkpoint.size}.txt"
    there = read(here)
    if there is not None and there != checkpoint:
        here = folder / f"{checkpoint.size}-{checkpoint.root.hex()[:8]}.txt"  # both stay: they convict
    replace(here, note)
    last = read(folder / "latest.txt")
    if last is None or last.size <= checkpoint.size:
        replace(folder / "latest.txt", note)


def read(path: Path) -> Checkpoint | None:
    """Return the checkpoint of a file, its signatures unchecked; None if there is none, or it is no checkpoint."""
    try:
        return Checkpoint.parse(split_note(path.read_text(encoding="utf-8"))[0])
    except (FileNotFoundError, NoteBroken, UnicodeDecodeError):
        return None


def replace(path: Path, text: str) -> None:
    """Write a file in one step: whoever reads it finds the old text or the new one."""
    if path.exists() and path.read_bytes() == text.encode():
        return
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=".", delete=False, encoding="utf-8") as file:
        try:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
            os.replace(file.name, path)
        except BaseException:
            os.unlink(file.name)
            raise
