"""A cursor over a JSON text that is too long to hold: finds where values end, and holds a block of it at a time."""

import re
from typing import BinaryIO, Final

from analytics.imports.packed import LARGEST_FILE, NotAnExport

BLOCK: Final = 2_000_000
LONGEST_VALUE: Final = 4_000_000
"""One value (an event, a bucket's metadata) beyond this is no export's."""
_TOKEN: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|["\[\]{}]', re.DOTALL)  # possessive: no string is tried twice
_SPACE: Final = re.compile(rb"[ \t\r\n]*")
_SCALAR_END: Final = re.compile(rb"[ \t\r\n,\]}]")


class JsonStream:
    """Reads forward through a stream of bytes. `buffer[position:]` is what is held and not yet consumed."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._before = 0  # bytes that have left the buffer
        self.buffer = b""
        self.position = 0

    @property
    def offset(self) -> int:
        """Where the cursor stands, in bytes from the start of the (unpacked) text."""
        return self._before + self.position

    def fault(self, reason: str) -> NotAnExport:
        return NotAnExport(reason, f"byte {self.offset}")

    def read_more(self) -> bool:
        """Hold one more block; return False at the end of the source."""
        block = self._source.read(BLOCK)
        if not block:
            return False
        self._before += self.position
        self.buffer = self.buffer[self.position :] + block
        self.position = 0
        if self._before + len(self.buffer) > LARGEST_FILE:
            raise self.fault("the file is too large")
        return True

    def hold(self, size: int) -> None:
        """Hold at least `size` bytes beyond the cursor, or all that there are."""
        while len(self.buffer) - self.position < size and self.read_more():
            pass

    def peek(self) -> bytes:
        """Skip white space; return the next byte without consuming it. Raises NotAnExport at the end."""
        while True:
            self.position = _SPACE.match(self.buffer, self.position).end()  # type: ignore[union-attr]
            if self.position < len(self.buffer):
                return self.buffer[self.position : self.position + 1]
            if not self.read_more():
                raise self.fault("the file ends too early")

    def take(self, wanted: bytes) -> bytes:
        """Consume one of the `wanted` bytes and return it. Raises NotAnExport for any other."""
        found = self.peek()
        if found not in wanted:
            raise self.fault(f"expected {' or '.join(map(chr, wanted))}, found {found.decode('latin-1')!r}")
        self.position += 1
        return bytes(found)

    def at_end(self) -> bool:
        """Say whether only white space is left."""
        try:
            self.peek()
        except NotAnExport:
            return True
        return False

    def value(self) -> bytes:
        """Consume one value and return its text, well-formed or not: only brackets and quotes are matched."""
        self.peek()
        while True:
            end = self._end_of_value()
            if end is not None:
                text = self.buffer[self.position : end]
                self.position = end
                return text
            held = len(self.buffer) - self.position
            if held > LONGEST_VALUE:
                raise self.fault("a single value is too long")
            if not self.read_more():
                raise self.fault("the file ends too early")

    def _end_of_value(self) -> int | None:
        if self.buffer[self.position] not in b'"[{':
            scalar = _SCALAR_END.search(self.buffer, self.position)
            return None if scalar is None else scalar.start()
        depth = 0
        for token in _TOKEN.finditer(self.buffer, self.position):
            text = token[0]
            if text in (b"{", b"["):
                depth += 1
            elif text in (b"}", b"]"):
                depth -= 1
            elif text == b'"':
                return None  # a string that goes on beyond the buffer
            if depth <= 0:
                return token.end()
        return None
