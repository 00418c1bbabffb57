"""Rows as CSV that a spreadsheet opens without taking anything for a formula."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Final

_FORMULA: Final = re.compile(r"(^|[;,\t\r\n])(?=[=+\-@\t\r])")
"""Where a spreadsheet may begin a formula: at the start of a text, and behind whatever it takes for a separator."""
_NUMBER: Final = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")


def csv_lines(rows: Iterable[Sequence[object]]) -> str:
    """Return rows as CSV (RFC 4180). What a spreadsheet would take for a formula is led by an apostrophe."""
    text = io.StringIO()
    csv.writer(text).writerows([_cell(each) for each in row] for row in rows)
    return text.getvalue()


def csv_cells(row: Sequence[object]) -> str:
    """Return one row as `csv_lines` writes it, without the end of the line."""
    return csv_lines([row])[:-2]


def decimal(value: float | None) -> str:
    """Return a number with at most three decimals, nothing for none."""
    return "" if value is None else f"{value:.3f}".rstrip("0").rstrip(".")


def _cell(value: object) -> object:
    is_text = isinstance(value, str) and not _NUMBER.fullmatch(value)
    return _FORMULA.sub(r"\1'", value) if isinstance(value, str) and is_text else value
