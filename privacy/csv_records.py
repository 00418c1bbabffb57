"""Records of a CSV file with their lines: what every reader of such a file shares.

It knows nothing of what the fields mean. It is in this package because those who read CSV files, the people's and the
collectors', may import this one and not each other.
"""

import csv
from collections.abc import Iterable, Iterator


class BadRecord(ValueError):
    """From this line on the file cannot be cut into fields; the text says why and what to look at."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line


def records(lines: Iterable[str], separator: str = ",", first: int = 1) -> Iterator[tuple[int, list[str]]]:
    """Yield each record with the line that it begins on, counted from `first`; empty ones are skipped.

    Lines keep their ends. Raises BadRecord.
    """
    reader = csv.reader(lines, delimiter=separator, strict=True)
    before = first - 1
    line = first
    try:
        for record in reader:
            if any(record) and any(map(str.strip, record)):
                yield line, record
            line = before + reader.line_num + 1
    except csv.Error as error:
        raise BadRecord(line, f"{error}; check the quotation marks") from error
