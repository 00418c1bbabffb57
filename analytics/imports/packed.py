"""A file as it lies on the disk, packed with gzip or not, and the refusal of one that is not what it should be."""

import gzip
import zlib
from dataclasses import dataclass
from typing import BinaryIO, Final, cast

from analytics.imports.columns import Progress

LARGEST_FILE: Final = 8 << 30
"""Bytes after unpacking: a packed file may claim a thousand times its size."""

DAMAGED: Final = (EOFError, gzip.BadGzipFile, zlib.error)
"""What reading a packed file raises where it was cut off or changed."""

_GZIP: Final = b"\x1f\x8b"


class NotAnExport(ValueError):
    """The file as a whole is not what it should be; nothing of it is taken."""

    def __init__(self, reason: str, place: str) -> None:
        super().__init__(f"{reason} ({place})" if place else reason)
        self.reason, self.place = reason, place


def unpacked(source: BinaryIO, progress: Progress | None = None) -> BinaryIO:
    """Return the file from its start, unpacked; `progress` is told how much of what lies on the disk was read."""
    size = source.seek(0, 2)
    source.seek(0)
    packed = source.read(2) == _GZIP
    source.seek(0)
    counted = cast(BinaryIO, _Counted(source, size, progress))
    return cast(BinaryIO, gzip.GzipFile(fileobj=counted)) if packed else counted


@dataclass(slots=True)
class _Counted:
    """The file, with a report of how far it has been read."""

    source: BinaryIO
    size: int
    progress: Progress | None

    def read(self, size: int = -1) -> bytes:
        block = self.source.read(size)
        if self.progress is not None:
            self.progress(self.source.tell(), self.size)
        return block
