"""What is wrong with a log, in sentences that name the place."""

from typing import Any, Final

from sqlalchemy import ColumnElement, type_coerce
from sqlalchemy.types import NullType

MOST: Final = 1_000


class Problems(list[str]):
    """Problems as `place: reason`, at most `MOST`; the others are counted."""

    left_out = 0

    def report(self, place: int | str, reason: str) -> None:
        """Note a problem; a number is that of an entry."""
        if len(self) < MOST:
            self.append(f"{place if isinstance(place, str) else f'entry {place}'}: {reason}")
        else:
            self.left_out += 1


def raw(*columns: Any) -> list[ColumnElement[Any]]:
    """Return columns that are read as the driver gives them: what was tampered with may not be of the column's type."""
    return [type_coerce(column, NullType()).label(column.name) for column in columns]


def is_bytes(value: object, length: int) -> bool:
    """Tell whether a raw value is a byte string of this length."""
    return isinstance(value, bytes) and len(value) == length
