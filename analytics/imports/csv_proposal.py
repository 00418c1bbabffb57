"""A mapping that is proposed from a file's first lines, for somebody to look at before anything is imported."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO, Final

from analytics.imports.csv import places
from analytics.imports.csv_mapping import Columns, CsvMapping, presets, read_mapping
from analytics.imports.csv_text import CsvRefused, CsvText
from analytics.imports.csv_times import needs_order, order_of

ROWS_SHOWN: Final = 5
_SAMPLE: Final = 200

_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")
_SECONDS: Final = re.compile(r"\d{1,4}")
_WORDS: Final = {
    "start": "start|start time|started|started at|begin|from|start date|timestamp|date|time|datetime",
    "end": "end|end time|ended|ended at|to|until|finish|finished|stop|end date",
    "duration": "duration|duration (seconds)|time spent (seconds)|seconds|length|time spent",
    "app": "app|application|program|process|executable|exe|application name|app name|process name",
    "activity": "activity",
    "title": "title|window title|window|caption|document|name|description",
    "url": "url|address|web address|link|website",
    "category": "category|group|classification",
}
"""What columns are called in the exports of many suites; the first column that fits is taken."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a file looks like. `preset` is the mapping of ours that fits; otherwise `mapping` is a first attempt."""

    header: list[str]
    rows: list[list[str]]
    preset: str | None
    mapping: CsvMapping | None
    needs_dates: bool


def propose(source: BinaryIO, name: str) -> Proposal:
    """Look at a file's first rows. Raises CsvRefused where its text cannot be read."""
    text = CsvText(source)
    ours = {each: read_mapping(content) for each, content in presets().items()}
    by_words = sorted(ours, key=lambda each: not ours[each].columns.status)  # the ones that look at the rows first
    preset = next((each for each in by_words if _fits(text, ours[each])), None)
    known = None if preset is None else ours[preset]
    if known is not None and known.header is not None:
        separator = text.separator(None, (), len(known.header))
        return Proposal(list(known.header), _rows(text, separator, 0), preset, known, False)
    separator = text.separator(None, [word for words in _WORDS.values() for word in words.split("|")], None)
    records = _rows(text, separator, 0)
    header, rows = (records[0], records[1:]) if records else ([], [])
    mapping = known or _guess(header, rows, name)
    dates = [] if mapping is None else _dates(header, rows, mapping)
    return Proposal(header, rows[:ROWS_SHOWN], preset, mapping, needs_order(dates) and order_of(dates) is None)


def _fits(text: CsvText, mapping: CsvMapping) -> bool:
    """Say whether a file's first line names the mapping's columns; without names, whether its first row reads so."""
    width = None if mapping.header is None else len(mapping.header)
    separator = text.separator(None, mapping.wanted(), width)
    first, second = [*_rows(text, separator, 2), [], []][:2]
    columns = mapping.columns
    if mapping.header is not None:
        moment, seconds = (mapping.header.index(str(each)) for each in (columns.start, columns.duration))
        return len(first) == width and bool(_MOMENT.match(first[moment]) and _SECONDS.fullmatch(first[seconds]))
    try:
        found = places(first, mapping)
    except CsvRefused:
        return False
    if columns.status is None or len(second) != len(first):
        return columns.status is None
    return second[found[str(columns.status).casefold()]] in {*mapping.active, *mapping.away}


def _rows(text: CsvText, separator: str, count: int) -> list[list[str]]:
    return [record for _, record in islice(text.records(separator), count or _SAMPLE)]


def _guess(header: Sequence[str], rows: Sequence[Sequence[str]], name: str) -> CsvMapping | None:
    """Return a mapping for columns with telling names, None if they do not tell enough."""
    names = {each.strip().casefold(): each.strip() for each in reversed(header)}
    found = {
        what: next((names[word] for word in words.split("|") if word in names), None) for what, words in _WORDS.items()
    }
    if found["app"]:
        del found["activity"]
    what = {key: column for key, column in found.items() if column is not None}
    source = re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")[:40] or "csv"
    if "start" not in what or not {"end", "duration"} & {*what} or not {"app", "activity", "title", "url"} & {*what}:
        return None
    mapping = CsvMapping(source=source, rows="events", columns=Columns(**what))
    return CsvMapping(
        source=source,
        rows="events",
        columns=mapping.columns,
        who_else="Say here who else can see this where it comes from.",
        dates=order_of(_dates(header, rows, mapping)),  # type: ignore[arg-type]
    )


def _dates(header: Sequence[str], rows: Sequence[Sequence[str]], mapping: CsvMapping) -> list[str]:
    """Return what the rows have in the column of the start, as far as it is one column."""
    names = [each.strip().casefold() for each in header]
    start = mapping.columns.start
    if not isinstance(start, str) or start.casefold() not in names:
        return []
    place = names.index(start.casefold())
    return [row[place] for row in rows if len(row) == len(header)]
