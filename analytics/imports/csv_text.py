"""A CSV file as text: unpacked, decoded and cut into fields, each of them detected unless it was named.

Detection never guesses between two readings that both work. The whole file is decoded once before anything of it is
taken: UTF-8 is recognised by decoding to the end, so a first umlaut in the last line is not too late. What is no
UTF-8 and has no valid UTF-8 umlaut before the fault either is Windows text; what has one was damaged, and is refused.
"""

import codecs
import csv
import io
from collections.abc import Collection, Iterator
from typing import BinaryIO, Final

from analytics.imports.columns import Progress
from analytics.imports.packed import DAMAGED, LARGEST_FILE, NotAnExport, unpacked
from privacy.csv_records import BadRecord, records

ENCODINGS: Final = ("utf-8", "utf-16", "cp1252")
SEPARATORS: Final = {"comma": ",", "semicolon": ";", "tab": "\t"}
LONGEST_LINE: Final = 1_000_000

_BLOCK: Final = 1 << 20
_SAMPLE_LINES: Final = 20
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NAME_IT: Final = "name the encoding: --with encoding=cp1252 (Windows), utf-16 or utf-8"


class CsvRefused(NotAnExport):
    """The file, or the mapping for it, does not do; nothing of it is taken."""

    def __init__(self, reason: str, line: int | None = None) -> None:
        super().__init__(reason, "" if line is None else f"line {line}")
        self.line = line


class CsvText:
    """A CSV file whose encoding is known. `records` reads it from its start, any number of times.

    Whoever has read it to its end knows whether its last line has one: a file that was cut off mostly has none.
    """

    def __init__(self, source: BinaryIO, encoding: str | None = None) -> None:
        self._source = source
        self.ends_in_a_line = True
        self.encoding = _checked(source, encoding)

    def records(self, separator: str, progress: Progress | None = None) -> Iterator[tuple[int, list[str]]]:
        """Yield each record that is not empty with the line that it begins on. Raises CsvRefused."""
        lines = self._lines(progress)
        first, line = 1, next(lines, "")
        if _says_separator(line) is None:
            lines = _before(line, lines)
        else:
            first = 2
        try:
            yield from records(lines, separator, first)
        except BadRecord as error:
            raise CsvRefused(str(error), error.line) from None

    def separator(self, named: str | None, wanted: Collection[str], width: int | None) -> str:
        """Return the character between fields: the named one, or the one that the first lines show.

        `wanted` are columns that the first line has to name, `width` is how many fields a file without names has.
        """
        if named is not None:
            return SEPARATORS[named]
        sample = [line for _, line in zip(range(_SAMPLE_LINES), self._lines(None), strict=False)]
        if sample and (said := _says_separator(sample[0])) is not None:
            return said
        return max(SEPARATORS.values(), key=lambda each: _likeness(sample, each, wanted, width))

    def _lines(self, progress: Progress | None) -> Iterator[str]:
        text = io.TextIOWrapper(io.BufferedReader(_Raw(self._source, progress)), self.encoding, newline="")
        number, line = 0, "\n"
        while following := text.readline(LONGEST_LINE):
            number, line = number + 1, following
            if len(line) == LONGEST_LINE:
                raise CsvRefused("a line is too long: this is no CSV file, or its lines end in no known way", number)
            yield line
        self.ends_in_a_line = line.endswith(("\n", "\r"))


class _Raw(io.RawIOBase):
    """What the text is decoded from. Closing it leaves the file open, which is somebody else's."""

    def __init__(self, source: BinaryIO, progress: Progress | None) -> None:
        self._unpacked = unpacked(source, progress)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        block = self._unpacked.read(len(buffer))
        buffer[: len(block)] = block
        return len(block)


def _before(line: str, lines: Iterator[str]) -> Iterator[str]:
    if line:
        yield line
        yield from lines


def _says_separator(line: str) -> str | None:
    """Return what Excel's own first line `sep=;` says, if this is one."""
    stripped = line.rstrip("\r\n")
    said = stripped[4:].strip(" ") or stripped[4:]
    return said if stripped[:4].lower() == "sep=" and said in SEPARATORS.values() else None


def _likeness(sample: list[str], separator: str, wanted: Collection[str], width: int | None) -> tuple[int, int]:
    """Return how well the first line fits, cut at `separator`: what it should have, and then how much it has."""
    try:
        found = [name.strip().casefold() for name in next(csv.reader(sample, delimiter=separator), [])]
    except csv.Error:
        return -1, 0
    fits = len(found) == width if width is not None else sum(each.casefold() in found for each in wanted)
    return int(fits), len(found)


def _checked(source: BinaryIO, named: str | None) -> str:
    """Return the encoding after decoding the whole file. Raises CsvRefused with the line of the first fault."""
    start = _read(unpacked(source), 4096)
    marked = next((name for mark, name in _BOMS if start.startswith(mark)), None)
    if marked is not None and not marked.startswith(named or ""):
        raise CsvRefused(f"the file says that it is {marked}, not {named}: leave the encoding out", 1)
    encoding = marked or (_unmarked_utf16(start) if named in (None, "utf-16") else None) or named or "utf-8"
    fault = _first_fault(source, encoding)
    if fault is None:
        return encoding
    line, beyond_ascii = fault
    if named is not None or marked is not None or encoding != "utf-8" or beyond_ascii:
        raise CsvRefused(f"this is not {encoding} text; it was damaged, or {_NAME_IT}", line)
    if (other := _first_fault(source, "cp1252")) is not None:
        raise CsvRefused(f"this is neither UTF-8 nor Windows text; {_NAME_IT}", other[0])
    return "cp1252"


def _unmarked_utf16(start: bytes) -> str | None:
    """Recognise UTF-16 without a mark by the zeros in every other byte of its first line."""
    zeros_first, zeros_second = start[0::2].count(0), start[1::2].count(0)
    most = len(start) // 3
    if max(zeros_first, zeros_second) <= most or not most:
        return None
    return "utf-16-be" if zeros_first > zeros_second else "utf-16-le"


def _first_fault(source: BinaryIO, encoding: str) -> tuple[int, bool] | None:
    """Return the line of the first byte that cannot be decoded, and whether other than ASCII was decoded before it."""
    decoder = codecs.getincrementaldecoder(encoding)()
    stream, size, line, beyond_ascii = unpacked(source), 0, 1, False
    while True:
        block = _read(stream, _BLOCK)
        size += len(block)
        if size > LARGEST_FILE:
            raise CsvRefused("the file is too large", line)
        try:
            text = decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            good = error.object[: error.start].decode(encoding, "replace")
            return line + good.count("\n"), beyond_ascii or not good.isascii()
        line += text.count("\n")
        beyond_ascii = beyond_ascii or not text.isascii()
        if not block:
            return None


def _read(stream: BinaryIO, size: int) -> bytes:
    try:
        return stream.read(size)
    except DAMAGED as error:
        raise CsvRefused(f"the packed file is damaged: {error}") from None
