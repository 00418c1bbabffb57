"""A ZIP file that is sent while it is written: no more of it is in memory than what is on its way.

Sizes and checksums follow each file (a data descriptor), since nobody goes back to what was sent. Every unpacker reads
that. Nothing of it ever lies on a disk.
"""

import datetime as dt
import hashlib
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

LEVEL: Final = 6
_PORTION: Final = 1 << 16
"""Bytes that are sent at once."""
_OWNER_ONLY: Final = 0o600 << 16


@dataclass(frozen=True, slots=True)
class Packed:
    """A file that was written: its name, its size in bytes, and its SHA-256 in hex."""

    name: str
    size: int
    sha256: str


class _Sink:
    """What a ZIP file is written to: it only takes, and gives away what it has."""

    def __init__(self) -> None:
        self._held: list[bytes] = []
        self.size = 0

    def write(self, data: bytes) -> int:
        self._held.append(bytes(data))
        self.size += len(data)
        return len(data)

    def flush(self) -> None:
        """Nothing waits here but for `take`."""

    def take(self) -> bytes:
        found = b"".join(self._held)
        self._held, self.size = [], 0
        return found


class ZipStream:
    """Writes files one after the other; what has to be sent comes out of `add` and, at the end, of `close`."""

    def __init__(self, at: dt.datetime) -> None:
        self._sink = _Sink()
        self._zip = zipfile.ZipFile(self._sink, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL)  # type: ignore[call-overload]
        self._time = at.timetuple()[:6]
        self.packed: list[Packed] = []

    def add(self, name: str, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Write a file, chunk by chunk; yield the bytes to send."""
        info = zipfile.ZipInfo(name, self._time)
        info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, _OWNER_ONLY
        hashed, size = hashlib.sha256(), 0
        with self._zip.open(info, "w") as file:
            for chunk in chunks:
                file.write(chunk)
                hashed.update(chunk)
                size += len(chunk)
                if self._sink.size >= _PORTION:
                    yield self._sink.take()
        self.packed.append(Packed(name, size, hashed.hexdigest()))
        yield self._sink.take()

    def close(self) -> Iterator[bytes]:
        """Yield the end: the list of files, without which the whole does not open."""
        self._zip.close()
        yield self._sink.take()
