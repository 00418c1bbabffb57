"""A few bytes set aside while there is room, to take down a gap when the disk takes nothing else.

The file has its full size from the beginning and is overwritten in place, so a write needs no new block.
"""

import os
from pathlib import Path
from typing import Final

from portal.relay.device_key import DeviceKey
from portal.relay.entries import Missed, decode, encode
from privacy.seal import SealBroken, pad, unpad

_BYTES: Final = 512
_PLAIN: Final = 256


class Reserve:
    """At most one gap, sealed."""

    def __init__(self, path: Path, key: DeviceKey) -> None:
        self._key = key
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        if os.fstat(self._file).st_size < _BYTES:
            self._write(b"")

    def gap(self) -> Missed | None:
        """Return what was taken down and not yet cleared."""
        held = os.pread(self._file, _BYTES, 0)
        length = int.from_bytes(held[:2], "big")
        if not length:
            return None
        try:
            found = decode(unpad(self._key.open(held[2 : 2 + length], "reserve")))
        except SealBroken:
            return None  # a power cut in the middle of the write
        return found if isinstance(found, Missed) else None

    def keep(self, gap: Missed) -> None:
        """Take down a gap in the place of the one before."""
        sealed = self._key.seal(pad(encode(gap), _PLAIN), "reserve")
        self._write(len(sealed).to_bytes(2, "big") + sealed)

    def clear(self) -> None:
        self._write(b"")

    def close(self) -> None:
        os.close(self._file)

    def _write(self, content: bytes) -> None:
        try:
            os.pwrite(self._file, content.ljust(_BYTES, b"\0"), 0)
            os.fdatasync(self._file)
        except OSError:
            return  # a file system that writes nothing in place: the gap is lost only if the relay dies, too
