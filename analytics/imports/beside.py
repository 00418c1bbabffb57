"""A long export is read by a process of its own, while whoever takes its events looks at what was read already.

Reading takes a quarter of an import, and one process of Python has one core. The other process gets the file and
nothing else: no environment, no keys. If it ends before the file does, the import fails before anything is written.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np

from analytics.imports.activitywatch import read_export
from analytics.imports.beside_frames import Bucket, Done, Fault, New, Read, Refused, frames
from analytics.imports.columns import Export, ImportedBucket, Progress, RefusedBucket
from analytics.imports.packed import NotAnExport

Seen = Callable[[str, list[bytes]], None]
"""Told a type of bucket, and data texts of one that come for the first time."""

WORTH_BYTES: Final = 8 << 20
"""A file of this size takes longer to read than a process to start."""

_ENVIRONMENT: Final = ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT")
_ROOT: Final = Path(__file__).parents[2]
_COMMAND: Final = (sys.executable, "-P", "-m", "analytics.imports.beside_process")


def read_beside(source: BinaryIO, progress: Progress | None, seen: Seen) -> Export:
    """Read an export as `read_export` does; `seen` is told what came while the rest is being read, if that is worth it.

    Raises NotAnExport, also if the reading process was ended.
    """
    if _cores() < 2 or _size(source) < WORTH_BYTES:
        return read_export(source, progress)
    environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ} | {"PYTHONPATH": str(_ROOT)}
    with subprocess.Popen(_COMMAND, stdin=source, stdout=subprocess.PIPE, env=environment) as process:  # noqa: S603
        try:
            export = _heard(process, progress, seen)
        except BaseException:
            process.kill()
            raise
    if export is None:
        raise NotAnExport(f"the process that read the file was ended (exit code {process.returncode})", "")
    return export


def _heard(process: "subprocess.Popen[bytes]", progress: Progress | None, seen: Seen) -> Export | None:
    """Return what the process read; None if it ended before the file did."""
    export, texts = Export(), list[bytes]()
    for frame in frames(process.stdout):  # type: ignore[arg-type]
        match frame:
            case Read(done, size):
                if progress is not None:
                    progress(done, size)
            case New(kind, new):
                texts += new
                seen(kind, new)
            case Bucket():
                export.buckets.append(_bucket(frame, texts + frame.texts if frame.rest else frame.texts))
                texts = []
            case Refused(bucket, reason, event, offset):
                export.refused.append(RefusedBucket(bucket, reason, event, offset))
                texts = []
            case Fault(reason, place):
                raise NotAnExport(reason, place)
            case Done():
                return export
    return None


def _bucket(frame: Bucket, distinct: list[bytes]) -> ImportedBucket:
    start, duration = (np.frombuffer(column, np.int64) for column in (frame.start_us, frame.duration_us))
    return ImportedBucket(
        frame.id, frame.kind, frame.host, start, duration, np.frombuffer(frame.data, np.int32), distinct
    )


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _size(source: BinaryIO) -> int:
    """Return the size of a file that another process can be given; 0 for what is in memory."""
    try:
        return os.fstat(source.fileno()).st_size
    except (OSError, AttributeError):
        return 0
