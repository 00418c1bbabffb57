"""Published checkpoints as files, for whoever copies them away: `<size>.txt` each, and `latest.txt`.

A file is there in whole or not at all, is never replaced by another checkpoint of its size, and `latest.txt` never goes
back: what was copied from here convicts a log that was put back.

Files are dated to the midnight (UTC) of their day, and of each day only the last one stays: many small sizes with their
times would tell when somebody was at work. What the file system itself notes of that one stays (ctime), and so does the
time inside of its cosignatures.
"""

import datetime as dt
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from privacy.checkpoint import Checkpoint, NoteBroken, split_note


def write(folder: Path, checkpoint: Checkpoint, note: str, today: dt.date) -> None:
    """Write a published note, or write it again with more cosignatures; with as many it is left as it is."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    here = folder / f"{checkpoint.size}.txt"
    there = read(here)
    if there is not None and there != checkpoint:
        here = folder / f"{checkpoint.size}-{checkpoint.root.hex()[:8]}.txt"  # both stay: they convict
    _write(here, note, today)
    last = read(folder / "latest.txt")
    if last is None or last.size <= checkpoint.size:
        _write(folder / "latest.txt", note, today)


def thin(folder: Path, may_go: Callable[[int, str], bool]) -> int:
    """Remove all but the last checkpoint of each day, today's too, and return how many went.

    What `may_go` does not say yes to stays: it is asked for a file's size and text. Forks (`<size>-<root>.txt`)
    stay for ever, and so does a file that was not dated here, such as one that was copied back.
    """
    dated = list(_dated(folder))
    last = {day: size for day, size, _ in sorted(dated)}
    gone = 0
    for day, size, path in dated:
        if size != last[day] and read(path) is not None and may_go(size, path.read_text(encoding="utf-8")):
            path.unlink()
            gone += 1
    return gone


def _dated(folder: Path) -> Iterator[tuple[dt.date, int, Path]]:
    """Yield (day, size, path) of every file that was dated here."""
    for path in folder.glob("*.txt"):
        written = dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC)
        if path.stem.isdecimal() and written.time() == dt.time():
            yield written.date(), int(path.stem), path


def _write(path: Path, note: str, today: dt.date) -> None:
    """Write a note unless one of the same checkpoint with as many signatures is there, and date it to its day."""
    if (
        path.exists()
        and read(path) == read_text(note)
        and _signatures(path.read_text(encoding="utf-8")) >= _signatures(note)
    ):
        return
    replace(path, note, dt.datetime.combine(today, dt.time(), dt.UTC).timestamp())


def _signatures(note: str) -> int:
    return note.count("\n\N{EM DASH} ")


def read(path: Path) -> Checkpoint | None:
    """Return the checkpoint of a file, its signatures unchecked; None if there is none, or it is no checkpoint."""
    try:
        return read_text(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, UnicodeDecodeError):
        return None


def read_text(note: str) -> Checkpoint | None:
    """Return the checkpoint of a note, its signatures unchecked; None if it is none."""
    try:
        return Checkpoint.parse(split_note(note)[0])
    except NoteBroken:
        return None


def replace(path: Path, text: str, dated: float | None = None) -> None:
    """Write a file in one step, `dated` as if it were written then: whoever reads it finds the old text or the new."""
    if path.exists() and path.read_bytes() == text.encode():
        return
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=".", delete=False, encoding="utf-8") as file:
        try:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
            if dated is not None:
                os.utime(file.name, (dated, dated))
            os.replace(file.name, path)
        except BaseException:
            os.unlink(file.name)
            raise
