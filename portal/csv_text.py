"""Rows as CSV that a spreadsheet opens without taking anything for a formula."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def csv_lines(rows: Iterable[Sequence[object]]) -> str:
    """Return rows as CSV (RFC 4180). A text that a spreadsheet would take for a formula is led by an apostrophe."""
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
    is_formula = isinstance(value, str) and value.startswith(_FORMULA) and not _is_number(value)
    return f"'{value}" if is_formula else value


def _is_number(text: str) -> bool:
    return text[1:].replace(".", "", 1).isdecimal()
