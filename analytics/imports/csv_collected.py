"""What a CSV file's rows are collected in: columns of numbers, each different content once, refusals by reason."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec
import numpy as np

from analytics.events import AFK, WINDOW, Int64
from analytics.imports.columns import ImportedBucket, RefusedRows

_LINES_NAMED: Final = 5
_FLOOR_US: Final = 1_000

Content = tuple[str, str, str, str]
"""Application, title, address, category."""


@dataclass(slots=True)
class Refusals:
    """Counts rows by the reason that they were refused for."""

    counts: dict[str, int] = field(default_factory=dict)
    lines: dict[str, list[int]] = field(default_factory=dict)

    def add(self, reason: str, lines: Sequence[int]) -> None:
        if lines:
            self.counts[reason] = self.counts.get(reason, 0) + len(lines)
            named = self.lines.setdefault(reason, [])
            named += lines[: _LINES_NAMED - len(named)]

    def total(self) -> int:
        return sum(self.counts.values())

    def rows(self) -> list[RefusedRows]:
        return [RefusedRows(reason, n, tuple(self.lines[reason])) for reason, n in sorted(self.counts.items())]


class _Numbers(dict[Content, int]):
    """Numbers what rows say as it first appears; `texts` holds the JSON of each."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind
        self.texts: dict[bytes, int] = {}

    def __missing__(self, content: Content) -> int:
        keys = ("status",) if self.kind == AFK else ("app", "title", "url", "category")
        data = {key: text for key, text in zip(keys, content, strict=False) if text}
        number = self[content] = self.texts.setdefault(msgspec.json.encode(data), len(self.texts))
        return number


class Rows:
    """Rows of one kind, collected a block at a time."""

    def __init__(self, kind: str) -> None:
        self._numbers = _Numbers(kind)
        self._blocks: list[tuple[Int64, Int64, Int64, Int64]] = []

    def add(self, start: Int64, length: Int64, end: Int64, lines: Int64, content: list[Content]) -> None:
        code = np.fromiter(map(self._numbers.__getitem__, content), dtype=np.int64, count=len(content))
        self._blocks.append((start, length, end, np.stack((lines, code))))

    def columns(self) -> tuple[Int64, Int64, Int64, Int64, Int64]:
        """Return starts, lengths, ends, lines and places in `texts`."""
        none = np.empty(0, np.int64)
        blocks = [*self._blocks, (none, none, none, np.empty((2, 0), np.int64))]
        start, length, end = (np.concatenate([each[place] for each in blocks]) for place in range(3))
        lines, code = np.concatenate([each[3] for each in blocks], axis=1)
        return start, length, end, lines, code

    @property
    def texts(self) -> list[bytes]:
        return list(self._numbers.texts)

    def bucket(self, source: str) -> ImportedBucket:
        """Return the events. A row that is there twice is one event, so that files may overlap or be joined."""
        start, length, _, _, code = self.columns()
        return bucket_of(source, self._numbers.kind, start, length, code, self.texts)


def bucket_of(source: str, kind: str, start: Int64, length: Int64, code: Int64, texts: list[bytes]) -> ImportedBucket:
    """Return a source's bucket of one kind, with each event once."""
    start = start // _FLOOR_US * _FLOOR_US
    order = np.lexsort((code, length, start))
    columns = (start[order], length[order], code[order])
    again = np.logical_and.reduce([each[1:] == each[:-1] for each in columns])
    kept = np.sort(order[np.append(True, ~again)[: len(order)]])
    name = "window" if kind == WINDOW else "afk"
    data = code[kept].astype(np.int32)
    return ImportedBucket(f"csv-{source}-{name}", kind, source, start[kept], length[kept], data, texts)
