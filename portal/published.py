"""The log compared with what was published of it: the watermark in the key store, and the files of checkpoints.

A log that was put back to an older state, or forked from one, does not have the sizes and roots that were published.
Whoever puts back the key store and the files as well is seen by the witnesses and by whoever kept a checkpoint.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from portal.wiring import System
from privacy import watermark
from privacy.checkpoint import Checkpoint, NoteBroken
from privacy.log_tree import reader
from privacy.merkle import EMPTY_ROOT, root_hash

_NEWEST_FILES: Final = 50  # a log that has the root of a late size has those of all earlier ones, or its tree is broken


def problems(system: System, size: int) -> Iterator[str]:
    """Yield what was published and is not so, as `place: reason`; `size` is that of the log."""
    for place, note in _notes(system):
        try:
            stated = system.log.signer.verifier.open_checkpoint(note)
        except NoteBroken as error:
            yield f"{place}: is not signed by the log's key, which was replaced, or the note was changed ({error})"
            continue
        if (reason := _contradiction(system, stated, size)) is not None:
            yield f"{place}: {reason}"


def _notes(system: System) -> Iterator[tuple[str, str]]:
    seen = watermark.seen(system.stores.keys, system.log.signer.origin)
    if seen is not None:
        yield "watermark", seen.note
    for path in _files(system)[-_NEWEST_FILES:]:
        try:
            yield f"checkpoints/{path.name}", path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            yield f"checkpoints/{path.name}", f"({type(error).__name__})"


def _files(system: System) -> list[Path]:
    """Return the kept checkpoints, named `<size>.txt` or `<size>-<root>.txt`, by size."""
    sized = [(path.stem.partition("-")[0], path) for path in system.config.checkpoints.glob("*.txt")]
    return [path for _, path in sorted((int(size), path) for size, path in sized if size.isdecimal())]


def _contradiction(system: System, stated: Checkpoint, size: int) -> str | None:
    if stated.size > size:
        return f"the log has {size} entries, but {stated.size} were published: an older log was put back"
    with system.stores.log.connect() as connection:
        try:
            root = root_hash(stated.size, reader(connection)) if stated.size else EMPTY_ROOT
        except (LookupError, TypeError):
            return f"the log's first {stated.size} entries are not all there"
    return None if root == stated.root else f"the log's first {stated.size} entries are not those that were published"
