"""Which access log a restored installation goes on with: the one that is here, or the backup's.

The log here is kept if it verifies and continues the backup's log: nothing that people looked at since the backup is
forgotten. Otherwise the backup's log takes its place, and is held against the newest checkpoint that is known from
anywhere else: an older log shows fewer reads than there were, so it is taken only when somebody says so, and everybody
is told. A log that contradicts a known checkpoint is never taken.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from portal.config import Config
from privacy import watermark
from privacy.checkpoint import Checkpoint, NoteBroken, Verifier
from privacy.log_tree import reader
from privacy.merkle import EMPTY_ROOT, root_hash


class RestoreRefused(Exception):
    """A restore cannot be made; nothing was changed. The text says why and what to do."""


@dataclass(frozen=True, slots=True)
class LogState:
    """A log that verifies: its size, and its root at any size up to that."""

    size: int
    root_at: Callable[[int], bytes]

    def continues(self, size: int, root: bytes) -> bool:
        """Tell whether this log once had that size and root."""
        return size <= self.size and self.root_at(size) == root

    def extends(self, other: "LogState") -> bool:
        """Tell whether the other log is a beginning of this one."""
        return self.continues(other.size, other.root_at(other.size)) if other.size <= self.size else False


@dataclass(frozen=True, slots=True)
class LogChoice:
    """`taken` from the backup, or kept; its size, and how many entries are known to be lost with it."""

    taken: bool
    size: int
    lost: int


def state_of(engine: Engine, size: int) -> LogState:
    """Return the state of a log of `size` entries that was verified before."""

    def root_at(wanted: int) -> bytes:
        with engine.connect() as connection:
            return root_hash(wanted, reader(connection)) if wanted else EMPTY_ROOT

    return LogState(size, root_at)


def known_checkpoints(config: Config, verifier: Verifier, keys: Engine, given: Path | None) -> list[Checkpoint]:
    """Return the checkpoints that are known beside any log: in the key store, in the folder of files, and as given."""
    found = []
    if (seen := watermark.seen(keys, verifier.name)) is not None:
        found.append(opened(verifier, seen.note, "the key store's checkpoint"))
    for path in (config.checkpoints / "latest.txt", given):
        if path is not None and (path == given or path.exists()):
            found.append(opened(verifier, _text(path), str(path)))
    return found


def choose(here: LogState | None, saved: LogState, known: Iterable[Checkpoint]) -> LogChoice:
    """Choose a log, or raise RestoreRefused; whether lost entries are accepted is the caller's question."""
    checkpoints = list(known)
    if here is None and not checkpoints:
        raise RestoreRefused(
            "the access log is lost, and no checkpoint is known that tells how long it was: name the newest signed"
            " checkpoint that a witness, an employee or a copy of HOME/checkpoints has, with --checkpoint FILE"
        )
    kept = here is not None and here.extends(saved)
    if here is not None and not kept and not saved.extends(here):
        raise RestoreRefused(
            "the access log here and the backup's are two different histories: keep both, and show them to the"
            " reviewer; if the one here is the false one, move it away and run this again"
        )
    chosen = here if here is not None and kept else saved
    for each in checkpoints:
        if each.size <= chosen.size and not chosen.continues(each.size, each.root):
            raise RestoreRefused(
                f"the access log does not continue the known checkpoint of {each.size} entries: it is another log;"
                " take another backup"
            )
    longest = max((each.size for each in checkpoints), default=0)
    return LogChoice(not kept, chosen.size, max(longest - chosen.size, 0))


def opened(verifier: Verifier, note: str, where: str) -> Checkpoint:
    """Return the checkpoint of a note that the log signed; RestoreRefused names where it came from."""
    try:
        return verifier.open_checkpoint(note)
    except NoteBroken as error:
        raise RestoreRefused(
            f"{where} is not signed by this log ({error}): move it away if it is not of here"
        ) from error


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RestoreRefused(f"{path} cannot be read: {error}") from error
