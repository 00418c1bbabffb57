"""Any collector's CSV export, by way of a mapping: the same columns of events as any other export.

The file is read in blocks; what is held is 40 bytes for each row, and each different text once. A row that cannot be
read is refused by its line, the others are taken; a file is refused whole if its text, its columns or its dates do not
fit the mapping, or if more than half of its rows are unreadable, since then the mapping is the wrong one.

Where a source tells only totals per interval, the rows of an interval are laid one after the other from its start, the
longest first, whatever their order in the file. What does not fit into the interval any more (two devices in one hour)
is cut: each second counts once.
"""

import datetime as dt
import itertools
from dataclasses import dataclass
from typing import BinaryIO, Final
from zoneinfo import ZoneInfo

import numpy as np

from analytics.events import AFK, WINDOW
from analytics.imports.columns import Export, ImportedBucket, Progress
from analytics.imports.csv_collected import bucket_of
from analytics.imports.csv_mapping import CsvMapping, zone_named
from analytics.imports.csv_rows import Reader
from analytics.imports.csv_text import CsvRefused, CsvText

BLOCK: Final = 10_000
"""Rows that are read together."""

_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_UNFINISHED: Final = "its interval is not over yet: import it when it is"
_NO_ROOM: Final = "its interval is full: several devices in one hour, and each second counts once"


@dataclass(frozen=True, slots=True)
class CsvFormat:
    """How a CSV file is to be read: what its columns mean, whose clock it shows, and what time it is."""

    mapping: CsvMapping
    zone: ZoneInfo
    now: dt.datetime

    def read(self, source: BinaryIO, progress: Progress | None = None) -> Export:
        """Read a file to its end. Raises CsvRefused; rows that were refused are in `Export.refused_rows`."""
        mapping = self.mapping
        text = CsvText(source, mapping.encoding)
        width = None if mapping.header is None else len(mapping.header)
        separator = text.separator(mapping.separator, mapping.wanted(), width)
        records = text.records(separator, progress)
        header = list(mapping.header) if mapping.header else next(records, (1, []))[1]
        reader = Reader(mapping, self._zone(), len(header), places(header, mapping))
        while block := list(itertools.islice(records, BLOCK)):
            reader.take(block)
        _check_readable(reader)
        export = Export(notes=self._notes(reader, text))
        if mapping.rows == "totals":
            export.buckets.append(self._laid(reader, export.notes))
        else:
            kinds = [(AFK, reader.presence)] if mapping.columns.status else []
            if not mapping.columns.status or mapping.columns.app or mapping.columns.title:
                kinds.append((WINDOW, reader.windows))
            export.buckets.extend(rows.bucket(mapping.source) for _, rows in kinds)
        export.refused_rows.extend(reader.refusals.rows())
        return export

    def _zone(self) -> ZoneInfo:
        return self.zone if self.mapping.zone is None else zone_named(self.mapping.zone)

    def _notes(self, reader: Reader, text: CsvText) -> list[str]:
        notes = [f"read as {text.encoding}; times without an offset are those of {self._zone().key}"]
        if reader.guessed:
            notes.append(
                f"rows at a time that came twice, when the clocks went back, without telling which was meant: "
                f"{reader.guessed:,}; the shorter stretch was taken, or the first"
            )
        if not text.ends_in_a_line:
            notes.append("the last line has no end: if the file was cut off, import the whole one later")
        return notes

    def _laid(self, reader: Reader, notes: list[str]) -> ImportedBucket:
        """Lay the totals of each interval one after the other."""
        start, length, end, lines, code = reader.windows.columns()
        texts = reader.windows.texts
        over = end <= (self.now - _EPOCH) // dt.timedelta(microseconds=1)
        reader.refusals.add(_UNFINISHED, lines[~over].tolist())
        rank = np.empty(len(texts), dtype=np.int64)
        rank[np.array(sorted(range(len(texts)), key=texts.__getitem__), dtype=np.int64)] = np.arange(len(texts))
        order = np.lexsort((rank[code], -length, start))
        order = order[over[order]]
        start, length, end, lines, code = (each[order] for each in (start, length, end, lines, code))
        again = (start[1:] == start[:-1]) & (length[1:] == length[:-1]) & (code[1:] == code[:-1])
        once = np.append(True, ~again)[: len(start)]
        start, length, end, lines, code = (each[once] for each in (start, length, end, lines, code))
        before = np.cumsum(length) - length
        _, firsts, place = np.unique(start, return_index=True, return_inverse=True)
        begin = start + before - before[firsts][place]
        room = end - begin
        fits = room > 0
        reader.refusals.add(_NO_ROOM, lines[~fits].tolist())
        if cut := int((fits & (room < length)).sum()):
            notes.append(f"rows cut at the end of their interval, since together they are longer than it is: {cut:,}")
        notes.append(
            f"this source tells totals per {self.mapping.interval_minutes} minutes, not when within them: "
            "the rows were laid one after the other"
        )
        lasts = np.minimum(length, room)
        return bucket_of(self.mapping.source, WINDOW, begin[fits], lasts[fits], code[fits], texts)


def places(header: list[str], mapping: CsvMapping) -> dict[str, int]:
    """Return where each named column is. Raises CsvRefused if one is missing or there twice."""
    names = [name.strip().casefold() for name in header]
    missing = [name for name in mapping.wanted(needed=True) if name.casefold() not in names]
    if len(names) == 1 and missing:
        raise CsvRefused(
            "there is one field: fields can be separated by commas, semicolons or tabs, and by nothing else", 1
        )
    if missing:
        raise CsvRefused(f"there is no column {', '.join(missing)}: this is not the mapping for this file", 1)
    twice = [name for name in mapping.wanted() if names.count(name.casefold()) > 1]
    if twice:
        raise CsvRefused(f"the column {twice[0]} is there twice: give each a name of its own", 1)
    return {name: place for place, name in enumerate(names)}


def _check_readable(reader: Reader) -> None:
    refused = reader.refusals.total()
    if refused * 2 > reader.count:
        worst = max(reader.refusals.rows(), key=lambda each: each.count)
        raise CsvRefused(f"{refused:,} of {reader.count:,} rows cannot be read; is the mapping the right one? {worst}")
