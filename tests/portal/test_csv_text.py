"""A spreadsheet takes nothing that somebody wrote for a formula, whatever it takes for a separator."""

import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.csv_text import csv_lines


@pytest.mark.parametrize(
    "text", ['=HYPERLINK("x")', "+cmd", "@x", 'Quartal;=HYPERLINK("x"&A1)', "a\t=1+1", "a\n-x", "=1"]
)
def test_a_text_begins_no_formula_in_any_cell(text: str) -> None:
    written = csv_lines([["2026-11-09", text]])

    assert not re.search(r'(^|[;,\t\r\n"])[=+@-]', written)


@pytest.mark.parametrize("value", [-3, 4.5, "-3", "+4.25", "2026-11-09", "plain, text", ""])
def test_numbers_days_and_plain_texts_stay_as_they_are(value: object) -> None:
    (row,) = csv.reader(io.StringIO(csv_lines([[value]])))

    assert row == [str(value)]


@given(st.lists(st.text(alphabet='=+-@;,\t\n"ab1', max_size=12), min_size=1, max_size=3))
def test_whatever_is_written_comes_back_but_for_the_apostrophes(row: list[str]) -> None:
    (read,) = csv.reader(io.StringIO(csv_lines([row]), newline=""))

    assert [each.replace("'", "") for each in read] == row
